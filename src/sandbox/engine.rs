//! The compiled guest image, ready to be instantiated in microseconds.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};
use wasmtime::{
    Config, InstanceAllocationStrategy, InstancePre, Linker, Module, PoolingAllocationConfig,
    UpdateDeadline,
};

use super::{
    berths::Berths,
    image,
    imports::{self, Guest},
    instance::{Host, Sandbox, Signals},
    modules::{ENGINE_STACK, Library},
    ticker::Ticker,
};

/// Native stack that a guest may use, bytes. Deep recursion must run into the guest's own,
/// smaller limit first, so that it is an exception and not the guest's end. Some of it is for
/// modules that the guest brings along.
pub(super) const MAX_WASM_STACK: usize = ENGINE_STACK + (8 << 20);

/// Threads that run guests need this much stack, bytes.
pub const THREAD_STACK: usize = MAX_WASM_STACK + (4 << 20);

/// What the guest is made of.
pub struct Image<'a> {
    /// The guest's wasm before its start-up ran.
    pub wasm: &'a [u8],
    /// Answers the guest's calls during start-up: named source files.
    pub files: &'a [(&'a str, &'a str)],
}

/// How much the engine may take.
pub struct Options {
    /// Where compiled images are kept; `None` compiles at every start.
    pub cache: Option<PathBuf>,
    /// Live guests at once.
    pub max_instances: u32,
    /// Linear memory that any guest may reach, bytes.
    pub max_memory_bytes: usize,
}

/// Why no guest can be started.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The image's start-up failed: the image itself is at fault.
    #[error("the engine image did not start: {0}")]
    Image(String),
    /// wasmtime refused, for want of address space as a rule.
    #[error("the sandbox could not be set up: {0}")]
    Wasmtime(String),
    /// All places for live guests are taken.
    #[error("no room for another live instance (at most {0} at once)")]
    Full(u32),
}

/// A compiled image; cheap to share.
pub struct Engine<H: Host> {
    engine: wasmtime::Engine,
    pre: InstancePre<Guest<H>>,
    library: Arc<Library>,
    ticker: Arc<Ticker>,
    berths: Arc<Berths>,
    max_instances: u32,
    max_memory_bytes: usize,
    /// Whether the image had to be compiled at this start.
    pub compiled: bool,
}

impl<H: Host> Engine<H> {
    /// Loads the image from the cache, or snapshots and compiles it and fills the cache.
    pub fn new(image: &Image<'_>, options: &Options) -> Result<Self, EngineError> {
        let (engine, max_instances) = pooled_engine(options)?;
        let cache = options
            .cache
            .as_deref()
            .map(|folder| folder.join(file_name(image)));
        let cached = cache.as_deref().and_then(|path| load(&engine, path));
        let compiled = cached.is_none();
        let module = match cached {
            Some(module) => module,
            None => compile(&engine, image, cache.as_deref())?,
        };
        let mut linker = Linker::new(&engine);
        imports::add(&mut linker).map_err(|e| EngineError::Wasmtime(format!("{e:#}")))?;
        let pre = linker
            .instantiate_pre(&module)
            .map_err(|e| EngineError::Image(format!("{e:#}")))?;
        let ticker = Ticker::start(engine.clone());
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            library: Arc::new(Library::new(engine.clone())),
            engine,
            pre,
            ticker,
            berths: Berths::new(processors),
            max_instances,
            max_memory_bytes: options.max_memory_bytes,
            compiled,
        })
    }

    /// Starts a guest whose memory may grow to `memory_bytes` (at most the engine's own limit).
    pub fn instantiate(
        &self,
        signals: Arc<Signals>,
        memory_bytes: usize,
    ) -> Result<Sandbox<H>, EngineError> {
        let mut guest = Guest::new(signals, memory_bytes.min(self.max_memory_bytes));
        guest.modules.library = Some(self.library.clone());
        guest.berths = Some(self.berths.clone());
        let mut store = wasmtime::Store::new(&self.engine, guest);
        store.limiter(|guest| guest);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            context.data_mut().check_deadline()?;
            Ok(UpdateDeadline::Continue(1))
        });
        let instance = self.pre.instantiate(&mut store).map_err(|e| {
            if e.is::<wasmtime::PoolConcurrencyLimitError>() {
                EngineError::Full(self.max_instances)
            } else {
                EngineError::Wasmtime(format!("{e:#}"))
            }
        })?;
        Sandbox::new(store, instance, self.ticker.clone()).map_err(EngineError::Image)
    }

    /// Compiled modules that guests bring along.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Live guests at once.
    pub fn max_instances(&self) -> u32 {
        self.max_instances
    }
}

