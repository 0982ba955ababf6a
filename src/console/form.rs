//! What a verb needs besides its node: one line that is typed, what may complete it, and the verb
//! that it becomes. The host's word on it shows in the form, so that it can be corrected.

use tui_textarea::{CursorMove, TextArea};

use super::text;
use crate::control::{
    Verb,
    view::{Account, BudgetView, Details, LimitView, NodeId, VersionMark},
};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// What callers are told while it is paused.
    PauseBecause,
    /// The name of a copy.
    Fork,
    /// Another name.
    Rename,
    /// Its own name, to confirm.
    Delete,
    /// A limit with its value.
    Limit,
    /// Sums for a day or month.
    Budget,
    /// The first digits of a version.
    UseVersion,
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is being typed.
    Not,
    /// It is about to be sent.
    Asked,
    /// The host works at it under this ticket.
    UnderWay(u64),
}

/// One line to fill in.
pub struct Form {
    pub ask: Ask,
    /// What it is about, fixed when the form was opened.
    pub node: NodeId,
    pub label: String,
    /// `Fork object my-app`.
    pub title: String,
    /// What will happen, and what is to be typed.
    pub about: Vec<String>,
    pub input: TextArea<'static>,
    /// Which of the choices is marked.
    pub cursor: usize,
    /// Why the last answer could not be taken.
    pub error: Option<String>,
    pub sent: Sent,
    /// When it was first drawn; see [`super::model::Confirm::drawn_at_ms`].
    pub drawn_at_ms: Option<u64>,
}

/// Something that can stand at the end of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub word: String,
    pub about: String,
}

impl Form {
    /// A form with `typed` in it.
    pub fn new(ask: Ask, node: NodeId, label: &str, typed: &str) -> Self {
        let mut input = TextArea::new(vec![typed.to_owned()]);
        input.move_cursor(CursorMove::End);
        Self {
            ask,
            node,
            label: label.to_owned(),
            title: String::new(),
            about: Vec::new(),
            input,
            cursor: 0,
            error: None,
            sent: Sent::Not,
            drawn_at_ms: None,
        }
    }

    /// Destroys something: what was typed ahead or pasted does not count.
    pub fn is_harm(&self) -> bool {
        self.ask == Ask::Delete
    }

    /// What is typed.
    pub fn typed(&self) -> &str {
        self.input.lines().first().map_or("", String::as_str)
    }

    /// The verb that the line asks for, or what is wrong with the line.
    pub fn verb(&self) -> Result<Verb, String> {
        let (node, typed) = (self.node.clone(), self.typed());
        let name = typed.to_owned();
        match self.ask {
            Ask::PauseBecause => Ok(Verb::Pause {
                node,
                reason: (!typed.trim().is_empty()).then(|| typed.trim().to_owned()),
                wait_s: None,
            }),
            Ask::Fork => Ok(Verb::Fork { node, name }),
            Ask::Rename => Ok(Verb::Rename { node, name }),
            Ask::Delete if typed.is_empty() => Err(format!("type {} to delete it", self.label)),
            Ask::Delete => Ok(Verb::Delete { node, name }),
            Ask::Limit => limit_verb(node, typed),
            Ask::Budget => budget_verb(node, typed),
            Ask::UseVersion => match words(typed)[..] {
                [version] => Ok(Verb::UseVersion {
                    node,
                    version: version.to_owned(),
                }),
                _ => Err("type the first digits of one version".into()),
            },
        }
    }

