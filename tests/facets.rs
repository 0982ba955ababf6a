//! Facets: the pattern that this program exists for, and every rule of `ctx.facets`.

mod support;

use serde_json::json;
use support::{Place, Probe};

/// Apps as an AI would write them, and some that misbehave.
const APPS: &str = r#"
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

export class App extends DurableObject {
  memory = 0;
  async fetch(request) {
    const url = new URL(request.url);
    switch (url.pathname) {
      case "/id": return Response.json([typeof this.ctx.id, String(this.ctx.id), this.ctx.id.name ?? null]);
      case "/props": return Response.json(this.ctx.props);
      case "/env": return Response.json(Object.keys(this.env).sort());
      case "/outside": return fetch("http://example.com/");
      case "/throw": throw new RangeError("the app is out of range");
      case "/memory": return new Response(String(++this.memory));
      case "/hang": await new Promise((resolve) => setTimeout(resolve, 60_000)); return new Response("late");
      case "/abort": this.ctx.storage.kv.put("lost", 1); this.ctx.abort("the app gave up");
      case "/lost": return new Response(String(this.ctx.storage.kv.get("lost")));
    }
    const count = (this.ctx.storage.kv.get("count") ?? 0) + 1;
    this.ctx.storage.kv.put("count", count);
    return new Response(String(count));
  }
}

export class Other extends DurableObject {
  fetch() {
    return new Response("other " + this.ctx.storage.kv.get("count"));
  }
}

export class Nested extends DurableObject {
  async fetch(request) {
    const left = Number(new URL(request.url).pathname.slice(1));
    const visits = (this.ctx.storage.kv.get("visits") ?? 0) + 1;
    this.ctx.storage.kv.put("visits", visits);
    if (left === 0) return new Response("bottom " + visits);
    const below = this.ctx.facets.get("below", () => ({ class: this.ctx.exports.Nested }));
    return new Response("level " + visits + " > " + (await (await below.fetch("http://x/" + (left - 1))).text()));
  }
}

export class Broken extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    throw new TypeError("no such app today");
  }
}

export class Entry extends WorkerEntrypoint {
  fetch() {
    return Response.json({ props: this.ctx.props, env: Object.keys(this.env) });
  }
}

export default { fetch: () => new Response("the default") };
"#;

