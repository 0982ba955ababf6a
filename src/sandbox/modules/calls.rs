//! What a guest may ask for about modules.

use wasmtime::{Caller, Linker, Ref, Result};

use super::{
    super::{
        Host,
        imports::{self, Guest, out_of_bounds},
        wire::{Malformed, Reader, Writer},
    },
    link::{self, Failed, Failure},
    memory, run,
    shape::{GlobalShape, Item, Limits, TableShape, ValueType},
    state::TableState,
    tables, values,
};

/// The largest module that a guest may compile itself, bytes: nothing can stop it meanwhile.
const MAX_MADE: usize = 4 << 20;

impl From<Malformed> for Failed {
    fn from(error: Malformed) -> Self {
        Self::Throw(Failure("TypeError", error.to_string()))
    }
}

/// Makes the functions known that `assets/engine/borrowed.c` imports.
pub(in crate::sandbox) fn add<H: Host>(linker: &mut Linker<Guest<H>>) -> Result<()> {
    linker.func_wrap("lapidary", "module", module::<H>)?;
    linker.func_wrap("lapidary", "invoke", run::invoke::<H>)?;
    linker.func_wrap(
        "lapidary",
        "place",
        |mut caller: Caller<'_, Guest<H>>, id: u32, out: i32| -> Result<()> {
            let (start, size) = memory::place(&caller, id);
            imports::put(&mut caller, out, &start.to_le_bytes())?;
            imports::put(&mut caller, out.wrapping_add(4), &size.to_le_bytes())?;
            Ok(())
        },
    )?;
    linker.func_wrap(
        "lapidary",
        "release",
        |mut caller: Caller<'_, Guest<H>>, id: u32| memory::release(&mut caller, id),
    )?;
    linker.func_wrap("lapidary", "references", references::<H>)?;
    Ok(())
}

/// `references(bits, len)`: sets a bit for every reference that tables and globals hold.
fn references<H: Host>(mut caller: Caller<'_, Guest<H>>, bits: i32, len: i32) -> Result<()> {
    let mut held = vec![0u8; len as u32 as usize];
    let mut hold = |number: u32| {
        if let Some(byte) = held.get_mut(number as usize / 8) {
            *byte |= 1 << (number % 8);
        }
    };
    for table in &caller.data().modules.tables {
        if let TableState::Externs { values, .. } = &table.state {
            values.iter().copied().for_each(&mut hold);
        }
    }
    let globals = caller.data().modules.globals.clone();
    for known in globals {
        if known.shape.value == ValueType::Extern {
            hold(values::reference_in(&known.global.get(&mut caller)));
        }
    }
    imports::put(&mut caller, bits, &held)?;
    Ok(())
}

/// `module(args, len, out, capacity)`: one call; answers as `call` does.
fn module<H: Host>(
    mut caller: Caller<'_, Guest<H>>,
    args: i32,
    len: i32,
    out: i32,
    capacity: i32,
) -> Result<i32> {
    // what it asks for may change the memory that the question lies in
    let question = imports::slice(&mut caller, args, len)?.0.to_vec();
    let mut answer = Writer::new();
    match asked(&mut caller, Reader::new(&question), &mut answer) {
        Ok(()) => {}
        Err(Failed::Throw(Failure(class, message))) => {
            answer.clear();
            answer.error(class, &message);
        }
        Err(Failed::End(error)) => return Err(error),
    }
    let length = answer.as_bytes().len();
    caller.data_mut().set_answer(answer);
    if length <= capacity as usize {
        imports::give(&mut caller, out, length)?;
    }
    i32::try_from(length).map_err(|_| out_of_bounds())
}

