//! WebSockets from outside: through the supervising class and facets, asleep and awake, with good
//! manners and bad ones.

mod support;

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use support::{PATIENCE, Place, Server, until};
use tungstenite::{
    Message, WebSocket,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// `/NAME/ACCEPT/FACET`: a socket of the object of that name, or of its facet of that name;
/// `accept` accepts it for the instance, anything else for hibernation, with the tag `?tag`.
const SOURCE: &str = r#"
import { DurableObject } from "cloudflare:workers";
export default {
  fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/") return new Response("here");
    return env.ROOM.getByName(url.pathname.split("/")[1]).fetch(request);
  },
};
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.born = Math.random();
    ctx.storage.kv.put("starts", (ctx.storage.kv.get("starts") ?? 0) + 1);
  }
  async fetch(request) {
    const url = new URL(request.url);
    const [, , mode, facet] = url.pathname.split("/");
    if (facet && this.ctx.props.facet === undefined) {
      return this.ctx.facets.get(facet, () => ({ class: this.ctx.exports.Room({ props: { facet } }) })).fetch(request);
    }
    switch (mode) {
      case "state": return Response.json({ sockets: this.ctx.getWebSockets().length, seen: this.ctx.storage.kv.get("seen") ?? [], starts: this.ctx.storage.kv.get("starts") });
      case "auto": this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong")); return new Response("set");
      case "abort": this.ctx.abort("on purpose"); return;
      case "abortfacet": this.ctx.facets.abort(url.searchParams.get("name"), new Error("by its parent")); return new Response("done");
      case "plain": { const [client, server] = Object.values(new WebSocketPair()); server.accept(); return new Response(null, { status: 101, webSocket: client }); }
      case "flood": this.ctx.getWebSockets().forEach((socket) => { for (let i = 0; i < 40; i++) socket.send(new Uint8Array(1 << 20)); }); return new Response("sent");
    }
    const [client, server] = Object.values(new WebSocketPair());
    if (mode === "accept") {
      server.accept();
      server.addEventListener("message", (event) => server.send(event.data));
      server.addEventListener("close", (event) => this.note(["accept close", event.code, event.reason, event.wasClean]));
    } else {
      this.ctx.acceptWebSocket(server, url.searchParams.has("tag") ? [url.searchParams.get("tag")] : []);
    }
    const headers = request.headers.has("sec-websocket-protocol") ? { "sec-websocket-protocol": "second" } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  }
  note(entry) { this.ctx.storage.kv.put("seen", [...(this.ctx.storage.kv.get("seen") ?? []), entry]); }
  async webSocketMessage(socket, message) {
    if (typeof message !== "string") return socket.send(message);
    const [verb, ...rest] = message.split(" ");
    switch (verb) {
      case "born": return socket.send(String(this.born));
      case "close": return socket.close(Number(rest[0]), rest[1]);
      case "abort": return this.ctx.abort("on purpose");
      case "spin": for (;;);
      case "attach": socket.serializeAttachment(rest); return socket.send("attached");
      case "attached": return socket.send(JSON.stringify([socket.deserializeAttachment(), this.ctx.getTags(socket), this.ctx.getWebSockets(rest[0]).length]));
      case "answered": return socket.send(String(this.ctx.getWebSocketAutoResponseTimestamp(socket) !== null));
      case "all": return this.ctx.getWebSockets().forEach((each) => each.send(rest.join(" ")));
      case "put": this.ctx.storage.kv.put("n", (this.ctx.storage.kv.get("n") ?? 0) + 1); return socket.send(String(this.ctx.storage.kv.get("n")));
      default: return socket.send(message);
    }
  }
  webSocketClose(socket, code, reason, wasClean) { this.note(["close", code, reason, wasClean]); }
  webSocketError(socket, error) { this.note(["error", String(error)]); }
}
"#;

type Socket = WebSocket<TcpStream>;

fn place() -> Place {
    Place::with("rooms", &["Room"], SOURCE)
}

fn stream(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_nodelay(true).expect("no delay");
    stream
}

#[track_caller]
fn connect(server: &Server, path: &str) -> Socket {
    let url = format!("ws://{}{path}", server.address());
    let (socket, _) = tungstenite::client(url, stream(server)).expect("a WebSocket");
    socket
}

#[track_caller]
fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).expect("it is sent");
}

/// The next message that is not of the protocol itself.
#[track_caller]
fn hear(socket: &mut Socket) -> Message {
    loop {
        match socket.read().expect("a message") {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return message,
        }
    }
}

#[track_caller]
fn ask(socket: &mut Socket, text: &str) -> String {
    say(socket, text);
    hear(socket).into_text().expect("text").to_string()
}

