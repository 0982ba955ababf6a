//! Who exists and what may happen: workers, their objects, and the life of both.
//!
//! - [`Host`] (this file): started once; requests come in through [`Host::fetch`].
//! - `worker`: a project's worker, its current code and its warm instances.
//! - `setup`: from a project on disk to code that can run.
//! - `registry`: which objects are known, live or not; `stored`: those that lie on disk,
//!   `contents`: what is kept of each.
//! - `alarms`: rings what objects asked to be woken for.
//! - `standing`: limits at every level, and what is paused.
//! - `supervise`: what a supervising class may ask, for its own facets.
//! - `world`: what objects may ask of the host.
//! - `lifecycle`: idle objects leave memory, workers are reloaded, and the clean stop.
//! - `versions`: every version of code, which one runs, and the way back.
//! - `verbs`: kill, hibernate, delete, fork, rename, export, import.

mod alarms;
mod contents;
mod lifecycle;
mod registry;
mod setup;
mod standing;
mod stored;
mod supervise;
mod verbs;
mod versions;
mod worker;
mod world;

use std::{
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::{Mutex, RwLock};
use tokio::runtime::Handle;

pub use standing::{
    AtBudget, Budget, BudgetLine, ChangeError, DEFAULTS, LimitLine, LimitSet, Paused,
    StandingFileError, read_budget, read_setting,
};
pub use stored::Line;
pub use verbs::{ArchiveError, Exported, Hibernated, VerbError};
pub use versions::{Bringer, Content, Identity, Override, VersionLine, VersionsError};
pub use worker::Worker;

use crate::{
    ledger::{self, Ledger, LedgerError, LedgerSettings, Logs},
    object::{
        Actor, Answer, CallError, Context, Entry, Invocation, Limits, Outside, Pool, ReplyTo,
        Request, Response,
    },
    project::Project,
    sandbox::{self, Engine, Image, THREAD_STACK},
    storage::{DataDir, DataDirError},
};
use alarms::Alarms;
use registry::Registry;
use standing::{Stages, Standings};
use versions::Versions;

/// The engine before its start-up, as build.rs compiled it.
const ENGINE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/engine.wasm"));
/// The runtime's JavaScript, by name.
const RUNTIME: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/runtime.rs"));

/// Where limits and pauses are kept, in the data folder.
const STANDING: &str = ".host/standing.json";

/// Where every version of code is kept.
const CODE: &str = ".host/code.sqlite";

/// How a host is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where databases lie.
    pub data: PathBuf,
    /// Where the compiled engine is kept; `None` compiles it at every start.
    pub cache: Option<PathBuf>,
    /// Limits of every object.
    pub limits: Limits,
    /// Sandboxes in memory at once.
    pub max_instances: u32,
    /// How long an object may have nothing to do before it leaves memory.
    pub idle: Duration,
    /// How many objects that have left memory are remembered with their last requests; of others
    /// only what is on disk, and what they have counted.
    pub kept_actors: usize,
    /// For how long all others are, too. What an object may use in a minute is counted there, so
    /// this should be longer.
    pub rest: Duration,
    /// How long an alarm waits after its first failure.
    pub alarm_retry: Duration,
    /// How long requests wait for an object that a limit has paused.
    pub pause_wait: Duration,
    /// What things cost, and how much of the logs is kept.
    pub ledger: LedgerSettings,
}

impl Options {
    /// The usual settings, with databases in `data`.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            cache: None,
            limits: Limits::default(),
            max_instances: 8_000,
            idle: Duration::from_secs(10),
            kept_actors: 1_000,
            rest: Duration::from_secs(120),
            alarm_retry: Duration::from_secs(2),
            pause_wait: Duration::from_secs(10),
            ledger: LedgerSettings::default(),
        }
    }
}

