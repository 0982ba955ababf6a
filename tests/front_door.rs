//! The front door: HTTP/1.1 and HTTP/2 as clients speak it, good and bad.

mod support;

use std::{io::Write, net::Shutdown, thread, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use support::{Place, Server, until};

const SOURCE: &str = r#"
import { DurableObject } from "cloudflare:workers";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ECHO = `
import { DurableObject } from "cloudflare:workers";
export class Echo extends DurableObject {
  async fetch(request) {
    return new Response(request.body, { headers: { "content-type": "application/octet-stream" } });
  }
}`;

export class Door extends DurableObject {
  released = Promise.withResolvers();
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    switch (pathname) {
      case "/supervised-echo":
        return this.ctx.facets.get("echo", () => ({
          class: this.env.LOADER.get("echo", () => ({
            compatibilityDate: "2026-08-04", mainModule: "e.js", modules: { "e.js": ECHO }, globalOutbound: null,
          })).getDurableObjectClass("Echo"),
        })).fetch(request);
      case "/release":
        this.released.resolve();
        return new Response("released");
      case "/stream": {
        const { readable, writable } = new TransformStream();
        const writer = writable.getWriter();
        const write = async () => {
          await writer.write(new TextEncoder().encode("first"));
          await this.released.promise;
          await writer.write(new TextEncoder().encode("second"));
          await writer.close();
        };
        this.ctx.waitUntil(write());
        return new Response(readable);
      }
      case "/endless": {
        const chunk = new Uint8Array(65536);
        let sent = 0;
        return new Response(new ReadableStream({
          pull: (controller) => { this.ctx.storage.kv.put("sent", ++sent); controller.enqueue(chunk); },
          cancel: () => this.ctx.storage.kv.put("cancelled", true),
        }));
      }
      case "/cancelled":
        return Response.json(this.ctx.storage.kv.get("cancelled") ?? false);
      case "/count": {
        let bytes = 0;
        let chunks = 0;
        for await (const chunk of request.body) { bytes += chunk.byteLength; chunks++; }
        this.ctx.storage.kv.put("counted", bytes);
        return Response.json({ bytes, chunks });
      }
      case "/counted":
        return Response.json(this.ctx.storage.kv.get("counted") ?? null);
      case "/failing-body": {
        try { await request.bytes(); } catch (error) { this.ctx.storage.kv.put("failed", error.message); throw error; }
        return new Response("whole");
      }
      case "/failed":
        return Response.json(this.ctx.storage.kv.get("failed") ?? null);
    }
    return new Response("object");
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    switch (url.pathname) {
      case "/about": return Response.json({
        method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body: await request.text(),
      });
      case "/set": {
        const headers = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"], ["x-latin", "caf\u00e9"]]);
        return new Response("teapot", { status: 418, headers });
      }
      case "/empty": return new Response(null, { status: 204 });
      case "/redirect": return Response.redirect("http://elsewhere.example/", 302);
      case "/slow": await sleep(300); return new Response("slow");
      case "/length": return new Response("12345", { headers: { "content-length": "5" } });
      case "/not-a-response": return "text";
      case "/throws": throw new RangeError("not today");
      case "/hangs": return new Promise(() => {});
    }
    return env.DOOR.getByName("door").fetch(request);
  },
};
"#;

fn one_project(arguments: &[&str]) -> (Place, Server) {
    let place = Place::with("door", &["Door"], SOURCE);
    let server = place.serve_with(arguments);
    (place, server)
}