    /// What may complete the last word, the likeliest first.
    pub fn choices(&self, details: Option<&Details>, account: Option<&Account>) -> Vec<Choice> {
        let typed = self.typed();
        let ends_in_word = !typed.is_empty() && !typed.ends_with(' ');
        let mut before = words(typed);
        let last = if ends_in_word { before.pop() } else { None };
        let last = last.unwrap_or_default();
        let details = details.filter(|details| details.id == self.node);
        let all = match self.ask {
            Ask::Limit => limit_choices(details.map_or(&[][..], |it| &it.limits), &before),
            Ask::Budget => budget_choices(&before),
            Ask::UseVersion if before.is_empty() => account
                .filter(|account| account.id == self.node)
                .map_or_else(Vec::new, version_choices),
            _ => Vec::new(),
        };
        let lower = last.to_lowercase();
        let (first, others): (Vec<Choice>, Vec<Choice>) = all
            .into_iter()
            .filter(|choice| text::holds(&choice.word, &lower))
            .partition(|choice| choice.word.starts_with(&lower));
        first.into_iter().chain(others).collect()
    }

    /// Puts a choice in the place of the last word.
    pub fn complete(&mut self, choice: &Choice) {
        let typed = self.typed();
        let kept = typed.rfind(' ').map_or("", |space| &typed[..=space]);
        let line = format!("{kept}{} ", choice.word);
        let mut input = TextArea::new(vec![line]);
        input.move_cursor(CursorMove::End);
        self.input = input;
        self.changed();
    }

