//! What a guest may call: the host, chance, the clock, and the C library's few needs.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use wasmtime::{Caller, Extern, Linker, Memory, ResourceLimiter, Result};

use super::{
    berths::{Berth, Berths},
    instance::{Fault, Host, Signals},
    modules,
    wire::{Reader, Writer},
};

/// WASI's "bad file descriptor".
const BADF: i32 = 8;
/// WASI's "success".
const SUCCESS: i32 = 0;
/// A guest that cannot have even this much more memory has not enough left to report an error, so
/// it ends; one that asks for more at once can. Bytes.
const LITTLE: usize = 256 << 10;
/// How much of a dying guest's last words is kept, bytes.
const LAST_WORDS: usize = 2048;

/// A turn of so many ticks is a long one.
const LONG_TURN_TICKS: u32 = 25;
/// The niceness of threads with long turns.
const LOW_PRIORITY: i32 = 10;

/// A guest's data on the host's side.
pub(super) struct Guest<H> {
    /// There while a turn runs.
    pub host: Option<H>,
    pub memory: Option<Memory>,
    pub signals: Arc<Signals>,
    /// Ticks that this turn has run for.
    pub ticks: u32,
    /// Whether the memory limit stood in the way during this turn.
    pub memory_refused: bool,
    /// What the C library wrote to its standard error.
    pub last_words: String,
    /// What it has of modules that it brought along.
    pub modules: modules::State,
    /// Where long turns wait for each other; `None` where there are no others.
    pub berths: Option<Arc<Berths>>,
    /// The place of a long turn.
    pub berth: Option<Berth>,
    memory_limit: usize,
    answer: Writer,
}

impl<H: Host> Guest<H> {
    pub fn new(signals: Arc<Signals>, memory_limit: usize) -> Self {
        Self {
            host: None,
            memory: None,
            signals,
            ticks: 0,
            memory_refused: false,
            last_words: String::new(),
            modules: modules::State::default(),
            berths: None,
            berth: None,
            memory_limit,
            answer: Writer::new(),
        }
    }

    /// Called every few milliseconds while the guest runs; an error ends it.
    pub fn check_deadline(&mut self) -> Result<()> {
        self.ticks += 1;
        if self.ticks == LONG_TURN_TICKS {
            give_way();
        }
        if self.gave_way() && self.berth.as_ref().is_none_or(Berth::is_over) {
            self.berth = None;
            let berths = self.berths.as_ref();
            self.berth = berths.and_then(|berths| berths.take(&self.signals));
        }
        self.signals
            .must_end()
            .map_or(Ok(()), |fault| Err(fault.into()))
    }

    /// Whether this turn made its thread give way.
    pub fn gave_way(&self) -> bool {
        self.ticks >= LONG_TURN_TICKS
    }

    /// Bytes that its memory may grow to.
    fn memory_limit(&self) -> usize {
        let told = self.signals.memory_limit();
        self.memory_limit.min(told.try_into().unwrap_or(usize::MAX))
    }

    /// What a guest ends with that has not enough memory to go on.
    pub fn memory_fault(&self) -> Fault {
        Fault::MemoryLimit {
            limit_bytes: self.memory_limit(),
        }
    }

    /// Sets what `answer` gives.
    pub fn set_answer(&mut self, answer: Writer) {
        self.answer = answer;
    }
}

/// Lets threads with short turns go first. A thread that is not root's cannot take it back, so
/// whoever runs guests ends the thread after such a turn.
fn give_way() {
    let this = rustix::thread::gettid();
    if let Err(error) = rustix::process::setpriority_process(Some(this), LOW_PRIORITY) {
        tracing::debug!("a long turn keeps its priority: {error}");
    }
}

impl<H: Host> ResourceLimiter for Guest<H> {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let allowed = desired <= self.memory_limit();
        // a module whose memory cannot grow is told so
        if self.modules.growing {
            return Ok(allowed);
        }
        self.memory_refused |= !allowed;
        if !allowed && desired - current <= LITTLE {
            return Err(self.memory_fault().into());
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let allowed = maximum.is_none_or(|most| desired <= most);
        Ok(allowed && self.modules.take_elements(desired - current))
    }
}

pub(super) fn add<H: Host>(linker: &mut Linker<Guest<H>>) -> Result<()> {
    linker.func_wrap("lapidary", "call", call::<H>)?;
    linker.func_wrap("lapidary", "answer", answer::<H>)?;
    linker.func_wrap("lapidary", "random", || -> Result<i64> {
        Ok(getrandom::u64()? as i64)
    })?;
    modules::add(linker)?;
    add_c_library(linker)
}

