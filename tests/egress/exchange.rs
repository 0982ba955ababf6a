//! Requests and responses, redirects, streams.

use std::{
    sync::{Mutex, atomic::Ordering, mpsc},
    time::Duration,
};

use serde_json::json;

use crate::{Running, upstream::Upstream};

#[test]
fn a_request_leaves_as_the_worker_made_it() {
    let upstream = Upstream::echo();
    let running = Running::with(
        &upstream,
        r#"
        async get() { return (await fetch(S + "/a%20b?q=1#frag", { headers: { "X-One": "1", accept: "text/x" } })).json(); },
        async post() { return (await fetch(S, { method: "POST", body: "text", headers: { "content-length": "77" } })).json(); },
        async nothing() { return (await fetch(S, { method: "POST" })).json(); },
        async forbidden() {
          const headers = { host: "evil.example", connection: "x-one", "keep-alive": "1", te: "trailers", upgrade: "x", "transfer-encoding": "gzip", trailer: "x", "x-one": "1" };
          return (await fetch(S, { headers })).json();
        },
        async credentials() { return (await fetch(S.replace("//", "//user:word@"))).json(); },
        async utf8() { return (await fetch(S, { headers: { "x-name": "é" } })).json(); },
        async own() { return (await fetch(S, { headers: { "accept-encoding": "identity" } })).json(); },
        "#,
    );
    let get = running.ok("get");
    assert_eq!(
        (&get["method"], &get["path"]),
        (&json!("GET"), &json!("/a%20b?q=1"))
    );
    let host = upstream.address.to_string();
    assert_eq!(
        get["headers"],
        json!({ "host": host, "x-one": "1", "accept": "text/x", "accept-encoding": "gzip, br" })
    );
    let post = running.ok("post");
    assert_eq!(
        (&post["body"], &post["headers"]["content-length"]),
        (&json!("text"), &json!("4"))
    );
    assert_eq!(running.ok("nothing")["headers"]["content-length"], "0");
    let forbidden = running.ok("forbidden");
    assert_eq!(
        forbidden["headers"],
        json!({ "host": host, "x-one": "1", "accept-encoding": "gzip, br" })
    );
    assert!(
        running.ok("credentials")["headers"]
            .get("authorization")
            .is_none()
    );
    assert_eq!(running.ok("utf8")["headers"]["x-name"], "é");
    assert_eq!(running.ok("own")["headers"]["accept-encoding"], "identity");
    // one connection at a time is enough
    assert_eq!(upstream.connections.load(Ordering::Relaxed), 1);
}

#[test]
fn a_response_arrives_as_it_was_sent() {
    let upstream = Upstream::start(|asked| {
        match asked.path.as_str() {
            "/head" => asked.send("HTTP/1.1 200 OK\r\ncontent-length: 12\r\nx-a: 1\r\n\r\n")?,
            "/none" => asked.send("HTTP/1.1 204 No Content\r\n\r\n")?,
            "/old" => {
                asked.send("HTTP/1.0 200 Fine\r\nx-a: 1\r\n\r\nuntil the end")?;
                return Ok(false);
            }
            "/hints" => {
                asked.send("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")?;
                asked.answer("200 OK", "", "after hints")?;
            }
            _ => asked.answer(
                "299 Quite Good",
                "set-cookie: a=1\r\nset-cookie: b=2\r\nx-a: 1\r\nx-a: 2\r\nconnection: keep-alive\r\nkeep-alive: timeout=5\r\n",
                "hello",
            )?,
        }
        Ok(true)
    });
    let running = Running::with(
        &upstream,
        r#"
        async whole() {
          const r = await fetch(S + "/x#frag");
          return [r.status, r.statusText, r.ok, r.url === S + "/x", r.redirected, r.type, [...r.headers], await r.text()];
        },
        async head() { const r = await fetch(S + "/head", { method: "HEAD" }); return [r.body, r.headers.get("content-length")]; },
        async none() { const r = await fetch(S + "/none"); return [r.status, r.body, await r.text()]; },
        async old() { const r = await fetch(S + "/old"); return [r.statusText, await r.text()]; },
        async hints() { return (await fetch(S + "/hints")).text(); },
        async immutable() { (await fetch(S)).headers.set("a", "b"); },
        "#,
    );
    let headers = json!([
        ["content-length", "5"],
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["x-a", "1, 2"]
    ]);
    assert_eq!(
        running.ok("whole"),
        json!([
            299,
            "Quite Good",
            true,
            true,
            false,
            "default",
            headers,
            "hello"
        ])
    );
    assert_eq!(running.ok("head"), json!([null, "12"]));
    assert_eq!(running.ok("none"), json!([204, null, ""]));
    assert_eq!(running.ok("old"), json!(["Fine", "until the end"]));
    assert_eq!(running.ok("hints"), "after hints");
    assert_eq!(
        running.error("immutable"),
        "Can't modify immutable headers."
    );
}

