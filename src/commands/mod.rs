//! What an operator does from a shell: each verb a command, which a running server carries out.
//!
//! - this file: the commands, and what each asks of the server. `client`: asking it.
//! - `print`: answers as tables for people, or as JSON for programs.

mod client;
mod print;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::control::{PAUSE_WAIT_S, Show, Verb, socket::Ask, view::NodeId};

pub use client::CommandError;

/// Which server, and how its answer is printed.
#[derive(Args, Clone, Debug)]
pub struct Server {
    /// Data folder of the server that is asked.
    #[arg(long, value_name = "DIR", default_value = ".lapidary", global = true)]
    data: PathBuf,
    /// Print the answer as JSON.
    #[arg(long, global = true)]
    json: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            data: ".lapidary".into(),
            json: false,
        }
    }
}

/// Nodes are written as paths: worker, worker/Class, worker/Class/object, and
/// worker/Class/object/facet. An object goes by its name, its id, or the first digits of that.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// List objects and facets.
    Ps {
        /// Only at and below this node.
        node: Option<String>,
    },
    /// Show what a node has counted and costs.
    Meter {
        /// Which.
        node: String,
        /// Show one count over the last time instead, such as requests or cpu_us.
        #[arg(long, value_name = "COUNT")]
        series: Option<String>,
        /// Seconds that one line of it spans.
        #[arg(long, value_name = "S", default_value_t = 10, requires = "series", value_parser = clap::value_parser!(u64).range(1..=3600))]
        step: u64,
        /// How far back it goes, minutes.
        #[arg(long, value_name = "MIN", default_value_t = 10, requires = "series", value_parser = clap::value_parser!(u64).range(1..=2880))]
        minutes: u64,
    },
    /// End what is at a node now, even in the middle of a loop; data is kept.
    Kill {
        /// Which, one or more.
        #[arg(required = true)]
        nodes: Vec<String>,
    },
    /// Read code again and start afresh between two turns; data is kept.
    Reload {
        /// Which, one or more.
        #[arg(required = true)]
        nodes: Vec<String>,
    },
    /// Let nothing at a node run until it is resumed.
    Pause {
        /// Which, one or more.
        #[arg(required = true)]
        nodes: Vec<String>,
        /// What callers are told.
        #[arg(long)]
        reason: Option<String>,
        /// Seconds that requests wait before they get a 503.
        #[arg(long, value_name = "S", default_value_t = PAUSE_WAIT_S)]
        wait: u64,
    },
    /// Let a paused node go on.
    Resume {
        /// Which, one or more.
        #[arg(required = true)]
        nodes: Vec<String>,
    },
    /// Let what has nothing to do leave memory now.
    Hibernate {
        /// Which, one or more.
        #[arg(required = true)]
        nodes: Vec<String>,
    },
    /// Remove a node with its databases.
    Delete {
        /// Which.
        node: String,
        /// The node's own name, to confirm.
        #[arg(long)]
        name: String,
    },
    /// Copy an object or facet with its data under a new name, while it goes on.
    Fork {
        /// Which.
        node: String,
        /// Name of the copy.
        name: String,
    },
    /// Give an object or facet another name.
    Rename {
        /// Which.
        node: String,
        /// The new name.
        name: String,
    },
    /// Write an object or facet, with its data, facets and limits, into one file.
    Export {
        /// Which.
        node: String,
        /// The file, which must not be there yet.
        file: PathBuf,
    },
    /// Make what is in such a file an object or facet.
    Import {
        /// The file.
        file: PathBuf,
        /// Where it goes: worker/Class, or an object or facet.
        parent: String,
        /// What to call it [default: as it was].
        #[arg(long)]
        name: Option<String>,
    },
    /// Show the limits that hold for a node, or set one.
    Limit {
        /// Which node; `default` for everything.
        node: String,
        /// The limit to set.
        limit: Option<String>,
        /// Its value, or `none` to remove it; for outbound_hosts a list with commas.
        #[arg(requires = "limit")]
        value: Option<String>,
        /// What happens at it: refuse, slow, pause, kill, roll-back.
        #[arg(long, requires = "value")]
        at: Option<String>,
    },
    /// Show all budgets, or set one.
    Budget {
        /// Which node.
        node: Option<String>,
        /// Most that may be spent in a day.
        #[arg(long, value_name = "SUM", requires = "node")]
        day: Option<String>,
        /// Most that may be spent in a month.
        #[arg(long, value_name = "SUM", requires = "node")]
        month: Option<String>,
        /// What happens then: warn, pause or kill.
        #[arg(long, requires = "node")]
        at: Option<String>,
        /// Remove it.
        #[arg(long, requires = "node", conflicts_with_all = ["day", "month", "at"])]
        none: bool,
    },
    /// Versions of code: list, show, compare, edit, put in place, release.
    Code {
        #[command(subcommand)]
        what: Code,
    },
    /// Show every verb and every decision of the host, newest first.
    Audit {
        /// Only at and below this node.
        node: Option<String>,
        /// At most so many.
        #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
        count: usize,
    },
    /// Search the log lines on disk, newest first.
    Logs {
        /// Only at and below this node.
        node: Option<String>,
        /// Only those with this text.
        #[arg(long, short, value_name = "TEXT")]
        grep: Option<String>,
        /// The text is a regular expression.
        #[arg(long, short = 'e', requires = "grep")]
        regex: bool,
        /// Only those at least so loud: debug, info, warn, error.
        #[arg(long)]
        level: Option<String>,
        /// Only those of this request.
        #[arg(long, value_name = "ID")]
        request: Option<u64>,
        /// At most so many.
        #[arg(long, short = 'n', value_name = "N", default_value_t = 50)]
        count: usize,
    },
}

