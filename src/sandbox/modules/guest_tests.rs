//! Modules inside of a guest: they are metered, limited and ended with it.

use std::{sync::Arc, thread, time::Duration};

use super::super::{
    Fault, Signals,
    tests::{MEMORY, engine, on_guest_thread, run},
};

/// What the guest does before each test: `make` instantiates module `n`, whose imports are plain
/// functions, each followed by its signature.
const SETUP: &str = r#"
const { modules, newOwner, functionObject, memoryHolder, setTrap } = __native;
setTrap((reason, id) => { if (reason === 0) return modules("function", id); throw new Error(`reason ${reason}`); });
let owners = 0;
globalThis.make = (n, ...functions) => {
  const number = ++owners, keeps = [], owner = newOwner(number, functions, keeps);
  const forms = functions.filter((_, i) => i % 2 === 0).map((_, i) => ["n", i]);
  const [, memory, list] = modules("instantiate", n, number, forms);
  if (memory !== null) keeps.push(memoryHolder(memory));
  const exports = {};
  for (const [name, kind, id, signature, index] of list) {
    exports[name] = kind === "f" ? functionObject(id, signature, index, owner) : id;
  }
  return exports;
};
globalThis.caught = (work) => { try { return work(); } catch (e) { return `${e.name}: ${e.message}`; } };
"#;

/// Runs code in a guest that has `wat` as module 0.
fn guest(wat: &str, cpu_limit_ms: u64, code: &[&str]) -> Result<Vec<String>, Fault> {
    with_signals(wat, Arc::new(Signals::new(cpu_limit_ms)), code)
}

fn with_signals(wat: &str, signals: Arc<Signals>, code: &[&str]) -> Result<Vec<String>, Fault> {
    on_guest_thread(|| {
        let wasm = wat::parse_str(wat).expect("text").into();
        let mut sandbox = engine().instantiate(signals, MEMORY).expect("room");
        sandbox.offer(vec![engine().library().compile(&wasm)]);
        run(&mut sandbox, SETUP)?;
        code.iter().map(|code| run(&mut sandbox, code)).collect()
    })
}

const LOOP: &str = r#"(module (func (export "run") (loop (br 0))))"#;

#[test]
fn a_loop_ends_at_the_cpu_limit() {
    let fault = guest(LOOP, 40, &["caught(() => make(0).run())"]).unwrap_err();
    assert_eq!(fault, Fault::CpuLimit { limit_ms: 40 });
}

#[test]
fn a_kill_ends_a_loop() {
    let signals = Arc::new(Signals::new(60_000));
    let killer = signals.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(60));
        killer.kill();
    });
    let fault = with_signals(LOOP, signals, &["caught(() => make(0).run())"]).unwrap_err();
    assert_eq!(fault, Fault::Killed);
}

#[test]
fn a_loop_in_a_function_that_it_imports_ends_too() {
    let wat = r#"(module (import "" "" (func)) (func (export "run") (call 0)))"#;
    let code = "caught(() => make(0, () => { for (;;) {} }, ':').run())";
    let fault = guest(wat, 40, &[code]).unwrap_err();
    assert_eq!(fault, Fault::CpuLimit { limit_ms: 40 });
}

#[test]
fn a_stop_of_the_host_passes_through() {
    let wat = r#"(module (import "" "" (func)) (func (export "run") (call 0)))"#;
    let code = "caught(() => make(0, () => __native.host('no such thing'), ':').run())";
    let fault = guest(wat, 1000, &[code]).unwrap_err();
    assert_eq!(fault, Fault::Stopped("no such call".into()));
}

#[test]
fn memory_that_does_not_fit_is_refused_and_the_guest_lives() {
    let wat = r#"(module (memory 1) (export "memory" (memory 0))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "size") (result i32) (memory.size)))"#;
    let answers = guest(
        wat,
        10_000,
        &[
            "globalThis.e = make(0); e.grow(5000)",
            // by single pages until it is refused
            "let n = 0; while (e.grow(1) !== -1) n++; n > 100 && n < 1024",
            "e.grow(1)",
            "e.size() === new Uint8Array(__native.memoryBuffer(e.memory)).length / 65536",
            "[1, 2, 3].map(String).join()",
        ],
    );
    assert_eq!(answers.unwrap(), ["-1", "true", "-1", "true", "1,2,3"]);
}

