//! The loader binding: dynamic workers, what they are given, and what is refused.

mod support;

use serde_json::{Value, json};
use support::{Probe, error_of};

const APPS: &str = r#"
import { WorkerEntrypoint, env as atModule } from "cloudflare:workers";
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/service") return env.SERVICE.fetch("http://service/asked");
    if (pathname === "/object") return env.OBJECT.fetch("http://object/a/name");
    if (pathname === "/global") return fetch("http://anywhere.example/caught");
    if (pathname === "/class") return Response.json(typeof env.CLASS);
    return Response.json({ env, same: atModule.WORD === env.WORD, props: ctx.props });
  },
};
export class Named extends WorkerEntrypoint {
  fetch() { return Response.json({ named: this.ctx.props }); }
}
export class Silent extends WorkerEntrypoint {}
"#;

const METHODS: &str = r#"
  name() { return String(this.ctx.id); }
  worker(more) { return this.env.LOADER.load(this.code(more)); }
  entry(more, path = "/", name, options) { return this.text(this.worker(more).getEntrypoint(name, options), path); }
"#;

const MODULE: &str = r#"
export class Service extends WorkerEntrypoint {
  fetch(request) {
    return new Response(`service for ${this.ctx.props.who} got ${request.url}`);
  }
}
"#;

fn probe(methods: &str) -> Probe {
    Probe::start_with(&format!("{METHODS}{methods}"), MODULE, APPS, &[], json!({}))
}

/// Calls each method and compares class and message of what it threw.
#[track_caller]
fn assert_errors(probe: &Probe, expected: &[(&str, &str, &str)]) {
    for (method, name, message) in expected {
        let found = error_of(&probe.call("a", method));
        assert_eq!(found, (name.to_string(), message.to_string()), "{method}");
    }
}

#[test]
fn code_is_checked_before_it_is_loaded() {
    let probe = probe(
        r#"
        noCallback() { this.env.LOADER.get("x"); }
        noModules() { this.worker({ modules: undefined }); }
        emptyModules() { this.worker({ modules: {} }); }
        twoKinds() { this.worker({ modules: { "apps.js": { js: "", text: "" } } }); }
        typescript() { this.worker({ modules: { "a.ts": "" } }); }
        moduleName() { this.worker({ modules: { "a.mjs": "" } }); }
        noDate() { return this.entry({ compatibilityDate: undefined }); }
        badDate() { return this.entry({ compatibilityDate: "soon" }); }
        badEnv() { this.worker({ env: 7 }); }
        bigEnv() { this.worker({ env: { text: "x".repeat(1048577) } }); }
        badOutbound() { this.worker({ globalOutbound: {} }); }
        notANumber() { this.worker({ limits: { cpuMs: NaN } }); }
        negative() { this.worker({ limits: { cpuMs: -1 } }); }
        badProps() { this.worker().getEntrypoint(null, { props: 7 }); }
        extraFields() { return this.entry({ surprise: 1 }); }
        "#,
    );
    assert_errors(
        &probe,
        &[
            (
                "noCallback",
                "TypeError",
                "Failed to execute 'get' on 'WorkerLoader': parameter 2 is not of type 'function'.",
            ),
            (
                "noModules",
                "TypeError",
                "Incorrect type for the 'modules' field on 'WorkerCode': the provided value is not of type 'object'.",
            ),
            (
                "emptyModules",
                "TypeError",
                "Dynamic Worker code must contain at least one module.",
            ),
            (
                "twoKinds",
                "TypeError",
                "Each module must contain exactly one of 'js', 'cjs', 'text', 'data', 'json', 'py', or 'wasm'. Module 'apps.js' contained 2 properties.",
            ),
            (
                "typescript",
                "TypeError",
                "Module name must end with '.js' or '.py' (or the content must be an object indicating the type explicitly). Got: a.ts. If you're trying to load TypeScript, bundle it first with '@cloudflare/worker-bundler' and pass the generated JavaScript modules.",
            ),
            (
                "moduleName",
                "TypeError",
                "Module name must end with '.js' or '.py' (or the content must be an object indicating the type explicitly). Got: a.mjs",
            ),
            ("noDate", "Error", "Invalid compatibility date: undefined"),
            ("badDate", "Error", "Invalid compatibility date: soon"),
            (
                "badEnv",
                "TypeError",
                "Incorrect type for the 'env' field on 'WorkerCode': the provided value is not of type 'Object'.",
            ),
            (
                "badOutbound",
                "TypeError",
                "Incorrect type for the 'globalOutbound' field on 'WorkerCode': the provided value is not of type 'Fetcher'.",
            ),
            (
                "notANumber",
                "TypeError",
                "The value cannot be converted because it is not an integer.",
            ),
            (
                "negative",
                "TypeError",
                "The value cannot be converted because it is negative and this API expects a positive number.",
            ),
            (
                "badProps",
                "TypeError",
                "Incorrect type for the 'props' field on 'EntrypointOptions': the provided value is not of type 'Object'.",
            ),
        ],
    );
    let (name, message) = probe.error("bigEnv");
    assert_eq!(name, "Error");
    assert!(
        message.starts_with("Dynamic Worker env size (104"),
        "{message}"
    );
    assert!(
        message.ends_with("bytes) exceeds the maximum allowed size of 1048576 bytes."),
        "{message}"
    );
    probe.ok("extraFields");
}

