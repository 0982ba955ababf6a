//! A project whose durable object runs one method for each request and tells what it returned or
//! threw, so that a test reads as calls and results.

use serde_json::{Value, json};

use super::{Place, Server};

/// The server and the place of its files.
pub struct Probe {
    pub place: Place,
    pub server: Server,
}

/// Name of the project.
pub const PROJECT: &str = "probe";

const AROUND: &str = r#"
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import APPS from "./apps.txt";

// What a test is told of an error.
const told = (error) => ({
  name: error?.name,
  class: error?.constructor?.name,
  message: error?.message ?? String(error),
  remote: error?.remote === true,
  reset: error?.durableObjectReset === true,
});
const caught = async (work) => {
  try {
    await work();
  } catch (error) {
    return told(error);
  }
  return "nothing was thrown";
};

export default {
  fetch(request, env) {
    return env.PROBE.getByName(new URL(request.url).pathname.split("/")[1]).fetch(request);
  },
};

export class Probe extends DurableObject {
  async fetch(request) {
    const method = new URL(request.url).pathname.split("/")[2];
    try {
      return Response.json({ ok: (await this[method](request)) ?? null });
    } catch (error) {
      return Response.json({ error: told(error) });
    }
  }

  // A worker with the code in apps.txt.
  code(more) {
    return {
      compatibilityDate: "2026-08-04",
      mainModule: "apps.js",
      modules: { "apps.js": APPS },
      globalOutbound: null,
      ...more,
    };
  }

  // A facet of a class in apps.txt.
  facet(name, className = "App", more = {}) {
    return this.ctx.facets.get(name, () => ({
      class: this.env.LOADER.get("apps", () => this.code()).getDurableObjectClass(className, more.options),
      ...more.start,
    }));
  }

  // What a stub answers, as text.
  async text(stub, path = "/") {
    return (await stub.fetch("http://app" + path)).text();
  }
"#;

impl Probe {
    /// Serves a project with these methods in its object, and this code for its facets.
    pub fn start(methods: &str, apps: &str) -> Self {
        Self::start_with(methods, "", apps, &[], json!({}))
    }

    /// The same, with more in the main module, on the command line and in the configuration.
    pub fn start_with(
        methods: &str,
        module: &str,
        apps: &str,
        arguments: &[&str],
        config: Value,
    ) -> Self {
        let place = Place::new();
        let source = format!("{AROUND}\n{methods}\n}}\n{module}");
        place.project_with(PROJECT, &["Probe"], &source, config);
        place.write("probe/apps.txt", apps);
        let server = place.serve_with(arguments);
        Self { place, server }
    }

    /// Calls a method of the object called `object`: `{"ok": …}` or `{"error": …}`.
    #[track_caller]
    pub fn call(&self, object: &str, method: &str) -> Value {
        let answer = self.server.get(&format!("/{object}/{method}"));
        assert_eq!(answer.status, 200, "{object}.{method}: {}", answer.text());
        answer.json()
    }

    /// What a method of the object "a" returned.
    #[track_caller]
    pub fn ok(&self, method: &str) -> Value {
        ok_of(self.call("a", method))
    }

    /// Class and message of what a method of the object "a" threw.
    #[track_caller]
    pub fn error(&self, method: &str) -> (String, String) {
        error_of(&self.call("a", method))
    }

    /// Stops the server in good order and starts it again on the same data.
    pub fn restart(self, arguments: &[&str]) -> Self {
        self.server.stop();
        let server = self.place.serve_with(arguments);
        Self {
            place: self.place,
            server,
        }
    }
}

/// What was returned.
#[track_caller]
pub fn ok_of(mut answer: Value) -> Value {
    assert!(answer.get("ok").is_some(), "it threw: {answer}");
    answer["ok"].take()
}

/// Class and message of what was thrown.
#[track_caller]
pub fn error_of(answer: &Value) -> (String, String) {
    let text = |key: &str| {
        answer["error"][key]
            .as_str()
            .unwrap_or_default()
            .to_string()
    };
    assert!(
        answer.get("error").is_some(),
        "nothing was thrown: {answer}"
    );
    (text("name"), text("message"))
}
