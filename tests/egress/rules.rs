//! Who may go where.

use serde_json::json;

use crate::{Running, upstream::Upstream};

#[test]
fn private_addresses_are_closed_unless_the_project_opens_them() {
    let upstream = Upstream::echo();
    let port = upstream.port();
    let hosts = [
        ("127.0.0.1", "127.0.0.1 is an address of this machine"),
        ("localhost", "127.0.0.1 is an address of this machine"),
        ("app.localhost", "127.0.0.1 is an address of this machine"),
        ("[::1]", "::1 is an address of this machine"),
        ("[::ffff:127.0.0.1]", "is an address of this machine"),
        ("2130706433", "127.0.0.1 is an address of this machine"),
        ("0x7f.1", "127.0.0.1 is an address of this machine"),
        ("0.0.0.0", "is an unspecified address"),
        ("10.0.0.1", "is an address of a private network"),
        ("192.168.0.1", "is an address of a private network"),
        ("172.16.0.1", "is an address of a private network"),
        ("169.254.169.254", "cloud's metadata"),
        ("169.254.1.1", "is a link-local address"),
        ("100.64.0.1", "provider's inner network"),
        ("224.0.0.1", "is a multicast address"),
        ("[fc00::1]", "is an address of a private network"),
        ("[fe80::1]", "is a link-local address"),
        ("[64:ff9b::10.0.0.1]", "is an address of a private network"),
    ];
    let source: String = hosts
        .iter()
        .enumerate()
        .map(|(n, (host, _))| format!("async h{n}() {{ return fetch('http://{host}:{port}/'); }},"))
        .collect();
    let running = Running::of(&source, json!({}), &[]);
    for (n, (host, reason)) in hosts.iter().enumerate() {
        let text = running.error(&format!("h{n}"));
        assert!(text.starts_with("Connecting to "), "{host}: {text}");
        assert!(text.contains(reason), "{host}: {text}");
        assert!(
            text.contains("lapidary.outbound.allow_private"),
            "{host}: {text}"
        );
    }
    assert_eq!(
        upstream
            .connections
            .load(std::sync::atomic::Ordering::Relaxed),
        0
    );
}

#[test]
fn a_switch_opens_them_for_every_project() {
    let upstream = Upstream::echo();
    let port = upstream.port();
    let running = Running::of(
        r#"
        async here() { return (await fetch(S + "/a")).status; },
        async named() { return (await fetch(S.replace("127.0.0.1", "localhost"))).status; },
        async metadata() { return fetch("http://169.254.169.254/"); },
        "#,
        json!({ "vars": { "S": format!("http://127.0.0.1:{port}") } }),
        &["--allow-private-outbound"],
    );
    assert_eq!(running.ok("here"), 200);
    assert_eq!(running.ok("named"), 200);
    assert!(running.error("metadata").contains("cloud's metadata"));
}

#[test]
fn the_server_itself_is_of_this_machine() {
    let running = Running::of(
        "async self(env, request) { return fetch(request.url); },",
        json!({}),
        &[],
    );
    assert!(
        running
            .error("self")
            .contains("is an address of this machine")
    );
}

#[test]
fn a_list_of_hosts_closes_all_others() {
    let (allowed, other) = (Upstream::echo(), Upstream::echo());
    let here = format!("127.0.0.1:{}", allowed.port());
    let running = Running::of(
        &format!(
            r#"
            async allowed() {{ return (await fetch(S)).status; }},
            async other() {{ return fetch("{}"); }},
            async elsewhere() {{ return fetch("https://public.example/"); }},
            async below() {{ return fetch("http://a.invalid/"); }},
            "#,
            other.url()
        ),
        json!({
            "lapidary": { "outbound": { "allow": [here, "*.invalid"], "allow_private": true } },
            "vars": { "S": allowed.url() },
        }),
        &[],
    );
    assert_eq!(running.ok("allowed"), 200);
    let refused = running.error("other");
    assert!(
        refused.contains("\"lapidary.outbound.allow\"")
            && refused.contains(&other.address.to_string()),
        "{refused}"
    );
    assert!(running.error("elsewhere").contains("public.example:443"));
    // it was allowed to ask, and has no address
    assert!(
        running
            .error("below")
            .starts_with("The address of a.invalid was not found")
    );
}

#[test]
fn redirects_lead_nowhere_that_is_closed() {
    let closed = Upstream::echo();
    let target = closed.url();
    let upstream = Upstream::start(move |asked| {
        let away = format!("{target}/secret");
        asked.redirect(302, &away).map(|()| true)
    });
    let running = Running::with(&upstream, "async away() { return fetch(S); },");
    let text = running.error("away");
    assert!(
        text.contains(&closed.address.to_string()) && text.contains("allow_private"),
        "{text}"
    );
    assert_eq!(
        closed
            .connections
            .load(std::sync::atomic::Ordering::Relaxed),
        0
    );
}

#[test]
fn another_origin_gets_no_authorization() {
    let second = Upstream::echo();
    let target = second.url();
    let upstream = Upstream::start(move |asked| asked.redirect(302, &target).map(|()| true));
    let running = Running::of(
        r#"async away() { return (await fetch(S, { headers: { authorization: "secret", cookie: "a=b" } })).json(); },"#,
        json!({ "lapidary": { "outbound": { "allow_private": true } }, "vars": { "S": upstream.url() } }),
        &[],
    );
    let headers = &running.ok("away")["headers"];
    assert_eq!(
        (headers.get("authorization"), &headers["cookie"]),
        (None, &json!("a=b"))
    );
}

#[test]
fn dynamic_workers_go_where_their_loader_lets_them() {
    let (upstream, other) = (Upstream::echo(), Upstream::echo());
    let source = format!(
        r#"
        async inherit(env) {{ return ask(env, {{}}); }},
        async other(env) {{ return ask(env, {{}}, "{}"); }},
        async blocked(env) {{ return ask(env, {{ globalOutbound: null }}); }},
        async caught(env, request, ctx) {{ return ask(env, {{ globalOutbound: ctx.exports.Gate }}); }},
        }};
        export class Gate extends WorkerEntrypoint {{
          fetch(request) {{ return Response.json({{ gate: new URL(request.url).pathname }}); }}
        }}
        const ask = async (env, more, url = S) => {{
          const modules = {{ "m.js": `export default {{ async fetch(request) {{
            try {{ return await fetch("${{url}}/x"); }} catch (error) {{ return Response.json({{ error: error.message }}); }} }} }};` }};
          const code = {{ compatibilityDate: "2026-08-04", mainModule: "m.js", modules, ...more }};
          return (await env.LOADER.load(code).getEntrypoint().fetch("http://x/")).json();
        "#,
        other.url()
    );
    let running = Running::with(&upstream, &source);
    assert_eq!(running.ok("inherit")["path"], "/x");
    let refused = running.ok("other")["error"].to_string();
    assert!(refused.contains("allow_private"), "{refused}");
    let blocked = running.ok("blocked")["error"].to_string();
    assert!(
        blocked.contains("not permitted to access the internet"),
        "{blocked}"
    );
    assert_eq!(running.ok("caught"), json!({ "gate": "/x" }));
}