/// What is done with versions.
#[derive(Subcommand, Clone, Debug)]
pub enum Code {
    /// List the versions that a node's worker ever had.
    List {
        /// A worker, object, facet, or dynamic worker (worker/LOADER/id).
        node: String,
    },
    /// Show the modules of a version.
    Show {
        /// Its first digits.
        version: String,
    },
    /// Show how one version differs from another.
    Diff {
        /// First digits of the old one.
        old: String,
        /// First digits of the new one.
        new: String,
    },
    /// Run a version, in all that run the same worker.
    Use {
        /// A worker, object, facet, or dynamic worker.
        node: String,
        /// Its first digits.
        version: String,
    },
    /// Replace one module of what runs, in all that run the same worker.
    Edit {
        /// A worker, object, facet, or dynamic worker.
        node: String,
        /// The module's name.
        module: String,
        /// A file with its new source.
        file: PathBuf,
    },
    /// Run again what the supervising class loads.
    Release {
        /// An object, facet, or dynamic worker.
        node: String,
    },
}

/// Asks the server and prints its answer.
///
/// # Errors
/// There is no server, it refuses, or standard output cannot be written.
pub fn run(command: Command, server: &Server) -> Result<(), CommandError> {
    let raw = matches!(
        &command,
        Command::Code {
            what: Code::Diff { .. }
        }
    );
    // the first that is refused ends it
    for ask in asks(command)? {
        let answer = client::ask(&server.data, &ask)?;
        print::print(&answer, server.json, raw)?;
    }
    Ok(())
}

/// What a command asks for: one thing for each node that it names.
fn asks(command: Command) -> Result<Vec<Ask>, CommandError> {
    let each = |nodes: Vec<String>, verb: &dyn Fn(NodeId) -> Verb| {
        let asks = nodes.into_iter().map(|node| Ask::Do(verb(node.into())));
        Ok(asks.collect())
    };
    match command {
        Command::Kill { nodes } => each(nodes, &Verb::Kill),
        Command::Reload { nodes } => each(nodes, &Verb::Reload),
        Command::Resume { nodes } => each(nodes, &Verb::Resume),
        Command::Hibernate { nodes } => each(nodes, &Verb::Hibernate),
        Command::Pause {
            nodes,
            reason,
            wait,
        } => each(nodes, &|node| Verb::Pause {
            node,
            reason: reason.clone(),
            wait_s: Some(wait),
        }),
        command => Ok(vec![ask(command)?]),
    }
}

