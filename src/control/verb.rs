//! What an operator can do, and how the host does it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Outcome, Refused, view::NodeId};
use crate::{
    host::{Budget, ChangeError, DEFAULTS, Host, VerbError, read_budget, read_setting},
    ledger::{Entry, Money, Who},
    object::limits::{Pause, Setting},
    project::HostPattern,
};

/// How long requests wait for a paused node, unless something else is asked for.
pub const PAUSE_WAIT_S: u64 = 30;

/// Something an operator does to one node. Where a node is named by a text, an object may be
/// called by its name instead of its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", content = "of", rename_all = "kebab-case")]
pub enum Verb {
    /// End it now, even in the middle of a loop; the next request starts it afresh.
    /// On a worker or namespace: every live object below.
    Kill(NodeId),
    /// Read its code again and start it afresh; data stays.
    Reload(NodeId),
    /// Nothing of it runs until it is resumed; requests wait up to a time, and then get a 503.
    Pause {
        /// What.
        node: NodeId,
        /// What callers are told.
        reason: Option<String>,
        /// How long requests wait, seconds; [`PAUSE_WAIT_S`] unless given.
        wait_s: Option<u64>,
    },
    /// Let a paused node go on.
    Resume(NodeId),
    /// Let what has nothing to do leave memory now.
    Hibernate(NodeId),
    /// Remove it with its databases.
    Delete {
        /// What.
        node: NodeId,
        /// Its own name, to confirm.
        name: String,
    },
    /// Copy it with its data under a new name, while it goes on.
    Fork {
        /// What.
        node: NodeId,
        /// The name of the copy.
        name: String,
    },
    /// Give it another name.
    Rename {
        /// What.
        node: NodeId,
        /// The new name.
        name: String,
    },
    /// Write it into one file.
    Export {
        /// What.
        node: NodeId,
        /// A path on the server's machine.
        file: PathBuf,
    },
    /// Make what is in such a file an object or facet.
    Import {
        /// A path on the server's machine.
        file: PathBuf,
        /// The namespace, object or facet to put it in.
        parent: NodeId,
        /// What to call it, if not as it was.
        name: Option<String>,
    },
    /// Set a limit, or remove it.
    SetLimit {
        /// For what, with all below it; empty for the defaults.
        node: NodeId,
        /// The limit's name.
        limit: String,
        /// In the limit's own unit; none removes it.
        value: Option<u64>,
        /// What happens at it; none for the usual.
        at: Option<String>,
    },
    /// Set the only hosts that may be reached, or remove that.
    SetHosts {
        /// For what, with all below it.
        node: NodeId,
        /// As in a project's configuration; none removes it.
        hosts: Option<Vec<String>>,
    },
    /// Set what may be spent in a day or month; without both it is removed.
    SetBudget {
        /// By what, with all below it.
        node: NodeId,
        /// An amount, such as `0.50`.
        day: Option<String>,
        /// An amount.
        month: Option<String>,
        /// What happens when it is used up: `warn`, `pause` or `kill`.
        at: Option<String>,
    },
    /// Run a version of the code that was brought before, in all that run the same worker.
    UseVersion {
        /// A worker, object, facet, or dynamic worker.
        node: NodeId,
        /// Its first digits will do.
        version: String,
    },
    /// Change a module of what runs, in all that run the same worker.
    Edit {
        /// A worker, object, facet, or dynamic worker.
        node: NodeId,
        /// The module's name.
        module: String,
        /// All of its new source.
        source: String,
    },
    /// Run again what the supervising class loads.
    Release(NodeId),
}

