//! What the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

use crate::Outcome;
use crate::measurements;

/// What `--help` prints.
pub const HELP: &str = "\
cargo bench --bench side_by_side -- [options]
  --quick         fewer requests and objects, three rounds
  --rounds N      how often each measurement is taken on each side (11)
  --only A,B      only these: cold-create warm-create hot commit sql rpc memory sockets idle-sockets start
  --json FILE     also write every single figure to FILE
  --self-check    workerd in both columns: what differs then is noise
  --help
Environment
  LAPIDARY_BENCH_WORKERD   an installed node_modules/workerd to use instead of a fresh one
  TMPDIR                   where both sides store";

/// The choices, with defaults for what was left out.
pub struct Options {
    pub scale: Scale,
    /// How often each side has its turn.
    pub rounds: usize,
    /// Names of measurements; empty for all.
    pub only: Vec<String>,
    /// Where every single figure goes.
    pub json: Option<PathBuf>,
    /// Whether workerd runs against itself.
    pub self_check: bool,
}

/// How much is done in one round.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Objects created with code of their own.
    pub cold_objects: usize,
    /// Objects created with code that is loaded.
    pub warm_objects: usize,
    /// Requests sent one after the other.
    pub requests: usize,
    /// How long all connections send at once.
    pub load: Duration,
    /// SQL operations in the smaller of two requests; the larger has twice as many.
    pub operations: usize,
    /// Facets whose memory is measured.
    pub live_facets: usize,
    /// WebSockets that are open while nothing happens.
    pub idle_sockets: usize,
    /// Objects that are on disk at a start.
    pub stored_objects: usize,
}

const FULL: Scale = Scale {
    cold_objects: 20,
    warm_objects: 50,
    requests: 300,
    load: Duration::from_millis(700),
    operations: 2000,
    live_facets: 200,
    idle_sockets: 10_000,
    stored_objects: 1000,
};

const QUICK: Scale = Scale {
    cold_objects: 10,
    warm_objects: 20,
    requests: 150,
    load: Duration::from_millis(400),
    operations: 2000,
    live_facets: 100,
    idle_sockets: 10_000,
    stored_objects: 100,
};

impl Options {
    /// None if help was asked for.
    pub fn from_arguments(arguments: impl Iterator<Item = String>) -> Outcome<Option<Options>> {
        let mut arguments = arguments;
        let mut options = Options {
            scale: FULL,
            rounds: 11,
            only: Vec::new(),
            json: None,
            self_check: false,
        };
        let mut rounds = None;
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let next = arguments.next();
                next.ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                // cargo says this to every benchmark.
                "--bench" => {}
                "--quick" => {
                    options.scale = QUICK;
                    options.rounds = 3;
                }
                "--rounds" => rounds = Some(positive(&value()?)?),
                "--only" => options.only.extend(value()?.split(',').map(String::from)),
                "--json" => options.json = Some(PathBuf::from(value()?)),
                "--self-check" => options.self_check = true,
                "--help" | "-h" => return Ok(None),
                other => return Err(format!("no such option: {other}\n{HELP}")),
            }
        }
        options.rounds = rounds.unwrap_or(options.rounds);
        let is_unknown = |name: &&String| measurements::ALL.iter().all(|one| one.name != **name);
        match options.only.iter().find(is_unknown) {
            Some(name) => Err(format!("no such measurement: {name}\n{HELP}")),
            None => Ok(Some(options)),
        }
    }

    /// Whether the measurement of that name was asked for.
    pub fn wants(&self, measurement: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == measurement)
    }
}

fn positive(text: &str) -> Outcome<usize> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("--rounds needs a number above 0, not {text:?}")),
    }
}