fn ask(command: Command) -> Result<Ask, CommandError> {
    let node = NodeId::from;
    Ok(match command {
        Command::Kill { .. }
        | Command::Reload { .. }
        | Command::Resume { .. }
        | Command::Hibernate { .. }
        | Command::Pause { .. } => return Err(CommandError::Usage("name a node".into())),
        Command::Ps { node: below } => Ask::Show(Show::Nodes(below.map(node))),
        Command::Meter {
            node: of,
            series: None,
            ..
        } => Ask::Show(Show::Meter(node(of))),
        Command::Meter {
            node: of,
            series: Some(count),
            step,
            minutes,
        } => Ask::Show(Show::Series {
            node: node(of),
            count,
            step_s: step,
            minutes,
        }),
        Command::Delete { node: of, name } => Ask::Do(Verb::Delete {
            node: node(of),
            name,
        }),
        Command::Fork { node: of, name } => Ask::Do(Verb::Fork {
            node: node(of),
            name,
        }),
        Command::Rename { node: of, name } => Ask::Do(Verb::Rename {
            node: node(of),
            name,
        }),
        Command::Export { node: of, file } => Ask::Do(Verb::Export {
            node: node(of),
            file: client::absolute(&file)?,
        }),
        Command::Import { file, parent, name } => Ask::Do(Verb::Import {
            file: client::absolute(&file)?,
            parent: node(parent),
            name,
        }),
        Command::Limit {
            node: of,
            limit,
            value,
            at,
        } => ask_limit(node(of), limit, value, at)?,
        Command::Budget {
            node: of,
            day,
            month,
            at,
            none,
        } => match of {
            Some(of) if none || day.is_some() || month.is_some() => Ask::Do(Verb::SetBudget {
                node: node(of),
                day,
                month,
                at,
            }),
            Some(of) => {
                return Err(CommandError::Usage(format!(
                    "say what {of} may spend, with --day or --month, or --none"
                )));
            }
            None => Ask::Show(Show::Budgets),
        },
        Command::Code { what } => ask_code(what)?,
        Command::Audit { node: of, count } => Ask::Show(Show::Audit {
            node: of.map(node),
            count,
        }),
        Command::Logs {
            node: of,
            grep,
            regex,
            level,
            request,
            count,
        } => Ask::Show(Show::Logs {
            node: of.map(node),
            level,
            text: grep,
            regex,
            request,
            count,
        }),
    })
}

fn ask_limit(
    node: NodeId,
    limit: Option<String>,
    value: Option<String>,
    at: Option<String>,
) -> Result<Ask, CommandError> {
    let (limit, value) = match (limit, value) {
        (None, _) => return Ok(Ask::Show(Show::Limits(node))),
        (Some(limit), Some(value)) => (limit, value),
        (Some(limit), None) => {
            return Err(CommandError::Usage(format!(
                "say a value for {limit}, or none to remove it"
            )));
        }
    };
    if limit == "outbound_hosts" {
        let hosts = (value != "none").then(|| {
            let hosts = value.split(',').map(str::trim);
            hosts
                .filter(|host| !host.is_empty())
                .map(String::from)
                .collect()
        });
        return Ok(Ask::Do(Verb::SetHosts { node, hosts }));
    }
    let value = match value.as_str() {
        "none" => None,
        number => Some(number.replace('_', "").parse().map_err(|_| {
            CommandError::Usage(format!(
                "{limit} = {number} is not possible: a whole number is needed, or none"
            ))
        })?),
    };
    Ok(Ask::Do(Verb::SetLimit {
        node,
        limit,
        value,
        at,
    }))
}

fn ask_code(what: Code) -> Result<Ask, CommandError> {
    let node = NodeId::from;
    Ok(match what {
        Code::List { node: of } => Ask::Show(Show::Versions(node(of))),
        Code::Show { version } => Ask::Show(Show::Version(version)),
        Code::Diff { old, new } => Ask::Show(Show::Diff(old, new)),
        Code::Use { node: of, version } => Ask::Do(Verb::UseVersion {
            node: node(of),
            version,
        }),
        Code::Edit {
            node: of,
            module,
            file,
        } => Ask::Do(Verb::Edit {
            node: node(of),
            module,
            source: client::read_text(&file)?,
        }),
        Code::Release { node: of } => Ask::Do(Verb::Release(node(of))),
    })
}
