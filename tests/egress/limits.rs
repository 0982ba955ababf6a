//! How much one invocation may send.

use serde_json::json;

use crate::{Running, upstream::Upstream};

const CASES: &str = r#"
async count() { return count(); },
async twice() { return [await count(), await count()]; },
async timers() {
  const first = await count();
  await wait(5);
  return [first, await count()];
},
async pieces() {
  for (let n = 0; n < 3; n++) await fetch(S);
  const redirected = await caught(async () => (await fetch(S + "/again")).status);
  return redirected.message;
},
async loaded(env) { return ask(env, { limits: { subRequests: 3 } }); },
async entry(env) { return ask(env, {}, { limits: { subRequests: 2 } }); },
async lower(env) { return ask(env, { limits: { subRequests: 1 } }, { limits: { subRequests: 2 } }); },
async bad(env) { return ask(env, {}, { limits: { subRequests: -1 } }); },
async inside(env) {
  const stub = env.LOADER.load(code({ limits: { subRequests: 2 } })).getEntrypoint();
  const ask = async () => (await stub.fetch("http://x/")).json();
  return [await ask(), await ask()];
},
};
const ask = async (env, more, options) => (await env.LOADER.load(code(more)).getEntrypoint(null, options).fetch("http://x/")).json();
const code = (more) => ({ compatibilityDate: "2026-08-04", mainModule: "m.js", ...more, modules: { "m.js": `
  export default { async fetch(request) {
    for (let n = 0; ; n++) try { await fetch("${S}"); } catch (error) { return Response.json([n, error.message]); }
  } };` } });
const count = async () => {
  for (let n = 0; ; n++) try { await fetch(S); } catch (error) { return [n, error.message]; }
"#;

#[test]
fn an_invocation_sends_only_so_much() {
    let upstream = Upstream::start(|asked| {
        match asked.path.as_str() {
            "/again" => asked.redirect(302, "/there")?,
            _ => asked.answer("200 OK", "", "")?,
        }
        Ok(true)
    });
    let outbound = json!({ "allow_private": true });
    let running = Running::of(
        CASES,
        json!({ "lapidary": { "outbound": outbound }, "vars": { "S": upstream.url() }, "limits": { "subrequests": 4 } }),
        &[],
    );
    let text = |limit: u32| {
        format!(
            "Too many subrequests by single Worker invocation: the limit is {limit}. Set it as limits.subrequests in the project's configuration, or as limits.subRequests of a dynamic worker."
        )
    };
    // each invocation has its own count
    assert_eq!(running.ok("count"), json!([4, text(4)]));
    assert_eq!(running.ok("count"), json!([4, text(4)]));
    assert_eq!(running.ok("twice"), json!([[4, text(4)], [0, text(4)]]));
    assert_eq!(running.ok("timers"), json!([[4, text(4)], [0, text(4)]]));
    // what a redirect leads to counts as well
    assert_eq!(running.ok("pieces"), text(4));
    assert_eq!(running.ok("loaded"), json!([3, text(3)]));
    assert_eq!(running.ok("entry"), json!([2, text(2)]));
    assert_eq!(running.ok("lower"), json!([1, text(1)]));
    assert!(running.error("bad").contains("it is negative"));
    assert_eq!(running.ok("inside"), json!([[2, text(2)], [2, text(2)]]));
}

#[test]
fn the_operator_sets_the_usual_limit() {
    let upstream = Upstream::echo();
    let running = Running::of(
        CASES,
        json!({ "lapidary": { "outbound": { "allow_private": true } }, "vars": { "S": upstream.url() } }),
        &["--subrequests", "6"],
    );
    assert_eq!(running.ok("count")[0], 6);

    assert!(running.ok("pieces").is_null());
    assert_eq!(running.ok("loaded")[0], 3);
}