#[test]
fn a_supervisor_loads_code_runs_it_as_a_facet_and_counts_and_refuses() {
    let source = r#"
      import { DurableObject } from "cloudflare:workers";
      export default {
        fetch(request, env) {
          return env.SUPERVISOR.getByName(new URL(request.url).pathname.split("/")[1]).fetch(request);
        },
      };
      export class Supervisor extends DurableObject {
        constructor(ctx, env) {
          super(ctx, env);
          ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS uses(n INTEGER); CREATE TABLE IF NOT EXISTS code(text TEXT)");
        }
        async fetch(request) {
          const { sql } = this.ctx.storage;
          if (request.method === "PUT") {
            sql.exec("DELETE FROM code");
            sql.exec("INSERT INTO code VALUES (?)", await request.text());
            this.ctx.facets.abort("app", new Error("new version"));
            return new Response("saved");
          }
          if (sql.exec("SELECT count(*) AS n FROM uses").one().n >= 3) return new Response("too many", { status: 429 });
          sql.exec("INSERT INTO uses VALUES (1)");
          const app = this.ctx.facets.get("app", () => {
            const worker = this.env.LOADER.load({
              compatibilityDate: "2026-08-04",
              mainModule: "app.js",
              modules: { "app.js": sql.exec("SELECT text FROM code").one().text },
              globalOutbound: null,
            });
            return { class: worker.getDurableObjectClass("App") };
          });
          return app.fetch(request);
        }
      }"#;
    let app = |word: &str| {
        format!(
            "import {{ DurableObject }} from 'cloudflare:workers';
             export class App extends DurableObject {{
               fetch() {{
                 const {{ sql }} = this.ctx.storage;
                 sql.exec('CREATE TABLE IF NOT EXISTS own(n)');
                 sql.exec('INSERT INTO own VALUES (1)');
                 const tables = sql.exec(\"SELECT group_concat(name) AS names FROM sqlite_master WHERE name NOT LIKE '\\\\_%' ESCAPE '\\\\'\").one().names;
                 return new Response(`{word} ${{sql.exec('SELECT count(*) AS n FROM own').one().n}} ${{tables}}`);
               }}
             }}"
        )
    };
    let place = Place::with("supervised", &["Supervisor"], source);
    let server = place.serve();
    assert_eq!(
        server
            .ask("PUT", "", "/one", Some(app("red").as_bytes()))
            .text(),
        "saved"
    );
    // the facet sees its own tables only
    assert_eq!(server.get("/one/").text(), "red 1 own");
    assert_eq!(server.get("/one/").text(), "red 2 own");
    // new code, same data
    assert_eq!(
        server
            .ask("PUT", "", "/one", Some(app("blue").as_bytes()))
            .text(),
        "saved"
    );
    assert_eq!(server.get("/one/").text(), "blue 3 own");
    let refused = server.get("/one/");
    assert_eq!((refused.status, refused.text().as_str()), (429, "too many"));
    // another supervisor, another app
    assert_eq!(
        server
            .ask("PUT", "", "/two", Some(app("green").as_bytes()))
            .text(),
        "saved"
    );
    assert_eq!(server.get("/two/").text(), "green 1 own");
}

#[test]
fn facets_nest_four_deep_and_no_deeper() {
    let probe = Probe::start(
        r#"
        three() { return this.text(this.facet("n", "Nested"), "/2"); }
        four() { return this.text(this.facet("n", "Nested"), "/3"); }
        "#,
        APPS,
    );
    assert_eq!(probe.ok("three"), "level 1 > level 1 > bottom 1");
    let (name, message) = probe.error("four");
    assert_eq!(name, "Error");
    assert_eq!(
        message,
        "Facet nesting depth limit exceeded. The maximum depth including the root Durable Object is 4."
    );
    // the refusal undid nothing and broke nothing
    assert_eq!(probe.ok("three"), "level 3 > level 3 > bottom 3");
}

#[test]
fn abort_rejects_with_its_reason_and_keeps_the_data() {
    let probe = Probe::start(
        r#"
        async ends(reason) {
          const stub = this.facet("x");
          await this.text(stub);
          const hanging = caught(() => stub.fetch("http://app/hang"));
          await this.text(stub, "/memory");
          this.ctx.facets.abort("x", reason);
          return [await hanging, await caught(() => stub.fetch("http://app/"))];
        }
        range() { return this.ends(new RangeError("over the limit")); }
        string() { return this.ends("just a word"); }
        count() { return this.text(this.facet("x")); }
        memory() { return this.text(this.facet("x"), "/memory"); }
        unknown() { this.ctx.facets.abort("nobody", new Error("x")); }
        noReason() { this.ctx.facets.abort("x"); }
        async otherClass() {
          this.ctx.facets.abort("x", new Error("x"));
          return this.text(this.facet("x", "Other"));
        }
        "#,
        APPS,
    );
    let ended = probe.ok("range");
    for place in 0..2 {
        assert_eq!(ended[place]["class"], "RangeError", "{ended}");
        assert_eq!(ended[place]["message"], "over the limit");
    }
    // its memory is gone, its data is not
    assert_eq!(probe.ok("memory"), "1");
    assert_eq!(probe.ok("count"), "2");
    let ended = probe.ok("string");
    assert_eq!(
        (&ended[1]["name"], &ended[1]["message"]),
        (&json!("Error"), &json!("just a word"))
    );
    assert_eq!(probe.ok("unknown"), json!(null));
    let text =
        "Failed to execute 'abort' on 'DurableObjectFacets': parameter 2 is not of type 'Value'.";
    assert_eq!(probe.error("noReason"), ("TypeError".into(), text.into()));
    assert_eq!(probe.ok("otherClass"), "other 3");
}

#[test]
fn delete_removes_the_facets_data_and_that_of_its_own_facets() {
    let probe = Probe::start(
        r#"
        count() { return this.text(this.facet("x")); }
        nested() { return this.text(this.facet("n", "Nested"), "/2"); }
        async remove() {
          const stub = this.facet("x");
          await this.text(stub);
          const hanging = caught(() => stub.fetch("http://app/hang"));
          await this.text(stub, "/memory");
          this.ctx.facets.delete("x");
          return [await hanging, await caught(() => stub.fetch("http://app/"))];
        }
        removeNested() { this.ctx.facets.delete("n"); }
        unknown() { this.ctx.facets.delete("nobody"); }
        async everything() {
          const stub = this.facet("x");
          await this.text(stub);
          await this.ctx.storage.deleteAll();
          return [await caught(() => stub.fetch("http://app/")), await this.text(this.facet("x"))];
        }
        "#,
        APPS,
    );
    assert_eq!(probe.ok("count"), "1");
    let removed = probe.ok("remove");
    for place in 0..2 {
        assert_eq!(removed[place]["message"], "Facet was deleted.", "{removed}");
    }
    assert_eq!(probe.ok("count"), "1");
    assert_eq!(probe.ok("nested"), "level 1 > level 1 > bottom 1");
    assert_eq!(probe.ok("nested"), "level 2 > level 2 > bottom 2");
    assert_eq!(probe.ok("removeNested"), json!(null));
    assert_eq!(probe.ok("nested"), "level 1 > level 1 > bottom 1");
    assert_eq!(probe.ok("unknown"), json!(null));
    let everything = probe.ok("everything");
    assert_eq!(everything[0]["message"], "Facet was deleted.");
    assert_eq!(everything[1], "1");
}

#[test]
fn the_start_callback_runs_when_the_stub_is_first_used_and_only_then() {
    let probe = Probe::start(
        r#"
        async lazy() {
          let calls = 0;
          const start = async () => (calls++, { class: this.env.LOADER.get("apps", () => this.code()).getDurableObjectClass("App") });
          const seen = [];
          const stub = this.ctx.facets.get("lazy", start);
          await new Promise((resolve) => setTimeout(resolve, 20));
          seen.push(calls);
          await Promise.all([this.text(stub), this.text(stub), this.text(this.ctx.facets.get("lazy", start))]);
          seen.push(calls);
          // it runs: nobody asks this callback
          seen.push(await this.text(this.ctx.facets.get("lazy", () => { throw new Error("not asked"); })));
          return seen;
        }
        async forgotten() {
          const bad = this.ctx.facets.get("f", () => { throw new SyntaxError("no code yet"); });
          const first = await caught(() => bad.fetch("http://app/"));
          return [first, await this.text(this.facet("f"))];
        }
        nothing() { return this.text(this.ctx.facets.get("n", () => undefined)); }
        rawClass() { return this.text(this.ctx.facets.get("r", () => ({ class: class {} }))); }
        namespace() { return this.text(this.ctx.facets.get("s", () => ({ class: this.env.PROBE }))); }
        noCallback() { this.ctx.facets.get("x"); }
        longName() { this.ctx.facets.get("ä".repeat(129), () => {}); }
        longestName() { return this.text(this.facet("ä".repeat(128))); }
        emptyName() { this.ctx.facets.get("", () => {}); }
        strangeName() { return this.text(this.facet("../../x\u0000/\u{1F480}")); }
        sameObject() { return this.ctx.facets === this.ctx.facets; }
        "#,
        APPS,
    );
    assert_eq!(probe.ok("lazy"), json!([0, 1, "4"]));
    let forgotten = probe.ok("forgotten");
    assert_eq!(
        (&forgotten[0]["name"], &forgotten[0]["message"]),
        (&json!("SyntaxError"), &json!("no code yet"))
    );
    assert_eq!(forgotten[1], "1");
    let (name, message) = probe.error("nothing");
    assert_eq!(name, "TypeError");
    assert!(message.starts_with("Cannot initialize"), "{message}");
    assert!(
        message.ends_with("with required members from an undefined or null value."),
        "{message}"
    );
    let text = "Incorrect type for the 'class' field on 'StartupOptions': the provided value is not of type \
                'DurableObjectClass or LoopbackDurableObjectNamespace or LoopbackColoLocalActorNamespace'.";
    for method in ["rawClass", "namespace"] {
        assert_eq!(
            probe.error(method),
            ("TypeError".into(), text.into()),
            "{method}"
        );
    }
    let text =
        "Failed to execute 'get' on 'DurableObjectFacets': parameter 2 is not of type 'function'.";
    assert_eq!(probe.error("noCallback"), ("TypeError".into(), text.into()));
    let text = "Facet name is too long (max 256 characters).";
    assert_eq!(probe.error("longName"), ("TypeError".into(), text.into()));
    assert_eq!(probe.error("emptyName").0, "TypeError");
    assert_eq!(probe.ok("longestName"), "1");
    assert_eq!(probe.ok("strangeName"), "1");
    assert_eq!(probe.ok("sameObject"), true);
}

#[test]
fn ids_and_props_are_what_the_start_says() {
    let probe = Probe::start_with(
        r#"
        async ids() {
          const other = this.env.PROBE.idFromName("someone else");
          const id = async (name, start) => JSON.parse(await this.text(this.facet(name, "App", { start }), "/id"));
          return {
            own: [typeof this.ctx.id, String(this.ctx.id), this.ctx.id.name],
            other: String(other),
            text: await id("text", { id: "any text" }),
            given: await id("given", { id: other }),
            omitted: await id("omitted", {}),
          };
        }
        badProps() { this.env.LOADER.get("apps", () => this.code()).getDurableObjectClass("App", { props: 7 }); }
        async props() {
          const props = async (name, more) => JSON.parse(await this.text(this.facet(name, "App", more), "/props"));
          return [
            await props("none", {}),
            await props("ignored", { start: { props: { not: "a field" } } }),
            await props("class", { options: { props: { colour: "red", list: [1, 2] } } }),
            JSON.parse(await this.text(this.ctx.facets.get("own", () => ({ class: this.ctx.exports.Plain({ props: { own: true } }) })))),
            JSON.parse(await this.text(this.ctx.facets.get("bare", () => ({ class: this.ctx.exports.Plain })))),
          ];
        }
        "#,
        "export class Plain extends DurableObject { fetch() { return Response.json(this.ctx.props); } }",
        APPS,
        &[],
        json!({}),
    );
    let ids = probe.ok("ids");
    assert_eq!(ids["own"][0], "object");
    assert_eq!(ids["text"], json!(["string", "any text", null]));
    assert_eq!(
        ids["given"],
        json!(["object", ids["other"], "someone else"])
    );
    assert_eq!(ids["omitted"], json!(["object", ids["own"][1], "a"]));
    let (name, message) = probe.error("badProps");
    assert_eq!(name, "TypeError");
    assert!(
        message.starts_with("Incorrect type for the 'props' field on "),
        "{message}"
    );
    assert_eq!(
        probe.ok("props"),
        json!([{}, {}, { "colour": "red", "list": [1, 2] }, { "own": true }, {}])
    );
}

#[test]
fn errors_of_a_facet_tell_whose_they_are() {
    let probe = Probe::start(
        r#"
        async thrown() {
          const stub = this.facet("x");
          return [await caught(() => stub.fetch("http://app/throw")), await this.text(stub, "/memory")];
        }
        async aborted() {
          const stub = this.facet("y");
          return [await caught(() => stub.fetch("http://app/abort")), await this.text(this.facet("y"), "/lost")];
        }
        async constructor_() {
          const first = await caught(() => this.facet("z", "Broken").fetch("http://app/"));
          return [first, await this.text(this.facet("z"))];
        }
        missing() { return this.text(this.facet("m", "Missing")); }
        entrypoint() { return this.text(this.facet("e", "Entry")); }
        defaultClass() { return this.text(this.facet("d", "default")); }
        relative() { return this.facet("x").fetch("/y"); }
        "#,
        APPS,
    );
    let thrown = probe.ok("thrown");
    assert_eq!(
        thrown[0],
        json!({ "name": "RangeError", "class": "RangeError", "message": "the app is out of range", "remote": true, "reset": false })
    );
    assert_eq!(thrown[1], "1");
    let aborted = probe.ok("aborted");
    assert_eq!(
        (&aborted[0]["message"], &aborted[0]["reset"]),
        (&json!("the app gave up"), &json!(true))
    );
    assert_eq!(aborted[1], "undefined");
    let constructor = probe.ok("constructor_");
    assert_eq!(
        (&constructor[0]["name"], &constructor[0]["reset"]),
        (&json!("TypeError"), &json!(true))
    );
    assert_eq!(constructor[0]["message"], "no such app today");
    assert_eq!(constructor[1], "1");
    // loaded, but without such a class
    assert!(
        probe
            .error("missing")
            .1
            .contains("Worker has no such actor class: Missing")
    );
    assert!(
        probe
            .error("entrypoint")
            .1
            .contains("Worker has no such actor class: Entry")
    );
    assert!(
        probe
            .error("defaultClass")
            .1
            .contains("Worker has no default actor class.")
    );
    assert_eq!(probe.error("relative").1, "Invalid URL: /y");
}

#[test]
fn a_worker_without_outbound_cannot_reach_the_internet() {
    let probe = Probe::start(
        r#"outside() { return this.text(this.facet("x"), "/outside"); }"#,
        APPS,
    );
    assert_eq!(
        probe.error("outside").1,
        "This worker is not permitted to access the internet via global functions like fetch(). It must use \
         capabilities (such as bindings in 'env') to talk to the outside world."
    );
}

#[test]
fn data_survives_a_restart_and_any_sqlite_tool_can_read_it_meanwhile() {
    let probe = Probe::start(
        r#"
        count() { return this.text(this.facet("my app")); }
        nested() { return this.text(this.facet("n", "Nested"), "/2"); }
        id() { return String(this.ctx.id); }
        own() { this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS own(word); INSERT INTO own VALUES ('kept')"); }
        read() { return this.ctx.storage.sql.exec("SELECT word FROM own").one().word; }
        "#,
        APPS,
    );
    assert_eq!(probe.ok("count"), "1");
    assert_eq!(probe.ok("count"), "2");
    assert_eq!(probe.ok("nested"), "level 1 > level 1 > bottom 1");
    probe.ok("own");
    let folder = probe
        .place
        .object_folder("probe", "Probe", probe.ok("id").as_str().unwrap());
    let read = |what: &str| -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_none_or(|extension| extension != "sqlite")
            {
                continue;
            }
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
            let database = rusqlite::Connection::open_with_flags(&path, flags).unwrap();
            let result = database.query_row(what, [], |row| row.get::<_, String>(0));
            found.extend(result.ok());
        }
        found
    };
    assert_eq!(read("SELECT word FROM own"), ["kept"]);
    let sound = read("PRAGMA integrity_check");
    assert_eq!(
        sound,
        vec!["ok"; 5],
        "one database each for the object, the app and three nested facets"
    );
    let probe = probe.restart(&[]);
    assert_eq!(probe.ok("count"), "3");
    assert_eq!(probe.ok("nested"), "level 2 > level 2 > bottom 2");
    assert_eq!(probe.ok("read"), "kept");
}