    /// The line is another one now.
    pub fn changed(&mut self) {
        self.cursor = 0;
        self.error = None;
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn limit_verb(node: NodeId, typed: &str) -> Result<Verb, String> {
    let (limit, value, at) = match words(typed)[..] {
        [] => return Err("type a limit and its value, such as requests_per_second 20".into()),
        [limit] => {
            return Err(format!(
                "type a value after {limit}, or none to remove what is set here"
            ));
        }
        [limit, value] => (limit, value, None),
        [limit, value, at] => (limit, value, Some(at.to_owned())),
        [_, _, _, extra, ..] => return Err(format!("\"{extra}\" is one word too many")),
    };
    let value = match value {
        "none" => None,
        value => Some(amount(limit, value)?),
    };
    Ok(Verb::SetLimit {
        node,
        limit: limit.to_owned(),
        value,
        at,
    })
}

/// A whole number; bytes may be written in steps of 1024, such as `64M`.
fn amount(limit: &str, typed: &str) -> Result<u64, String> {
    const STEPS: [(char, u32); 4] = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let is_bytes = limit.ends_with("_bytes");
    let plain = typed.replace(['_', ','], "");
    let step = STEPS
        .into_iter()
        .find(|(unit, _)| is_bytes && plain.to_ascii_uppercase().ends_with(*unit));
    let (digits, shift) = match step {
        Some((_, shift)) => (&plain[..plain.len() - 1], shift),
        None => (&*plain, 0),
    };
    let number = digits.parse::<u64>().ok();
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| match is_bytes {
            true => format!("\"{typed}\" is not a number of bytes, such as 67108864 or 64M"),
            false => format!("\"{typed}\" is not a whole number"),
        })
}

fn budget_verb(node: NodeId, typed: &str) -> Result<Verb, String> {
    let (mut day, mut month, mut at) = (None, None, None);
    let all = words(typed);
    if all != ["none"] {
        let mut rest = all.iter();
        while let Some(&word) = rest.next() {
            let sum = match word {
                "day" => &mut day,
                "month" => &mut month,
                at_word if at.is_none() => {
                    at = Some(at_word.to_owned());
                    continue;
                }
                extra => return Err(format!("\"{extra}\" is one word too many")),
            };
            let Some(amount) = rest.next() else {
                return Err(format!("type a sum after {word}, such as {word} 0.50"));
            };
            *sum = Some((*amount).to_owned());
        }
        if day.is_none() && month.is_none() {
            return Err("type a sum, such as day 0.50, or none to remove the budget".into());
        }
    }
    Ok(Verb::SetBudget {
        node,
        day,
        month,
        at,
    })
}

/// The budget that is set at a node, as it would be typed.
pub fn budget_line(node: &NodeId, budgets: &[BudgetView]) -> String {
    let mine: Vec<&BudgetView> = budgets.iter().filter(|it| it.node == *node).collect();
    let mut words: Vec<String> = mine
        .iter()
        .map(|it| format!("{} {}", it.period, text::exact_money(it.sum_micros)))
        .collect();
    words.extend(mine.first().map(|it| it.at.clone()));
    words.join(" ")
}

fn choice(word: impl Into<String>, about: impl Into<String>) -> Choice {
    Choice {
        word: word.into(),
        about: about.into(),
    }
}

fn limit_choices(limits: &[LimitView], before: &[&str]) -> Vec<Choice> {
    let named = |name: &str| limits.iter().find(|limit| limit.name == name);
    match before {
        [] => limits
            .iter()
            .map(|limit| {
                let now = match limit.value {
                    Some(value) => text::of_limit(&limit.name, value),
                    None => "no limit".into(),
                };
                choice(&limit.name, format!("{now}, then {}", limit.at))
            })
            .collect(),
        [name] => named(name).map_or_else(Vec::new, |limit| {
            let (low, high) = limit.bounds;
            let now = limit.value.map(|value| {
                let about = format!("as it is; from {low} to {high}");
                choice(value.to_string(), about)
            });
            let none = choice("none", format!("removes it; else from {low} to {high}"));
            now.into_iter().chain([none]).collect()
        }),
        [name, _] => named(name).map_or_else(Vec::new, |limit| {
            let usual = |at: usize| if at == 0 { "the usual" } else { "" };
            let actions = limit.actions.iter().enumerate();
            actions.map(|(i, at)| choice(at, usual(i))).collect()
        }),
        _ => Vec::new(),
    }
}

fn budget_choices(before: &[&str]) -> Vec<Choice> {
    if before
        .last()
        .is_some_and(|word| matches!(*word, "day" | "month"))
    {
        return Vec::new();
    }
    let all = [
        ("day", "a sum for each day, UTC"),
        ("month", "a sum for each month, UTC"),
        ("pause", "when it is used up: requests are refused"),
        ("warn", "when it is used up: only a message"),
        ("kill", "when it is used up: turns under way end too"),
        ("none", "removes the budget"),
    ];
    let has_action = |word: &str| ["warn", "pause", "kill"].contains(&word);
    all.into_iter()
        .filter(|(word, _)| match *word {
            "none" => before.is_empty(),
            "day" | "month" => !before.contains(word),
            _ => !before.is_empty() && !before.iter().any(|word| has_action(word)),
        })
        .map(|(word, about)| choice(word, about))
        .collect()
}

fn version_choices(account: &Account) -> Vec<Choice> {
    let versions = account.versions.iter();
    versions
        .map(|version| {
            let mark = match version.mark {
                VersionMark::Runs => "runs now",
                VersionMark::Replaced => "replaced",
                VersionMark::Other => "",
            };
            let size = text::bytes(version.bytes);
            let about = format!("{:<8} {size:>5} by {} {mark}", version.worker, version.who);
            choice(&version.version, about.trim_end())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fake;

    fn form(ask: Ask, typed: &str) -> Form {
        Form::new(ask, NodeId("w/C/1".into()), "one", typed)
    }

    fn limit(typed: &str) -> Result<(String, Option<u64>, Option<String>), String> {
        match form(Ask::Limit, typed).verb()? {
            Verb::SetLimit {
                limit, value, at, ..
            } => Ok((limit, value, at)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_limit_is_typed_with_its_value_and_what_happens() {
        assert_eq!(
            limit("requests_per_second 1_000"),
            Ok(("requests_per_second".into(), Some(1000), None))
        );
        assert_eq!(
            limit(" memory_bytes  64M pause"),
            Ok(("memory_bytes".into(), Some(64 << 20), Some("pause".into())))
        );
        assert_eq!(
            limit("facets none"),
            Ok(("facets".into(), None, None)),
            "removed"
        );
        for (typed, says) in [
            ("", "type a limit"),
            ("facets", "type a value after facets"),
            ("facets many", "\"many\" is not a whole number"),
            ("facets 3M", "\"3M\" is not a whole number"),
            ("memory_bytes 99999999999T", "is not a number of bytes"),
            ("facets 3 refuse now", "\"now\" is one word too many"),
        ] {
            let error = limit(typed).unwrap_err();
            assert!(error.contains(says), "{typed}: {error}");
        }
    }

    #[test]
    fn a_budget_is_typed_with_its_sums() {
        let budget = |typed| match form(Ask::Budget, typed).verb() {
            Ok(Verb::SetBudget { day, month, at, .. }) => Ok([day, month, at]),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            budget("month 20 day 0.50 kill"),
            Ok([some("0.50"), some("20"), some("kill")])
        );
        assert_eq!(budget("none"), Ok([None, None, None]));
        for (typed, says) in [
            ("", "type a sum"),
            ("pause", "type a sum"),
            ("day", "type a sum after day"),
            ("day 1 pause warn", "\"warn\" is one word too many"),
        ] {
            let error = budget(typed).unwrap_err();
            assert!(error.contains(says), "{typed}: {error}");
        }
    }

    #[test]
    fn names_are_sent_as_they_are_typed() {
        let copy = form(Ask::Fork, "my copy ").verb();
        assert!(matches!(copy, Ok(Verb::Fork { name, .. }) if name == "my copy "));
        assert!(form(Ask::Delete, "").verb().is_err());
        let because = form(Ask::PauseBecause, " ").verb();
        assert!(matches!(because, Ok(Verb::Pause { reason: None, .. })));
    }

    #[test]
    fn words_are_completed_one_after_another() {
        let node = NodeId("apps/AppRunner/my-app".into());
        let details = fake::details(&node);
        let choices = |typed: &str| -> Vec<String> {
            let form = Form::new(Ask::Limit, node.clone(), "my-app", typed);
            let choices = form.choices(Some(&details), None);
            choices.into_iter().map(|choice| choice.word).collect()
        };
        assert_eq!(choices("").len(), details.limits.len());
        assert_eq!(choices("mem"), ["memory_bytes"]);
        assert_eq!(choices("bytes").len(), 2, "anywhere in the word");
        assert_eq!(choices("memory_bytes "), ["134217728", "none"]);
        assert_eq!(choices("memory_bytes 5 "), ["kill", "pause"]);
        assert_eq!(choices("memory_bytes 5 p"), ["pause"]);
        assert!(choices("memory_bytes 5 pause ").is_empty());
        assert!(choices("nothing ").is_empty());

        let mut form = Form::new(Ask::Limit, node.clone(), "my-app", "mem");
        form.error = Some("no".into());
        let choice = form.choices(Some(&details), None).remove(0);
        form.complete(&choice);
        assert_eq!(form.typed(), "memory_bytes ");
        assert_eq!(form.error, None);
        let other = fake::details(&NodeId("apps".into()));
        assert!(
            form.choices(Some(&other), None).is_empty(),
            "another node's"
        );
    }

    #[test]
    fn budgets_and_versions_are_offered() {
        let words = |choices: Vec<Choice>| -> Vec<String> {
            choices.into_iter().map(|choice| choice.word).collect()
        };
        let budget = |typed| words(form(Ask::Budget, typed).choices(None, None));
        assert_eq!(budget(""), ["day", "month", "none"]);
        assert!(budget("day ").is_empty());
        assert_eq!(budget("day 1 "), ["month", "pause", "warn", "kill"]);
        assert!(budget("day 1 month 2 kill ").is_empty());
        let node = NodeId("apps/AppRunner/my-app".into());
        let account = fake::account(&node);
        let form = Form::new(Ask::UseVersion, node.clone(), "my-app", "");
        assert_eq!(
            words(form.choices(None, Some(&account))).len(),
            account.versions.len()
        );
        assert_eq!(
            budget_line(&node, &fake::details(&node).budgets),
            "day 0.50 pause"
        );
    }
}
