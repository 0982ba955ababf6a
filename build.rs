//! Compiles the JavaScript engine (QuickJS-ng and the shim in `assets/engine`) to wasm, compiles
//! SQLite, and lists the runtime's JavaScript for embedding.
//!
//! The engine's C source lies in the crate `rquickjs-sys`, which Cargo.lock pins; cargo itself
//! tells where. Rust's own wasm target is not needed.

#[path = "assets/sqlite/compile.rs"]
mod sqlite;

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ZIGLANG: &str = "ziglang==0.17.1";

const NO_COMPILER: &str = "\
lapidary needs a C compiler that targets wasm, and found none. Any one of these will do:
  1. set LAPIDARY_WASM_CC to a command that compiles for wasm32-wasi, such as \"/opt/zig/zig cc\"
  2. put `zig` on the PATH
  3. install python3 with pip: `python3 -m ziglang` is used, and fetched with pip when missing
  4. install clang, lld and a WASI libc (Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32)";

fn main() {
    if let Err(error) = build() {
        eprintln!("\n{error}\n");
        std::process::exit(1);
    }
}

fn build() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=assets/sqlite");
    println!("cargo:rerun-if-changed=assets/engine");
    println!("cargo:rerun-if-changed=assets/runtime");
    println!("cargo:rerun-if-env-changed=LAPIDARY_WASM_CC");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    list_runtime(&root.join("assets/runtime"), &out.join("runtime.rs"))?;
    let metadata = metadata(&root)?;
    sqlite::build(&metadata, &out)?;
    let quickjs = crate_folder(&metadata, "rquickjs-sys", "QuickJS-ng")?.join("quickjs");
    let source = fs::read_to_string(quickjs.join("quickjs.c"))?;
    let counted = with_lasting_objects(&source)?;
    let changed = with_changes("quickjs.c", &counted, ASYNC_CONTEXT)?;
    let changed = with_changes("quickjs.c", &changed, ARENAS)?;
    let changed = with_changes("quickjs.c", &changed, NATIVE)?;
    let changed = with_changes("quickjs.c", &changed, PROMISES)?;
    let changed = with_changes("quickjs.c", &changed, SHAPES)?;
    let changed = with_known_words(&changed)?;
    write_if_changed(&out.join("quickjs.c"), &changed)?;
    let compiler = find_compiler(&out)?;
    compile(&compiler, &quickjs, &root.join("assets/engine"), &out)
}

/// Writes `[(name, source)]` of every runtime module as Rust.
fn list_runtime(folder: &Path, target: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(folder, folder, &mut files)?;
    files.sort();
    let mut text = String::from("&[\n");
    for name in files {
        let path = folder.join(&name);
        writeln!(
            text,
            "    ({:?}, include_str!({:?})),",
            format!("lapidary:runtime/{name}"),
            path
        )?;
    }
    text.push_str("]\n");
    write_if_changed(target, &text)?;
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|e| e == "js") {
            let name = path
                .strip_prefix(root)?
                .to_string_lossy()
                .replace('\\', "/");
            files.push(name);
        }
    }
    Ok(())
}

/// Cargo rebuilds what depends on a file that changed, so an equal one keeps its time. True when
/// it was another.
fn write_if_changed(target: &Path, text: &str) -> Result<bool> {
    if fs::read_to_string(target).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    fs::write(target, text)?;
    Ok(true)
}

/// What cargo knows of all crates in Cargo.lock.
fn metadata(root: &Path) -> Result<serde_json::Value> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--manifest-path",
        ])
        .arg(root.join("Cargo.toml"))
        .output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`cargo metadata` could not locate the C sources:\n{why}").into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The folder of a crate that carries C source, as cargo unpacked it.
fn crate_folder(metadata: &serde_json::Value, name: &str, carries: &str) -> Result<PathBuf> {
    let manifest = metadata["packages"]
        .as_array()
        .and_then(|all| all.iter().find(|p| p["name"] == name))
        .and_then(|p| p["manifest_path"].as_str())
        .ok_or_else(|| {
            format!("the crate {name}, which carries {carries}'s source, is not in Cargo.lock")
        })?;
    Ok(Path::new(manifest).with_file_name(""))
}

/// The line of quickjs.c after which the functions below can stand.
const COUNT_MACRO: &str = "#define JS_REF_COUNT(p) (js_rc(p)->ref_count)\n";