fn close_of(message: Message) -> (u16, String) {
    match message {
        Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
        Message::Close(None) => (1005, String::new()),
        other => panic!("no close: {other:?}"),
    }
}

fn state(server: &Server, path: &str) -> serde_json::Value {
    server.get(path).json()
}

/// A WebSocket's raw connection, upgraded.
fn raw(server: &Server, path: &str) -> TcpStream {
    let mut stream = stream(server);
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream
        .write_all(
            request
                .replace("host: x", &format!("host: {}", server.address()))
                .as_bytes(),
        )
        .expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(
        head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
        "{head}"
    );
    stream
}

/// A masked frame with a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..126 => frame.push(0x80 | short as u8),
        long => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// All that comes until the connection ends.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    rest
}

#[test]
fn echoes_through_an_object_and_a_facet() {
    let place = place();
    let server = place.serve();
    for path in ["/a/keep", "/a/accept", "/a/keep/f", "/a/accept/f"] {
        let mut socket = connect(&server, path);
        assert_eq!(ask(&mut socket, "hello"), "hello", "{path}");
        assert_eq!(ask(&mut socket, "é ☃ 𝒳"), "é ☃ 𝒳", "{path}");
        socket.send(Message::binary(vec![1, 2, 3])).expect("sent");
        let back = hear(&mut socket);
        if path.contains("keep") {
            assert_eq!(back, Message::binary(vec![1, 2, 3]), "{path}");
        }
        for n in 0..200 {
            say(&mut socket, &n.to_string());
        }
        for n in 0..200 {
            assert_eq!(hear(&mut socket).into_text().expect("text"), n.to_string());
        }
    }
    server.stop();
}

#[test]
fn large_and_fragmented_messages() {
    let place = place();
    let server = place.serve();
    let mut socket = connect(&server, "/a/keep/f");
    let large = vec![7; 5 << 20];
    socket.send(Message::binary(large.clone())).expect("sent");
    assert!(hear(&mut socket).into_data() == large);
    // in pieces, with a ping between them
    let mut socket = raw(&server, "/a/keep");
    socket.write_all(&frame(0x01, b"in ")).expect("sent");
    socket.write_all(&frame(0x89, b"you?")).expect("sent");
    socket.write_all(&frame(0x00, b"three ")).expect("sent");
    for byte in frame(0x80, b"pieces") {
        socket.write_all(&[byte]).expect("sent");
    }
    let mut back = [0; 6 + 17];
    socket.read_exact(&mut back).expect("pong and message");
    assert_eq!(&back[..6], b"\x8a\x04you?");
    assert_eq!(&back[6..], b"\x81\x0fin three pieces");
    // 32 MiB and one byte are too much, which the head of the frame tells
    let mut head = vec![0x82, 0x80 | 127];
    head.extend_from_slice(&((32u64 << 20) + 1).to_be_bytes());
    head.extend_from_slice(&[0; 4]);
    socket.write_all(&head).expect("sent");
    let end = rest(&mut socket);
    assert_eq!(&end[2..4], 1009u16.to_be_bytes(), "{end:?}");
}

#[test]
fn bad_frames_end_the_connection() {
    let place = place();
    let server = place.serve();
    let cases: [(&str, u16, Vec<u8>); 9] = [
        ("not UTF-8", 1007, frame(0x81, &[0xff, 0xfe])),
        ("unmasked", 1002, b"\x81\x01x".to_vec()),
        ("reserved bit", 1002, frame(0xc1, b"x")),
        ("opcode", 1002, frame(0x83, b"x")),
        ("continuation of nothing", 1002, frame(0x80, b"x")),
        (
            "message within a message",
            1002,
            [frame(0x01, b"x"), frame(0x81, b"y")].concat(),
        ),
        ("fragmented ping", 1002, frame(0x09, b"x")),
        ("close code", 1002, frame(0x88, &999u16.to_be_bytes())),
        ("close of one byte", 1002, frame(0x88, b"x")),
    ];
    for (index, (name, code, bytes)) in cases.iter().enumerate() {
        let mut socket = raw(&server, &format!("/bad{index}/keep"));
        socket.write_all(bytes).expect("sent");
        let end = rest(&mut socket);
        assert!(end.len() > 4 && end[0] == 0x88, "{name}: {end:?}");
        assert_eq!(u16::from_be_bytes([end[2], end[3]]), *code, "{name}");
        let seen = until("the object's webSocketError", || {
            let state = state(&server, &format!("/bad{index}/state"));
            state["seen"][0][1].as_str().map(String::from)
        });
        assert!(seen.contains("WebSocket protocol error"), "{name}: {seen}");
    }
}