/// The part of WASI that the C library links against. There are no files, no arguments and no
/// environment.
fn add_c_library<H: Host>(linker: &mut Linker<Guest<H>>) -> Result<()> {
    let wasi = "wasi_snapshot_preview1";
    linker.func_wrap(wasi, "clock_time_get", clock_time_get::<H>)?;
    linker.func_wrap(wasi, "fd_write", fd_write::<H>)?;
    linker.func_wrap(wasi, "fd_close", |_: i32| BADF)?;
    linker.func_wrap(wasi, "fd_seek", |_: i32, _: i64, _: i32, _: i32| BADF)?;
    linker.func_wrap(wasi, "fd_fdstat_get", |_: i32, _: i32| BADF)?;
    linker.func_wrap(wasi, "environ_get", |_: i32, _: i32| SUCCESS)?;
    linker.func_wrap(
        wasi,
        "environ_sizes_get",
        |mut caller: Caller<'_, Guest<H>>, count: i32, size: i32| {
            put(&mut caller, count, &[0; 4])?;
            put(&mut caller, size, &[0; 4])
        },
    )?;
    linker.func_wrap(
        wasi,
        "random_get",
        |mut caller: Caller<'_, Guest<H>>, at: i32, len: i32| {
            getrandom::fill(slice(&mut caller, at, len)?.0)?;
            Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(wasi, "proc_exit", |code: i32| -> Result<()> {
        Err(Fault::Trap(format!("the engine ended itself with code {code}")).into())
    })?;
    Ok(())
}

pub(super) fn out_of_bounds() -> wasmtime::Error {
    Fault::Trap("the engine named memory that it does not have".into()).into()
}

/// A piece of the guest's memory, and the guest's data beside it.
pub(super) fn slice<'a, H: 'static>(
    caller: &'a mut Caller<'_, Guest<H>>,
    at: i32,
    len: i32,
) -> Result<(&'a mut [u8], &'a mut Guest<H>)> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        // only while start-up functions run
        None => caller
            .get_export("memory")
            .and_then(Extern::into_memory)
            .ok_or_else(out_of_bounds)?,
    };
    let (bytes, guest) = memory.data_and_store_mut(caller);
    let start = at as u32 as usize;
    let end = start + len as u32 as usize;
    Ok((bytes.get_mut(start..end).ok_or_else(out_of_bounds)?, guest))
}

pub(super) fn put<H: 'static>(
    caller: &mut Caller<'_, Guest<H>>,
    at: i32,
    bytes: &[u8],
) -> Result<i32> {
    slice(caller, at, bytes.len() as i32)?
        .0
        .copy_from_slice(bytes);
    Ok(SUCCESS)
}

/// `call(args, len, out, capacity)`: one host call. Returns the answer's length; when that is
/// more than the capacity, the guest fetches it with `answer`.
fn call<H: Host>(
    mut caller: Caller<'_, Guest<H>>,
    args: i32,
    len: i32,
    out: i32,
    capacity: i32,
) -> Result<i32> {
    let (bytes, guest) = slice(&mut caller, args, len)?;
    let host = guest
        .host
        .as_mut()
        .ok_or_else(|| Fault::Trap("a call outside of a turn".into()))?;
    guest.answer.clear();
    host.call(Reader::new(bytes), &mut guest.answer)?;
    let length = guest.answer.as_bytes().len();
    if length <= capacity as usize {
        give(&mut caller, out, length)?;
    }
    i32::try_from(length).map_err(|_| out_of_bounds())
}

fn answer<H: Host>(mut caller: Caller<'_, Guest<H>>, out: i32, len: i32) -> Result<()> {
    if caller.data().answer.as_bytes().len() != len as usize {
        return Err(out_of_bounds());
    }
    give(&mut caller, out, len as usize)
}

/// Copies what is to be answered to the guest's memory.
pub(super) fn give<H: 'static>(
    caller: &mut Caller<'_, Guest<H>>,
    out: i32,
    len: usize,
) -> Result<()> {
    let (room, guest) = slice(caller, out, len as i32)?;
    room.copy_from_slice(guest.answer.as_bytes());
    Ok(())
}

fn clock_time_get<H: Host>(
    mut caller: Caller<'_, Guest<H>>,
    _id: i32,
    _precision: i64,
    at: i32,
) -> Result<i32> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    // until the year 2554
    put(&mut caller, at, &(now.as_nanos() as u64).to_le_bytes())
}

/// Keeps what the C library says before it gives up (assertions), for the fault's text.
fn fd_write<H: Host>(
    mut caller: Caller<'_, Guest<H>>,
    _fd: i32,
    vectors: i32,
    count: i32,
    written: i32,
) -> Result<i32> {
    let mut total = 0u32;
    for index in 0..count.clamp(0, 16) {
        let vector = slice(&mut caller, vectors.wrapping_add(index * 8), 8)?.0;
        let (at, len) = vector.split_at(4);
        let number = |bytes: &[u8]| bytes.try_into().map(i32::from_le_bytes).unwrap_or(0);
        let (at, len) = (number(at), number(len));
        let (bytes, guest) = slice(&mut caller, at, len)?;
        if guest.last_words.len() < LAST_WORDS {
            guest.last_words.push_str(&String::from_utf8_lossy(bytes));
        }
        total = total.wrapping_add(len as u32);
    }
    put(&mut caller, written, &total.to_le_bytes())
}
