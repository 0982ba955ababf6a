//! Values as they cross: in slots of 16 bytes for calls, on the wire for the rest.

use wasmtime::{Caller, Ref, Val};

use super::{
    super::{
        Host,
        imports::Guest,
        wire::{Malformed, Value, Writer},
    },
    shape::ValueType,
    state::function_id,
};

/// Bytes of a slot.
pub(super) const SLOT: usize = 16;

fn reference(number: u32) -> Val {
    Val::V128(u128::from(number).into())
}

fn number_of(reference: &Val) -> u32 {
    match reference {
        Val::V128(bits) => bits.as_u128() as u32,
        _ => 0,
    }
}

fn function<H: Host>(store: &Caller<'_, Guest<H>>, id: u32) -> Val {
    let functions = &store.data().modules.funcs;
    // only a number that the guest made up is unknown
    Val::FuncRef(functions.get(id as usize).map(|known| known.func))
}

/// The value in a slot.
pub(super) fn from_slot<H: Host>(store: &Caller<'_, Guest<H>>, ty: ValueType, slot: &[u8]) -> Val {
    let bits = slot.first_chunk().map_or(0, |low| u64::from_le_bytes(*low));
    match ty {
        ValueType::I32 => Val::I32(bits as i32),
        ValueType::I64 => Val::I64(bits as i64),
        ValueType::F32 => Val::F32(bits as u32),
        ValueType::F64 => Val::F64(bits),
        ValueType::V128 | ValueType::Extern => reference(bits as u32),
        ValueType::Func => match (bits as u32).checked_sub(1) {
            None => Val::FuncRef(None),
            Some(id) => function(store, id),
        },
    }
}

/// What a slot holds for a value.
pub(super) fn to_slot<H: Host>(
    store: &mut Caller<'_, Guest<H>>,
    ty: ValueType,
    value: &Val,
) -> [u8; SLOT] {
    let bits = match (ty, value) {
        (_, Val::I32(x)) => u64::from(*x as u32),
        (_, Val::I64(x)) => *x as u64,
        (_, Val::F32(x)) => u64::from(*x),
        (_, Val::F64(x)) => *x,
        (_, Val::FuncRef(Some(func))) => u64::from(function_id(store, *func, None)) + 1,
        (ValueType::Extern, reference) => number_of(reference).into(),
        _ => 0,
    };
    let mut slot = [0; SLOT];
    slot[..8].copy_from_slice(&bits.to_le_bytes());
    slot
}

/// The value that came over the wire: numbers, 64 bits as decimal text, numbers of references and
/// functions, null.
pub(super) fn read<H: Host>(
    store: &Caller<'_, Guest<H>>,
    ty: ValueType,
    value: &Value<'_>,
) -> Result<Val, Malformed> {
    let number = || value.as_f64().ok_or(Malformed);
    Ok(match ty {
        ValueType::I32 => Val::I32(number()? as i64 as i32),
        ValueType::I64 => {
            let text = value.as_str().ok_or(Malformed)?;
            Val::I64(text.parse().map_err(|_| Malformed)?)
        }
        ValueType::F32 => Val::F32((number()? as f32).to_bits()),
        ValueType::F64 => Val::F64(number()?.to_bits()),
        ValueType::V128 => return Err(Malformed),
        ValueType::Extern => reference(number()? as u32),
        ValueType::Func if value.is_nothing() => Val::FuncRef(None),
        ValueType::Func => function(store, number()? as u32),
    })
}

/// Writes a value for the wire.
pub(super) fn write<H: Host>(
    store: &mut Caller<'_, Guest<H>>,
    ty: ValueType,
    value: &Val,
    answer: &mut Writer,
) {
    match (ty, value) {
        (_, Val::I32(x)) => answer.number((*x).into()),
        (_, Val::I64(x)) => answer.text(&x.to_string()),
        (_, Val::F32(x)) => answer.number(f32::from_bits(*x).into()),
        (_, Val::F64(x)) => answer.number(f64::from_bits(*x)),
        (_, Val::FuncRef(Some(func))) => {
            let id = function_id(store, *func, None);
            answer.number(id.into())
        }
        (ValueType::Extern, reference) => answer.number(number_of(reference).into()),
        _ => answer.null(),
    };
}

/// As an element of a table of functions.
pub(super) fn as_element(value: &Val) -> Ref {
    match value {
        Val::FuncRef(func) => Ref::Func(*func),
        _ => Ref::Func(None),
    }
}

/// The number of a reference in a global.
pub(super) fn reference_in(value: &Val) -> u32 {
    number_of(value)
}