/// Why a host did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// What was set for objects cannot be read.
    #[error(transparent)]
    Standing(#[from] StandingFileError),
    /// What is kept of code cannot be read.
    #[error(transparent)]
    Versions(#[from] VersionsError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The sandbox cannot be set up.
    #[error(transparent)]
    Sandbox(#[from] sandbox::EngineError),
    /// No threads.
    #[error("no threads for objects: {0}")]
    Threads(std::io::Error),
}

/// Everything that runs.
pub struct Host {
    context: Arc<Context>,
    ledger: Arc<Ledger>,
    data: DataDir,
    workers: RwLock<Vec<Arc<Worker>>>,
    registry: Registry,
    alarms: Arc<Alarms>,
    standings: Standings,
    versions: Versions,
    /// What has been said of each budget.
    stages: Mutex<Stages>,
    options: Options,
}

impl Host {
    /// Starts a host without workers. Needs a tokio runtime, in which timers and streams wait.
    pub fn start(
        options: Options,
        logs: Arc<Logs>,
        tokio: Handle,
    ) -> Result<Arc<Self>, StartError> {
        let data = DataDir::open(&options.data)?;
        let ledger = Ledger::open(data.path(), options.ledger.clone())?;
        let standings = Standings::open(&options.limits, data.path().join(STANDING))?;
        let versions = Versions::open(data.path().join(CODE))?;
        let image = Image {
            wasm: ENGINE,
            files: RUNTIME,
        };
        let engine = Engine::new(
            &image,
            &sandbox::Options {
                cache: options.cache.clone(),
                max_instances: options.max_instances,
                max_memory_bytes: options.limits.memory_bytes,
            },
        )?;
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        // a thread that waits for a disk leaves its processor to another
        let pool = Pool::start(processors * 2, THREAD_STACK).map_err(StartError::Threads)?;
        let context = Arc::new(Context::new(
            engine,
            pool,
            tokio,
            logs.clone(),
            options.limits.clone(),
        ));
        let clock = context.clone();
        ledger.follow(context.changed.clone(), logs, move || clock.now_us())?;
        let host = Arc::new(Self {
            context: context.clone(),
            ledger,
            data,
            workers: RwLock::new(Vec::new()),
            registry: Registry::default(),
            alarms: Arc::new(Alarms::new(options.alarm_retry)),
            standings,
            versions,
            stages: Mutex::default(),
            options,
        });
        let world: Weak<Self> = Arc::downgrade(&host);
        context.enter(world.clone());
        alarms::ring_forever(world.clone()).map_err(StartError::Threads)?;
        host.watch_budgets();
        lifecycle::watch_forever(world.clone()).map_err(StartError::Threads)?;
        context.tokio.spawn(lifecycle::sweep(world));
        Ok(host)
    }

    /// Gives workers a way out of this machine; without one, a global `fetch` fails. Only the first
    /// call counts.
    pub fn open_outside(&self, outside: Arc<dyn Outside>) {
        self.context.open_outside(outside);
    }

    /// Adds a project's worker. It answers at once; its objects on disk become known meanwhile.
    pub fn add(self: &Arc<Self>, project: Project) -> Arc<Worker> {
        let worker = Arc::new(setup::worker(&self.context, project));
        let folder = worker.folder.display().to_string();
        let name = worker.name.to_string();
        self.versions
            .note(&worker.code(), name, Bringer::Project, &folder);
        self.workers.write().push(worker.clone());
        let (host, found) = (self.clone(), worker.clone());
        let find = std::thread::Builder::new().name("lapidary-find".into());
        if let Err(error) = find.spawn(move || {
            host.find_alarms(&found);
            host.find_stored(&found);
        }) {
            tracing::warn!("stored objects stay unknown until they are used: {error}");
        }
        worker
    }

    /// The workers in the order they were added.
    pub fn workers(&self) -> Vec<Arc<Worker>> {
        self.workers.read().clone()
    }

    /// The worker called `name`.
    pub fn worker(&self, name: &str) -> Option<Arc<Worker>> {
        self.workers
            .read()
            .iter()
            .find(|worker| &*worker.name == name)
            .cloned()
    }

    /// Sends a request to a worker's default entrypoint.
    pub async fn fetch(&self, worker: &Worker, request: Request) -> Result<Response, CallError> {
        let (reply, answer) = ReplyTo::channel();
        let entry = Entry::Export {
            name: None,
            props: None,
        };
        worker
            .entrypoint()
            .invoke(entry, Invocation::Fetch(request), reply);
        match answer.await {
            Ok(Ok(Answer::Response(response))) => Ok(response),
            Ok(Ok(Answer::Value(_))) => Err(CallError::new("The answer is not a response.")),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(CallError::new("The worker ended before it answered.")),
        }
    }

    /// When the alarm of an object or facet rings, milliseconds since the epoch.
    pub fn alarm_of(&self, actor: &Actor) -> Option<u64> {
        self.alarms.rings_at(actor)
    }

    /// Writes an act down.
    pub fn note(&self, entry: ledger::Entry) {
        self.ledger.audit(&entry);
    }

    /// What was written to the log.
    pub fn logs(&self) -> &Arc<Logs> {
        &self.context.logs
    }

    /// What was counted, what it costs, and who did what.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Limits of every object.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Whether the engine had to be compiled at this start.
    pub fn compiled_engine(&self) -> bool {
        self.context.engine.compiled
    }
}