#[test]
fn code_that_does_not_start_says_why_on_each_request() {
    let probe = probe(
        r#"
        source(text) { return this.entry({ modules: { "apps.js": text } }); }
        syntax() { return this.source("export default { fetch( }"); }
        throws() { return this.source("throw new RangeError('at the top')"); }
        noMain() { return this.entry({ mainModule: "other.js" }); }
        noImport() { return this.source("import './missing.js'"); }
        noNode() { return this.source("import 'node:fs'"); }
        odd() { return this.source("export const version = '1.0'"); }
        unsettled() { return this.source("await new Promise(() => {})"); }
        settled() { return this.source("const word = await Promise.resolve('fine'); export default { fetch: () => new Response(word) }"); }
        timer() { return this.source("setTimeout(() => {}, 1)"); }
        outside() { return this.source("await fetch('http://example.com')"); }
        random() { return this.source("crypto.randomUUID()"); }
        noEntrypoint() { return this.entry({}, "/", "Nobody"); }
        noDefault() { return this.source("export class A {}"); }
        noFetch() { return this.entry({}, "/", "Silent"); }
        evaluated() { return this.source("export default { fetch: () => new Response(String(eval('1+1'))) }"); }
        "#,
    );
    let starts = |method: &str, cause: &str| {
        let (name, message) = probe.error(method);
        assert_eq!(name, "Error", "{method}");
        let expected = format!("Failed to start Worker:\nUncaught {cause}");
        assert!(message.starts_with(&expected), "{method}: {message}");
        message
    };
    let syntax = starts("syntax", "SyntaxError: ");
    assert!(syntax.contains("apps.js:1"), "it names the place: {syntax}");
    let throws = starts("throws", "RangeError: at the top");
    assert!(throws.contains("apps.js:1"), "it names the place: {throws}");
    starts("noMain", "Error: No such module: other.js");
    let missing = starts("noImport", "");
    assert!(
        missing.contains("No such module \"missing.js\"."),
        "{missing}"
    );
    assert!(missing.contains("imported from \"apps.js\""), "{missing}");
    starts(
        "odd",
        "TypeError: Incorrect type for map entry 'version': the provided value is not of type 'function or ExportedHandler'.",
    );
    assert!(starts("unsettled", "").contains("Top-level await in module is unsettled."));
    for method in ["timer", "outside", "random"] {
        let disallowed = starts(
            method,
            "Error: Disallowed operation called within global scope.",
        );
        assert!(
            disallowed.contains("perform this operation within a handler"),
            "{method}"
        );
    }
    assert_eq!(probe.ok("settled"), "fine");
    assert_errors(
        &probe,
        &[
            (
                "noEntrypoint",
                "Error",
                "Worker has no such entrypoint: Nobody",
            ),
            ("noDefault", "Error", "Worker has no default entrypoint."),
            (
                "noFetch",
                "Error",
                "Handler does not export a fetch() function.",
            ),
            (
                "evaluated",
                "EvalError",
                "Code generation from strings disallowed for this context",
            ),
        ],
    );
}

#[test]
fn modules_of_every_kind_can_be_imported() {
    let probe = probe(
        r#"
        async all() {
          const main = `
            import { b } from "./lib/b.js";
            import text from "./words.txt";
            import json from "./data.json";
            import bytes from "./raw.bin";
            import common from "./old.cjs";
            export default { async fetch() {
              const later = await import("./lib/c.js");
              return Response.json([b, text, json, [...new Uint8Array(bytes)], common.seven, later.default]);
            } };`;
          return JSON.parse(await this.entry({ mainModule: "main.js", modules: {
            "main.js": main,
            "lib/b.js": "import c from './c.js'; import { top } from '../top.js'; export const b = 'b' + c + top;",
            "lib/c.js": "export default 'c';",
            "top.js": { js: "export const top = 'top';" },
            "words.txt": { text: "some words" },
            "data.json": { json: { list: [1, null] } },
            "raw.bin": { data: new Uint8Array([1, 2, 255]) },
            "old.cjs": { cjs: "exports.seven = require('six').six + 1;" },
            "six": { cjs: "module.exports = { six: 6 };" },
          } }));
        }
        "#,
    );
    assert_eq!(
        probe.ok("all"),
        json!(["bctop", "some words", { "list": [1, null] }, [1, 2, 255], 7, "c"])
    );
}