#[test]
fn every_recursion_ends_in_an_error_that_can_be_caught() {
    let wat = r#"(module (import "" "" (func $back (param i32))) (memory 1)
        (func $deep (export "deep") (param i32) (call $deep (i32.add (local.get 0) (i32.const 1))))
        (func (export "between") (param i32) (call $back (local.get 0)))
        (func $down (export "down") (param i32)
          (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (call $back (i32.const 0)))))
        (func $growing (export "growing") (param i32)
          (drop (memory.grow (i32.const 0))) (call $growing (local.get 0))))"#;
    let again = "caught(() => { let n = 0; e = make(0, () => n++, 'i:'); e.between(1); e.down(100); return n; })";
    let answers = guest(
        wat,
        60_000,
        &[
            "globalThis.e = make(0, () => {}, 'i:'); caught(() => e.deep(0))",
            again,
            "e = make(0, (n) => e.between(n + 1), 'i:'); caught(() => e.between(0))",
            again,
            "e = make(0, (n) => e.between(n + 1), 'i:'); const f = () => { try { return f(); } catch (x) { return e.between(0); } }; caught(f).includes('Error')",
            again,
            // how far down it may call back is the host's affair; that it lives is the point
            "e = make(0, () => JSON.stringify(eval('['.repeat(3000) + ']'.repeat(3000))), 'i:'); for (let n = 1; n < 4e6; n *= 2) caught(() => e.down(n)); 'alive'",
            again,
            "e = make(0, () => {}, 'i:'); caught(() => e.growing(0))",
            again,
        ],
    );
    let answers = answers.unwrap_or_else(|fault| panic!("the guest ended: {fault}"));
    assert_eq!(answers[0], "Error: reason 9");
    assert!(answers[2].contains("Error"), "{}", answers[2]);
    assert_eq!(answers[4], "true");
    assert_eq!(answers[6], "alive");
    assert_eq!(answers[8], "Error: reason 9");
    for again in answers.iter().skip(1).step_by(2) {
        assert_eq!(again, "2");
    }
}

#[test]
fn what_nobody_can_reach_gives_its_memory_back() {
    let wat = r#"(module (import "" "" (func)) (memory 100) (export "memory" (memory 0))
        (func (export "run") (call 0)))"#;
    // each has 6.4 MB, and all are cycles: the import closes over the exports
    let code = "for (let i = 0; i < 60; i++) { __native.memoryPressure(100); const e = make(0, () => e, ':'); e.run();
        const bytes = new Uint8Array(__native.memoryBuffer(e.memory)); if (bytes[5000] !== 0) throw new Error('dirty'); bytes.fill(1); } 'done'";
    assert_eq!(guest(wat, 60_000, &[code]).unwrap(), ["done"]);
}

#[test]
fn the_same_bytes_are_compiled_once() {
    let wasm: bytes::Bytes = wat::parse_str(LOOP).expect("text").into();
    let first = engine().library().compile(&wasm).expect("valid");
    let second = engine()
        .library()
        .compile(&wasm.to_vec().into())
        .expect("valid");
    assert!(Arc::ptr_eq(&first, &second));
    let refused = engine()
        .library()
        .compile(&bytes::Bytes::from_static(b"nonsense"));
    let message = refused.expect_err("no module").to_string();
    assert_eq!(
        message,
        "expected magic word 00 61 73 6d, found 6e 6f 6e 73 @+0"
    );
}

#[test]
fn instances_beyond_measure_are_refused() {
    let code = "let n = 0; let e; try { for (;; n++) make(0); } catch (x) { e = x.name; } [n > 1000, e].join()";
    assert_eq!(guest(LOOP, 60_000, &[code]).unwrap(), ["true,RangeError"]);
}
