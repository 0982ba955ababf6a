//! Tables: of functions in wasmtime, of references to the guest's values here.

use wasmtime::{Caller, Func, Ref, RefType, Result, Table, TableType, Trap};

use super::{
    super::{Host, imports::Guest},
    shape::{TableShape, ValueType},
    state::{TableRecord, TableState},
};

/// Memory outside of the guest's that a table takes besides its elements, bytes, roughly.
const COST: usize = 512;

/// A new table, all null; `None` when it would be too large.
pub(super) fn create<H: Host>(
    store: &mut Caller<'_, Guest<H>>,
    shape: TableShape,
) -> Result<Option<u32>> {
    let length = shape.limits.min;
    if !store.data_mut().modules.take_outside(COST) {
        return Ok(None);
    }
    let state = if shape.element == ValueType::Func {
        let ty = TableType::new(RefType::FUNCREF, length, shape.limits.max);
        // the limiter counts its elements
        match Table::new(&mut *store, ty, Ref::Func(None)) {
            Ok(table) => TableState::Funcs(table),
            Err(_) => return Ok(None),
        }
    } else {
        let modules = &mut store.data_mut().modules;
        if !modules.take_elements(length as usize) {
            return Ok(None);
        }
        TableState::Externs {
            values: vec![0; length as usize],
            max: shape.limits.max,
        }
    };
    let tables = &mut store.data_mut().modules.tables;
    tables.push(TableRecord {
        state,
        max: shape.limits.max,
    });
    Ok(Some(tables.len() as u32 - 1))
}

/// The functions of `TableHelper::ALL`, for rewritten code.
pub(super) fn helpers<H: Host>(store: &mut Caller<'_, Guest<H>>) -> Vec<Func> {
    let known = &store.data().modules.table_helpers;
    if !known.is_empty() {
        return known.clone();
    }
    type Call<'a, H> = Caller<'a, Guest<H>>;
    let out = || wasmtime::Error::from(Trap::TableOutOfBounds);
    let helpers = vec![
        Func::wrap(
            &mut *store,
            move |caller: Call<'_, H>, at: u32, table: u32| get(&caller, table, at).ok_or_else(out),
        ),
        Func::wrap(
            &mut *store,
            move |mut caller: Call<'_, H>, at: u32, value: u32, table: u32| {
                let values = externs(&mut caller, table);
                let place = values.get_mut(at as usize).ok_or_else(out)?;
                *place = value;
                Ok(())
            },
        ),
        Func::wrap(&mut *store, |mut caller: Call<'_, H>, table: u32| {
            externs(&mut caller, table).len() as u32
        }),
        Func::wrap(
            &mut *store,
            |mut caller: Call<'_, H>, value: u32, more: u32, table: u32| {
                grow_externs(&mut caller, table, more, value).map_or(-1, |before| before as i32)
            },
        ),
        Func::wrap(
            &mut *store,
            move |mut caller: Call<'_, H>, at: u32, value: u32, count: u32, table: u32| {
                let values = externs(&mut caller, table);
                let range = at as usize..at as usize + count as usize;
                values.get_mut(range).ok_or_else(out)?.fill(value);
                Ok(())
            },
        ),
        Func::wrap(
            &mut *store,
            move |mut caller: Call<'_, H>, to: u32, from: u32, count: u32, into: u32, of: u32| {
                let (to, from, count) = (to as usize, from as usize, count as usize);
                let source = externs(&mut caller, of).get(from..from + count);
                let copied = source.ok_or_else(out)?.to_vec();
                let target = externs(&mut caller, into).get_mut(to..to + count);
                target.ok_or_else(out)?.copy_from_slice(&copied);
                Ok(())
            },
        ),
    ];
    store.data_mut().modules.table_helpers = helpers.clone();
    helpers
}

/// The elements of a table of references; empty for anything else.
pub(super) fn externs<'a, H: Host>(
    caller: &'a mut Caller<'_, Guest<H>>,
    table: u32,
) -> &'a mut [u32] {
    match caller.data_mut().modules.tables.get_mut(table as usize) {
        Some(TableRecord {
            state: TableState::Externs { values, .. },
            ..
        }) => values,
        _ => &mut [],
    }
}

fn get<H: Host>(caller: &Caller<'_, Guest<H>>, table: u32, at: u32) -> Option<u32> {
    match &caller.data().modules.tables.get(table as usize)?.state {
        TableState::Externs { values, .. } => values.get(at as usize).copied(),
        TableState::Funcs(_) => None,
    }
}

/// Grows a table of references: its length before, or `None`.
pub(super) fn grow_externs<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    table: u32,
    more: u32,
    value: u32,
) -> Option<u32> {
    let state = &mut caller.data_mut().modules;
    let record = state.tables.get(table as usize)?;
    let TableState::Externs { values, max } = &record.state else {
        return None;
    };
    let before = u32::try_from(values.len()).ok()?;
    let wanted = before.checked_add(more)?;
    if max.is_some_and(|max| wanted > max) || !state.take_elements(more as usize) {
        return None;
    }
    if let TableState::Externs { values, .. } = &mut state.tables[table as usize].state {
        values.resize(wanted as usize, value);
    }
    Some(before)
}