#[test]
fn redirects_are_followed() {
    let upstream = Upstream::start(|asked| {
        let path = asked.path.clone();
        if let Some(code) = path.strip_prefix("/to/") {
            asked.redirect(code.parse().unwrap_or(302), "../end?x")?;
        } else if path == "/loop" {
            asked.redirect(302, "/loop")?;
        } else if path == "/nonsense" {
            asked.redirect(302, "http://[bad")?;
        } else if path == "/noplace" {
            asked.answer("302 Found", "", "where")?;
        } else {
            asked.echo()?;
        }
        Ok(true)
    });
    let running = Running::with(
        &upstream,
        r#"
        async follow() { const r = await fetch(S + "/to/302"); return [r.url.slice(S.length), r.redirected, (await r.json()).path]; },
        async manual() { const r = await fetch(S + "/to/302", { redirect: "manual" }); return [r.status, r.redirected, r.headers.get("location")]; },
        async rewrite() { return (await fetch(S + "/to/303", { method: "POST", body: "x" })).json(); },
        async keep() { return (await fetch(S + "/to/307", { method: "POST", body: "x" })).json(); },
        async stream() {
          const { readable, writable } = new TransformStream();
          const writer = writable.getWriter();
          writer.write(new Uint8Array(3)); writer.close();
          return fetch(S + "/to/308", { method: "POST", body: readable });
        },
        async loop() { return fetch(S + "/loop"); },
        async nonsense() { return fetch(S + "/nonsense"); },
        async noplace() { const r = await fetch(S + "/noplace"); return [r.status, await r.text()]; },
        async passed() { return fetch(S + "/to/301").then((r) => r.url.slice(S.length)); },
        "#,
    );
    assert_eq!(running.ok("follow"), json!(["/end?x", true, "/end?x"]));
    assert_eq!(running.ok("manual"), json!([302, false, "../end?x"]));
    let rewritten = running.ok("rewrite");
    assert_eq!(
        (&rewritten["method"], &rewritten["body"]),
        (&json!("GET"), &json!(""))
    );
    let kept = running.ok("keep");
    assert_eq!(
        (&kept["method"], &kept["body"]),
        (&json!("POST"), &json!("x"))
    );
    assert!(running.error("stream").contains("one-time-use body"));
    assert!(running.error("loop").starts_with("Too many redirects."));
    assert!(
        running
            .error("nonsense")
            .starts_with("Invalid Location header")
    );
    assert_eq!(running.ok("noplace"), json!([302, "where"]));
    assert_eq!(running.ok("passed"), "/end?x");
}

#[test]
fn a_response_that_is_only_passed_on_is_followed_and_streams() {
    let upstream = Upstream::start(|asked| {
        match asked.path.as_str() {
            "/go" => asked.redirect(302, "/chunks")?,
            _ => {
                asked.begin_chunks()?;
                for chunk in ["one ", "two ", "three"] {
                    asked.chunk(chunk.as_bytes())?;
                    std::thread::sleep(Duration::from_millis(20));
                }
                asked.chunk(b"")?;
            }
        }
        Ok(true)
    });
    let place = crate::support::Place::new();
    let source = r#"export default { fetch(request, env) { return fetch(env.S + "/go"); } };"#;
    let allow = json!([format!("127.0.0.1:{}", upstream.port())]);
    let config = json!({ "lapidary": { "outbound": { "allow_private": allow } }, "vars": { "S": upstream.url() } });
    place.project_with("app", &[], source, config);
    let answer = place.serve().get("/");
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (200, "one two three")
    );
}

