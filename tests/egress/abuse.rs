//! Servers that are slow, lie or vanish, and workers that change their minds.

use std::{
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use crate::{
    Running,
    support::{PATIENCE, until},
    upstream::Upstream,
};

/// An upstream that notes which connections were closed while it still had something to say.
fn watched() -> (Upstream, Arc<Mutex<Vec<String>>>) {
    let closed = Arc::new(Mutex::new(Vec::new()));
    let note = closed.clone();
    let upstream = Upstream::start(move |asked| {
        match asked.path.as_str() {
            "/endless" => {
                asked.begin_chunks()?;
                while asked.chunk(&[b'x'; 1000]).is_ok() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                note.lock().unwrap().push(asked.path.clone());
            }
            "/begun" => {
                asked.begin_chunks()?;
                asked.chunk(b"begun")?;
                if asked.is_closed_by_peer() {
                    note.lock().unwrap().push(asked.path.clone());
                }
            }
            path if path.starts_with("/hang") => {
                if asked.is_closed_by_peer() {
                    note.lock().unwrap().push(asked.path.clone());
                }
            }
            _ => return asked.echo().map(|()| true),
        }
        Ok(false)
    });
    (upstream, closed)
}

#[track_caller]
fn assert_closed(closed: &Mutex<Vec<String>>, path: &str) {
    until(&format!("the end of {path}"), || {
        closed
            .lock()
            .unwrap()
            .iter()
            .any(|it| it == path)
            .then_some(())
    });
}

#[test]
fn an_abort_ends_the_exchange() {
    let (upstream, closed) = watched();
    let running = Running::with(
        &upstream,
        r#"
        async before() { return fetch(S, { signal: AbortSignal.abort() }); },
        async hang() { return fetch(S + "/hang", { signal: AbortSignal.timeout(50) }); },
        async mine() {
          const controller = new AbortController();
          setTimeout(() => controller.abort(new RangeError("mine")), 50);
          return fetch(S + "/hang2", { signal: controller.signal });
        },
        async body() {
          const controller = new AbortController();
          const response = await fetch(S + "/begun", { signal: controller.signal });
          setTimeout(() => controller.abort(), 50);
          return response.text();
        },
        async late() {
          const controller = new AbortController();
          const response = await fetch(S + "/echo", { signal: controller.signal });
          const text = await response.text();
          controller.abort();
          await wait(10);
          return text.length > 0;
        },
        "#,
    );
    let class = |case: &str| running.ask(case)["error"]["name"].clone();
    assert_eq!(class("before"), "AbortError");
    assert_eq!(class("hang"), "TimeoutError");
    assert_closed(&closed, "/hang");
    assert_eq!(
        running.ask("mine")["error"],
        json!({ "class": "RangeError", "name": "RangeError", "message": "mine" })
    );
    assert_closed(&closed, "/hang2");
    assert_eq!(class("body"), "AbortError");
    assert_closed(&closed, "/begun");
    assert_eq!(running.ok("late"), true);
}

#[test]
fn nobody_reads_on_when_the_worker_has_gone() {
    let (upstream, closed) = watched();
    let running = Running::with(
        &upstream,
        r#"
        async cancel() {
          const reader = (await fetch(S + "/endless")).body.getReader();
          let size = 0;
          while (size < 50000) size += (await reader.read()).value.byteLength;
          await reader.cancel();
          return "enough";
        },
        async waiting() {
          const reader = (await fetch(S + "/begun")).body.getReader();
          await reader.read();
          const next = reader.read();
          await reader.cancel();
          return (await next).done;
        },
        "#,
    );
    assert_eq!(running.ok("cancel"), "enough");
    assert_closed(&closed, "/endless");
    assert_eq!(running.ok("waiting"), true);
    assert_closed(&closed, "/begun");
}

#[test]
fn a_body_that_is_not_read_does_not_fill_memory() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let upstream = Upstream::start(move |asked| {
        asked.begin_chunks()?;
        let chunk = vec![b'x'; 1 << 16];
        asked.stream.set_write_timeout(Some(PATIENCE))?;
        for _ in 0..4000 {
            asked.chunk(&chunk)?;
            count.fetch_add(chunk.len(), Ordering::Relaxed);
        }
        Ok(false)
    });
    let running = Running::with(
        &upstream,
        r#"
        async hold() {
          const response = await fetch(S);
          await wait(1000);
          await response.body.cancel();
          return "held";
        },
        "#,
    );
    assert_eq!(running.ok("hold"), "held");
    // what waits in the system's buffers, ours and the stream's
    let sent = sent.load(Ordering::Relaxed);
    assert!(
        sent < 32 << 20,
        "{sent} bytes were taken from a server that nobody reads"
    );
}