impl Verb {
    /// What it is called in the audit and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::Kill(_) => "kill",
            Verb::Reload(_) => "reload",
            Verb::Pause { .. } => "pause",
            Verb::Resume(_) => "resume",
            Verb::Hibernate(_) => "hibernate",
            Verb::Delete { .. } => "delete",
            Verb::Fork { .. } => "fork",
            Verb::Rename { .. } => "rename",
            Verb::Export { .. } => "export",
            Verb::Import { .. } => "import",
            Verb::SetLimit { .. } => "limit",
            Verb::SetHosts { .. } => "hosts",
            Verb::SetBudget { .. } => "budget",
            Verb::UseVersion { .. } => "use-version",
            Verb::Edit { .. } => "edit",
            Verb::Release(_) => "release",
        }
    }

    /// The node that it is about.
    pub fn node(&self) -> &NodeId {
        match self {
            Verb::Kill(node)
            | Verb::Reload(node)
            | Verb::Resume(node)
            | Verb::Hibernate(node)
            | Verb::Release(node)
            | Verb::Pause { node, .. }
            | Verb::Delete { node, .. }
            | Verb::Fork { node, .. }
            | Verb::Rename { node, .. }
            | Verb::Export { node, .. }
            | Verb::Import { parent: node, .. }
            | Verb::SetLimit { node, .. }
            | Verb::SetHosts { node, .. }
            | Verb::SetBudget { node, .. }
            | Verb::UseVersion { node, .. }
            | Verb::Edit { node, .. } => node,
        }
    }
}

impl From<VerbError> for Refused {
    fn from(error: VerbError) -> Self {
        Refused(error.to_string())
    }
}

impl From<ChangeError> for Refused {
    fn from(error: ChangeError) -> Self {
        Refused(error.to_string())
    }
}

