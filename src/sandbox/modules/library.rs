//! Compiled modules, one of each for the whole process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, OnceLock, Weak},
};

use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::{
    rewrite::{self, Need, Refused},
    run,
    shape::Shape,
};

/// The largest module, bytes: what a worker's code may be altogether.
pub const MAX_BYTES: usize = 64 << 20;

/// Modules that stay compiled though nothing uses them now.
const KEPT: usize = 32;

/// A module that can be instantiated.
pub struct Compiled {
    pub(super) module: wasmtime::Module,
    pub(super) needs: Vec<Need>,
    /// Sizes of the data segments that are written at the start, with their numbers.
    pub(super) data: Vec<(u32, u32)>,
    /// Memory that an instance takes outside of the guest, bytes, roughly.
    pub(super) cost: usize,
    /// What operators end with whose traps wasmtime does not tell apart, by their place in the
    /// rewritten module.
    pub(super) ends: Vec<(u32, i32)>,
    /// What it imports and exports.
    pub shape: Shape,
    /// As it was written.
    pub bytes: Bytes,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Compiled({} bytes)", self.bytes.len())
    }
}

type Outcome = Result<Arc<Compiled>, Refused>;
type Hash = [u8; 32];

/// Compiled modules by their content.
pub struct Library {
    engine: wasmtime::Engine,
    shelves: Mutex<Shelves>,
}

#[derive(Default)]
struct Shelves {
    /// Compiled, or being compiled.
    under_way: HashMap<Hash, Arc<OnceLock<Outcome>>>,
    known: HashMap<Hash, Weak<Compiled>>,
    recent: VecDeque<Arc<Compiled>>,
}

impl Library {
    /// An empty one.
    pub(in crate::sandbox) fn new(engine: wasmtime::Engine) -> Self {
        Self {
            engine,
            shelves: Mutex::default(),
        }
    }

    /// Compiles a module, unless it is known. Takes about a second per megabyte; two who want the
    /// same module wait for one compilation.
    pub fn compile(&self, bytes: &Bytes) -> Outcome {
        if bytes.len() > MAX_BYTES {
            return Err(Refused {
                message: format!(
                    "the module has {} bytes, more than the {MAX_BYTES} allowed",
                    bytes.len()
                ),
                offset: 0,
            });
        }
        let hash: Hash = Sha256::digest(bytes).into();
        let place = {
            let mut shelves = self.shelves.lock();
            if let Some(known) = shelves.known.get(&hash).and_then(Weak::upgrade) {
                return Ok(known);
            }
            shelves.under_way.entry(hash).or_default().clone()
        };
        let outcome = place.get_or_init(|| self.compile_now(bytes)).clone();
        let mut shelves = self.shelves.lock();
        if shelves.under_way.remove(&hash).is_some()
            && let Ok(compiled) = &outcome
        {
            shelves.known.retain(|_, known| known.strong_count() > 0);
            shelves.known.insert(hash, Arc::downgrade(compiled));
            shelves.recent.push_back(compiled.clone());
            if shelves.recent.len() > KEPT {
                shelves.recent.pop_front();
            }
        }
        outcome
    }

    fn compile_now(&self, bytes: &Bytes) -> Outcome {
        let rewritten = rewrite::rewrite(bytes)?;
        let module = wasmtime::Module::new(&self.engine, &rewritten.wasm).map_err(|error| {
            // valid before, so what remains are limits of ours
            Refused {
                message: format!("{error:#}"),
                offset: 0,
            }
        })?;
        let shape = rewritten.shape;
        let cost = 4096
            + 48 * shape.funcs.len()
            + 256 * shape.imports.len()
            + 512 * (shape.globals.len() + shape.tables.len());
        Ok(Arc::new(Compiled {
            module,
            needs: rewritten.needs,
            data: rewritten.data,
            cost,
            ends: run::ends(&rewritten.wasm),
            shape,
            bytes: bytes.clone(),
        }))
    }
}