#[test]
fn a_connection_serves_many_requests() {
    let (_place, server) = one_project(&[]);
    let mut client = server.connect();
    for n in 0..5 {
        client
            .request("POST", "", &format!("/about?n={n}"), Some(b"body"))
            .unwrap();
        let about = client.answer().unwrap().json();
        assert_eq!(about["url"], format!("http://127.0.0.1/about?n={n}"));
        assert_eq!(
            (&about["method"], &about["body"]),
            (&json!("POST"), &json!("body"))
        );
    }
    // errors do not end it
    client.request("GET", "", "/throws", None).unwrap();
    assert_eq!(client.answer().unwrap().status, 500);
    // nor do bodies that nobody reads
    client
        .request("POST", "", "/slow", Some(&[7; 100_000]))
        .unwrap();
    assert_eq!(client.answer().unwrap().text(), "slow");
    // two requests at once are answered in order
    client
        .send(b"GET /slow HTTP/1.1\r\nhost: x.localhost\r\n\r\n")
        .unwrap();
    assert_eq!(client.answer().unwrap().status, 404);
    client
        .send(b"GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\nGET /empty HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    assert_eq!(client.answer().unwrap().text(), "slow");
    let empty = client.answer().unwrap();
    assert_eq!((empty.status, empty.header("content-length")), (204, None));
    assert!(
        client.rest().unwrap().is_empty(),
        "closed, as the client asked"
    );
}

#[test]
fn heads_go_both_ways_unchanged() {
    let (_place, server) = one_project(&[]);
    let mut client = server.connect();
    client
        .send(b"GET /about HTTP/1.1\r\nHost: door.localhost:8080\r\nX-Twice: a\r\nX-Twice: b\r\nX-Latin: caf\xe9\r\nConnection: keep-alive\r\n\r\n")
        .unwrap();
    let about = client.answer().unwrap().json();
    assert_eq!(about["url"], "http://door.localhost:8080/about");
    assert_eq!(about["headers"]["x-twice"], "a, b");
    assert_eq!(about["headers"]["x-latin"], "caf\u{e9}");
    assert_eq!(about["headers"]["host"], "door.localhost:8080");
    assert!(about["headers"].get("connection").is_none());
    let answer = server.get("/set");
    assert_eq!(answer.header("x-latin"), Some("caf\u{e9}"));
    assert_eq!((answer.status, answer.text().as_str()), (418, "teapot"));
    let cookies: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    let redirect = server.get("/redirect");
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (302, Some("http://elsewhere.example/"))
    );
}

#[test]
fn head_has_the_headers_and_no_body() {
    let (_place, server) = one_project(&[]);
    let mut client = server.connect();
    client.request("HEAD", "", "/length", None).unwrap();
    let head = client.head().unwrap();
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("5"))
    );
    // the next answer begins right after the head
    client.request("GET", "", "/length", None).unwrap();
    assert_eq!(client.answer().unwrap().text(), "12345");
    client.request("HEAD", "", "/throws", None).unwrap();
    assert_eq!(client.head().unwrap().status, 500);
    client.request("GET", "", "/length", None).unwrap();
    assert_eq!(client.answer().unwrap().text(), "12345");
}

#[test]
fn http_2_needs_no_upgrade() {
    let (_place, server) = one_project(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address())
            .await
            .unwrap();
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .unwrap();
        let connection = tokio::spawn(connection);
        let ask = |path: &str, body: &'static [u8]| {
            let mut sender = sender.clone();
            let request = hyper::Request::post(format!("http://door.localhost{path}"))
                .body(Full::new(bytes::Bytes::from_static(body)))
                .unwrap();
            async move {
                let answer = sender.send_request(request).await.unwrap();
                let status = answer.status().as_u16();
                (
                    status,
                    answer.into_body().collect().await.unwrap().to_bytes(),
                )
            }
        };
        // many at once on one connection
        let answers = futures_util::future::join_all((0..20).map(|_| ask("/slow", b""))).await;
        assert!(
            answers
                .iter()
                .all(|(status, body)| *status == 200 && body == "slow")
        );
        let (status, body) = ask("/about?x=1", b"over two").await;
        let about: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(status, 200);
        assert_eq!(about["url"], "http://door.localhost/about?x=1");
        assert_eq!(
            (&about["body"], &about["headers"]["host"]),
            (&json!("over two"), &json!("door.localhost"))
        );
        assert_eq!(ask("/throws", b"").await.0, 500);
        drop(sender);
        connection.abort();
    });
}

#[test]
fn a_streaming_answer_arrives_chunk_by_chunk() {
    let (_place, server) = one_project(&[]);
    let mut client = server.connect();
    client.request("GET", "", "/stream", None).unwrap();
    assert_eq!(client.head().unwrap().status, 200);
    assert_eq!(client.chunk().unwrap().as_deref(), Some(&b"first"[..]));
    // the second chunk is written only after this, so the first did not wait for the end
    assert_eq!(server.get("/release").text(), "released");
    assert_eq!(client.chunk().unwrap().as_deref(), Some(&b"second"[..]));
    assert_eq!(client.chunk().unwrap(), None);
}