/// Counting that leaves objects of the snapshot alone; see assets/engine/lasting.c.
const LASTING: &str = "
#define LAP_LASTING (1 << 30)
static inline void lap_count_up(int *count) { if (*count < LAP_LASTING) ++*count; }
static inline int lap_count_down(int *count) { return *count < LAP_LASTING ? --*count : *count; }
";

/// QuickJS's source with every change of a reference count made conditional: objects that are
/// part of the snapshot are never counted, and so their pages stay shared between sandboxes.
fn with_lasting_objects(source: &str) -> Result<String> {
    let unexpected = "quickjs.c does not count references as expected; build.rs must learn how this version does";
    let (before, after) = source.split_once(COUNT_MACRO).ok_or(unexpected)?;
    let mut out = format!("{before}{COUNT_MACRO}{LASTING}");
    let mut rest = after;
    let mut changed = 0;
    while let Some(at) = rest.find("JS_REF_COUNT(") {
        let open = at + "JS_REF_COUNT".len();
        let close = open + closing(&rest[open..]).ok_or(unexpected)?;
        let (head, term, tail) = (&rest[..at], &rest[at..=close], &rest[close + 1..]);
        if let Some(head) = head.strip_suffix("--") {
            out.push_str(&format!("{head}lap_count_down(&{term})"));
            rest = tail;
        } else if let Some(tail) = tail.strip_prefix("++;") {
            out.push_str(&format!("{head}lap_count_up(&{term});"));
            rest = tail;
        } else if let Some(tail) = tail.strip_prefix("--;") {
            out.push_str(&format!("{head}lap_count_down(&{term});"));
            rest = tail;
        } else {
            out.push_str(head);
            out.push_str(term);
            rest = tail;
            continue;
        }
        changed += 1;
    }
    out.push_str(rest);
    // as many as version 0.16 has; fewer means that some are written in another way
    if changed < 28 {
        Err(format!("{unexpected} ({changed} places found)").into())
    } else {
        Ok(out)
    }
}

/// What makes the async context follow promises; see assets/engine/frame.c. Each pair is a text
/// that quickjs.c has once, and what stands there instead.
const ASYNC_CONTEXT: &[(&str, &str)] = &[
    (
        COUNT_MACRO,
        "#define JS_REF_COUNT(p) (js_rc(p)->ref_count)\nstatic JSValue lap_frame = JS_UNDEFINED;\n",
    ),
    (
        "    int argc;\n    JSValue argv[];\n} JSJobEntry;",
        "    int argc;\n    JSValue frame;\n    JSValue argv[];\n} JSJobEntry;",
    ),
    (
        "    e->argc = argc;\n    for(i = 0; i < argc; i++) {\n        e->argv[i]",
        "    e->argc = argc;\n    e->frame = js_dup(lap_frame);\n    for(i = 0; i < argc; i++) {\n        e->argv[i]",
    ),
    (
        "    res = e->job_func(e->ctx, e->argc, vc(e->argv));\n",
        "    JSValue outer = lap_frame;\n    lap_frame = e->frame;\n    res = e->job_func(e->ctx, e->argc, vc(e->argv));\n    JS_FreeValue(ctx, lap_frame);\n    lap_frame = outer;\n",
    ),
    (
        "    JSValue handler;\n} JSPromiseReactionData;",
        "    JSValue handler;\n    JSValue frame;\n} JSPromiseReactionData;",
    ),
    (
        "    JS_FreeValueRT(rt, rd->handler);\n",
        "    JS_FreeValueRT(rt, rd->handler);\n    JS_FreeValueRT(rt, rd->frame);\n",
    ),
    (
        "            JS_MarkValue(rt, rd->handler, mark_func);\n",
        "            JS_MarkValue(rt, rd->handler, mark_func);\n            JS_MarkValue(rt, rd->frame, mark_func);\n",
    ),
    (
        "        rd->handler = js_dup(handler);\n",
        "        rd->handler = js_dup(handler);\n        rd->frame = js_dup(lap_frame);\n",
    ),
    (
        "        args[4] = value;\n        JS_EnqueueJob(ctx, promise_reaction_job, 5, args);\n",
        "        args[4] = value;\n        JSValue here = lap_frame;\n        lap_frame = rd->frame;\n        JS_EnqueueJob(ctx, promise_reaction_job, 5, args);\n        lap_frame = here;\n",
    ),
    (
        "                JS_EnqueueJob(fre->ctx, js_finrec_job, 2, args);\n",
        "                JSValue here = lap_frame;\n                lap_frame = JS_UNDEFINED;\n                JS_EnqueueJob(fre->ctx, js_finrec_job, 2, args);\n                lap_frame = here;\n",
    ),
];

