//! Connections that are no HTTP: `connect()` and WebSockets.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

use serde_json::json;
use tungstenite::Message;

use crate::{Running, support::PATIENCE};

/// A server of this machine that talks to each connection as `talk` does.
fn listen(talk: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let talk = std::sync::Arc::new(talk);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let talk = talk.clone();
            let _ = stream.set_read_timeout(Some(PATIENCE));
            thread::spawn(move || talk(stream));
        }
    });
    address
}

/// Sends back what it gets, until it gets no more.
fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count) = stream.read(&mut buffer) {
        if count == 0 || stream.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
}

fn running(address: SocketAddr, scheme: &str, cases: &str) -> Running {
    let url = if scheme.is_empty() { address.to_string() } else { format!("{scheme}://{address}") };
    let cases = format!("{cases} }}; import {{ connect }} from 'cloudflare:sockets'; const bytes = (text) => new TextEncoder().encode(text); const unused = {{");
    let outbound = json!({ "allow_private": [address.to_string()] });
    Running::of(&cases, json!({ "lapidary": { "outbound": outbound }, "vars": { "S": url } }), &[])
}

#[test]
fn bytes_flow_both_ways() {
    let running = running(
        listen(echo),
        "",
        r#"
        async talk() {
          const socket = connect(S);
          const info = await socket.opened;
          const writer = socket.writable.getWriter();
          const reader = socket.readable.getReader();
          const heard = [];
          for (const word of ["one", "two"]) {
            await writer.write(bytes(word));
            heard.push(new TextDecoder().decode((await reader.read()).value));
          }
          await writer.close();
          heard.push((await reader.read()).done);
          await socket.closed;
          return [info.remoteAddress === S, heard];
        },
        async object() {
          const [hostname, port] = S.split(":");
          const socket = connect({ hostname, port: Number(port) });
          const writer = socket.writable.getWriter();
          writer.write("text as well");
          writer.close();
          return new Response(socket.readable).text();
        },
        async much() {
          const socket = connect(S);
          const writer = socket.writable.getWriter();
          const sent = (async () => { for (let n = 0; n < 200; n++) await writer.write(new Uint8Array(20000).fill(n)); await writer.close(); })();
          let size = 0;
          for await (const chunk of socket.readable) size += chunk.byteLength;
          await sent;
          return size;
        },
        async closed() {
          const socket = connect(S);
          await socket.opened;
          const read = caught(() => socket.readable.getReader().read());
          await socket.close();
          const write = await caught(() => socket.writable.getWriter().write(bytes("x")));
          return [(await read).message, write.message, (await socket.close()) ?? null];
        },
        async bad() { return connect("nonsense"); },
        async unsure() { return connect(S, { secureTransport: "maybe" }); },
        async notSecure() { return connect(S).startTls(); },
        "#,
    );
    assert_eq!(running.ok("talk"), json!([true, ["one", "two", true]]));
    assert_eq!(running.ok("object"), "text as well");
    assert_eq!(running.ok("much"), 4_000_000);
    assert_eq!(
        running.ok("closed"),
        json!(["This socket has been closed.", "This WritableStream belongs to an object that is closing.", null])
    );
    assert_eq!(running.error("bad"), "Specified address is missing port.");
    assert!(running.error("unsure").contains("Unsupported value"));
    assert!(running.error("notSecure").contains("must be set to 'starttls'"));
}

#[test]
fn connections_end_as_the_other_side_says() {
    let address = listen(|mut stream| {
        let mut word = [0; 4];
        let _ = stream.read_exact(&mut word);
        if &word == b"half" {
            // says all it has to say, and goes on listening
            let _ = stream.write_all(b"all of it");
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut rest = String::new();
            let _ = stream.read_to_string(&mut rest);
        }
    });
    let running = running(
        address,
        "",
        r#"
        async half() {
          const socket = connect(S, { allowHalfOpen: true });
          const writer = socket.writable.getWriter();
          await writer.write(bytes("half"));
          const text = await new Response(socket.readable).text();
          await writer.write(bytes("more"));
          await writer.close();
          return text;
        },
        async whole() {
          const socket = connect(S);
          const writer = socket.writable.getWriter();
          await writer.write(bytes("half"));
          const text = await new Response(socket.readable).text();
          await socket.closed;
          return [text, (await caught(() => writer.write(bytes("more")))).message];
        },
        async gone() {
          const socket = connect(S);
          const writer = socket.writable.getWriter();
          await writer.write(bytes("gone"));
          return (await socket.readable.getReader().read()).done;
        },
        "#,
    );
    assert_eq!(running.ok("half"), "all of it");
    assert_eq!(
        running.ok("whole"),
        json!(["all of it", "This WritableStream belongs to an object that is closing."])
    );
    assert_eq!(running.ok("gone"), true);
}