/// What changed, for the audit.
#[derive(Default)]
struct Changed {
    why: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

/// Does it, and writes it down. May wait: for a disk, or for a turn to end.
pub(super) fn carry_out(host: &Host, who: Who, verb: Verb) -> Outcome {
    let node = host.resolve(&verb.node().0);
    let name = verb.name();
    let mut changed = Changed::default();
    let said = act(host, &node, verb, &mut changed)?;
    let mut entry = Entry::now(who, name, node).changed(changed.before, changed.after);
    entry.why = changed.why;
    host.note(entry);
    Ok(said)
}

fn act(host: &Host, path: &str, verb: Verb, changed: &mut Changed) -> Outcome {
    match verb {
        Verb::Kill(_) => Ok(killed(path, host.kill(path, KILLED)?)),
        Verb::Reload(_) => Ok(host.reload(path)?),
        Verb::Pause { reason, wait_s, .. } => {
            let reason = reason.unwrap_or_else(|| {
                // callers are told, so by its name
                let label = host.node(path).map(|actor| actor.source.label.clone());
                let name = label.as_deref().unwrap_or(path);
                format!("{name} is paused by its operator.")
            });
            let wait_s = wait_s.unwrap_or(PAUSE_WAIT_S);
            let said = format!(
                "paused {path}: requests wait up to {wait_s} s for it to be resumed, and then get \
                 a 503"
            );
            changed.why = Some(reason.clone());
            let wait = Duration::from_secs(wait_s);
            host.pause(path, Pause { reason, wait }, None)?;
            Ok(said)
        }
        Verb::Resume(_) => {
            changed.before = Some(host.resume(path)?.pause.reason.clone());
            Ok(format!("{path} goes on"))
        }
        Verb::Hibernate(_) => {
            let came = host.hibernate(path)?;
            let busy = match came.busy {
                0 => String::new(),
                n => format!("; {n} stay, because they have something to do"),
            };
            Ok(format!("{} left memory{busy}", came.left))
        }
        Verb::Delete { name, .. } => {
            let count = host.delete(path, &name)?;
            Ok(format!("deleted {path}: {count} with their databases"))
        }
        Verb::Fork { name, .. } => {
            let copy = host.fork(path, &name)?;
            changed.after = Some(copy.clone());
            Ok(format!("{name} is a copy of {path}: {copy}"))
        }
        Verb::Rename { name, .. } => {
            let now = host.rename(path, &name)?;
            changed.after = Some(now.clone());
            Ok(format!("{path} is {name} now: {now}"))
        }
        Verb::Export { file, .. } => {
            let made = host.export(path, &file)?;
            changed.after = Some(file.display().to_string());
            Ok(format!(
                "exported {} databases of {path} to {}: {} bytes",
                made.databases,
                file.display(),
                made.bytes
            ))
        }
        Verb::Import { file, name, .. } => {
            let made = host.import(&file, path, name.as_deref())?;
            changed.after = Some(made.node.clone());
            Ok(format!(
                "imported {} databases as {}",
                made.databases, made.node
            ))
        }
        Verb::SetLimit {
            limit, value, at, ..
        } => set_limit(host, path, &limit, value, at.as_deref(), changed),
        Verb::SetHosts { hosts, .. } => set_hosts(host, path, hosts, changed),
        Verb::SetBudget { day, month, at, .. } => set_budget(host, path, day, month, at, changed),
        Verb::UseVersion { version, .. } => Ok(host.use_version(path, &version)?),
        Verb::Edit { module, source, .. } => Ok(host.edit(path, &module, source.as_bytes())?),
        Verb::Release(_) => Ok(host.release(path)?),
    }
}

const KILLED: &str = "The operator killed this object.";

fn killed(path: &str, count: usize) -> String {
    match count {
        0 => format!("nothing of {path} was in memory"),
        1 => format!("killed {path}; its data is kept, the next request starts it afresh"),
        n => format!("killed {n} in {path}; their data is kept"),
    }
}

fn whose(path: &str) -> &str {
    match path {
        DEFAULTS => "everything",
        path => path,
    }
}

fn set_limit(
    host: &Host,
    path: &str,
    name: &str,
    value: Option<u64>,
    at: Option<&str>,
    changed: &mut Changed,
) -> Outcome {
    let (limit, setting) = read_setting(name, value, at)?;
    let text = |setting: Option<Setting>| {
        setting.map(|it| format!("{name} = {} ({})", it.value, it.at.name()))
    };
    let before = host.set_limit(path, limit, setting)?;
    (changed.before, changed.after) = (text(before), text(setting));
    Ok(match (text(setting), text(before)) {
        (Some(now), None) => format!("{}: {now}", whose(path)),
        (Some(now), Some(before)) => format!("{}: {now}; it was {before}", whose(path)),
        (None, Some(before)) => format!("{}: {before} is removed", whose(path)),
        (None, None) => format!("{}: {name} was not set here", whose(path)),
    })
}

fn set_hosts(
    host: &Host,
    path: &str,
    hosts: Option<Vec<String>>,
    changed: &mut Changed,
) -> Outcome {
    let parse = |text: &String| {
        HostPattern::parse(text).map_err(|why| Refused(format!("the host \"{text}\" {why}")))
    };
    let patterns: Option<Arc<[HostPattern]>> = match &hosts {
        Some(hosts) => Some(hosts.iter().map(parse).collect::<Result<_, _>>()?),
        None => None,
    };
    let text = |hosts: &Option<Arc<[HostPattern]>>| {
        let hosts = hosts.as_ref()?;
        Some(
            hosts
                .iter()
                .map(HostPattern::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    let now = text(&patterns);
    changed.before = text(&host.set_hosts(path, patterns)?);
    changed.after = now.clone();
    Ok(match now.as_deref() {
        Some("") => format!("{} may reach no host", whose(path)),
        Some(now) => format!(
            "{} may reach only {now}, of those that its project allows",
            whose(path)
        ),
        None => format!("{} may reach what its project allows", whose(path)),
    })
}

fn set_budget(
    host: &Host,
    path: &str,
    day: Option<String>,
    month: Option<String>,
    at: Option<String>,
    changed: &mut Changed,
) -> Outcome {
    let budget = read_budget(day.as_deref(), month.as_deref(), at.as_deref())?;
    let before = host.set_budget(path, budget)?;
    (changed.before, changed.after) = (before.map(budget_text), budget.map(budget_text));
    Ok(match budget {
        Some(budget) => format!("{path} may spend {}", budget_text(budget)),
        None => format!("{path} has no budget of its own"),
    })
}

/// Such as `1.00 a day, 20.00 a month, then pause`.
pub(super) fn budget_text(budget: Budget) -> String {
    let sum = |sum: Option<Money>, period| sum.map(|sum| format!("{sum} a {period}"));
    let sums = [sum(budget.day, "day"), sum(budget.month, "month")];
    let sums: Vec<String> = sums.into_iter().flatten().collect();
    format!("{}, then {}", sums.join(", "), budget.at.name())
}
