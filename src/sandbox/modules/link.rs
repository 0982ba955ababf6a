//! From a module and what it imports to an instance.

use std::{collections::HashMap, sync::Arc};

use wasmtime::{Caller, Extern, Global, GlobalType, Instance, Mutability, Result, Trap, Val};

use super::{
    super::{
        Host,
        imports::Guest,
        wire::{Value, Writer},
    },
    library::Compiled,
    memory,
    rewrite::{self, Need, TableHelper},
    run,
    shape::{Export, GlobalShape, Import, Item, Limits, ValueType},
    state::{GlobalRecord, TableState, function_id, rewritten_type},
    tables, values,
};

/// Why there is no instance: the class of an error and its message.
pub(super) struct Failure(pub &'static str, pub String);

/// No instance, or the guest's own end.
pub(super) enum Failed {
    Throw(Failure),
    End(wasmtime::Error),
}

impl From<wasmtime::Error> for Failed {
    fn from(error: wasmtime::Error) -> Self {
        Self::End(error)
    }
}

fn throw<T>(class: &'static str, message: impl Into<String>) -> Result<T, Failed> {
    Err(Failed::Throw(Failure(class, message.into())))
}

/// What an instance is made of, as far as it is known.
struct Parts {
    /// Numbers of imported functions that are a module's, by their place among functions.
    funcs: HashMap<usize, u32>,
    tables: Vec<u32>,
    globals: Vec<u32>,
    memory: Option<u32>,
    /// What each import is given.
    externs: Vec<Option<Extern>>,
}

/// Instantiates `compiled` for `owner`. `given` holds a form for every import: `["f", function]`,
/// `["t", table]`, `["m", memory]`, `["g", global]`, `["v", value]`, or `["n", n]` for the n-th
/// function of the guest's own. Answers with the start function (number, signature) or null, the
/// memory's number or null, and the exports.
pub(super) fn instantiate<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    compiled: &Arc<Compiled>,
    owner: u32,
    given: &[Value<'_>],
    answer: &mut Writer,
) -> Result<(), Failed> {
    if !caller.data_mut().modules.take_outside(compiled.cost) {
        return throw("RangeError", "too many instances: no more memory for them");
    }
    let mut parts = take_imports(caller, compiled, owner, given)?;
    define_own(caller, compiled, &mut parts)?;
    let externs = fill_needs(caller, compiled, &parts)?;
    let instance = match Instance::new(&mut *caller, &compiled.module, &externs) {
        Ok(instance) => instance,
        Err(error) => {
            return match error.downcast_ref::<Trap>() {
                Some(Trap::TableOutOfBounds) => {
                    throw("RuntimeError", "table index is out of bounds")
                }
                Some(_) => Err(Failed::End(error)),
                None => throw("RangeError", format!("{error:#}")),
            };
        }
    };
    let used = &mut caller.data_mut().modules.used;
    if !used.iter().any(|known| Arc::ptr_eq(known, compiled)) {
        used.push(compiled.clone());
    }
    write_data(caller, compiled, &instance, &parts)?;
    let mut linked = Linked {
        compiled,
        instance,
        parts,
        own_globals: HashMap::new(),
    };
    linked.note_references(caller)?;
    linked.answer(caller, answer)
}

fn take_imports<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    compiled: &Compiled,
    owner: u32,
    given: &[Value<'_>],
) -> Result<Parts, Failed> {
    let mut parts = Parts {
        funcs: HashMap::new(),
        tables: Vec::new(),
        globals: Vec::new(),
        memory: None,
        externs: Vec::new(),
    };
    let mut funcs = 0;
    for (index, import) in compiled.shape.imports.iter().enumerate() {
        let form = given.get(index).map_or(&[][..], Value::items);
        let kind = form.first().and_then(Value::as_str).unwrap_or_default();
        let value = form.get(1).unwrap_or(&Value::Undefined);
        let number = value.as_f64().map_or(u32::MAX, |n| n as u32);
        let wrong = |what: &str| {
            let Import { module, name, .. } = import;
            throw(
                "LinkError",
                format!("Import #{index} \"{module}\" \"{name}\": {what}"),
            )
        };
        let provided = match (&import.item, kind) {
            (Item::Func(shape), "n") => {
                let shape = shape.clone();
                Some(run::import_function(caller, owner, number, shape).into())
            }
            (Item::Func(shape), "f") => {
                let Some(known) = caller.data().modules.funcs.get(number as usize) else {
                    return wrong("function import requires a callable");
                };
                if known.shape != *shape {
                    return wrong("imported function does not match the expected type");
                }
                parts.funcs.insert(funcs, number);
                Some(known.func.into())
            }
            (Item::Table(shape), "t") => match check_table(caller, number, shape) {
                Ok(provided) => {
                    parts.tables.push(number);
                    provided
                }
                Err(TableMisfit::Kind(what)) => return wrong(what),
                Err(TableMisfit::Size(what)) => {
                    return throw("LinkError", format!("table import {index} {what}"));
                }
            },
            (Item::Memory(limits), "m") => {
                if let Err(what) = check_memory(caller, number, *limits) {
                    return wrong(&what);
                }
                parts.memory = Some(number);
                None
            }
            (Item::Global(shape), "g") => {
                let Some(known) = caller.data().modules.globals.get(number as usize) else {
                    return wrong(
                        "global import must be a number, valid Wasm reference, or WebAssembly.Global object",
                    );
                };
                if known.shape.mutable != shape.mutable {
                    return wrong("imported global does not match the expected mutability");
                }
                if known.shape.value != shape.value {
                    return wrong("imported global does not match the expected type");
                }
                parts.globals.push(number);
                Some(known.global.into())
            }
            (Item::Global(shape), "v") => {
                let Ok(value) = values::read(caller, shape.value, value) else {
                    return wrong(
                        "global import must be a number, valid Wasm reference, or WebAssembly.Global object",
                    );
                };
                let id = new_global(caller, *shape, value)?;
                parts.globals.push(id);
                Some(caller.data().modules.globals[id as usize].global.into())
            }
            (Item::Func(_), _) => return wrong("function import requires a callable"),
            (Item::Table(_), _) => return wrong("table import requires a WebAssembly.Table"),
            (Item::Memory(_), _) => {
                return wrong("memory import must be a WebAssembly.Memory object");
            }
            (Item::Global(_), _) => {
                return wrong(
                    "global import must be a number, valid Wasm reference, or WebAssembly.Global object",
                );
            }
        };
        funcs += usize::from(matches!(import.item, Item::Func(_)));
        parts.externs.push(provided);
    }
    Ok(parts)
}

fn check_memory<H: Host>(
    caller: &Caller<'_, Guest<H>>,
    number: u32,
    wanted: Limits,
) -> Result<(), String> {
    let region = caller.data().modules.memories.get(number as usize);
    let region = region.ok_or("memory import must be a WebAssembly.Memory object")?;
    if region.pages < wanted.min {
        return Err(format!(
            "memory import has {} pages which is smaller than the declared initial of {}",
            region.pages, wanted.min
        ));
    }
    let Some(max) = wanted.max else { return Ok(()) };
    match region.max {
        // so does the reference put it, whatever is wanted
        None => Err(format!(
            "memory import has no maximum limit, expected at most {}",
            u32::MAX
        )),
        Some(has) if has > max => Err(format!(
            "memory import has a larger maximum size {has} than the module's declared maximum {max}"
        )),
        Some(_) => Ok(()),
    }
}

/// Why a table does not fit.
enum TableMisfit {
    Kind(&'static str),
    Size(String),
}

fn check_table<H: Host>(
    caller: &Caller<'_, Guest<H>>,
    number: u32,
    wanted: &super::shape::TableShape,
) -> Result<Option<Extern>, TableMisfit> {
    let record = caller.data().modules.tables.get(number as usize);
    let missing = TableMisfit::Kind("table import requires a WebAssembly.Table");
    let record = record.ok_or(missing)?;
    let (element, length, provided) = match &record.state {
        TableState::Funcs(table) => (
            ValueType::Func,
            table.size(caller) as u32,
            Some(Extern::from(*table)),
        ),
        TableState::Externs { values, .. } => (ValueType::Extern, values.len() as u32, None),
    };
    let misfit = |what: String| Err(TableMisfit::Size(what));
    let Limits { min, max } = wanted.limits;
    if length < min {
        return misfit(format!("is smaller than initial {min}, got {length}"));
    }
    match (max, record.max) {
        (Some(max), None) => return misfit(format!("has no maximum length; required: {max}")),
        (Some(max), Some(has)) if has > max => {
            return misfit(format!(
                "has a larger maximum size {has} than the module's declared maximum {max}"
            ));
        }
        _ => {}
    }
    if element != wanted.element {
        let what = "imported table does not match the expected type";
        return Err(TableMisfit::Kind(what));
    }
    Ok(provided)
}

/// A new global; its number.
pub(super) fn new_global<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    shape: GlobalShape,
    value: Val,
) -> Result<u32> {
    let mutability = if shape.mutable {
        Mutability::Var
    } else {
        Mutability::Const
    };
    let ty = GlobalType::new(rewritten_type(shape.value), mutability);
    let global = Global::new(&mut *caller, ty, value)?;
    Ok(note_global(caller, shape, global))
}

fn note_global<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    shape: GlobalShape,
    global: Global,
) -> u32 {
    let globals = &mut caller.data_mut().modules.globals;
    globals.push(GlobalRecord { global, shape });
    globals.len() as u32 - 1
}

