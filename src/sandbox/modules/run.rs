//! Calls into modules, and from them back into the guest.
//!
//! guest → `invoke` → module → `import` → guest → … all on one native stack. The guest's engine
//! must never run out of that stack, since it could not go on afterwards; so modules may not call
//! it once much is used, and the error that they get instead ends them, not the guest.

use std::sync::Arc;

use wasmparser::{Parser, Payload};
use wasmtime::{Caller, Func, FuncType, Memory, Result, Trap, TypedFunc, Val, WasmBacktrace};

use super::{
    super::{
        Host,
        engine::MAX_WASM_STACK,
        imports::{Guest, out_of_bounds},
    },
    shape::{FuncShape, ValueType},
    state::rewritten_type,
    values::{self, SLOT},
};

/// The guest's engine needs so much native stack at most, bytes.
pub(in crate::sandbox) const ENGINE_STACK: usize = 12 << 20;
/// Modules may call the guest while no more than this is used, bytes.
const MAX_STACK_FOR_IMPORTS: usize = MAX_WASM_STACK - ENGINE_STACK;
/// The guest may call modules while no more than this is used, bytes.
const MAX_STACK_FOR_CALLS: usize = MAX_WASM_STACK - (1 << 20);
/// The host may be asked for more memory while no more than this is used, bytes.
pub(super) const MAX_STACK_FOR_HELP: usize = MAX_WASM_STACK - (512 << 10);

/// Bytes of slots for imports' calls under way; `LAP_SCRATCH_BYTES` in `borrowed.c`.
const SCRATCH: u32 = 64 << 10;

/// The guest's functions that the host calls.
#[derive(Clone)]
pub(in crate::sandbox) struct Entrances {
    /// (owner, which import, slots) -> 0, or 1 when an exception is pending
    pub import: TypedFunc<(u32, u32, u32), i32>,
    /// (memory): it has grown
    pub moved: TypedFunc<u32, ()>,
    /// () -> where slots for imports' calls lie
    pub scratch: TypedFunc<(), u32>,
}

/// How a call of a module's function can end, besides wasmtime's own traps.
#[derive(Debug, thiserror::Error)]
pub(in crate::sandbox) enum Ended {
    /// The guest has an exception pending.
    #[error("an exception is pending")]
    Thrown,
    /// Too much of the native stack is used.
    #[error("too deep")]
    TooDeep,
    /// The guest's own engine trapped: the guest is at its end.
    #[error("{0:#}")]
    Engine(wasmtime::Error),
}

/// What the guest is told of how a call ended; `webassembly/errors.js` has the words.
mod reason {
    pub const DONE: i32 = 0;
    pub const THROWN: i32 = 1;
    pub const UNREACHABLE: i32 = 2;
    pub const MEMORY: i32 = 3;
    pub const TABLE: i32 = 4;
    pub const NULL: i32 = 5;
    pub const OVERFLOW: i32 = 6;
    pub const DIVISION: i32 = 7;
    pub const CONVERSION: i32 = 8;
    pub const STACK: i32 = 9;
    pub const OTHER: i32 = 10;
    pub const SIGNATURE: i32 = 11;
    pub const REMAINDER: i32 = 12;
}

/// The guest's own memory.
pub(super) fn guest_memory<H: Host>(caller: &Caller<'_, Guest<H>>) -> Result<Memory> {
    caller.data().memory.ok_or_else(out_of_bounds)
}

