//! How every node stands: its limits at each level, and whether it is paused. Nearest wins: what
//! is set for a facet goes before what is set for its object, that before its namespace, its
//! worker, and the defaults.
//!
//! - this file: the levels and what is in force. `file`: what of it survives a restart.
//! - `budget`: what a node may spend, and what happens then.
//! - `change`: how an operator or a limit changes it, felt at once by what runs.

mod budget;
mod change;
mod file;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};

pub(super) use budget::Stages;
pub use budget::{AtBudget, Budget, BudgetLine};
pub use change::{ChangeError, read_budget, read_setting};
pub use file::StandingFileError;

use crate::{
    object::{
        self,
        limits::{InForce, Limit, Pause, Setting, Standing},
    },
    project::HostPattern,
};

/// The path under which the defaults stand that an operator has set.
pub const DEFAULTS: &str = "";

/// The limits that are set at one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitSet {
    /// By limit.
    pub settings: BTreeMap<Limit, Setting>,
    /// The only hosts that may be reached.
    pub hosts: Option<Arc<[HostPattern]>>,
}

impl LimitSet {
    fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.hosts.is_none()
    }
}

/// A pause, and when it began.
#[derive(Clone, Debug, PartialEq)]
pub struct Paused {
    /// Why, and how long requests wait.
    pub pause: Arc<Pause>,
    /// Milliseconds since the epoch.
    pub since_ms: u64,
    /// Which limit or budget asked for it; `None` for an operator.
    pub by: Option<String>,
}

/// One limit as it holds for a node.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitLine {
    /// Which.
    pub limit: Limit,
    /// Its value and what happens there; `None` when there is no limit.
    pub setting: Option<Setting>,
    /// The node where it is set; `None` for what the program was started with.
    pub from: Option<String>,
}

/// How all nodes stand.
pub(super) struct Standings {
    /// What the program was started with.
    base: InForce,
    levels: RwLock<Levels>,
    file: PathBuf,
    /// Held while a change is made and written: two operators at once take turns.
    changing: Mutex<()>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Levels {
    limits: HashMap<String, LimitSet>,
    paused: HashMap<String, Paused>,
    budgets: HashMap<String, Budget>,
}

/// A node's path and those above it, nearest first; the defaults last.
fn levels_above(node: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(node);
    let below = std::iter::from_fn(move || {
        let this = next?;
        next = this.rfind('/').map(|end| &this[..end]);
        Some(this)
    });
    below.filter(|path| !path.is_empty()).chain([DEFAULTS])
}

/// The limits of a program that was started with `options`.
fn base(options: &object::Limits) -> InForce {
    let mut base = InForce::default();
    let mut set = |limit: Limit, value: u64| {
        let at = limit.actions()[0];
        base.set(limit, Some(Setting { value, at }));
    };
    set(Limit::CpuMsPerRequest, options.cpu_ms);
    set(Limit::MemoryBytes, options.memory_bytes as u64);
    set(Limit::LogLinesPerSecond, options.log_lines_per_s.into());
    set(Limit::Subrequests, options.subrequests.into());
    base
}

impl Standings {
    /// What stands in `file`, over what the program was started with.
    pub fn open(options: &object::Limits, file: PathBuf) -> Result<Self, StandingFileError> {
        Ok(Self {
            base: base(options),
            levels: RwLock::new(file::read(&file)?),
            file,
            changing: Mutex::new(()),
        })
    }

    /// How a node stands.
    pub fn of(&self, node: &str) -> Standing {
        let levels = self.levels.read();
        let mut limits = self.base.clone();
        let mut above: Vec<&str> = levels_above(node).collect();
        above.reverse();
        for set in above.iter().filter_map(|path| levels.limits.get(*path)) {
            for (limit, setting) in &set.settings {
                limits.set(*limit, Some(*setting));
            }
            if let Some(hosts) = &set.hosts {
                limits.hosts = Some(hosts.clone());
            }
        }
        Standing {
            limits: Arc::new(limits),
            pause: levels.pause(node).map(|paused| paused.pause.clone()),
        }
    }

    /// The limits that hold for a node, and where each comes from.
    pub fn lines(&self, node: &str) -> Vec<LimitLine> {
        let levels = self.levels.read();
        let line = |limit: Limit| {
            let set = levels_above(node).find_map(|path| {
                let setting = levels.limits.get(path)?.settings.get(&limit)?;
                Some((*setting, path.to_string()))
            });
            match set {
                Some((setting, from)) => LimitLine {
                    limit,
                    setting: Some(setting),
                    from: Some(from),
                },
                None => LimitLine {
                    limit,
                    setting: self.base.get(limit),
                    from: None,
                },
            }
        };
        Limit::ALL.into_iter().map(line).collect()
    }

    /// The hosts that a node is limited to, and where that is set.
    pub fn hosts(&self, node: &str) -> Option<(Arc<[HostPattern]>, String)> {
        let levels = self.levels.read();
        levels_above(node).find_map(|path| {
            let hosts = levels.limits.get(path)?.hosts.clone()?;
            Some((hosts, path.to_string()))
        })
    }

    /// All budgets.
    pub fn budgets(&self) -> Vec<(String, Budget)> {
        let levels = self.levels.read();
        let all = levels.budgets.iter();
        all.map(|(node, budget)| (node.clone(), *budget)).collect()
    }

    /// The nodes that are paused on behalf of `by`.
    pub fn paused_by(&self, by: &str) -> Vec<String> {
        let levels = self.levels.read();
        let mine = levels
            .paused
            .iter()
            .filter(|(_, paused)| paused.by.as_deref() == Some(by));
        mine.map(|(node, _)| node.clone()).collect()
    }

    /// The nodes that are paused themselves.
    pub fn paused_nodes(&self) -> HashSet<String> {
        self.levels.read().paused.keys().cloned().collect()
    }

    /// Whether anything is paused.
    pub fn any_paused(&self) -> bool {
        !self.levels.read().paused.is_empty()
    }

    /// The pause that a node is under, and the node that is paused.
    pub fn paused(&self, node: &str) -> Option<(Paused, String)> {
        let levels = self.levels.read();
        levels_above(node).find_map(|path| {
            let paused = levels.paused.get(path)?.clone();
            Some((paused, path.to_string()))
        })
    }
}

impl Levels {
    fn pause(&self, node: &str) -> Option<&Paused> {
        levels_above(node).find_map(|path| self.paused.get(path))
    }
}