#[test]
fn a_large_request_body_streams_in() {
    let (_place, server) = one_project(&[]);
    let mut client = server.connect();
    client
        .send(b"POST /count HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
        .unwrap();
    for _ in 0..48 {
        client.send_chunk(&[1; 65_536]).unwrap();
    }
    client.send_chunk(&[]).unwrap();
    let counted = client.answer().unwrap().json();
    assert_eq!(counted["bytes"], 48 * 65_536);
    assert!(counted["chunks"].as_u64().unwrap() > 1, "{counted}");
    // the same with a length
    client
        .request("POST", "", "/count", Some(&vec![2; 3 << 20]))
        .unwrap();
    assert_eq!(client.answer().unwrap().json()["bytes"], 3 << 20);
}

#[test]
fn twenty_megabytes_pass_through_supervisor_and_facet_unchanged() {
    let (_place, server) = one_project(&[]);
    let body: Vec<u8> = (0..20_000_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut client = server.connect();
    let head = format!(
        "POST /supervised-echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.send(head.as_bytes()).unwrap();
    let mut writer = client.writer().unwrap();
    // sent while the answer is already coming back
    let echoed = thread::scope(|scope| {
        scope.spawn(|| writer.write_all(&body).unwrap());
        client.answer().unwrap()
    });
    assert_eq!(echoed.status, 200);
    assert!(echoed.body == body, "{} bytes came back", echoed.body.len());
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let (_place, server) = one_project(&["--max-body", "2000000"]);
    // announced: refused before it is sent
    let mut client = server.connect();
    client
        .send(b"POST /count HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2000001\r\n\r\n")
        .unwrap();
    let refused = client.answer().unwrap();
    assert_eq!(refused.status, 413);
    assert_eq!(
        refused.text(),
        "The request body is larger than the limit of 2000000 bytes.\n"
    );
    // not announced: whoever reads it is told
    let mut client = server.connect();
    client
        .send(
            b"POST /failing-body HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n",
        )
        .unwrap();
    let mut writer = client.writer().unwrap();
    let refused = thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..40 {
                // the server may stop reading at any point
                if writer
                    .write_all(b"10000\r\n")
                    .and_then(|()| writer.write_all(&[0; 65_536]))
                    .and_then(|()| writer.write_all(b"\r\n"))
                    .is_err()
                {
                    return;
                }
            }
        });
        client.answer().unwrap()
    });
    assert!(refused.status >= 400, "{}", refused.status);
    assert!(
        refused
            .text()
            .contains("The request body is larger than the limit of 2000000 bytes."),
        "{}",
        refused.text()
    );
    // up to the limit is fine
    assert_eq!(
        server.post("/count", &vec![0; 2_000_000]).json()["bytes"],
        2_000_000
    );
}

#[test]
fn every_project_has_a_host_name_of_its_own() {
    let place = Place::new();
    for name in ["red", "blue"] {
        let source = format!(
            "export default {{ fetch: (request) => new Response('{name} ' + request.url) }};"
        );
        place.project(name, &[], &source);
    }
    let server = place.serve();
    let port = server.port();
    let ask = |host: &str| server.ask("GET", host, "/x", None);
    assert_eq!(ask("red.localhost").text(), "red http://red.localhost/x");
    assert_eq!(ask(&format!("BLUE.localhost:{port}")).status, 200);
    for plain in ["", "localhost", "127.0.0.1:80", "[::1]:80"] {
        let index = ask(plain);
        assert_eq!(
            (index.status, index.header("content-type")),
            (200, Some("text/html; charset=utf-8"))
        );
        assert!(
            index
                .text()
                .contains(&format!("http://red.localhost:{port}/")),
            "{}",
            index.text()
        );
        assert!(
            index
                .text()
                .contains(&format!("http://blue.localhost:{port}/"))
        );
    }
    for unknown in [
        "green.localhost",
        "example.com",
        "red.localhost.example.com",
        "<script>.localhost",
    ] {
        let answer = ask(unknown);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, Some("text/plain; charset=utf-8")),
            "{unknown}"
        );
        let expected =
            format!("No worker answers to the host name \"{unknown}\". Those that run here:\n");
        assert!(answer.text().starts_with(&expected), "{}", answer.text());
        assert!(
            answer
                .text()
                .contains(&format!("http://red.localhost:{port}/"))
        );
    }
}