#[test]
fn env_carries_data_stubs_and_classes() {
    let probe = probe(
        r#"
        async given() {
          const env = {
            WORD: "word", LIST: [1, { deep: true }],
            SERVICE: this.ctx.exports.Service({ props: { who: "the app" } }),
            OBJECT: this.env.PROBE.getByName("other"),
            CLASS: this.ctx.exports.Probe({ props: {} }),
          };
          const plain = JSON.parse(await this.entry({ env: { WORD: "word", LIST: [1, { deep: true }] } }, "/", null, { props: { p: 1 } }));
          return [plain, await this.entry({ env }, "/service"), JSON.parse(await this.entry({ env }, "/object")).ok, JSON.parse(await this.entry({ env }, "/class"))];
        }
        other() { return String(this.env.PROBE.idFromName("other")); }
        outbound() {
          return this.entry({ globalOutbound: this.ctx.exports.Service({ props: { who: "the gate" } }) }, "/global");
        }
        async named() { return JSON.parse(await this.entry({}, "/", "Named", { props: { level: 3 } })); }
        uncalled() { this.worker({ env: { S: this.ctx.exports.Service } }); }
        uncalledObject() { this.worker({ env: { S: this.ctx.exports.Probe } }); }
        namespace() { this.worker({ env: { S: this.env.PROBE } }); }
        loader() { this.worker({ env: { S: this.env.LOADER } }); }
        storage() { this.worker({ env: { S: this.ctx.storage } }); }
        fn() { this.worker({ env: { S: () => 1 } }); }
        dynamic() { this.worker({ env: { S: this.worker().getEntrypoint() } }); }
        dynamicClass() { this.worker({ env: { S: this.worker().getDurableObjectClass("X") } }); }
        facetStub() { this.worker({ env: { S: this.facet("f") } }); }
        "#,
    );
    let given = probe.ok("given");
    assert_eq!(
        given[0],
        json!({ "env": { "WORD": "word", "LIST": [1, { "deep": true }] }, "same": true, "props": { "p": 1 } })
    );
    assert_eq!(given[1], "service for the app got http://service/asked");
    assert_eq!(given[2], probe.ok("other"));
    assert_ne!(given[2], probe.ok("name"));
    assert_eq!(given[3], "object");
    assert_eq!(
        probe.ok("outbound"),
        "service for the gate got http://anywhere.example/caught"
    );
    assert_eq!(probe.ok("named"), json!({ "named": { "level": 3 } }));
    let unserializable = |name: &str| {
        format!(
            "Could not serialize object of type \"{name}\". This type does not support serialization."
        )
    };
    let dynamic = "Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system \
                   does not know how to reload this Worker from scratch. Instead, have the parent Worker expose an \
                   entrypoint which constructs the dynamic worker and forwards to it.";
    let refused: &[(&str, String)] = &[
        ("uncalled", unserializable("LoopbackServiceStub")),
        (
            "uncalledObject",
            unserializable("LoopbackDurableObjectNamespace"),
        ),
        ("namespace", unserializable("DurableObjectNamespace")),
        ("loader", unserializable("WorkerLoader")),
        ("storage", unserializable("DurableObjectStorage")),
        ("fn", "() => 1 could not be cloned.".into()),
        ("dynamic", dynamic.into()),
        ("dynamicClass", dynamic.into()),
        (
            "facetStub",
            "Stubs pointing to Durable Object facets are not serializable.".into(),
        ),
    ];
    for (method, message) in refused {
        assert_eq!(
            probe.error(method),
            ("DataCloneError".to_string(), message.clone()),
            "{method}"
        );
    }
}

#[test]
fn a_named_worker_is_loaded_once_and_an_anonymous_one_each_time() {
    let probe = probe(
        r#"
        calls = 0;
        async named() {
          const get = (id) => this.env.LOADER.get(id, async () => (this.calls++, this.code()));
          const first = get("one");
          // the callback runs although nobody has asked for anything yet
          await new Promise((resolve) => setTimeout(resolve, 20));
          const seen = [this.calls];
          await this.text(first.getEntrypoint());
          await Promise.all([1, 2, 3].map(() => this.text(get("one").getEntrypoint())));
          seen.push(this.calls);
          get("two");
          await Promise.all([1, 2].map(() => this.text(get("two").getEntrypoint("default"))));
          seen.push(this.calls);
          await this.text(get(null).getEntrypoint());
          await this.text(get(undefined).getEntrypoint());
          seen.push(this.calls);
          return seen;
        }
        async failed() {
          const bad = this.env.LOADER.get("f", () => { throw new SyntaxError("not written yet"); });
          const first = await caught(() => bad.getEntrypoint().fetch("http://x/"));
          // the failure is told once and then forgotten
          const good = this.env.LOADER.get("f", () => this.code());
          return [first.name, first.message, (await good.getEntrypoint().fetch("http://x/")).status];
        }
        async invalid() {
          const bad = this.env.LOADER.get("i", () => ({ modules: 1 }));
          return (await caught(() => bad.getEntrypoint().fetch("http://x/"))).name;
        }
        async unused() {
          this.env.LOADER.get("u", () => Promise.reject(new Error("nobody hears this")));
          await new Promise((resolve) => setTimeout(resolve, 20));
          return "alive";
        }
        "#,
    );
    assert_eq!(probe.ok("named"), json!([1, 1, 2, 4]));
    assert_eq!(
        probe.ok("failed"),
        json!(["SyntaxError", "not written yet", 200])
    );
    assert_eq!(probe.ok("invalid"), "TypeError");
    assert_eq!(probe.ok("unused"), Value::from("alive"));
    assert_eq!(probe.server.count_logged("nobody hears this"), 0);
}