/// Makes the memory and the tables that the module defines.
fn define_own<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    compiled: &Compiled,
    parts: &mut Parts,
) -> Result<(), Failed> {
    for shape in &compiled.shape.tables[parts.tables.len()..] {
        match tables::create(caller, *shape)? {
            Some(id) => parts.tables.push(id),
            None => return throw("RangeError", "Out of memory: cannot allocate the table"),
        }
    }
    if let (Some(limits), None) = (compiled.shape.memory, parts.memory) {
        parts.memory = memory::create(caller, limits)?;
        if parts.memory.is_none() {
            return throw(
                "RangeError",
                "Out of memory: Cannot allocate Wasm memory for new instance",
            );
        }
    }
    Ok(())
}

/// What the rewritten module imports, in order.
fn fill_needs<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    compiled: &Compiled,
    parts: &Parts,
) -> Result<Vec<Extern>> {
    let missing = || wasmtime::Error::msg("an import was not provided");
    let mut externs = Vec::with_capacity(compiled.needs.len());
    for need in &compiled.needs {
        let region = |caller: &Caller<'_, Guest<H>>| {
            let id = parts.memory.ok_or_else(missing)?;
            let region = &caller.data().modules.memories[id as usize];
            Ok::<_, wasmtime::Error>((region.base, region.size, region.grow))
        };
        externs.push(match need {
            Need::Import(index) => parts.externs[*index].clone().ok_or_else(missing)?,
            Need::Table(index) => {
                match &caller.data().modules.tables[parts.tables[*index] as usize].state {
                    TableState::Funcs(table) => (*table).into(),
                    TableState::Externs { .. } => return Err(missing()),
                }
            }
            Need::TableNumber(index) => {
                let ty = GlobalType::new(wasmtime::ValType::I32, Mutability::Const);
                let number = Val::I32(parts.tables[*index] as i32);
                Global::new(&mut *caller, ty, number)?.into()
            }
            Need::Grow => region(caller)?.2.into(),
            Need::Base => region(caller)?.0.into(),
            Need::Size => region(caller)?.1.into(),
            Need::Memory => run::guest_memory(caller)?.into(),
            Need::Tables(helper) => {
                let place = TableHelper::ALL.iter().position(|it| it == helper);
                tables::helpers(caller)[place.unwrap_or_default()].into()
            }
        });
    }
    Ok(externs)
}

