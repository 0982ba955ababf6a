//! The sandbox with a guest that evaluates JavaScript: the tests' own, not the product's.

use std::{
    sync::{Arc, OnceLock},
    thread,
    time::{Duration, Instant},
};

use super::{
    engine::THREAD_STACK,
    wire::{Reader, Writer},
    *,
};

const WASM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/engine.wasm"));
pub(super) const MEMORY: usize = 64 << 20;

/// Evaluates the event's text and tells the result, or the error with its class.
const MAIN: &str = r#"
const { host, setHooks } = globalThis.__native;
setHooks((code) => {
  let result;
  try { result = String((0, eval)(code)); } catch (e) { result = `${e.name}: ${e.message}`; }
  host("result", result);
}, () => "", () => "", () => {}, Error, () => {});
"#;

#[derive(Default)]
pub(super) struct Record {
    results: Vec<String>,
}

impl Host for Record {
    fn call(&mut self, mut args: Reader<'_>, answer: &mut Writer) -> Result<(), Stop> {
        match args.text() {
            Ok("result") => self.results.push(args.lossy().unwrap_or_default()),
            Ok("echo") => {
                if let Ok(value) = args.value() {
                    answer.value(&value);
                }
            }
            Ok("throw") => {
                answer.error("RangeError", "so the host said");
            }
            _ => return Err(Stop("no such call".into())),
        }
        Ok(())
    }
}

pub(super) fn engine() -> &'static Engine<Record> {
    static ENGINE: OnceLock<Engine<Record>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let image = Image {
            wasm: WASM,
            files: &[("lapidary:runtime/main.js", MAIN)],
        };
        let options = Options {
            cache: None,
            max_instances: 64,
            max_memory_bytes: MEMORY,
        };
        Engine::new(&image, &options).expect("the engine starts")
    })
}

/// Runs on a thread with the stack that guests need, as the program's own threads have.
pub(super) fn on_guest_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(THREAD_STACK)
            .spawn_scoped(scope, work)
            .expect("a thread");
        thread.join().expect("no panic")
    })
}

fn event(code: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.text(code);
    writer.into_bytes()
}

pub(super) fn run(sandbox: &mut Sandbox<Record>, code: &str) -> Result<String, Fault> {
    let turn = sandbox.turn(&event(code), Record::default());
    turn.outcome.map(|()| turn.host.results.join("|"))
}

fn eval_with(cpu_limit_ms: u64, code: &str) -> Result<String, Fault> {
    on_guest_thread(|| {
        let mut sandbox = engine()
            .instantiate(Arc::new(Signals::new(cpu_limit_ms)), MEMORY)
            .expect("room");
        run(&mut sandbox, code)
    })
}

fn eval(code: &str) -> Result<String, Fault> {
    eval_with(20_000, code)
}

#[test]
fn evaluates() {
    assert_eq!(eval("6 * 7").unwrap(), "42");
    assert_eq!(eval("[...'é😀'].length").unwrap(), "2");
}