fn asked<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    let verb = args.text()?;
    let number = args.number()? as u32;
    match verb {
        "describe" | "custom" | "bytes" | "instantiate" => {
            return of_module(caller, verb, number, args, answer);
        }
        "compile" | "validate" => of_bytes(caller, verb, args, answer)?,
        "function" => {
            let known = caller.data().modules.funcs.get(number as usize);
            let known = known.ok_or(Malformed)?;
            let name = known.index.unwrap_or_default().to_string();
            answer.list(2).text(&known.shape.signature()).text(&name);
        }
        "memory" | "grow" => of_memory(caller, verb, number, args, answer)?,
        "table" | "length" | "longer" | "get" | "set" => {
            of_table(caller, verb, number, args, answer)?;
        }
        "global" | "value" | "assign" => of_global(caller, verb, number, args, answer)?,
        _ => return Err(Malformed.into()),
    }
    Ok(())
}

/// "compile" answers with the new module's number.
fn of_bytes<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    verb: &str,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    let bytes = args.bytes()?;
    if verb == "validate" {
        answer.bool(super::rewrite::is_valid(bytes));
        return Ok(());
    }
    let library = caller.data().modules.library.clone().ok_or(Malformed)?;
    if bytes.len() > MAX_MADE {
        let message = format!(
            "more than {MAX_MADE} bytes can be compiled only as a module of the worker's code"
        );
        return Err(Failed::Throw(Failure("RangeError", message)));
    }
    match library.compile(&bytes.to_vec().into()) {
        Ok(compiled) => {
            let offered = &mut caller.data_mut().modules.offered;
            offered.push(Ok(compiled));
            answer.int(offered.len() as i64 - 1);
            Ok(())
        }
        Err(refused) => Err(Failed::Throw(Failure("CompileError", refused.to_string()))),
    }
}

fn of_module<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    verb: &str,
    number: u32,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    let offered = caller.data().modules.offered.get(number as usize);
    let compiled = match offered.ok_or(Malformed)? {
        Ok(compiled) => compiled.clone(),
        Err(refused) => {
            let failure = Failure("CompileError", refused.to_string());
            return Err(Failed::Throw(failure));
        }
    };
    match verb {
        "describe" => describe(&compiled.shape, answer),
        "custom" => {
            let wanted = args.lossy()?;
            let found = compiled.shape.custom.iter();
            let found: Vec<_> = found.filter(|(name, _)| *name == wanted).collect();
            answer.list(found.len());
            for (_, range) in found {
                answer.bytes(&compiled.bytes[range.clone()]);
            }
        }
        "bytes" => {
            answer.bytes(&compiled.bytes);
        }
        _ => {
            let owner = args.number()? as u32;
            let given = args.value()?;
            return link::instantiate(caller, &compiled, owner, given.items(), answer);
        }
    }
    Ok(())
}

/// Writes `[imports, exports, pages]`: of an import its two names, its kind and what it must be
/// (a signature, or a letter); of an export its name and kind; the memory's size at the start.
fn describe(shape: &super::Shape, answer: &mut Writer) {
    answer.list(3).list(shape.imports.len());
    for import in &shape.imports {
        answer.list(4).text(&import.module).text(&import.name);
        match &import.item {
            Item::Func(shape) => answer.text("f").text(&shape.signature()),
            Item::Table(shape) => answer.text("t").text(&shape.element.letter().to_string()),
            Item::Memory(_) => answer.text("m").text(""),
            Item::Global(shape) => {
                let mutable = if shape.mutable { "*" } else { "" };
                answer
                    .text("g")
                    .text(&format!("{}{mutable}", shape.value.letter()))
            }
        };
    }
    answer.list(shape.exports.len());
    for (name, export) in &shape.exports {
        answer.list(2).text(name).text(match export {
            super::Export::Func(_) => "f",
            super::Export::Table(_) => "t",
            super::Export::Memory => "m",
            super::Export::Global(_) => "g",
        });
    }
    let own = shape.memory.filter(|_| !shape.imports_memory());
    answer.number(own.map_or(0, |limits| limits.min).into());
}

/// Sizes: at the start, and the most or null.
fn limits(min: u32, args: &mut Reader<'_>) -> Result<Limits, Malformed> {
    let max = args.value()?.as_f64().map(|max| max as u32);
    Ok(Limits { min, max })
}

