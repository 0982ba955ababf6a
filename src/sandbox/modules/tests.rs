//! Random modules do the same rewritten as plain, and never touch what is not theirs.
//!
//! A module runs in a memory of its own as it is, and rewritten in a region of a larger memory
//! whose other pages are watched; growing moves the region. Results, traps and contents must be
//! the same, and nothing else may have changed.

use proptest::{prelude::*, test_runner::TestCaseResult};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ExportKind, ExportSection, Function,
    FunctionSection, Instruction as I, MemArg, MemorySection, MemoryType, Module, TypeSection,
    ValType,
};
use wasmtime::{
    Caller, Engine, Extern, Func, Global, GlobalType, Instance, Memory, Mutability, Store, Trap,
    Val,
};

use super::{
    regions::PAGE,
    rewrite::{self, Need},
};

/// Pages of the memory around the region.
const AROUND: u32 = 24;
/// Where the region may lie: it moves from one to the other.
const PLACES: [u32; 2] = [3, 14];
/// What pages hold that are not the module's.
const WATCHED: u8 = 0xa5;
/// Most pages of the module's memory.
const MAX: u32 = 4;
/// Bytes of its passive data segment.
const SEGMENT: usize = 40;

/// An address near an edge, or anywhere.
fn address() -> impl Strategy<Value = u32> {
    let near = |edge: u32| (0..48u32).prop_map(move |n| edge.wrapping_sub(24).wrapping_add(n));
    prop_oneof![
        4 => near(PAGE as u32),
        3 => near(0),
        2 => near(2 * PAGE as u32),
        1 => near(3 * PAGE as u32),
        1 => near(u32::MAX / 2 + 1),
        4 => 0..PAGE as u32,
        1 => any::<u32>(),
    ]
}

fn offset() -> impl Strategy<Value = u32> {
    prop_oneof![6 => Just(0), 3 => 0..64u32, 2 => address(), 1 => any::<u32>()]
}

