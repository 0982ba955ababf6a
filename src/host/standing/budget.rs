//! Sums that a node may spend in a day or month, and what happens when they are used up.

use std::{collections::HashMap, time::Duration};

use super::{ChangeError, DEFAULTS};
use crate::{
    host::Host,
    ledger::{Entry, Level, Money, Period, Source, Who},
    object::limits::Pause,
};

/// The share at which a warning is given, of a hundred.
const WARNED_AT: u64 = 80;
/// The highest sum that makes sense: beyond it, somebody mistyped.
const MOST: &str = "1000000000";

/// What happens when a budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtBudget {
    /// The operator is told.
    Warn,
    /// It is paused until the day or month is over, or the budget is raised; requests are refused.
    Pause,
    /// The same, and turns that are under way are ended.
    Kill,
}

impl AtBudget {
    /// All of them.
    pub const ALL: [AtBudget; 3] = [AtBudget::Warn, AtBudget::Pause, AtBudget::Kill];

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            AtBudget::Warn => "warn",
            AtBudget::Pause => "pause",
            AtBudget::Kill => "kill",
        }
    }

    /// The one called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|at| at.name() == name)
    }
}

/// What a node with all below it may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In a day, UTC.
    pub day: Option<Money>,
    /// In a month, UTC.
    pub month: Option<Money>,
    /// What happens then.
    pub at: AtBudget,
}

impl Budget {
    fn sum(&self, period: Period) -> Option<Money> {
        match period {
            Period::Day => self.day,
            Period::Month => self.month,
        }
    }
}

/// A budget, and what of it is spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetLine {
    /// Where it is set.
    pub node: String,
    /// The sums.
    pub budget: Budget,
    /// Spent today.
    pub today: Money,
    /// Spent this month.
    pub month: Money,
}

/// How far a budget is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::host) enum Stage {
    #[default]
    Within,
    Warned,
    Used,
}

/// What has been said of each budget.
pub(in crate::host) type Stages = HashMap<(String, Period), Stage>;

/// How an amount stands to a sum.
fn stage(spent: Money, sum: Money) -> Stage {
    if spent >= sum {
        Stage::Used
    } else if spent >= sum.share(WARNED_AT, 100) {
        Stage::Warned
    } else {
        Stage::Within
    }
}

fn named(period: Period) -> &'static str {
    match period {
        Period::Day => "day",
        Period::Month => "month",
    }
}

impl Host {
    /// All budgets, and what of each is spent.
    pub fn budgets(&self) -> Vec<BudgetLine> {
        let all = self.standings.budgets();
        let line = |(node, budget): (String, Budget)| {
            let spent = |period| self.ledger.spent(&node, period).unwrap_or_default();
            let (today, month) = (spent(Period::Day), spent(Period::Month));
            BudgetLine {
                node,
                budget,
                today,
                month,
            }
        };
        let mut lines: Vec<BudgetLine> = all.into_iter().map(line).collect();
        lines.sort_by(|a, b| a.node.cmp(&b.node));
        lines
    }

    /// Sets what a node and all below it may spend, or, with `None`, removes it. It holds within
    /// a moment. Returns what was set before.
    pub fn set_budget(
        &self,
        node: &str,
        budget: Option<Budget>,
    ) -> Result<Option<Budget>, ChangeError> {
        if node == DEFAULTS {
            return Err(ChangeError::NoNode("a budget for everything".into()));
        }
        self.must_be_ours(node)?;
        if let Some(budget) = &budget {
            check(budget)?;
            self.ledger.watch(node)?;
        }
        let before = self.standings.change(|levels| {
            Ok(match budget {
                Some(budget) => levels.budgets.insert(node.to_string(), budget),
                None => levels.budgets.remove(node),
            })
        })?;
        if budget.is_none() {
            self.ledger.unwatch(node);
        }
        self.stages.lock().retain(|(of, _), _| of != node);
        self.check_budgets();
        Ok(before)
    }

    /// Begins to watch what the budgets of earlier starts are about.
    pub(in crate::host) fn watch_budgets(&self) {
        for (node, _) in self.standings.budgets() {
            if let Err(error) = self.ledger.watch(&node) {
                tracing::error!("the budget of {node} is not watched: {error}");
            }
        }
    }