#[test]
fn values_cross_both_ways() {
    let code = r#"JSON.stringify(__native.host("echo",
        { a: [1, -0.5, 2 ** 40, null, undefined, true], "é": "☃\u{1F600}", b: new Uint8Array([1, 2]) },
        ))"#;
    assert_eq!(
        eval(code).unwrap(),
        r#"{"a":[1,-0.5,1099511627776,null,null,true],"é":"☃😀","b":{}}"#
    );
    assert_eq!(
        eval(r#"__native.host("echo", "x".repeat(100000)).length"#).unwrap(),
        "100000"
    );
    assert_eq!(
        eval(r#"Object.is(__native.host("echo", -0), -0)"#).unwrap(),
        "true"
    );
}

#[test]
fn an_error_of_the_host_is_thrown_with_its_class() {
    assert_eq!(
        eval(r#"__native.host("throw")"#).unwrap(),
        "RangeError: so the host said"
    );
}

#[test]
fn a_stop_of_the_host_ends_the_guest_and_cannot_be_caught() {
    let fault = eval(r#"try { __native.host("no such thing") } catch { "caught" }"#).unwrap_err();
    assert_eq!(fault, Fault::Stopped("no such call".into()));
}

#[test]
fn a_getter_may_call_the_host_while_a_call_is_encoded() {
    let code = r#"JSON.stringify(__native.host("echo", { get a() { return __native.host("echo", "inner"); }, b: 1 }))"#;
    assert_eq!(eval(code).unwrap(), r#"{"a":"inner","b":1}"#);
}

#[test]
fn guests_share_nothing() {
    on_guest_thread(|| {
        let mut a = engine()
            .instantiate(Arc::new(Signals::new(1000)), MEMORY)
            .unwrap();
        let mut b = engine()
            .instantiate(Arc::new(Signals::new(1000)), MEMORY)
            .unwrap();
        run(&mut a, "globalThis.secret = 1").unwrap();
        assert_eq!(run(&mut a, "typeof secret").unwrap(), "number");
        assert_eq!(run(&mut b, "typeof secret").unwrap(), "undefined");
        assert_ne!(
            run(&mut a, "Math.random()").unwrap(),
            run(&mut b, "Math.random()").unwrap()
        );
    });
}

#[test]
fn every_shape_of_recursion_is_a_catchable_error() {
    let shapes = [
        "function f() { f() } f()",
        "function f() { return 1 + f() } f()",
        "class A { constructor() { new A() } } new A()",
        "const o = { get x() { return this.x } }; o.x",
        "const p = new Proxy({}, { get(t, k, r) { return r[k] } }); p.x",
        "eval('['.repeat(50000))",
        "eval('('.repeat(50000))",
        "eval('{'.repeat(50000))",
        "eval('a' + '.b'.repeat(10) + '?1:'.repeat(50000))",
        "eval('-'.repeat(100001).replaceAll('--', '- -') + '1')",
        "eval('`${'.repeat(50000))",
        "let o = {}; for (let i = 0; i < 200000; i++) o = { o }; JSON.stringify(o)",
        "JSON.parse('['.repeat(200000))",
        "let a = []; for (let i = 0; i < 200000; i++) a = [a]; a.flat(Infinity); String(a)",
        "let a = []; a[0] = a; const f = (x) => x.map(f); f(a)",
        "const f = () => [1].forEach(f); f()",
        "const f = () => 'x'.replace(/x/, f); f()",
        "new RegExp('('.repeat(50000))",
        "let f = () => {}; for (let i = 0; i < 100000; i++) { f = f.bind(null); delete f.name } f()",
        "const o = { toString() { return `${this}` } }; `${o}`",
        "const o = { [Symbol.toPrimitive]() { return +this } }; +o",
        "function* g() { yield* g() } [...g()]",
        "[3, 1].sort(function f(a, b) { return [a, b].sort(f) })",
    ];
    for code in shapes {
        let answer = eval(code).unwrap_or_else(|fault| panic!("{code}: the guest ended: {fault}"));
        let caught = ["RangeError: ", "SyntaxError: "]
            .iter()
            .any(|class| answer.starts_with(class));
        assert!(caught || !answer.contains("Error"), "{code}: {answer}");
    }
}

#[test]
fn a_loop_ends_at_the_cpu_limit() {
    assert_eq!(
        eval_with(30, "for (;;) {}").unwrap_err(),
        Fault::CpuLimit { limit_ms: 30 }
    );
    let regexp = "/(a+)+$/.test('a'.repeat(40) + 'b')";
    assert_eq!(
        eval_with(30, regexp).unwrap_err(),
        Fault::CpuLimit { limit_ms: 30 }
    );
    let catching = "for (;;) { try { for (;;) {} } catch {} finally { for (;;) {} } }";
    assert_eq!(
        eval_with(30, catching).unwrap_err(),
        Fault::CpuLimit { limit_ms: 30 }
    );
}

#[test]
fn a_kill_ends_a_loop_and_the_guest_stays_ended() {
    let signals = Arc::new(Signals::new(60_000));
    let killer = signals.clone();
    let began = Instant::now();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        killer.kill();
    });
    on_guest_thread(move || {
        let mut sandbox = engine().instantiate(signals, MEMORY).unwrap();
        assert_eq!(run(&mut sandbox, "for (;;) {}").unwrap_err(), Fault::Killed);
        assert_eq!(run(&mut sandbox, "1").unwrap_err(), Fault::Killed);
    });
    assert!(began.elapsed() >= Duration::from_millis(50));
}

#[test]
fn memory_ends_at_its_limit_without_harm_to_others() {
    let hog = "const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1))";
    match eval(hog) {
        Ok(text) => assert!(text.contains("out of memory"), "{text}"),
        Err(fault) => assert_eq!(
            fault,
            Fault::MemoryLimit {
                limit_bytes: MEMORY
            }
        ),
    }
    assert_eq!(eval("1 + 1").unwrap(), "2");
}

#[test]
fn an_image_that_throws_is_refused_with_its_reason() {
    let image = Image {
        wasm: WASM,
        files: &[(
            "lapidary:runtime/main.js",
            "throw new TypeError('not today')",
        )],
    };
    let options = Options {
        cache: None,
        max_instances: 1,
        max_memory_bytes: MEMORY,
    };
    let error = Engine::<Record>::new(&image, &options)
        .err()
        .expect("refused");
    assert!(
        error.to_string().contains("TypeError: not today"),
        "{error}"
    );
}

#[test]
fn the_cache_is_used_and_a_damaged_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image {
        wasm: WASM,
        files: &[("lapidary:runtime/main.js", MAIN)],
    };
    let options = Options {
        cache: Some(folder.path().to_path_buf()),
        max_instances: 1,
        max_memory_bytes: MEMORY,
    };
    assert!(Engine::<Record>::new(&image, &options).unwrap().compiled);
    assert!(!Engine::<Record>::new(&image, &options).unwrap().compiled);
    let file = std::fs::read_dir(folder.path())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!(Engine::<Record>::new(&image, &options).unwrap().compiled);
}

#[test]
fn cycles_are_collected() {
    // 400 MB of cycles in 64 MB of memory
    let code = "for (let i = 0; i < 4000; i++) { const a = { data: new Uint8Array(100000) }; a.self = [a] } 'done'";
    assert_eq!(eval(code).unwrap(), "done");
}

#[test]
fn what_the_snapshot_holds_outlives_its_last_use() {
    let code = "delete Array.prototype.map; delete globalThis.JSON; delete globalThis.Map;
        let a = []; for (let i = 0; i < 300000; i++) a = [a.length, String(i), {}, () => i]; a.join('|').length > 0";
    assert_eq!(eval(code).unwrap(), "true");
}

/// Values as V8 writes them (recorded from it), read and written again by the engine.
#[test]
fn structured_clone_agrees_with_v8() {
    let vectors = include_str!("../../tests/data/clone-vectors.json");
    let code = format!(
        r#"
        const bytes = (hex) => new Uint8Array(hex.match(/../g).map((pair) => parseInt(pair, 16)));
        const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
        const write = (value) => hex(__native.cloneWrite(value, undefined, 0));
        const wrong = [];
        for (const {{ js, hex: recorded, exact }} of {vectors}) {{
          const value = (0, eval)(`(${{js}})`);
          const own = write(value);
          if (exact && own !== recorded) wrong.push(`${{js}} is written as ${{own}}`);
          if (write(__native.cloneRead(bytes(recorded))) !== own) wrong.push(`${{js}} is not read back`);
        }}
        wrong.join("\n")"#
    );
    assert_eq!(eval(&code).unwrap(), "");
}