#[test]
fn goodbyes_both_ways() {
    let place = place();
    let server = place.serve();
    for path in ["/a/keep", "/a/accept", "/b/keep/f"] {
        let mut socket = connect(&server, path);
        assert_eq!(ask(&mut socket, "hi"), "hi");
        let code = CloseCode::from(4000);
        let reason = "mine".into();
        socket
            .close(Some(CloseFrame { code, reason }))
            .expect("sent");
        assert_eq!(close_of(hear(&mut socket)), (4000, "mine".into()), "{path}");
        assert!(
            matches!(socket.read(), Err(tungstenite::Error::ConnectionClosed)),
            "{path}"
        );
    }
    let mut socket = connect(&server, "/c/keep");
    say(&mut socket, "close 4321 theirs");
    assert_eq!(close_of(hear(&mut socket)), (4321, "theirs".into()));
    assert!(matches!(
        socket.read(),
        Err(tungstenite::Error::ConnectionClosed)
    ));
    until("the answer to arrive", || {
        (state(&server, "/c/state")["seen"] == serde_json::json!([["close", 4321, "theirs", true]]))
            .then_some(())
    });
    // gone without a word
    drop(raw(&server, "/d/keep"));
    drop(raw(&server, "/d/accept"));
    until("both to be noticed", || {
        let seen = state(&server, "/d/state");
        let text = seen["seen"].to_string();
        (text.matches("1006").count() == 2 && seen["sockets"] == 0).then_some(())
    });
}

