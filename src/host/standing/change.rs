//! Changes of limits and pauses: checked, written down, and then felt at once by what runs.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    AtBudget, Budget, DEFAULTS, Levels, LimitLine, Paused, StandingFileError, Standings, file,
};
use crate::{
    host::Host,
    ledger::{LedgerError, Level, Money, Source, now_ms},
    object::{
        Actor,
        limits::{AtLimit, Limit, Pause, Setting},
    },
    project::HostPattern,
};

/// Why a limit or pause was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// There is no such node.
    #[error("{0} is not there: name a worker that runs here, or a node below one")]
    NoNode(String),
    /// The value makes no sense.
    #[error("{name} = {value} is not possible: it must be from {low} to {high}", name = .limit.name())]
    Value {
        /// Which limit.
        limit: Limit,
        /// What was asked for.
        value: u64,
        /// The least.
        low: u64,
        /// The most.
        high: u64,
    },
    /// More than the engine was set up for.
    #[error(
        "memory_bytes = {value} is not possible: this server was started with at most {most} \
         bytes; start it with a higher --memory"
    )]
    Memory {
        /// What was asked for.
        value: u64,
        /// The most.
        most: u64,
    },
    /// That cannot happen at this limit.
    #[error(
        "\"{at}\" cannot happen at {name}; what can: {allowed}",
        at = .at.name(),
        name = .limit.name(),
        allowed = .limit.actions().iter().map(|at| at.name()).collect::<Vec<_>>().join(", ")
    )]
    Action {
        /// Which limit.
        limit: Limit,
        /// What was asked for.
        at: AtLimit,
    },
    /// That level has no such limit.
    #[error("the number of objects is limited for a worker or by default, not for {0}")]
    Objects(String),
    /// There is no such limit.
    #[error(
        "there is no limit \"{0}\"; there are {all}",
        all = Limit::ALL.map(Limit::name).join(", ")
    )]
    NoLimit(String),
    /// Nothing of that name happens at limits.
    #[error(
        "\"{at}\" is not something that happens at a limit; at {name} what can is: {allowed}",
        name = .limit.name(),
        allowed = .limit.actions().iter().map(|at| at.name()).collect::<Vec<_>>().join(", ")
    )]
    NoAction {
        /// Which limit.
        limit: Limit,
        /// What was asked for.
        at: String,
    },
    /// Nothing of that name happens at budgets.
    #[error("\"{0}\" cannot happen at a budget; what can: warn, pause, kill")]
    NoBudgetAction(String),
    /// Not a sum.
    #[error("\"{0}\" is not an amount of money, such as 0.50")]
    NotMoney(String),
    /// A budget without a sum.
    #[error("a budget needs a sum for a day, for a month, or both")]
    NoSum,
    /// A sum that cannot be one.
    #[error("a budget of {0} is not possible: it must be above 0, and at most 1000000000")]
    Sum(Money),
    /// Its budget is used up.
    #[error("{0} has used its budget: raise or remove the budget, and it goes on at once")]
    OverBudget(String),
    /// What is spent cannot be told.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It is not paused itself.
    #[error("{0} is not paused")]
    NotPaused(String),
    /// What is paused is above it.
    #[error("{node} is paused with {at}: resume that")]
    PausedAbove {
        /// What was to be resumed.
        node: String,
        /// What is paused.
        at: String,
    },
    /// It could not be written down; nothing has changed.
    #[error(transparent)]
    File(#[from] StandingFileError),
}

/// What is kept for a node and below it, by the rest of the path.
fn below<T: Clone>(all: &HashMap<String, T>, node: &str) -> Vec<(String, T)> {
    let mine = |(path, kept): (&String, &T)| {
        let rest = path.strip_prefix(node)?;
        let is_mine = rest.is_empty() || rest.starts_with('/');
        is_mine.then(|| (rest.to_string(), kept.clone()))
    };
    all.iter().filter_map(mine).collect()
}

/// What somebody wrote of a limit: its name, its value, and what happens there, if not the usual.
pub fn read_setting(
    name: &str,
    value: Option<u64>,
    at: Option<&str>,
) -> Result<(Limit, Option<Setting>), ChangeError> {
    let limit = Limit::from_name(name).ok_or_else(|| ChangeError::NoLimit(name.into()))?;
    let at = match at {
        Some(at) => AtLimit::from_name(at).ok_or_else(|| ChangeError::NoAction {
            limit,
            at: at.into(),
        })?,
        None => limit.actions()[0],
    };
    Ok((limit, value.map(|value| Setting { value, at })))
}

/// What somebody wrote of a budget; without any sum there is none.
pub fn read_budget(
    day: Option<&str>,
    month: Option<&str>,
    at: Option<&str>,
) -> Result<Option<Budget>, ChangeError> {
    let sum =
        |text: &str| Money::parse(text).ok_or_else(|| ChangeError::NotMoney(text.to_string()));
    let at = match at {
        Some(at) => {
            AtBudget::from_name(at).ok_or_else(|| ChangeError::NoBudgetAction(at.into()))?
        }
        None => AtBudget::Pause,
    };
    let (day, month) = (day.map(sum).transpose()?, month.map(sum).transpose()?);
    Ok((day.is_some() || month.is_some()).then_some(Budget { day, month, at }))
}