fn write_data<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    compiled: &Compiled,
    instance: &Instance,
    parts: &Parts,
) -> Result<(), Failed> {
    if compiled.data.is_empty() {
        return Ok(());
    }
    let write = instance.get_typed_func::<(), i64>(&mut *caller, rewrite::WRITE_DATA)?;
    let outcome = write.call(&mut *caller, ())? as u64;
    let Some(nth) = (outcome >> 32).checked_sub(1) else {
        return Ok(());
    };
    let (segment, length) = compiled.data[nth as usize];
    let place = memory::place(caller, parts.memory.unwrap_or_default());
    throw(
        "RuntimeError",
        format!(
            "data segment {segment} is out of bounds (offset {}, length {length}, memory size {})",
            outcome as u32, place.1
        ),
    )
}

/// An instance and the numbers of its parts.
struct Linked<'c> {
    compiled: &'c Compiled,
    instance: Instance,
    parts: Parts,
    /// Numbers of globals that the module defines.
    own_globals: HashMap<u32, u32>,
}

impl Linked<'_> {
    /// Notes globals that hold references to the guest's values, so that those stay.
    fn note_references<H: Host>(&mut self, caller: &mut Caller<'_, Guest<H>>) -> Result<()> {
        let globals = &self.compiled.shape.globals;
        let noted = self.parts.globals.len();
        for (index, global) in globals.iter().enumerate().skip(noted) {
            if global.value == ValueType::Extern {
                self.global(caller, index as u32)?;
            }
        }
        Ok(())
    }

    fn global<H: Host>(&mut self, caller: &mut Caller<'_, Guest<H>>, index: u32) -> Result<u32> {
        if let Some(id) = self.parts.globals.get(index as usize) {
            return Ok(*id);
        }
        if let Some(id) = self.own_globals.get(&index) {
            return Ok(*id);
        }
        let name = rewrite::global_name(index);
        let global = self.instance.get_global(&mut *caller, &name);
        let global = global.ok_or_else(|| wasmtime::Error::msg("a global is not exported"))?;
        let id = note_global(caller, self.compiled.shape.globals[index as usize], global);
        self.own_globals.insert(index, id);
        Ok(id)
    }

    fn function<H: Host>(
        &self,
        caller: &mut Caller<'_, Guest<H>>,
        index: u32,
        name: &str,
    ) -> Result<u32> {
        if let Some(id) = self.parts.funcs.get(&(index as usize)) {
            return Ok(*id);
        }
        let func = self.instance.get_func(&mut *caller, name);
        let func = func.ok_or_else(|| wasmtime::Error::msg("a function is not exported"))?;
        let shape = self.compiled.shape.funcs[index as usize].clone();
        Ok(function_id(caller, func, Some((shape, index))))
    }

    fn answer<H: Host>(
        &mut self,
        caller: &mut Caller<'_, Guest<H>>,
        answer: &mut Writer,
    ) -> Result<(), Failed> {
        let compiled = self.compiled;
        answer.list(3);
        match compiled.shape.start {
            None => answer.null(),
            Some(index) => {
                let id = self.function(caller, index, rewrite::START)?;
                answer.list(2).number(id.into()).text(":")
            }
        };
        match self.parts.memory {
            None => answer.null(),
            Some(id) => answer.number(id.into()),
        };
        answer.list(compiled.shape.exports.len());
        for (name, export) in &compiled.shape.exports {
            match *export {
                Export::Func(index) => {
                    let id = self.function(caller, index, &rewrite::func_name(index))?;
                    let known = &caller.data().modules.funcs[id as usize];
                    let number = known.index.unwrap_or(index);
                    answer.list(5).text(name).text("f").number(id.into());
                    answer
                        .text(&known.shape.signature())
                        .text(&number.to_string());
                }
                Export::Table(index) => {
                    let letter = compiled.shape.tables[index as usize].element.letter();
                    let id = self.parts.tables[index as usize];
                    answer.list(4).text(name).text("t").number(id.into());
                    answer.text(&letter.to_string());
                }
                Export::Memory => {
                    let id = self.parts.memory.unwrap_or_default();
                    answer.list(3).text(name).text("m").number(id.into());
                }
                Export::Global(index) => {
                    let shape = compiled.shape.globals[index as usize];
                    let id = self.global(caller, index)?;
                    answer.list(5).text(name).text("g").number(id.into());
                    answer.text(&shape.value.letter().to_string());
                    answer.bool(shape.mutable);
                }
            }
        }
        Ok(())
    }
}