#[test]
fn what_is_not_http_is_refused_and_harms_nobody() {
    let (_place, server) = one_project(&[]);
    let mut neighbour = server.connect();
    let bad: &[&[u8]] = &[
        b"\r\n\r\nnonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx y: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx: \0\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    for bytes in bad {
        let mut client = server.connect();
        client.send(bytes).unwrap();
        // it may have been hung up already
        let _ = client.writer().unwrap().shutdown(Shutdown::Write);
        let answered = client.rest().unwrap_or_default();
        let shown = String::from_utf8_lossy(bytes);
        assert!(
            answered.is_empty() || answered.starts_with(b"HTTP/1.1 400"),
            "{shown:?}: {:?}",
            String::from_utf8_lossy(&answered)
        );
        neighbour.request("GET", "", "/length", None).unwrap();
        assert_eq!(
            neighbour.answer().unwrap().text(),
            "12345",
            "after {shown:?}"
        );
    }
    // a head without end
    let mut client = server.connect();
    let mut long = b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ".to_vec();
    long.resize(2 << 20, b'a');
    // the server may hang up before all is sent
    let _ = client.send(&long);
    let answered = client.rest().unwrap_or_default();
    assert!(
        answered.is_empty() || answered.starts_with(b"HTTP/1.1 431"),
        "{:?}",
        String::from_utf8_lossy(&answered)
    );
    // odd, but HTTP: the worker gets a URL that can be parsed
    let odd: &[&str] = &[
        "/%",
        "/%zz",
        "//",
        "/a//../b",
        "/?%ff",
        "/\u{7f}",
        "/about?<>\"`{}|\\^",
    ];
    for path in odd {
        let mut client = server.connect();
        client
            .send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
            .unwrap();
        let status = client.answer().unwrap().status;
        assert!(status == 200 || status == 400, "{path}: {status}");
    }
    for host in [
        "a b",
        "localhost:x",
        "localhost:99999999",
        "user@localhost",
        "[::1",
        "\u{e9}.localhost",
        "",
    ] {
        let mut client = server.connect();
        client
            .send(format!("GET /length HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes())
            .unwrap();
        let answer = client.answer().unwrap();
        assert!(
            [200, 400, 404].contains(&answer.status),
            "host {host:?}: {} {}",
            answer.status,
            answer.text()
        );
    }
    let refused = server.ask("GET", "localhost:x", "/length", None);
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .text()
            .starts_with("\"http://localhost:x/length\" is not a valid address"),
        "{}",
        refused.text()
    );
    neighbour.request("GET", "", "/length", None).unwrap();
    assert_eq!(neighbour.answer().unwrap().text(), "12345");
}

#[test]
fn a_worker_that_fails_is_an_error_page_and_a_log_line() {
    let (_place, server) = one_project(&[]);
    let thrown = server.get("/throws");
    assert_eq!(
        (thrown.status, thrown.header("content-type")),
        (500, Some("text/plain; charset=utf-8"))
    );
    assert!(
        thrown.text().starts_with("RangeError: not today\n"),
        "{}",
        thrown.text()
    );
    assert!(
        thrown.text().contains("index.js:"),
        "it names the place: {}",
        thrown.text()
    );
    server.logged(&["ERROR", "door", "RangeError: not today"]);
    let odd = server.get("/not-a-response");
    assert_eq!(odd.status, 500);
    assert!(
        odd.text().contains(
            "TypeError: Incorrect type for Promise: the Promise did not resolve to 'Response'."
        ),
        "{}",
        odd.text()
    );
    let hung = server.get("/hangs");
    assert_eq!(hung.status, 500);
    assert!(
        hung.text()
            .contains("code had hung and would never generate a response"),
        "{}",
        hung.text()
    );
    server.logged(&["ERROR", "code had hung"]);
    assert_eq!(server.get("/length").text(), "12345");
}

#[test]
fn a_client_that_leaves_midway_leaves_nothing_behind() {
    let (_place, server) = one_project(&[]);
    // while its answer streams
    let mut client = server.connect();
    client.request("GET", "", "/endless", None).unwrap();
    client.head().unwrap();
    client.chunk().unwrap();
    drop(client);
    until("the stream to be cancelled", || {
        (server.get("/cancelled").json() == true).then_some(())
    });
    // while its body is on its way
    let mut client = server.connect();
    client
        .send(b"POST /failing-body HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000000\r\n\r\n")
        .unwrap();
    client.send(&[0; 2_000_000]).unwrap();
    drop(client);
    let failed = until("the body to fail", || {
        server.get("/failed").json().as_str().map(String::from)
    });
    assert!(failed.starts_with("The client stopped sending"), "{failed}");
    // before its answer
    let mut client = server.connect();
    client.request("GET", "", "/slow", None).unwrap();
    drop(client);
    thread::sleep(Duration::from_millis(10));
    assert_eq!(server.get("/length").text(), "12345");
}