#[test]
fn a_server_that_breaks_off_is_a_lost_connection() {
    let upstream = Upstream::start(|asked| {
        match asked.path.as_str() {
            "/garbage" => asked.send("this is not http\r\n\r\n")?,
            "/short" => asked.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart")?,
            "/chunk" => {
                asked.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc")?
            }
            "/lengths" => asked
                .send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nabc")?,
            "/header" => asked.send("HTTP/1.1 200 OK\r\nno header\r\n\r\nabc")?,
            "/headers" => {
                asked.send("HTTP/1.1 200 OK\r\n")?;
                let line = format!("x-long: {}\r\n", "x".repeat(10_000));
                // its connection is closed long before the end
                for _ in 0..10_000 {
                    asked.stream.write_all(line.as_bytes())?;
                }
            }
            "/longer" => asked.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdef")?,
            _ => {}
        }
        Ok(false)
    });
    let cases = [
        "garbage", "short", "chunk", "lengths", "header", "headers", "empty",
    ];
    let source: String = cases
        .iter()
        .map(|case| format!("async {case}() {{ return (await fetch(S + '/{case}')).text(); }},"))
        .collect();
    let longer = "async longer() { return (await fetch(S + '/longer')).text(); },";
    let running = Running::with(&upstream, &format!("{source}{longer}"));
    for case in cases {
        assert_eq!(running.error(case), "Network connection lost.", "{case}");
    }
    assert_eq!(running.ok("longer"), "abc");
    running
        .server
        .logged(&["the exchange with 127.0.0.1 failed"]);
}

#[test]
fn patience_has_an_end() {
    let (upstream, closed) = watched();
    let outbound = json!({ "allow_private": true });
    let running = Running::of(
        r#"
        async never() { return fetch(S + "/hang"); },
        async stops() { return (await fetch(S + "/begun")).text(); },
        "#,
        json!({ "lapidary": { "outbound": outbound }, "vars": { "S": upstream.url() } }),
        &["--outbound-timeout", "1"],
    );
    assert_eq!(
        running.error("never"),
        "127.0.0.1 did not answer within 1 s."
    );
    assert_closed(&closed, "/hang");
    assert_eq!(
        running.error("stops"),
        "The server sent nothing for 1 s in the middle of its response."
    );
    assert_closed(&closed, "/begun");
}

#[test]
fn connections_are_counted() {
    let (upstream, closed) = watched();
    let running = Running::of(
        r#"
        async many() {
          const controller = new AbortController();
          const hanging = [1, 2].map((n) => fetch(`${S}/hang${n}`, { signal: controller.signal }).catch(() => {}));
          await wait(200);
          const third = await caught(() => fetch(S));
          controller.abort();
          await Promise.all(hanging);
          await wait(200);
          const fourth = (await fetch(S)).status;
          return [third.message, fourth];
        },
        "#,
        json!({ "lapidary": { "outbound": { "allow_private": true } }, "vars": { "S": upstream.url() } }),
        &["--outbound-sockets", "2", "--outbound-connect-timeout", "1"],
    );
    let host = upstream.address;
    let text = format!(
        "No connection to {host}: 2 outbound connections are open, which is the limit of this server."
    );
    assert_eq!(running.ok("many"), json!([text, 200]));
    assert_closed(&closed, "/hang2");
}