/// How arenas of small objects suit sandboxes that share a snapshot; see assets/engine/lasting.c.
const ARENAS: &[(&str, &str)] = &[
    (
        "static no_inline JSArena *arena_new(JSRuntime *rt, int block_size_idx)\n{\n",
        "static size_t lap_arena_size(int block_size_idx);\nstatic no_inline JSArena *arena_new(JSRuntime *rt, int block_size_idx)\n{\n",
    ),
    (
        "    n_blocks = (JS_ARENA_SIZE - sizeof(JSArena)) / block_size;\n",
        "    n_blocks = (lap_arena_size(block_size_idx) - sizeof(JSArena)) / block_size;\n",
    ),
    // the only one with room is kept, lest every object of its size makes one anew
    (
        "        if (unlikely(ar->n_used_blocks == 0)) {\n",
        "        struct list_head *with_room = &rt->arena_state.free_arena_list[block_size_idx];\n        if (unlikely(ar->n_used_blocks == 0) && with_room->next != with_room->prev) {\n",
    ),
];

/// What makes promises cheap; see assets/engine/pending.c and wild.c.
const PROMISES: &[(&str, &str)] = &[
    (
        "static int js_create_resolving_functions(JSContext *ctx,\n                                         JSValue *resolving_funcs,\n                                         JSValueConst promise)\n\n{\n",
        "static JSValue lap_new_settler(JSContext *ctx, JSClassID class_id);\nstatic int js_create_resolving_functions(JSContext *ctx,\n                                         JSValue *resolving_funcs,\n                                         JSValueConst promise)\n\n{\n",
    ),
    (
        "        obj = JS_NewObjectProtoClass(ctx, ctx->function_proto,\n                                     JS_CLASS_PROMISE_RESOLVE_FUNCTION + i);\n",
        "        obj = lap_new_settler(ctx, JS_CLASS_PROMISE_RESOLVE_FUNCTION + i);\n",
    ),
    (
        "        JS_SetOpaqueInternal(obj, s);\n        js_function_set_properties(ctx, obj, JS_ATOM_empty_string, 1);\n        resolving_funcs[i] = obj;\n",
        "        JS_SetOpaqueInternal(obj, s);\n        resolving_funcs[i] = obj;\n",
    ),
    (
        "static bool js_async_function_resume(JSContext *ctx, JSAsyncFunctionData *s)\n{\n",
        "static JSValue lap_awaited(JSContext *ctx, JSValueConst value);\nstatic bool js_async_function_resume(JSContext *ctx, JSAsyncFunctionData *s)\n{\n",
    ),
    (
        "            promise = js_promise_resolve(ctx, ctx->promise_ctor,\n                                         1, vc(&value), 0);\n            JS_FreeValue(ctx, value);\n            if (JS_IsException(promise))\n                goto fail;\n            if (js_async_function_resolve_create",
        "            promise = lap_awaited(ctx, value);\n            JS_FreeValue(ctx, value);\n            if (JS_IsException(promise))\n                goto fail;\n            if (js_async_function_resolve_create",
    ),
];

/// How shapes are kept; see assets/engine/shapes.c.
const SHAPES: &[(&str, &str)] = &[
    (
        "static JSProperty *add_property(JSContext *ctx,\n                                JSObject *p, JSAtom prop, int prop_flags)\n{\n",
        "static void lap_keep_shape(JSRuntime *rt, JSShape *shape);\nstatic JSProperty *add_property(JSContext *ctx,\n                                JSObject *p, JSAtom prop, int prop_flags)\n{\n",
    ),
    (
        "    if (add_shape_property(ctx, &p->shape, p, prop, prop_flags))\n        return NULL;\n    return &p->prop[p->shape->prop_count - 1];\n",
        "    if (add_shape_property(ctx, &p->shape, p, prop, prop_flags))\n        return NULL;\n    lap_keep_shape(ctx->rt, p->shape);\n    return &p->prop[p->shape->prop_count - 1];\n",
    ),
    (
        "JSValue JS_NewObjectProtoClass(JSContext *ctx, JSValueConst proto_val,\n                               JSClassID class_id)\n{\n",
        "static void lap_keep_shape(JSRuntime *rt, JSShape *shape);\nJSValue JS_NewObjectProtoClass(JSContext *ctx, JSValueConst proto_val,\n                               JSClassID class_id)\n{\n",
    ),
    (
        "        sh = js_new_shape(ctx, proto);\n        if (!sh)\n            return JS_EXCEPTION;\n    }\n    return JS_NewObjectFromShape(ctx, sh, class_id, NULL);\n",
        "        sh = js_new_shape(ctx, proto);\n        if (!sh)\n            return JS_EXCEPTION;\n        lap_keep_shape(ctx->rt, sh);\n    }\n    return JS_NewObjectFromShape(ctx, sh, class_id, NULL);\n",
    ),
    // fewer moves of the properties of objects that have more than two
    (
        "    new_size = max_int(count, sh->prop_size * 3 / 2);\n    /* Reallocate prop array first",
        "    new_size = max_int(count, sh->prop_size * 2);\n    /* Reallocate prop array first",
    ),
];

