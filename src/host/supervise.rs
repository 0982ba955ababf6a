//! What a supervising class may ask of the host, for the facets of its own object.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Budget, DEFAULTS, Host, read_budget, read_setting};
use crate::{
    ledger::{Count, Entry, Period, Who},
    object::{Actor, Kind, limits::Pause, percent},
};

/// Who asks for a pause when a supervising class does.
const SUPERVISOR: &str = "supervisor";
/// How long requests wait for a facet that its supervising class has paused.
const WAIT_MS: u64 = 0;

#[derive(Deserialize)]
struct Asked {
    /// Names from the object down.
    facet: Vec<String>,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum What {
    Meter,
    Cost,
    Limits,
    SetLimit {
        limit: String,
        value: Option<u64>,
        at: Option<String>,
    },
    SetBudget {
        day: Option<String>,
        month: Option<String>,
        at: Option<String>,
    },
    Pause {
        reason: Option<String>,
        wait_ms: Option<u64>,
    },
    Resume,
    Kill {
        reason: Option<String>,
    },
}

impl What {
    /// How the audit calls it; `None` for a mere look.
    fn verb(&self) -> Option<&'static str> {
        match self {
            What::Meter | What::Cost | What::Limits => None,
            What::SetLimit { .. } => Some("limit"),
            What::SetBudget { .. } => Some("budget"),
            What::Pause { .. } => Some("pause"),
            What::Resume => Some("resume"),
            What::Kill { .. } => Some("kill"),
        }
    }
}

impl Host {
    /// Does what a supervising class asks, JSON both ways; an error is a sentence for it.
    pub(super) fn supervised(&self, actor: &Arc<Actor>, asked: &str) -> Result<String, String> {
        let Kind::Object(_) = actor.kind else {
            let text = "Only a Durable Object has facets to supervise; this is a stateless worker.";
            return Err(text.into());
        };
        let asked: Asked = serde_json::from_str(asked)
            .map_err(|error| format!("That cannot be asked of the supervisor binding: {error}"))?;
        let own = &actor.source.node;
        let mut path = own.to_string();
        for name in &asked.facet {
            path.push('/');
            path.push_str(&percent(name));
        }
        let verb = asked.what.verb();
        let mut entry = Entry::now(Who::Supervisor(own.to_string()), verb.unwrap_or(""), &*path);
        let told = self.act_for(&path, asked.what, &mut entry)?;
        if verb.is_some() {
            self.note(entry);
        }
        Ok(told.to_string())
    }

    fn act_for(&self, path: &str, what: What, entry: &mut Entry) -> Result<Value, String> {
        let refused = |error: super::ChangeError| sentence(error);
        match what {
            What::Meter => self.meter_of(path),
            What::Cost => self.cost_of(path),
            What::Limits => Ok(self.limits_of(path)),
            What::SetLimit { limit, value, at } => {
                let setting = read_setting(&limit, value, at.as_deref()).map_err(refused)?;
                entry.after = value.map(|value| format!("{limit} = {value}"));
                let before = self
                    .set_limit(path, setting.0, setting.1)
                    .map_err(refused)?;
                entry.before = before.map(|it| format!("{limit} = {}", it.value));
                Ok(Value::Null)
            }
            What::SetBudget { day, month, at } => {
                let budget = read_budget(day.as_deref(), month.as_deref(), at.as_deref())
                    .map_err(refused)?;
                let text = |budget: Option<Budget>| budget.map(|it| format!("{it:?}"));
                entry.after = text(budget);
                entry.before = text(self.set_budget(path, budget).map_err(refused)?);
                Ok(Value::Null)
            }
            What::Pause { reason, wait_ms } => {
                let reason = reason.unwrap_or_else(|| "The app is paused.".into());
                entry.why = Some(reason.clone());
                let wait = Duration::from_millis(wait_ms.unwrap_or(WAIT_MS));
                self.pause(path, Pause { reason, wait }, Some(SUPERVISOR.into()))
                    .map_err(refused)?;
                Ok(Value::Null)
            }
            What::Resume => {
                let by = self.pause_of(path).and_then(|(paused, _)| paused.by);
                if by.as_deref() != Some(SUPERVISOR) {
                    return Err("It is not paused by its supervising class.".into());
                }
                self.resume(path).map_err(refused)?;
                Ok(Value::Null)
            }
            What::Kill { reason } => {
                let reason = reason.unwrap_or_else(|| "Ended by its supervising class.".into());
                entry.why = Some(reason.clone());
                let killed = self.kill(path, &reason).map_err(sentence)?;
                Ok(killed.into())
            }
        }
    }

    fn meter_of(&self, path: &str) -> Result<Value, String> {
        let actor = self.node(path).ok_or("There is no such facet yet.")?;
        let used = actor.meter.snapshot();
        let mut meter = serde_json::Map::new();
        for count in Count::ALL {
            meter.insert(camel(count.name()), used.counts[count].into());
        }
        meter.insert("memoryBytes".into(), used.memory_bytes.into());
        meter.insert("memoryPeakBytes".into(), used.memory_peak.into());
        meter.insert("databaseBytes".into(), used.database_bytes.into());
        let sockets = used.accepted_sockets + used.kept_sockets;
        meter.insert("webSockets".into(), sockets.into());
        meter.insert("isLive".into(), actor.is_live().into());
        Ok(Value::Object(meter))
    }

    /// Watched from the first question on, so that the next ones cost no look at the disk.
    fn cost_of(&self, path: &str) -> Result<Value, String> {
        self.ledger.watch(path).map_err(sentence)?;
        let spent = |period| {
            let spent = self.ledger.spent(path, period);
            spent.unwrap_or_default().to_string()
        };
        Ok(json!({
            "currency": self.ledger.prices().currency,
            "today": spent(Period::Day),
            "month": spent(Period::Month),
        }))
    }

    fn limits_of(&self, path: &str) -> Value {
        let mut limits = serde_json::Map::new();
        for line in self.limit_lines(path) {
            if let Some(setting) = line.setting {
                let from = match line.from.as_deref() {
                    None => "program",
                    Some(DEFAULTS) => "default",
                    Some(from) => from,
                };
                let told = json!({"value": setting.value, "at": setting.at.name(), "from": from});
                limits.insert(line.limit.name().into(), told);
            }
        }
        Value::Object(limits)
    }
}

/// What the operator's faces say in the middle of a line is an error's message here.
fn sentence(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

/// `rows_read` as JavaScript would call it.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (first, rest) = part.split_at(1.min(part.len()));
        camel.push_str(&first.to_ascii_uppercase());
        camel.push_str(rest);
    }
    camel
}