#[test]
fn hibernation_keeps_sockets_tags_and_attachments() {
    let place = place();
    let server = place.serve_with(&["--idle", "1"]);
    for (path, state_path) in [
        ("/a/keep?tag=t", "/a/state"),
        ("/b/keep/f?tag=t", "/b/state/f"),
    ] {
        let mut socket = connect(&server, path);
        let mut other = connect(&server, path);
        let born = ask(&mut socket, "born");
        assert_eq!(ask(&mut socket, "attach x y"), "attached");
        std::thread::sleep(Duration::from_millis(3500));
        assert_ne!(ask(&mut socket, "born"), born, "{path} has slept");
        assert_eq!(ask(&mut socket, "attached t"), r#"[["x","y"],["t"],2]"#);
        assert_eq!(ask(&mut other, "attached t"), r#"[null,["t"],2]"#);
        assert_eq!(ask(&mut other, "all hello"), "hello");
        assert_eq!(hear(&mut socket).into_text().expect("text"), "hello");
        // a goodbye wakes too
        std::thread::sleep(Duration::from_millis(3500));
        socket.close(None).expect("sent");
        assert_eq!(close_of(hear(&mut socket)), (1005, String::new()));
        until("one socket to be left", || {
            (state(&server, state_path)["sockets"] == 1).then_some(())
        });
    }
}

#[test]
fn accepted_sockets_keep_their_object_in_memory() {
    let place = place();
    let server = place.serve_with(&["--idle", "1"]);
    let mut socket = connect(&server, "/a/accept");
    std::thread::sleep(Duration::from_millis(3500));
    assert_eq!(ask(&mut socket, "still"), "still");
    assert_eq!(state(&server, "/a/state")["starts"], 1);
    drop(socket);
    until("the object to leave memory", || {
        std::thread::sleep(Duration::from_secs(3));
        (state(&server, "/a/state")["starts"] != 1).then_some(())
    });
}

#[test]
fn automatic_answers_wake_nobody() {
    let place = place();
    let server = place.serve_with(&["--idle", "1"]);
    let mut socket = connect(&server, "/a/keep");
    assert_eq!(server.get("/a/auto").text(), "set");
    assert_eq!(ask(&mut socket, "answered"), "false");
    let asleep = Instant::now();
    while asleep.elapsed() < Duration::from_secs(4) {
        assert_eq!(ask(&mut socket, "ping"), "pong");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(ask(&mut socket, "answered"), "true");
    assert_eq!(
        state(&server, "/a/state")["starts"],
        2,
        "it slept in spite of the pings"
    );
}

#[test]
fn an_end_of_the_object_ends_its_sockets() {
    let place = place();
    let server = place.serve_with(&["--cpu-ms", "300"]);
    let ends = |socket: &mut Socket| {
        let end = socket.read();
        assert!(
            matches!(
                end,
                Err(tungstenite::Error::Protocol(_) | tungstenite::Error::Io(_))
            ),
            "{end:?}"
        );
    };
    let mut socket = connect(&server, "/a/keep");
    let mut accepted = connect(&server, "/a/accept");
    let mut facets = connect(&server, "/a/keep/f");
    assert_eq!(ask(&mut facets, "hi"), "hi");
    say(&mut socket, "abort");
    ends(&mut socket);
    ends(&mut accepted);
    ends(&mut facets);
    assert_eq!(state(&server, "/a/state")["sockets"], 0);
    let mut spinning = connect(&server, "/b/keep");
    say(&mut spinning, "spin");
    ends(&mut spinning);
    let (mut own, mut facets) = (connect(&server, "/c/keep"), connect(&server, "/c/keep/f"));
    assert_eq!(ask(&mut facets, "hi"), "hi");
    server.get("/c/abortfacet?name=f");
    ends(&mut facets);
    assert_eq!(ask(&mut own, "still"), "still");
}

#[test]
fn what_was_told_is_kept_when_the_server_dies() {
    let place = place();
    let server = place.serve();
    let mut socket = connect(&server, "/a/keep/f");
    let mut last = 0;
    for _ in 0..20 {
        last = ask(&mut socket, "put").parse().expect("a number");
    }
    say(&mut socket, "put");
    server.kill();
    let heard: u32 = match socket.read() {
        Ok(message) => message
            .into_text()
            .expect("text")
            .parse()
            .expect("a number"),
        Err(_) => last,
    };
    let server = place.serve();
    let mut socket = connect(&server, "/a/keep/f");
    let next: u32 = ask(&mut socket, "put").parse().expect("a number");
    assert!(next > heard, "{next} after {heard}");
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let place = place();
    let server = place.serve();
    let mut slow = connect(&server, "/a/keep");
    assert_eq!(ask(&mut slow, "hi"), "hi");
    assert_eq!(server.get("/a/flood").text(), "sent");
    server.logged(&["a WebSocket was cut", "does not read"]);
    until("the object to know", || {
        (state(&server, "/a/state")["sockets"] == 0).then_some(())
    });
}

#[test]
fn silent_clients_are_asked_and_dead_ones_noticed() {
    let place = place();
    let server = place.serve_with(&["--ping-after", "1"]);
    let mut socket = raw(&server, "/a/keep");
    let mut ping = [0; 2];
    socket.read_exact(&mut ping).expect("a ping");
    assert_eq!(ping, [0x89, 0]);
}

#[test]
fn upgrades_that_are_not() {
    let place = place();
    let server = place.serve();
    let mut client = server.connect();
    let head = |more: &str| {
        format!(
            "GET /a/keep HTTP/1.1\r\nhost: {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n{more}\r\n",
            server.address()
        )
    };
    client
        .send(head("sec-websocket-version: 8\r\nsec-websocket-key: x\r\n").as_bytes())
        .expect("sent");
    let answer = client.answer().expect("an answer");
    assert_eq!(
        (answer.status, answer.header("sec-websocket-version")),
        (426, Some("13"))
    );
    client
        .send(head("sec-websocket-version: 13\r\n").as_bytes())
        .expect("sent");
    let answer = client.answer().expect("an answer");
    assert_eq!(answer.status, 400);
    assert!(
        answer.text().contains("Sec-WebSocket-Key"),
        "{}",
        answer.text()
    );
    // asked for by nobody
    let answer = server.get("/a/plain");
    assert_eq!(answer.status, 500);
    assert!(
        answer
            .text()
            .contains("did not contain the header \"Upgrade: websocket\""),
        "{}",
        answer.text()
    );
}

#[test]
fn the_worker_chooses_the_protocol() {
    let place = place();
    let server = place.serve();
    let url = format!("ws://{}/a/keep", server.address());
    let mut request =
        tungstenite::client::IntoClientRequest::into_client_request(url).expect("a request");
    request.headers_mut().insert(
        "sec-websocket-protocol",
        "first, second".parse().expect("a value"),
    );
    let (mut socket, response) =
        tungstenite::client(request, stream(&server)).expect("a WebSocket");
    assert_eq!(response.headers()["sec-websocket-protocol"], "second");
    assert_eq!(ask(&mut socket, "hi"), "hi");
}

#[test]
fn many_sockets_of_one_object() {
    let place = place();
    let server = place.serve_with(&["--idle", "1"]);
    let mut sockets: Vec<Socket> = (0..300).map(|_| connect(&server, "/a/keep/f")).collect();
    assert_eq!(ask(&mut sockets[0], "all good morning"), "good morning");
    for socket in &mut sockets[1..] {
        assert_eq!(hear(socket).into_text().expect("text"), "good morning");
    }
    std::thread::sleep(Duration::from_secs(3));
    for (n, socket) in sockets.iter_mut().enumerate() {
        assert_eq!(ask(socket, &n.to_string()), n.to_string());
    }
    drop(sockets);
    until("all to be gone", || {
        (state(&server, "/a/state/f")["sockets"] == 0).then_some(())
    });
}