#[test]
fn bodies_stream_both_ways() {
    let (told, chunks) = mpsc::channel::<()>();
    let chunks = Mutex::new(chunks);
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |asked| {
        match asked.path.as_str() {
            "/next" => {
                let _ = told.lock().unwrap().send(());
                asked.answer("200 OK", "", "")?;
            }
            "/slow" => {
                asked.begin_chunks()?;
                asked.chunk(b"first")?;
                // comes only when the worker has seen the first
                let _ = chunks.lock().unwrap().recv_timeout(Duration::from_secs(20));
                asked.chunk(b"second")?;
                asked.chunk(b"")?;
            }
            _ => asked.echo()?,
        }
        Ok(true)
    });
    let running = Running::with(
        &upstream,
        r#"
        async down() {
          const reader = (await fetch(S + "/slow")).body.getReader();
          const text = async () => new TextDecoder().decode((await reader.read()).value);
          const first = await text();
          await fetch(S + "/next");
          return [first, await text(), (await reader.read()).done];
        },
        async up() {
          const { readable, writable } = new TransformStream();
          const answer = fetch(S, { method: "POST", body: readable });
          const writer = writable.getWriter();
          for (const word of ["a", "b", "c"]) { await writer.write(new TextEncoder().encode(word)); await wait(5); }
          await writer.close();
          const { body, headers } = await (await answer).json();
          return [body, headers["transfer-encoding"], headers["content-length"]];
        },
        async counted() {
          const { readable, writable } = new FixedLengthStream(3);
          const answer = fetch(S, { method: "PUT", body: readable });
          const writer = writable.getWriter();
          writer.write(new TextEncoder().encode("abc")); writer.close();
          const { body, headers } = await (await answer).json();
          return [body, headers["transfer-encoding"], headers["content-length"]];
        },
        async fails() {
          const body = new ReadableStream({ pull(controller) { controller.error(new Error("mine")); } });
          return fetch(S, { method: "POST", body });
        },
        async onward() {
          const slow = await fetch(S + "/slow");
          const answer = fetch(S, { method: "POST", body: slow.body });
          await fetch(S + "/next");
          return (await (await answer).json()).body;
        },
        "#,
    );
    assert_eq!(running.ok("down"), json!(["first", "second", true]));
    assert_eq!(running.ok("up"), json!(["abc", "chunked", null]));
    assert_eq!(running.ok("counted"), json!(["abc", null, "3"]));
    assert_eq!(running.error("fails"), "Network connection lost.");
    assert_eq!(running.ok("onward"), "firstsecond");
}

#[test]
fn data_addresses_answer_by_themselves() {
    let running = Running::of(
        r#"
        async text() { const r = await fetch("data:text/plain;charset=utf-8,a%20b%zz#frag"); return [r.status, r.url, r.headers.get("content-type"), await r.text()]; },
        async base64() { const r = await fetch("data:image/PNG ; BASE64,aGk"); return [r.headers.get("content-type"), await r.text()]; },
        async plain() { return (await fetch("data:,x")).headers.get("content-type"); },
        async other() { return fetch("ftp://a.example/x"); },
        async relative() { return fetch("/x"); },
        async nothing() { return fetch(undefined); },
        "#,
        json!({}),
        &[],
    );
    assert_eq!(
        running.ok("text"),
        json!([200, "", "text/plain;charset=utf-8", "a b%zz"])
    );
    assert_eq!(running.ok("base64"), json!(["image/png", "hi"]));
    assert_eq!(running.ok("plain"), "text/plain;charset=US-ASCII");
    assert_eq!(
        running.error("other"),
        "Fetch API cannot load: ftp://a.example/x"
    );
    assert_eq!(running.error("relative"), "Invalid URL: /x");
    assert_eq!(running.error("nothing"), "Invalid URL: undefined");
}
