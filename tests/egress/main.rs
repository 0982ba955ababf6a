//! What workers fetch from elsewhere: where they may go, and what happens on the way.

#[path = "../support/mod.rs"]
mod support;

mod abuse;
mod exchange;
mod limits;
mod rules;
mod tls;
mod upstream;

use serde_json::{Value, json};
use support::{Place, Server};
use upstream::Upstream;

/// A worker with cases by path; `S` is the address of the upstream.
fn worker(cases: &str) -> String {
    format!(
        r#"
import {{ DurableObject, WorkerEntrypoint }} from "cloudflare:workers";
const told = (error) => ({{ class: error?.constructor?.name, name: error?.name, message: error?.message ?? String(error), retryable: error?.retryable }});
const caught = async (work) => {{
  try {{ return {{ value: await work() }}; }} catch (error) {{ return told(error); }}
}};
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const cases = {{
  {cases}
}};
export default {{
  async fetch(request, env, ctx) {{
    globalThis.S = env.S;
    const name = new URL(request.url).pathname.slice(1);
    try {{
      return Response.json({{ ok: (await cases[name](env, request, ctx)) ?? null }});
    }} catch (error) {{
      return Response.json({{ error: told(error) }});
    }}
  }},
}};
"#
    )
}

/// A server with the cases, and where they may go.
struct Running {
    server: Server,
    _place: Place,
}

impl Running {
    /// May reach `upstream`, which the cases know as `S`.
    fn with(upstream: &Upstream, cases: &str) -> Self {
        let outbound = json!({ "allow_private": [format!("127.0.0.1:{}", upstream.port())] });
        Self::of(
            cases,
            json!({ "lapidary": { "outbound": outbound }, "vars": { "S": upstream.url() } }),
            &[],
        )
    }

    fn of(cases: &str, config: Value, arguments: &[&str]) -> Self {
        let place = Place::new();
        place.project_with("app", &[], &worker(cases), config);
        let server = place.serve_with(arguments);
        Self {
            server,
            _place: place,
        }
    }

    #[track_caller]
    fn ask(&self, case: &str) -> Value {
        self.server.get(&format!("/{case}")).json()
    }

    /// What a case returned.
    #[track_caller]
    fn ok(&self, case: &str) -> Value {
        let answer = self.ask(case);
        assert!(answer.get("ok").is_some(), "{case}: {answer}");
        answer["ok"].clone()
    }

    /// The message of what a case threw.
    #[track_caller]
    fn error(&self, case: &str) -> String {
        let answer = self.ask(case);
        let message = answer["error"]["message"].as_str();
        message
            .unwrap_or_else(|| panic!("{case}: {answer}"))
            .to_string()
    }
}