fn of_memory<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    verb: &str,
    number: u32,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    match verb {
        "memory" => match memory::create(caller, limits(number, &mut args)?)? {
            Some(id) => answer.number(id.into()),
            None => answer.null(),
        },
        _ => {
            let more = args.number()? as u32;
            answer.number(memory::grow(caller, number, more)?.into())
        }
    };
    Ok(())
}

fn of_table<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    verb: &str,
    number: u32,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    if verb == "table" {
        let element = ValueType::of_letter(args.text()?).ok_or(Malformed)?;
        let limits = limits(number, &mut args)?;
        match tables::create(caller, TableShape { element, limits })? {
            Some(id) => answer.number(id.into()),
            None => answer.null(),
        };
        return Ok(());
    }
    let record = caller.data().modules.tables.get(number as usize);
    match record.ok_or(Malformed)?.state {
        TableState::Funcs(table) => of_functions(caller, verb, table, args, answer),
        TableState::Externs { .. } => of_references(caller, verb, number, args, answer),
    }
}

/// What is not there answers "undefined".
fn of_functions<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    verb: &str,
    table: wasmtime::Table,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    if verb == "length" {
        answer.number(table.size(&*caller) as f64);
        return Ok(());
    }
    let at = args.number()? as u64;
    if verb == "get" {
        match table.get(&mut *caller, at) {
            None => answer.undefined(),
            Some(Ref::Func(Some(func))) => {
                let id = super::state::function_id(caller, func, None);
                answer.number(id.into())
            }
            Some(_) => answer.null(),
        };
        return Ok(());
    }
    let value = values::read(caller, ValueType::Func, &args.value()?)?;
    let element = values::as_element(&value);
    if verb == "set" {
        let done = table.set(&mut *caller, at, element).is_ok();
        answer.bool(done);
    } else {
        match table.grow(&mut *caller, at, element) {
            Ok(before) => answer.number(before as f64),
            Err(_) => answer.undefined(),
        };
    }
    Ok(())
}

fn of_references<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    verb: &str,
    number: u32,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    let values = tables::externs(caller, number);
    if verb == "length" {
        answer.number(values.len() as f64);
        return Ok(());
    }
    let at = args.number()? as u32;
    match verb {
        "get" => match values.get(at as usize) {
            None => answer.undefined(),
            Some(value) => answer.number((*value).into()),
        },
        "set" => {
            let value = args.number()? as u32;
            let place = values.get_mut(at as usize);
            let there = place.is_some();
            if let Some(place) = place {
                *place = value;
            }
            answer.bool(there)
        }
        _ => {
            let value = args.number()? as u32;
            match tables::grow_externs(caller, number, at, value) {
                Some(before) => answer.number(before.into()),
                None => answer.undefined(),
            }
        }
    };
    Ok(())
}

fn of_global<H: Host>(
    caller: &mut Caller<'_, Guest<H>>,
    verb: &str,
    number: u32,
    mut args: Reader<'_>,
    answer: &mut Writer,
) -> Result<(), Failed> {
    if verb == "global" {
        let value = ValueType::of_letter(args.text()?).ok_or(Malformed)?;
        let mutable = number != 0;
        let given = values::read(caller, value, &args.value()?)?;
        if !caller.data_mut().modules.take_outside(512) {
            let failure = Failure("RangeError", "Out of memory: too many globals".into());
            return Err(Failed::Throw(failure));
        }
        let id = link::new_global(caller, GlobalShape { value, mutable }, given)?;
        answer.number(id.into());
        return Ok(());
    }
    let known = caller.data().modules.globals.get(number as usize).copied();
    let known = known.ok_or(Malformed)?;
    if verb == "value" {
        let value = known.global.get(&mut *caller);
        values::write(caller, known.shape.value, &value, answer);
    } else {
        let value = values::read(caller, known.shape.value, &args.value()?)?;
        known.global.set(&mut *caller, value)?;
    }
    Ok(())
}