impl Standings {
    /// Changes the levels; what could not be written down does not hold.
    pub(super) fn change<T>(
        &self,
        act: impl FnOnce(&mut Levels) -> Result<T, ChangeError>,
    ) -> Result<T, ChangeError> {
        let _turn = self.changing.lock();
        let mut next = self.levels.read().clone();
        let before = next.clone();
        let done = act(&mut next)?;
        if next != before {
            file::write(&self.file, &next)?;
            *self.levels.write() = next;
        }
        Ok(done)
    }

    /// The limits that are set for a node and below it, for an archive.
    pub(in crate::host) fn portable(&self, node: &str) -> serde_json::Value {
        let levels = self.levels.read();
        file::to_json(&Levels {
            limits: below(&levels.limits, node).into_iter().collect(),
            ..Default::default()
        })
    }

    /// Sets the limits of an archive for a node; says what is wrong with them.
    pub(in crate::host) fn adopt(
        &self,
        node: &str,
        portable: &serde_json::Value,
    ) -> Result<(), String> {
        let found = file::from_json(portable)?;
        for (rest, set) in &found.limits {
            for (limit, setting) in &set.settings {
                self.check(&format!("{node}{rest}"), *limit, *setting)
                    .map_err(|error| format!("its limits: {error}"))?;
            }
        }
        self.change(|levels| {
            for (rest, set) in found.limits {
                levels.limits.insert(format!("{node}{rest}"), set);
            }
            Ok(())
        })
        .map_err(|error| error.to_string())
    }

    fn check(&self, node: &str, limit: Limit, setting: Setting) -> Result<(), ChangeError> {
        let value = setting.value;
        let (low, high) = limit.bounds();
        if value < low || value > high {
            return Err(ChangeError::Value {
                limit,
                value,
                low,
                high,
            });
        }
        let most = self.base.value(Limit::MemoryBytes);
        if limit == Limit::MemoryBytes && value > most {
            return Err(ChangeError::Memory { value, most });
        }
        if !limit.actions().contains(&setting.at) {
            let at = setting.at;
            return Err(ChangeError::Action { limit, at });
        }
        if limit == Limit::Objects && node.contains('/') {
            return Err(ChangeError::Objects(node.into()));
        }
        Ok(())
    }
}

impl Host {
    /// The limits that hold for a node, and where each comes from.
    pub fn limit_lines(&self, node: &str) -> Vec<LimitLine> {
        self.standings.lines(node)
    }

    /// The hosts that a node is limited to, and where that is set.
    pub fn limited_hosts(&self, node: &str) -> Option<(Arc<[HostPattern]>, String)> {
        self.standings.hosts(node)
    }

    /// Whether anything is paused.
    pub fn any_paused(&self) -> bool {
        self.standings.any_paused()
    }

    /// The pause that a node is under, and the node that is paused.
    pub fn pause_of(&self, node: &str) -> Option<(Paused, String)> {
        self.standings.paused(node)
    }

    /// The nodes that are paused themselves, not with one above them.
    pub fn paused_nodes(&self) -> HashSet<String> {
        self.standings.paused_nodes()
    }

    /// Sets a limit for a node and all below it that have none of their own, or, with `None`,
    /// removes it there. [`DEFAULTS`] is the path of the defaults. Returns what was set before.
    pub fn set_limit(
        &self,
        node: &str,
        limit: Limit,
        setting: Option<Setting>,
    ) -> Result<Option<Setting>, ChangeError> {
        self.must_be_ours(node)?;
        if let Some(setting) = setting {
            self.standings.check(node, limit, setting)?;
        }
        let before = self.standings.change(|levels| {
            let set = levels.limits.entry(node.to_string()).or_default();
            let before = match setting {
                Some(setting) => set.settings.insert(limit, setting),
                None => set.settings.remove(&limit),
            };
            levels.limits.retain(|_, set| !set.is_empty());
            Ok(before)
        })?;
        self.make_felt(node);
        Ok(before)
    }

    /// Limits a node and all below it to these hosts, of those that its project allows; `None`
    /// removes that. Returns what was set before.
    pub fn set_hosts(
        &self,
        node: &str,
        hosts: Option<Arc<[HostPattern]>>,
    ) -> Result<Option<Arc<[HostPattern]>>, ChangeError> {
        self.must_be_ours(node)?;
        let before = self.standings.change(|levels| {
            let set = levels.limits.entry(node.to_string()).or_default();
            let before = std::mem::replace(&mut set.hosts, hosts);
            levels.limits.retain(|_, set| !set.is_empty());
            Ok(before)
        })?;
        self.make_felt(node);
        Ok(before)
    }