#[test]
fn the_same_rules_hold_for_connections() {
    let (allowed, other) = (listen(echo), listen(echo));
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let source = format!(
        r#"
        async other() {{ return connect("{other}").opened; }},
        async closed() {{ const s = connect("{other}"); s.opened.catch(() => {{}}); return s.closed; }},
        async read() {{ const s = connect("{other}"); s.opened.catch(() => {{}}); return s.readable.getReader().read(); }},
        async nobody() {{ return connect("{nobody}").opened; }},
        async blocked(env) {{
          const code = (body) => ({{ compatibilityDate: "2026-08-04", mainModule: "m.js", globalOutbound: null, modules: {{ "m.js": `import {{ connect }} from "cloudflare:sockets";
            export default {{ fetch() {{ try {{ ${{body}} }} catch (error) {{ return new Response(error.message); }} return new Response("no"); }} }};` }} }});
          const ask = async (body) => (await env.LOADER.load(code(body)).getEntrypoint().fetch("http://x/")).text();
          return [await ask('connect("{allowed}")'), await ask('new WebSocket("ws://{allowed}")')];
        }},
        }}; import {{ connect }} from 'cloudflare:sockets'; const unused = {{
        "#
    );
    let outbound = json!({ "allow_private": [allowed.to_string(), nobody.to_string()] });
    let running = Running::of(&source, json!({ "lapidary": { "outbound": outbound } }), &[]);
    for case in ["other", "closed", "read"] {
        let text = running.error(case);
        assert!(text.contains(&other.to_string()) && text.contains("allow_private"), "{case}: {text}");
    }
    assert_eq!(running.error("nobody"), "proxy request failed, cannot connect to the specified address");
    let blocked = running.ok("blocked");
    for text in blocked.as_array().expect("a list") {
        assert!(text.as_str().is_some_and(|it| it.contains("not permitted to access the internet")), "{text}");
    }
}

const SOCKETS: &str = r#"
async talk() {
  const socket = new WebSocket(S + "/path?q", ["chat", "other"]);
  const events = [];
  await new Promise((done) => {
    socket.addEventListener("open", () => { events.push(["open", socket.protocol, socket.readyState]); socket.send("text"); });
    socket.addEventListener("message", async ({ data }) => {
      if (typeof data === "string") { events.push(data); socket.send(new Uint8Array([1, 2, 3])); }
      else { events.push(data.byteLength ?? data.size); socket.close(1000, "done"); }
    });
    socket.addEventListener("close", ({ code, reason, wasClean }) => { events.push([code, reason, wasClean]); done(); });
  });
  return events;
},
async upgraded() {
  const response = await fetch(S.replace("ws:", "http:") + "/path", { headers: { upgrade: "websocket" } });
  const socket = response.webSocket;
  socket.accept();
  const heard = new Promise((done) => socket.addEventListener("message", ({ data }) => done(data)));
  socket.send("hello");
  const data = await heard;
  socket.close(1000);
  return [response.status, response.headers.get("x-said"), data];
},
async refused() {
  const response = await fetch(S.replace("ws:", "http:") + "/refuse", { headers: { upgrade: "websocket" } });
  return [response.status, response.webSocket, await response.text()];
},
async failed() {
  const socket = new WebSocket(S + "/refuse");
  return new Promise((done) => socket.addEventListener("error", ({ message }) => done(message)));
},
async liar() {
  const socket = new WebSocket(S + "/lie");
  return new Promise((done) => socket.addEventListener("error", ({ message }) => done(message)));
},
async drop() {
  const socket = new WebSocket(S + "/drop");
  return new Promise((done) => socket.addEventListener("close", ({ code, wasClean }) => done([code, wasClean])));
},
async elsewhere() {
  const socket = new WebSocket("ws://127.0.0.1:1/");
  return new Promise((done) => socket.addEventListener("error", ({ message }) => done(message)));
},
"#;

/// Sends back each message; `/refuse`, `/lie` and `/drop` do as they say.
#[allow(clippy::result_large_err)]
fn websocket(stream: TcpStream) {
    use tungstenite::handshake::server::{Request, Response};
    let mut path = String::new();
    let mut peeked = [0; 64];
    let count = stream.peek(&mut peeked).unwrap_or(0);
    let first = String::from_utf8_lossy(&peeked[..count]).into_owned();
    let mut raw = stream.try_clone().expect("a second handle");
    if first.starts_with("GET /refuse") {
        let _ = raw.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\nnot me");
        return;
    }
    if first.starts_with("GET /lie") {
        let _ = raw.write_all(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: abc\r\n\r\n");
        return;
    }
    let greet = |request: &Request, mut response: Response| {
        path = request.uri().path().to_string();
        let headers = response.headers_mut();
        headers.insert("x-said", "hello".parse().expect("a value"));
        if request.headers().contains_key("sec-websocket-protocol") {
            headers.insert("sec-websocket-protocol", "chat".parse().expect("a value"));
        }
        Ok(response)
    };
    let Ok(mut socket) = tungstenite::accept_hdr(stream, greet) else {
        return;
    };
    if path == "/drop" {
        let _ = raw.shutdown(std::net::Shutdown::Both);
        return;
    }
    while let Ok(message) = socket.read() {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).is_err() {
            break;
        }
    }
}

#[test]
fn websockets_lead_out() {
    let running = running(listen(websocket), "ws", SOCKETS);
    assert_eq!(
        running.ok("talk"),
        json!([["open", "chat", 1], "text", 3, [1000, "done", true]])
    );
    assert_eq!(running.ok("upgraded"), json!([101, "hello", "hello"]));
    assert_eq!(running.ok("refused"), json!([403, null, "not me"]));
    assert!(running.ok("failed").to_string().contains("status 403"));
    assert!(running.ok("liar").to_string().contains("Network connection lost."));
    assert_eq!(running.ok("drop"), json!([1006, false]));
    assert!(running.ok("elsewhere").to_string().contains("allow_private"));
}
