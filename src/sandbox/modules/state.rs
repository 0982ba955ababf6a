//! What a guest has of modules, by the numbers that it knows them by.

use std::{collections::HashMap, sync::Arc};

use wasmtime::{Caller, Func, Global, HeapType, Table, ValType};

use super::{
    library::{Compiled, Library},
    memory::Region,
    regions::Regions,
    rewrite::Refused,
    run::Entrances,
    shape::{FuncShape, GlobalShape, ValueType},
};

/// Memory outside of the guest's own that its modules may take, bytes.
const MAX_OUTSIDE: usize = 48 << 20;

/// Elements of all tables of a guest.
const MAX_ELEMENTS: usize = 2 << 20;

/// A function that the guest knows of.
pub(super) struct Function {
    pub func: Func,
    pub shape: Arc<FuncShape>,
    /// Its number in its module; `None` when the guest found it in a table.
    pub index: Option<u32>,
}

/// A table.
#[derive(Clone)]
pub(super) enum TableState {
    /// Of functions.
    Funcs(Table),
    /// Of references to values of the guest's.
    Externs { values: Vec<u32>, max: Option<u32> },
}

/// A table and its author's limits.
pub(super) struct TableRecord {
    pub state: TableState,
    pub max: Option<u32>,
}

/// A global.
#[derive(Clone, Copy)]
pub(super) struct GlobalRecord {
    pub global: Global,
    pub shape: GlobalShape,
}

/// What a guest has of modules.
#[derive(Default)]
pub(in crate::sandbox) struct State {
    /// Modules that it may instantiate.
    pub offered: Vec<Result<Arc<Compiled>, Refused>>,
    /// Compiles those that it makes itself.
    pub library: Option<Arc<Library>>,
    /// Modules that it has instances of.
    pub(super) used: Vec<Arc<Compiled>>,
    pub(super) funcs: Vec<Function>,
    func_ids: HashMap<usize, u32>,
    pub(super) memories: Vec<Region>,
    pub(super) tables: Vec<TableRecord>,
    pub(super) globals: Vec<GlobalRecord>,
    pub(super) regions: Regions,
    /// Functions that work on tables of references, in the order of `TableHelper::ALL`.
    pub(super) table_helpers: Vec<Func>,
    /// The guest's functions that the host calls.
    pub entrances: Option<Entrances>,
    /// Where slots of imports' calls lie, and how many bytes of it are in use.
    pub(super) scratch: Option<u32>,
    pub(super) scratch_used: u32,
    /// A region is being made: being refused memory is no fault.
    pub growing: bool,
    /// Address of the turn's lowest frame.
    pub stack_top: usize,
    outside: usize,
    elements: usize,
}

impl State {
    /// Accounts for memory outside of the guest's own; false when it would be too much.
    pub(super) fn take_outside(&mut self, bytes: usize) -> bool {
        let total = self.outside.saturating_add(bytes);
        let allowed = total <= MAX_OUTSIDE;
        if allowed {
            self.outside = total;
        }
        allowed
    }

    /// Accounts for elements of tables; false when they would be too many.
    pub fn take_elements(&mut self, more: usize) -> bool {
        let total = self.elements.saturating_add(more);
        let allowed = total <= MAX_ELEMENTS;
        if allowed {
            self.elements = total;
        }
        allowed
    }

    /// Native stack that the turn under way has used, bytes.
    pub(super) fn stack_used(&self) -> usize {
        self.stack_top.saturating_sub(here())
    }
}

/// An address in the caller's frame.
#[inline(never)]
pub(in crate::sandbox) fn here() -> usize {
    let mark = 0u8;
    std::ptr::from_ref(&mark).addr()
}

/// The number of a function; new ones are noted with `known`, or what wasmtime knows of them.
pub(super) fn function_id<H: super::super::Host>(
    store: &mut Caller<'_, super::super::imports::Guest<H>>,
    func: Func,
    known: Option<(Arc<FuncShape>, u32)>,
) -> u32 {
    // the same function has the same address for as long as the store is there
    let address = func.to_raw(&mut *store).addr();
    if let Some(id) = store.data().modules.func_ids.get(&address) {
        return *id;
    }
    let (shape, index) = match known {
        Some((shape, index)) => (shape, Some(index)),
        None => (Arc::new(shape_of(&func, &store)), None),
    };
    let state = &mut store.data_mut().modules;
    let id = state.funcs.len() as u32;
    state.funcs.push(Function { func, shape, index });
    state.func_ids.insert(address, id);
    id
}

/// The shape of a rewritten function: there, references to the guest's values are v128.
fn shape_of(func: &Func, store: impl wasmtime::AsContext) -> FuncShape {
    let ty = func.ty(store);
    let value = |ty: ValType| match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::Extern,
        ValType::Ref(_) => ValueType::Func,
    };
    FuncShape {
        params: ty.params().map(value).collect(),
        results: ty.results().map(value).collect(),
    }
}

/// The type that a value has in rewritten modules.
pub(super) fn rewritten_type(ty: ValueType) -> ValType {
    match ty {
        ValueType::I32 => ValType::I32,
        ValueType::I64 => ValType::I64,
        ValueType::F32 => ValType::F32,
        ValueType::F64 => ValType::F64,
        ValueType::V128 | ValueType::Extern => ValType::V128,
        ValueType::Func => ValType::Ref(wasmtime::RefType::new(true, HeapType::Func)),
    }
}