    /// Pauses a node and all below it: nothing of it runs until it is resumed. A turn that runs
    /// now goes on to its end.
    pub fn pause(&self, node: &str, pause: Pause, by: Option<String>) -> Result<(), ChangeError> {
        self.must_be_ours(node)?;
        self.standings.change(|levels| {
            let since = levels.paused.get(node).map(|known| known.since_ms);
            let paused = Paused {
                pause: Arc::new(pause),
                since_ms: since.unwrap_or_else(now_ms),
                by,
            };
            levels.paused.insert(node.to_string(), paused);
            Ok(())
        })?;
        self.make_felt(node);
        Ok(())
    }

    /// Lets a paused node go on. Returns how it was paused.
    pub fn resume(&self, node: &str) -> Result<Paused, ChangeError> {
        let paused = self.standings.paused(node);
        if let Some((paused, at)) = paused {
            if at != node {
                return Err(ChangeError::PausedAbove {
                    node: node.into(),
                    at,
                });
            }
            if paused.by.as_deref() == Some(super::budget::BUDGET) {
                return Err(ChangeError::OverBudget(node.into()));
            }
        }
        self.end_pause(node)
    }

    /// Ends a pause, whoever asked for it.
    pub(super) fn end_pause(&self, node: &str) -> Result<Paused, ChangeError> {
        let paused = self.standings.change(|levels| {
            levels
                .paused
                .remove(node)
                .ok_or_else(|| ChangeError::NotPaused(node.into()))
        })?;
        self.make_felt(node);
        Ok(paused)
    }

    /// Gives what was set for a node and below it to another path, or with `None` forgets it.
    pub(in crate::host) fn move_standing(
        &self,
        node: &str,
        to: Option<&str>,
        keep: bool,
    ) -> Result<(), ChangeError> {
        self.standings.change(|levels| {
            for (rest, set) in below(&levels.limits, node) {
                if !keep {
                    levels.limits.remove(&format!("{node}{rest}"));
                }
                if let Some(to) = to {
                    levels.limits.insert(format!("{to}{rest}"), set);
                }
            }
            for (rest, budget) in below(&levels.budgets, node) {
                if !keep {
                    levels.budgets.remove(&format!("{node}{rest}"));
                }
                if let Some(to) = to {
                    levels.budgets.insert(format!("{to}{rest}"), budget);
                }
            }
            for (rest, paused) in below(&levels.paused, node) {
                if !keep {
                    levels.paused.remove(&format!("{node}{rest}"));
                }
                if let Some(to) = to {
                    levels.paused.insert(format!("{to}{rest}"), paused);
                }
            }
            Ok(())
        })?;
        if let Some(to) = to {
            self.make_felt(to);
            self.watch_budgets();
        }
        Ok(())
    }

    pub(super) fn must_be_ours(&self, node: &str) -> Result<(), ChangeError> {
        let worker = node.split('/').next().unwrap_or_default();
        if node == DEFAULTS || worker == "dynamic" || self.worker(worker).is_some() {
            return Ok(());
        }
        Err(ChangeError::NoNode(node.into()))
    }

    /// Tells everything at and below a node how it stands now.
    fn make_felt(&self, node: &str) {
        if node.split('/').count() >= 3 {
            let tree = self.node(node).map(|actor| actor.tree());
            for actor in tree.unwrap_or_default() {
                actor.stand_if_known(|| self.standings.of(&actor.source.node));
            }
            return;
        }
        let below = format!("{node}/");
        for actor in self.everyone() {
            let path = &*actor.source.node;
            if node == DEFAULTS || path == node || path.starts_with(&below) {
                actor.stand_if_known(|| self.standings.of(path));
            }
        }
    }

    /// An object reached a limit: the operator hears of it, and a pause begins if one is chosen.
    pub(in crate::host) fn reached(&self, actor: &Arc<Actor>, limit: Limit, setting: Setting) {
        let what = match setting.at {
            AtLimit::Refuse => "what is over it is refused",
            AtLimit::Slow => "what is over it waits",
            AtLimit::Pause => "it is paused until it is resumed",
            AtLimit::Kill => "it is ended",
            AtLimit::RollBack => "the version before takes over",
        };
        let text = format!(
            "reached its limit of {} = {}: {what}",
            limit.name(),
            setting.value
        );
        let source: &Source = &actor.source;
        self.context.logs.write(source, Level::Warn, true, &text);
        if setting.at != AtLimit::Pause || self.standings.paused(&source.node).is_some() {
            return;
        }
        let pause = Pause {
            reason: format!("{} is paused: it {text}.", source.label),
            wait: self.options.pause_wait,
        };
        if let Err(error) = self.pause(&source.node, pause, Some(limit.name().into())) {
            let text = format!("it could not be paused: {error}");
            self.context.logs.write(source, Level::Error, true, &text);
        }
    }
}
