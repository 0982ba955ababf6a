//! Runs a guest's start-up once and freezes its memory into a new wasm module.

use std::{collections::HashMap, sync::Arc};

use futures_util::FutureExt;
use wasmtime::{Linker, Module, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, Wizer};

use super::{
    engine::{EngineError, Image, base_config},
    imports::{self, Guest},
    instance::{Host, Signals, Stop},
    wire::{Reader, Writer},
};

/// Memory that start-up may use, bytes.
const START_UP_MEMORY: usize = 64 << 20;

/// Answers a guest that starts up: it may read its files and nothing else.
struct Files {
    files: HashMap<String, String>,
}

impl Host for Files {
    fn call(&mut self, mut args: Reader<'_>, answer: &mut Writer) -> Result<(), Stop> {
        let mut text = || args.lossy().unwrap_or_default();
        match text().as_str() {
            "boot.module" => {
                let name = text();
                match self.files.get(&name) {
                    Some(source) => answer.text(source),
                    None => answer.error("ReferenceError", &format!("No such module \"{name}\".")),
                };
                Ok(())
            }
            "boot.failed" => Err(Stop(format!("{}\n{}", text(), text()))),
            other => Err(Stop(format!(
                "the guest called `{other}` before it was started"
            ))),
        }
    }
}

/// The image's wasm with the memory it has after `lap_init`.
pub(super) fn freeze(image: &Image<'_>) -> Result<Vec<u8>, EngineError> {
    let broken = |e: wasmtime::Error| match e.downcast_ref::<Stop>() {
        Some(stop) => EngineError::Image(stop.0.clone()),
        None => EngineError::Image(format!("{e:#}")),
    };
    let mut wizer = Wizer::new();
    wizer.init_func("lap_init");
    let (context, instrumented) = wizer.instrument(image.wasm).map_err(broken)?;
    let engine = wasmtime::Engine::new(&base_config()).map_err(broken)?;
    let module = Module::new(&engine, instrumented).map_err(broken)?;
    let mut linker: Linker<Guest<Files>> = Linker::new(&engine);
    imports::add(&mut linker).map_err(broken)?;
    let mut guest = Guest::new(Arc::new(Signals::new(u64::MAX)), START_UP_MEMORY);
    let files = image
        .files
        .iter()
        .map(|(name, source)| (name.to_string(), source.to_string()))
        .collect();
    guest.host = Some(Files { files });
    let mut store = Store::new(&engine, guest);
    store.limiter(|guest| guest);
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = linker.instantiate(&mut store, &module).map_err(broken)?;
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    for start in ["_initialize", "lap_init"] {
        if let Ok(function) = instance.get_typed_func::<(), ()>(&mut store, start) {
            function.call(&mut store, ()).map_err(broken)?;
        }
    }
    // the state is read at once, so the future never waits
    let mut state = Frozen {
        store: &mut store,
        instance,
    };
    let snapshot = wizer.snapshot(&context, &mut state).now_or_never();
    snapshot
        .ok_or_else(|| EngineError::Image("the snapshot did not finish".into()))?
        .map_err(broken)
}

/// Lets the snapshot read globals and memory.
struct Frozen<'a> {
    store: &'a mut Store<Guest<Files>>,
    instance: wasmtime::Instance,
}

impl InstanceState for Frozen<'_> {
    async fn global_get(&mut self, name: &str, _: wasmparser::ValType) -> SnapshotVal {
        let value = self
            .instance
            .get_global(&mut *self.store, name)
            .map(|g| g.get(&mut *self.store));
        match value {
            Some(Val::I32(x)) => SnapshotVal::I32(x),
            Some(Val::I64(x)) => SnapshotVal::I64(x),
            Some(Val::F32(x)) => SnapshotVal::F32(x),
            Some(Val::F64(x)) => SnapshotVal::F64(x),
            other => unreachable!("C has no global `{name}` of this kind: {other:?}"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        if let Some(memory) = self.instance.get_memory(&mut *self.store, name) {
            contents(memory.data(&self.store));
        }
    }
}