/// One thing that a function does with memory.
#[derive(Clone, Debug)]
enum Step {
    /// The n-th way to load.
    Load(usize, u32, u32),
    /// The n-th way to store.
    Store(usize, u32, u32, u64),
    Fill(u32, u32, u32),
    Copy(u32, u32, u32),
    Init(u32, u32, u32),
    DropData,
    Size,
    Grow(u32),
    /// Calls a function that grows the memory and stores something.
    Call(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let count = || prop_oneof![4 => 0..40u32, 1 => address()];
    prop_oneof![
        8 => (0..LOADS, address(), offset()).prop_map(|(n, a, o)| Step::Load(n, a, o)),
        8 => (0..STORES, address(), offset(), any::<u64>()).prop_map(|(n, a, o, v)| Step::Store(n, a, o, v)),
        2 => (address(), any::<u32>(), count()).prop_map(|(a, v, n)| Step::Fill(a, v, n)),
        2 => (address(), address(), count()).prop_map(|(a, b, n)| Step::Copy(a, b, n)),
        2 => (address(), 0..60u32, 0..50u32).prop_map(|(a, b, n)| Step::Init(a, b, n)),
        1 => Just(Step::DropData),
        1 => Just(Step::Size),
        1 => (0..3u32).prop_map(Step::Grow),
        1 => address().prop_map(Step::Call),
    ]
}

const LOADS: usize = 31;
const STORES: usize = 14;

fn memarg(offset: u32) -> MemArg {
    MemArg {
        offset: offset.into(),
        align: 0,
        memory_index: 0,
    }
}

/// The n-th load, and how its value becomes an i64.
fn load(n: usize, m: MemArg) -> (I<'static>, &'static [I<'static>]) {
    const WIDE: &[I<'static>] = &[I::I64ExtendI32U];
    const F32: &[I<'static>] = &[I::I32ReinterpretF32, I::I64ExtendI32U];
    const F64: &[I<'static>] = &[I::I64ReinterpretF64];
    const V128: &[I<'static>] = &[I::I64x2ExtractLane(1)];
    const LOW: &[I<'static>] = &[I::I64x2ExtractLane(0)];
    match n {
        0 => (I::I32Load(m), WIDE),
        1 => (I::I64Load(m), &[]),
        2 => (I::F32Load(m), F32),
        3 => (I::F64Load(m), F64),
        4 => (I::I32Load8S(m), WIDE),
        5 => (I::I32Load8U(m), WIDE),
        6 => (I::I32Load16S(m), WIDE),
        7 => (I::I32Load16U(m), WIDE),
        8 => (I::I64Load8S(m), &[]),
        9 => (I::I64Load8U(m), &[]),
        10 => (I::I64Load16S(m), &[]),
        11 => (I::I64Load16U(m), &[]),
        12 => (I::I64Load32S(m), &[]),
        13 => (I::I64Load32U(m), &[]),
        14 => (I::V128Load(m), V128),
        15 => (I::V128Load8x8S(m), V128),
        16 => (I::V128Load8x8U(m), V128),
        17 => (I::V128Load16x4S(m), V128),
        18 => (I::V128Load16x4U(m), V128),
        19 => (I::V128Load32x2S(m), V128),
        20 => (I::V128Load32x2U(m), V128),
        21 => (I::V128Load8Splat(m), LOW),
        22 => (I::V128Load16Splat(m), LOW),
        23 => (I::V128Load32Splat(m), LOW),
        24 => (I::V128Load64Splat(m), LOW),
        25 => (I::V128Load32Zero(m), LOW),
        26 => (I::V128Load64Zero(m), LOW),
        27 => (I::V128Load8Lane { memarg: m, lane: 3 }, LOW),
        28 => (I::V128Load16Lane { memarg: m, lane: 2 }, LOW),
        29 => (I::V128Load32Lane { memarg: m, lane: 1 }, LOW),
        _ => (I::V128Load64Lane { memarg: m, lane: 0 }, LOW),
    }
}

/// The n-th store, and the value that it stores.
fn store(n: usize, m: MemArg, value: u64) -> (I<'static>, I<'static>) {
    let small = I::I32Const(value as i32);
    let large = I::I64Const(value as i64);
    let vector = I::V128Const(i128::from(value) * 0x1_0000_0001_0000_0001);
    match n {
        0 => (I::I32Store(m), small),
        1 => (I::I64Store(m), large),
        2 => (
            I::F32Store(m),
            I::F32Const(f32::from_bits(value as u32).into()),
        ),
        3 => (I::F64Store(m), I::F64Const(f64::from_bits(value).into())),
        4 => (I::I32Store8(m), small),
        5 => (I::I32Store16(m), small),
        6 => (I::I64Store8(m), large),
        7 => (I::I64Store16(m), large),
        8 => (I::I64Store32(m), large),
        9 => (I::V128Store(m), vector),
        10 => (I::V128Store8Lane { memarg: m, lane: 9 }, vector),
        11 => (I::V128Store16Lane { memarg: m, lane: 5 }, vector),
        12 => (I::V128Store32Lane { memarg: m, lane: 3 }, vector),
        _ => (I::V128Store64Lane { memarg: m, lane: 1 }, vector),
    }
}

/// A function () -> i64 that does the steps; its local 0 gathers what it sees.
fn function(steps: &[Step]) -> Function {
    let mut body = Function::new([(1, ValType::I64)]);
    let word = |n: u32| I::I32Const(n as i32);
    let gather = [
        I::LocalGet(0),
        I::I64Const(5),
        I::I64Rotl,
        I::I64Xor,
        I::LocalSet(0),
    ];
    for step in steps {
        let mut emit = |instructions: &[I<'static>]| {
            for instruction in instructions {
                body.instruction(instruction);
            }
        };
        match *step {
            Step::Load(n, address, offset) => {
                let (instruction, widen) = load(n, memarg(offset));
                emit(&[word(address)]);
                if n >= 27 {
                    emit(&[I::V128Const(0x0123_4567_89ab_cdef)]);
                }
                emit(&[instruction]);
                emit(widen);
                emit(&gather);
            }
            Step::Store(n, address, offset, value) => {
                let (instruction, value) = store(n, memarg(offset), value);
                emit(&[word(address), value, instruction]);
            }
            Step::Fill(address, value, count) => {
                emit(&[word(address), word(value), word(count), I::MemoryFill(0)]);
            }
            Step::Copy(to, from, count) => {
                let copy = I::MemoryCopy {
                    src_mem: 0,
                    dst_mem: 0,
                };
                emit(&[word(to), word(from), word(count), copy]);
            }
            Step::Init(to, from, count) => {
                let init = I::MemoryInit {
                    mem: 0,
                    data_index: 1,
                };
                emit(&[word(to), word(from), word(count), init]);
            }
            Step::DropData => emit(&[I::DataDrop(1)]),
            Step::Size => {
                emit(&[I::MemorySize(0), I::I64ExtendI32U]);
                emit(&gather);
            }
            Step::Grow(pages) => {
                emit(&[word(pages), I::MemoryGrow(0), I::I64ExtendI32U]);
                emit(&gather);
            }
            Step::Call(address) => emit(&[word(address), I::Call(1)]),
        }
    }
    body.instruction(&I::LocalGet(0));
    body.instruction(&I::End);
    body
}

fn module(steps: &[Step], start: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I64]);
    types.ty().function([ValType::I32], []);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: Some(MAX.into()),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 0);
    exports.export("memory", ExportKind::Memory, 0);
    let mut code = CodeSection::new();
    code.function(&function(steps));
    let mut grower = Function::new([]);
    for instruction in [
        I::I32Const(1),
        I::MemoryGrow(0),
        I::Drop,
        I::LocalGet(0),
        I::I32Const(77),
        I::I32Store(memarg(2)),
        I::End,
    ] {
        grower.instruction(&instruction);
    }
    code.function(&grower);
    let mut data = DataSection::new();
    let bytes: Vec<u8> = (1..=SEGMENT as u8).collect();
    data.active(
        0,
        &ConstExpr::i32_const(start as i32),
        bytes.iter().copied(),
    );
    data.passive(bytes.iter().map(|b| b ^ 0xff));
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&DataCountSection { count: 2 })
        .section(&code)
        .section(&data);
    module.finish()
}

/// What a run came to: the result, or why there is none, and the memory.
#[derive(PartialEq)]
struct Seen {
    result: Result<i64, String>,
    memory: Vec<u8>,
}

fn trap_text(error: &wasmtime::Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => format!("{error:#}"),
    }
}

fn plain(engine: &Engine, wasm: &[u8]) -> Option<Seen> {
    let module = wasmtime::Module::new(engine, wasm).expect("a valid module");
    let mut store = Store::new(engine, ());
    // data that does not fit: there is no instance
    let instance = Instance::new(&mut store, &module, &[]).ok()?;
    let run = instance
        .get_typed_func::<(), i64>(&mut store, "run")
        .expect("run");
    let result = run.call(&mut store, ()).map_err(|error| trap_text(&error));
    let memory = instance.get_memory(&mut store, "memory").expect("memory");
    let memory = memory.data(&store).to_vec();
    Some(Seen { result, memory })
}

/// The region's place and size, pages.
#[derive(Clone, Copy)]
struct Place {
    at: u32,
    pages: u32,
}

struct Around {
    memory: Memory,
    base: Global,
    size: Global,
}

/// Grows by moving.
fn grow(caller: &mut Caller<'_, (Place, Option<Around>)>, more: u32) -> i32 {
    let (place, around) = caller.data();
    let place = *place;
    let around = around.as_ref().expect("the memory around");
    let (memory, base, size) = (around.memory, around.base, around.size);
    let Some(pages) = place.pages.checked_add(more).filter(|n| *n <= MAX) else {
        return -1;
    };
    let to = if place.at == PLACES[0] {
        PLACES[1]
    } else {
        PLACES[0]
    };
    let bytes = memory.data_mut(&mut *caller);
    let (old, new) = (place.at as usize * PAGE, to as usize * PAGE);
    let length = place.pages as usize * PAGE;
    bytes[new..new + pages as usize * PAGE].fill(0);
    bytes.copy_within(old..old + length, new);
    bytes[old..old + length].fill(WATCHED);
    caller.data_mut().0 = Place { at: to, pages };
    base.set(&mut *caller, Val::I32((to as usize * PAGE) as i32))
        .expect("the base");
    size.set(caller, Val::I64((pages as usize * PAGE) as i64))
        .expect("the size");
    place.pages as i32
}

fn rewritten(engine: &Engine, wasm: &[u8]) -> Result<Option<Seen>, String> {
    let rewritten = rewrite::rewrite(wasm).map_err(|refused| refused.to_string())?;
    let module = wasmtime::Module::new(engine, &rewritten.wasm).map_err(|e| format!("{e:?}"))?;
    let first = Place {
        at: PLACES[0],
        pages: 1,
    };
    let mut store: Store<(Place, Option<Around>)> = Store::new(engine, (first, None));
    let ty = wasmtime::MemoryType::new(AROUND, None);
    let memory = Memory::new(&mut store, ty).map_err(|e| e.to_string())?;
    let bytes = memory.data_mut(&mut store);
    bytes.fill(WATCHED);
    let start = first.at as usize * PAGE;
    bytes[start..start + PAGE].fill(0);
    let variable = |ty| GlobalType::new(ty, Mutability::Var);
    let base = variable(wasmtime::ValType::I32);
    let base = Global::new(&mut store, base, Val::I32(start as i32)).expect("a global");
    let size = variable(wasmtime::ValType::I64);
    let size = Global::new(&mut store, size, Val::I64(PAGE as i64)).expect("a global");
    store.data_mut().1 = Some(Around { memory, base, size });
    let grow = Func::wrap(&mut store, |mut caller: Caller<'_, _>, more: u32| {
        grow(&mut caller, more)
    });
    let externs: Vec<Extern> = rewritten
        .needs
        .iter()
        .map(|need| match need {
            Need::Base => base.into(),
            Need::Size => size.into(),
            Need::Memory => memory.into(),
            Need::Grow => grow.into(),
            other => panic!("nothing needs {other:?}"),
        })
        .collect();
    let instance = Instance::new(&mut store, &module, &externs).map_err(|e| e.to_string())?;
    let write = instance
        .get_typed_func::<(), i64>(&mut store, rewrite::WRITE_DATA)
        .map_err(|e| e.to_string())?;
    let failed = write.call(&mut store, ()).map_err(|e| e.to_string())? != 0;
    let mut result = Ok(0);
    if !failed {
        let run = instance
            .get_typed_func::<(), i64>(&mut store, &rewrite::func_name(0))
            .map_err(|e| e.to_string())?;
        result = run.call(&mut store, ()).map_err(|error| trap_text(&error));
    }
    let place = store.data().0;
    let bytes = memory.data(&store);
    let (start, end) = (
        place.at as usize * PAGE,
        (place.at + place.pages) as usize * PAGE,
    );
    if let Some(at) =
        (0..bytes.len()).find(|at| !(start..end).contains(at) && bytes[*at] != WATCHED)
    {
        return Err(format!("it wrote to byte {at} outside of {start}..{end}"));
    }
    let memory = bytes[start..end].to_vec();
    Ok((!failed).then_some(Seen { result, memory }))
}

fn check(engine: &Engine, steps: &[Step], start: u32) -> TestCaseResult {
    let wasm = module(steps, start);
    let here = rewritten(engine, &wasm).map_err(TestCaseError::fail)?;
    match (plain(engine, &wasm), here) {
        (None, None) => Ok(()),
        (Some(there), Some(here)) => {
            prop_assert_eq!(&there.result, &here.result);
            prop_assert!(there.memory == here.memory, "the memories differ");
            Ok(())
        }
        (there, here) => Err(TestCaseError::fail(format!(
            "instantiated plain: {}, rewritten: {}",
            there.is_some(),
            here.is_some()
        ))),
    }
}

#[test]
fn random_modules_do_the_same_and_no_more() {
    let engine = Engine::default();
    let steps = proptest::collection::vec(step(), 1..14);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(
        &(steps, prop_oneof![3 => Just(8u32), 1 => address()]),
        |(steps, start)| check(&engine, &steps, start),
    );
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// Every way to access memory, at every place around the end of it.
#[test]
fn every_access_is_checked_to_the_byte() {
    let engine = Engine::default();
    for n in 0..LOADS + STORES {
        for back in [0, 1, 2, 3, 4, 7, 8, 15, 16, 17u32] {
            for (address, offset) in [
                (PAGE as u32 - back, 0),
                (0, PAGE as u32 - back),
                (u32::MAX - back, 17),
            ] {
                let step = match n.checked_sub(LOADS) {
                    None => Step::Load(n, address, offset),
                    Some(n) => Step::Store(n, address, offset, 0x0102_0304_0506_0708),
                };
                if let Err(error) = check(&engine, std::slice::from_ref(&step), 8) {
                    panic!("{step:?}: {error}");
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_rewritten_is_refused() {
    let refused = |wat: &str| {
        let wasm = wat::parse_str(wat).expect("text");
        rewrite::rewrite(&wasm)
            .err()
            .map(|refused| refused.to_string())
    };
    for wat in [
        "(module (memory 1 1 shared))",
        "(module (memory i64 1))",
        "(module (memory 1) (memory 1))",
        "(module (tag))",
        "(module (type (struct)))",
        "(module (type $f (func)) (func (param (ref $f))))",
        "(module (table 1 externref) (elem (i32.const 0) externref (ref.null extern)))",
        "(module (table 1 1 funcref (ref.null func)))",
        "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))",
    ] {
        assert!(refused(wat).is_some(), "{wat}");
    }
    for wat in [
        "(module (func (result i32) i32.const 1) (func (result i32) return_call 0))",
        "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
        "(module (memory 1) (func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))",
        "(module (table 1 externref) (table 2 funcref) (func (table.set 0 (i32.const 0) (table.get 0 (i32.const 0)))))",
    ] {
        assert_eq!(refused(wat), None, "{wat}");
    }
}