/// Functions of the runtime look as those of the reference do, which are not written in JavaScript.
const NATIVE: &[(&str, &str)] = &[
    (
        "} JSFunctionBytecode;\n",
        "} JSFunctionBytecode;\n\nstatic bool lap_is_native(JSContext *ctx, JSFunctionBytecode *b);\nstatic void lap_throw_no_new(JSContext *ctx, JSFunctionBytecode *b, JSValueConst class);\n",
    ),
    (
        "JS_ThrowTypeError(ctx, \"class constructors must be invoked with 'new'\");",
        "lap_throw_no_new(ctx, b, sf->cur_func);",
    ),
    (
        "        if (b->source)\n            return JS_NewStringLen(",
        "        if (b->source && !lap_is_native(ctx, b))\n            return JS_NewStringLen(",
    ),
    (
        "        suff = \"() {\\n    [native code]\\n}\";\n",
        "        suff = \"() { [native code] }\";\n",
    ),
];

/// Messages that programs and people know from V8: as the engine words them, and as V8 does.
const WORDS: &[(&str, &str)] = &[
    (
        "cannot read property '%s' of null",
        "Cannot read properties of null (reading '%s')",
    ),
    (
        "cannot read property '%s' of undefined",
        "Cannot read properties of undefined (reading '%s')",
    ),
    (
        "cannot set property '%s' of null",
        "Cannot set properties of null (setting '%s')",
    ),
    (
        "cannot set property '%s' of undefined",
        "Cannot set properties of undefined (setting '%s')",
    ),
    (
        "\"BigInt are forbidden in JSON.stringify\"",
        "\"Do not know how to serialize a BigInt\"",
    ),
    (
        "TypeError(ctx, \"circular reference\"",
        "TypeError(ctx, \"Converting circular structure to JSON\"",
    ),
    (
        "\"cannot convert BigInt to number\"",
        "\"Cannot mix BigInt and other types, use explicit conversions\"",
    ),
    (
        "\"cannot convert symbol to number\"",
        "\"Cannot convert a Symbol value to a number\"",
    ),
    (
        "\"cannot convert symbol to string\"",
        "\"Cannot convert a Symbol value to a string\"",
    ),
    (
        "RangeError(ctx, \"invalid array length\"",
        "RangeError(ctx, \"Invalid array length\"",
    ),
    (
        "\"bad normalization form\"",
        "\"The normalization form should be one of NFC, NFD, NFKC, NFKD.\"",
    ),
    ("\"Date value is NaN\"", "\"Invalid time value\""),
    (
        "\"empty array\"",
        "\"Reduce of empty array with no initial value\"",
    ),
    (
        "\"invalid value used as WeakMap key\"",
        "\"Invalid value used as weak map key\"",
    ),
    ("\"expecting hex digit\"", "\"URI malformed\""),
    (
        "ReferenceError(ctx, \"%s is not initialized\"",
        "ReferenceError(ctx, \"Cannot access '%s' before initialization\"",
    ),
    (
        "\"private class field '%s' does not exist\"",
        "\"Cannot read private member %s from an object whose class did not declare it\"",
    ),
];

/// QuickJS's source with V8's words in place of its own.
fn with_known_words(source: &str) -> Result<String> {
    let mut out = source.to_string();
    for (old, new) in WORDS {
        if !out.contains(old) {
            return Err(format!(
                "quickjs.c has no {old}; build.rs must learn how this version words it"
            )
            .into());
        }
        out = out.replace(old, new);
    }
    Ok(out)
}