    /// Looks at all budgets; asked several times a second.
    pub(in crate::host) fn check_budgets(&self) {
        let mut used: Vec<String> = Vec::new();
        for (node, budget) in self.standings.budgets() {
            for period in [Period::Day, Period::Month] {
                let (Some(sum), Some(spent)) =
                    (budget.sum(period), self.ledger.spent(&node, period))
                else {
                    continue;
                };
                let now = stage(spent, sum);
                if now == Stage::Used {
                    used.push(node.clone());
                }
                let key = (node.clone(), period);
                let before = self.stages.lock().insert(key, now).unwrap_or_default();
                if now > before {
                    self.tell_budget(&node, &budget, period, spent, sum, now);
                }
                if now == Stage::Used && budget.at != AtBudget::Warn {
                    self.stop_spending(&node, &budget, period, sum);
                }
            }
        }
        for node in self.standings.paused_by(BUDGET) {
            if !used.contains(&node) {
                self.end_budget_pause(&node);
            }
        }
    }

    fn tell_budget(
        &self,
        node: &str,
        budget: &Budget,
        period: Period,
        spent: Money,
        sum: Money,
        stage: Stage,
    ) {
        let (currency, period) = (&self.ledger.prices().currency, named(period));
        let text = match (stage, budget.at) {
            (Stage::Used, AtBudget::Warn) => "used up; nothing is stopped",
            (Stage::Used, _) => "used up",
            _ => "used to 80 %",
        };
        let text = format!(
            "budget of {} {currency} a {period} is {text}: {} spent",
            sum,
            spent.decimal(6)
        );
        let source = Source {
            node: node.into(),
            label: node.into(),
        };
        self.context.logs.write(&source, Level::Warn, true, &text);
        self.note(Entry::now(Who::Budget, "budget", node).because(text));
    }

    fn stop_spending(&self, node: &str, budget: &Budget, period: Period, sum: Money) {
        if self.standings.paused(node).is_some() {
            return;
        }
        let currency = &self.ledger.prices().currency;
        let reason = format!(
            "{node} has used its budget of {sum} {currency} for this {}.",
            named(period)
        );
        let pause = Pause {
            reason: reason.clone(),
            wait: Duration::ZERO,
        };
        let paused = self.pause(node, pause, Some(BUDGET.into()));
        if let Err(error) = paused {
            tracing::error!("{node} cannot be paused at its budget: {error}");
        }
        if budget.at == AtBudget::Kill
            && let Err(error) = self.kill(node, &reason)
        {
            tracing::error!("{node} cannot be ended at its budget: {error}");
        }
        self.note(Entry::now(Who::Budget, budget.at.name(), node).because(reason));
    }

    fn end_budget_pause(&self, node: &str) {
        match self.end_pause(node) {
            Ok(_) => {
                let why = "its budget has room again";
                self.note(Entry::now(Who::Budget, "resume", node).because(why));
            }
            Err(error) => tracing::error!("{node} cannot be resumed: {error}"),
        }
    }
}

/// Who asks for a pause when a budget does.
pub(super) const BUDGET: &str = "budget";

fn check(budget: &Budget) -> Result<(), ChangeError> {
    let sums = [budget.day, budget.month];
    let most = Money::parse(MOST).unwrap_or_default();
    if sums == [None, None] {
        return Err(ChangeError::NoSum);
    }
    let possible = |sum: &Money| *sum > Money::default() && *sum <= most;
    match sums.into_iter().flatten().find(|sum| !possible(sum)) {
        Some(sum) => Err(ChangeError::Sum(sum)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn a_budget_is_used_up_to_the_last_fraction() {
        let sum = money("1");
        for (spent, then) in [
            ("0", Stage::Within),
            ("0.799999", Stage::Within),
            ("0.8", Stage::Warned),
            ("0.999999999", Stage::Warned),
            ("1", Stage::Used),
            ("7", Stage::Used),
        ] {
            assert_eq!(stage(money(spent), sum), then, "{spent}");
        }
    }

    #[test]
    fn sums_that_make_no_sense_are_refused() {
        let budget = |day: Option<&str>, month: Option<&str>| Budget {
            day: day.map(money),
            month: month.map(money),
            at: AtBudget::Pause,
        };
        assert!(check(&budget(Some("0.01"), None)).is_ok());
        assert!(check(&budget(None, Some("50"))).is_ok());
        for wrong in [
            budget(None, None),
            budget(Some("0"), None),
            budget(Some("1"), Some("0")),
            budget(Some("1000000000.01"), None),
        ] {
            assert!(check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