/// Why a module's function ended; an error when that is the guest's own end.
pub(super) fn reason_of<H: Host>(
    caller: &Caller<'_, Guest<H>>,
    error: wasmtime::Error,
) -> Result<i32> {
    match error.downcast_ref::<Ended>() {
        Some(Ended::Thrown) => return Ok(reason::THROWN),
        Some(Ended::TooDeep) => return Ok(reason::STACK),
        Some(Ended::Engine(_)) => return Err(error),
        None => {}
    }
    let Some(trap) = error.downcast_ref::<Trap>() else {
        // a limit, a kill, the host's wish
        return Err(error);
    };
    if let Some(reason) = special_end(caller, &error) {
        return Ok(reason);
    }
    Ok(match trap {
        Trap::UnreachableCodeReached => reason::UNREACHABLE,
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => reason::MEMORY,
        Trap::TableOutOfBounds => reason::TABLE,
        Trap::IndirectCallToNull => reason::NULL,
        Trap::BadSignature => reason::SIGNATURE,
        Trap::IntegerOverflow => reason::OVERFLOW,
        Trap::IntegerDivisionByZero => reason::DIVISION,
        Trap::BadConversionToInteger => reason::CONVERSION,
        Trap::StackOverflow => reason::STACK,
        _ => reason::OTHER,
    })
}

/// Operators whose traps wasmtime does not tell apart from others': where they stand in a module,
/// and what they end with.
pub(super) fn ends(wasm: &[u8]) -> Vec<(u32, i32)> {
    use wasmparser::Operator as O;
    let mut ends = Vec::new();
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        let Payload::CodeSectionEntry(body) = payload else {
            continue;
        };
        let Ok(operators) = body.get_operators_reader() else {
            continue;
        };
        for (operator, offset) in operators.into_iter_with_offsets().flatten() {
            let reason = match operator {
                O::I32RemS | O::I32RemU | O::I64RemS | O::I64RemU => reason::REMAINDER,
                O::I32TruncF32S
                | O::I32TruncF32U
                | O::I32TruncF64S
                | O::I32TruncF64U
                | O::I64TruncF32S
                | O::I64TruncF32U
                | O::I64TruncF64S
                | O::I64TruncF64U => reason::CONVERSION,
                _ => continue,
            };
            ends.push((offset as u32, reason));
        }
    }
    ends
}

/// What the operator that trapped ends with, if that is more than wasmtime tells.
fn special_end<H: Host>(caller: &Caller<'_, Guest<H>>, error: &wasmtime::Error) -> Option<i32> {
    let arithmetic = matches!(
        error.downcast_ref::<Trap>()?,
        Trap::IntegerDivisionByZero | Trap::IntegerOverflow
    );
    let frames = error.downcast_ref::<WasmBacktrace>()?.frames();
    let frame = frames.first().filter(|_| arithmetic)?;
    let offset = frame.module_offset()? as u32;
    let used = &caller.data().modules.used;
    let compiled = used
        .iter()
        .find(|known| wasmtime::Module::same(&known.module, frame.module()))?;
    let place = compiled.ends.binary_search_by_key(&offset, |end| end.0);
    place.ok().map(|place| compiled.ends[place].1)
}

/// `invoke(function, slots)`: runs a function with the arguments in the slots, and puts its
/// results there.
pub(super) fn invoke<H: Host>(
    mut caller: Caller<'_, Guest<H>>,
    id: u32,
    slots: u32,
) -> Result<i32> {
    let state = &caller.data().modules;
    if state.stack_used() > MAX_STACK_FOR_CALLS {
        return Ok(reason::STACK);
    }
    let used = state.scratch_used;
    let function = state.funcs.get(id as usize).ok_or_else(out_of_bounds)?;
    let (func, shape) = (function.func, function.shape.clone());
    let arguments = read_slots(&caller, &shape.params, slots)?;
    let mut results = vec![Val::I32(0); shape.results.len()];
    match func.call(&mut caller, &arguments, &mut results) {
        Ok(()) => {
            write_slots(&mut caller, &shape.results, &results, slots)?;
            Ok(reason::DONE)
        }
        Err(error) => {
            caller.data_mut().modules.scratch_used = used;
            reason_of(&caller, error)
        }
    }
}