/// The source of `file` with some texts replaced.
fn with_changes(file: &str, source: &str, changes: &[(&str, &str)]) -> Result<String> {
    let mut out = source.to_string();
    for (old, new) in changes {
        if out.matches(old).count() != 1 {
            return Err(format!(
                "{file} has no single `{old}`; build.rs must learn how this version does it"
            )
            .into());
        }
        out = out.replacen(old, new, 1);
    }
    Ok(out)
}

/// The position of the bracket that closes the one at the start.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        (depth == 0).then_some(at)
    })
}

/// A command line that compiles C to wasm32-wasi.
struct Compiler {
    command: Vec<String>,
    environment: Vec<(String, PathBuf)>,
}

impl Compiler {
    fn new<const N: usize>(command: [&str; N]) -> Self {
        Self {
            command: command.map(String::from).into(),
            environment: Vec::new(),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        command.envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Whether it turns a small program that uses the C library into wasm.
    fn works(&self, out: &Path) -> bool {
        let source = out.join("probe.c");
        let program = "#include <stdlib.h>\nvoid *probe(void) { return malloc(1); }\n";
        if fs::write(&source, program).is_err() {
            return false;
        }
        let output = self
            .command()
            .args(["-target", "wasm32-wasi", "-mexec-model=reactor", "-o"])
            .arg(out.join("probe.wasm"))
            .arg(&source)
            .output();
        output.is_ok_and(|o| o.status.success())
    }
}

fn find_compiler(out: &Path) -> Result<Compiler> {
    if let Ok(line) = env::var("LAPIDARY_WASM_CC") {
        let command: Vec<String> = line.split_whitespace().map(String::from).collect();
        let compiler = Compiler {
            command,
            environment: Vec::new(),
        };
        if compiler.command.is_empty() || !compiler.works(out) {
            return Err(format!(
                "LAPIDARY_WASM_CC is set, but `{line}` does not compile C for wasm32-wasi"
            )
            .into());
        }
        return Ok(compiler);
    }
    let known = [
        Compiler::new(["zig", "cc"]),
        Compiler::new(["python3", "-m", "ziglang", "cc"]),
    ];
    for compiler in known {
        if compiler.works(out) {
            return Ok(compiler);
        }
    }
    if let Some(compiler) = fetch_zig(out) {
        return Ok(compiler);
    }
    let clang = Compiler::new(["clang"]);
    if clang.works(out) {
        Ok(clang)
    } else {
        Err(NO_COMPILER.into())
    }
}

/// Fetches zig as a Python wheel, once per target folder. Preferred to Debian's clang, whose
/// engine is a quarter slower; without pip or a network the caller goes on to clang.
fn fetch_zig(out: &Path) -> Option<Compiler> {
    // OUT_DIR is <target>/<profile>/build/<package>/out
    let folder = out.ancestors().nth(3)?.join("ziglang");
    let compiler = Compiler {
        command: ["python3", "-m", "ziglang", "cc"].map(String::from).into(),
        environment: vec![
            ("PYTHONPATH".into(), folder.clone()),
            ("ZIG_GLOBAL_CACHE_DIR".into(), folder.join("cache")),
        ],
    };
    if compiler.works(out) {
        return Some(compiler);
    }
    println!(
        "cargo:warning=no wasm C compiler on this machine: fetching {ZIGLANG} with pip into {}",
        folder.display()
    );
    let fetched = Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--target",
        ])
        .arg(&folder)
        .arg(ZIGLANG)
        .status();
    (fetched.is_ok_and(|s| s.success()) && compiler.works(out)).then_some(compiler)
}

fn compile(compiler: &Compiler, quickjs: &Path, shim: &Path, out: &Path) -> Result<()> {
    let output = compiler
        .command()
        .args([
            "-target",
            "wasm32-wasi",
            "-mexec-model=reactor",
            "-O3",
            "-s",
            "-w",
        ])
        .args([
            "-mbulk-memory",
            "-msign-ext",
            "-mnontrapping-fptoint",
            "-D_GNU_SOURCE",
        ])
        // 1 MiB of shadow stack: shim.c sets JavaScript's limit below it
        .args(["-Wl,-z,stack-size=1048576", "-I"])
        .arg(out)
        .arg("-I")
        .arg(quickjs)
        .arg("-o")
        .arg(out.join("engine.wasm"))
        .arg(shim.join("shim.c"))
        .args(["libregexp.c", "libunicode.c", "dtoa.c"].map(|file| quickjs.join(file)))
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "the engine did not compile with `{}`:\n{why}",
        compiler.command.join(" ")
    )
    .into())
}