/// Settings that decide how code is compiled; the snapshot's own engine shares them.
pub(super) fn base_config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.max_wasm_stack(MAX_WASM_STACK);
    // no fiber is ever made, but wasmtime wants the two to agree
    config.async_stack_size(MAX_WASM_STACK);
    // below 4 GiB every access is checked explicitly, which costs 40 %
    config.memory_reservation(4 << 30);
    config.memory_init_cow(true);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(8));
    config
}

/// An engine with room for as many guests as asked, or as the address space allows.
fn pooled_engine(options: &Options) -> Result<(wasmtime::Engine, u32), EngineError> {
    let mut instances = options.max_instances.max(1);
    loop {
        let mut pool = PoolingAllocationConfig::new();
        // memories are what is scarce; instances are only counted, and modules that guests bring
        // along are instances too, limited in each guest
        pool.total_core_instances(u32::MAX)
            .total_memories(instances)
            .total_tables(instances)
            .max_memory_size(options.max_memory_bytes)
            .table_elements(8192)
            .max_unused_warm_slots(64);
        let mut config = base_config();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        match wasmtime::Engine::new(&config) {
            Ok(engine) => return Ok((engine, instances)),
            Err(_) if instances > 16 => instances /= 2,
            Err(e) => return Err(EngineError::Wasmtime(format!("{e:#}"))),
        }
    }
}

/// Names the image by everything that decides what it compiles to.
fn file_name(image: &Image<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(std::env::consts::ARCH);
    hash.update(image.wasm);
    for (name, source) in image.files {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((source.len() as u64).to_le_bytes());
        hash.update(source);
    }
    format!("engine-{}.bin", hex(&hash.finalize()[..12]))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A cached image: 32 bytes of SHA-256, then what wasmtime serialized. Anything odd (damaged,
/// half written, of another wasmtime) is as good as absent.
fn load(engine: &wasmtime::Engine, path: &Path) -> Option<Module> {
    let file = fs::read(path).ok()?;
    let (sum, body) = file.split_at_checked(32)?;
    if Sha256::digest(body).as_slice() != sum {
        return None;
    }
    // SAFETY: deserialize runs the code it is given. The bytes were written by `store` below
    // into the user's own cache folder, and the sum shows that they are whole; wasmtime itself
    // checks that they fit this version and configuration.
    unsafe { Module::deserialize(engine, body) }.ok()
}

fn store(module: &Module, path: &Path) -> io::Result<()> {
    let body = module.serialize().map_err(io::Error::other)?;
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    // a rename is atomic: another process sees all of it or nothing
    let partial = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = Sha256::digest(&body).to_vec();
    file.extend_from_slice(&body);
    fs::write(&partial, file)?;
    fs::rename(&partial, path)
}

fn compile(
    engine: &wasmtime::Engine,
    image: &Image<'_>,
    cache: Option<&Path>,
) -> Result<Module, EngineError> {
    let frozen = image::freeze(image)?;
    let module = Module::new(engine, frozen).map_err(|e| EngineError::Image(format!("{e:#}")))?;
    if let Some(path) = cache
        && let Err(error) = store(&module, path)
    {
        tracing::warn!(
            "the compiled engine could not be kept in {}: {error}",
            path.display()
        );
    }
    Ok(module)
}