fn read_slots<H: Host>(
    caller: &Caller<'_, Guest<H>>,
    types: &[ValueType],
    at: u32,
) -> Result<Vec<Val>> {
    let start = at as usize;
    let bytes = guest_memory(caller)?.data(caller);
    let slots = bytes.get(start..start + types.len() * SLOT);
    let slots = slots.ok_or_else(out_of_bounds)?.chunks_exact(SLOT);
    let read = |(ty, slot): (&ValueType, &[u8])| values::from_slot(caller, *ty, slot);
    Ok(types.iter().zip(slots).map(read).collect())
}

fn write_slots<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    types: &[ValueType],
    values: &[Val],
    at: u32,
) -> Result<()> {
    let memory = guest_memory(caller)?;
    let mut start = at as usize;
    for (ty, value) in types.iter().zip(values) {
        let slot = values::to_slot(caller, *ty, value);
        let bytes = memory.data_mut(&mut *caller);
        let place = bytes
            .get_mut(start..start + SLOT)
            .ok_or_else(out_of_bounds)?;
        place.copy_from_slice(&slot);
        start += SLOT;
    }
    Ok(())
}

/// A function that modules can import and that calls the guest's n-th import of `owner`.
pub(super) fn import_function<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    owner: u32,
    nth: u32,
    shape: Arc<FuncShape>,
) -> Func {
    let types = |types: &[ValueType]| {
        types
            .iter()
            .map(|ty| rewritten_type(*ty))
            .collect::<Vec<_>>()
    };
    let ty = FuncType::new(caller.engine(), types(&shape.params), types(&shape.results));
    Func::new(
        caller,
        ty,
        move |mut caller: Caller<'_, Guest<H>>, arguments: &[Val], results: &mut [Val]| {
            import(&mut caller, (owner, nth), &shape, arguments, results)
        },
    )
}

fn import<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    (owner, nth): (u32, u32),
    shape: &FuncShape,
    arguments: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let state = &caller.data().modules;
    let bytes = (shape.params.len().max(shape.results.len()) * SLOT) as u32;
    let used = state.scratch_used;
    if state.stack_used() > MAX_STACK_FOR_IMPORTS || used + bytes > SCRATCH {
        return Err(Ended::TooDeep.into());
    }
    let at = scratch(caller)? + used;
    write_slots(caller, &shape.params, arguments, at)?;
    caller.data_mut().modules.scratch_used = used + bytes;
    let entrance = entrances(caller)?.import;
    let status = entrance.call(&mut *caller, (owner, nth, at));
    let status = status.map_err(engine_error)?;
    caller.data_mut().modules.scratch_used = used;
    if status != 0 {
        return Err(Ended::Thrown.into());
    }
    let given = read_slots(caller, &shape.results, at)?;
    results.clone_from_slice(&given);
    Ok(())
}

fn entrances<H: Host>(caller: &Caller<'_, Guest<H>>) -> Result<Entrances> {
    let entrances = caller.data().modules.entrances.clone();
    entrances.ok_or_else(out_of_bounds)
}

/// Where slots of imports' calls lie.
fn scratch<H: Host>(caller: &mut Caller<'_, Guest<H>>) -> Result<u32> {
    if let Some(at) = caller.data().modules.scratch {
        return Ok(at);
    }
    let entrance = entrances(caller)?.scratch;
    let at = entrance.call(&mut *caller, ()).map_err(engine_error)?;
    if at == 0 {
        return Err(caller.data().memory_fault().into());
    }
    caller.data_mut().modules.scratch = Some(at);
    Ok(at)
}

/// Tells the guest that a memory may lie elsewhere.
pub(super) fn tell_moved<H: Host>(caller: &mut Caller<'_, Guest<H>>, memory: u32) -> Result<()> {
    let entrance = entrances(caller)?.moved;
    entrance.call(caller, memory).map_err(engine_error)
}

/// A trap of the guest's own engine must not pass for one of a module's.
fn engine_error(error: wasmtime::Error) -> wasmtime::Error {
    if error.is::<Trap>() {
        Ended::Engine(error).into()
    } else {
        error
    }
}
