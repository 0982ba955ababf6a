// Both ends of a WebSocketPair in one worker: shapes, states, messages, goodbyes, wrong arguments.

import { Actor, outcome, outcomes, program, show, stateless, differs } from "../suite.js";

/** The two ends of a new pair, accepted. */
function open(options) {
  const [a, b] = Object.values(new WebSocketPair());
  a.accept(options);
  b.accept(options);
  return [a, b];
}

/** What arrives at `socket` from now on, as lists. */
function record(socket, into = [], name) {
  const note = (...entry) => into.push(name === undefined ? entry : [name, ...entry]);
  socket.addEventListener("message", (event) => note("message", show(event.data)));
  socket.addEventListener("close", (event) => note("close", event.code, event.reason, event.wasClean, socket.readyState));
  // the reference also reports that the other end is gone when both have said goodbye
  socket.addEventListener("error", (event) => socket.readyState === 3 || note("error", event.message, String(event.error)));
  return into;
}

const rest = () => scheduler.wait(30);
const kinds = (object) => Object.fromEntries(Object.getOwnPropertyNames(object).filter((name) => name !== "constructor" && name !== "prototype").sort().map((name) => {
  const { get, set, value, enumerable } = Object.getOwnPropertyDescriptor(object, name);
  return [name, [get ? "get" : "", set ? "set" : "", typeof value, enumerable]];
}));
const member = (name) => Object.getOwnPropertyDescriptor(WebSocket.prototype, name);

const { worker, Place } = program({
  "shape of the classes": () => [kinds(WebSocket), kinds(WebSocket.prototype), kinds(WebSocketRequestResponsePair.prototype), WebSocket.name, WebSocketPair.name, WebSocket.length, WebSocketPair.length],
  "inheritance": () => {
    const [a] = Object.values(new WebSocketPair());
    return [a instanceof WebSocket, a instanceof EventTarget, String(a), a.constructor === WebSocket, Object.keys(a), "onmessage" in a];
  },
  "shape of a pair": () => {
    const pair = new WebSocketPair();
    const [a, b] = pair;
    return [Object.keys(pair), String(pair), a === pair[0], b === pair[1], [...pair].length, Object.values(pair).length, Object.entries(pair).map(([key]) => key), pair.length, pair[2], String(pair[Symbol.iterator]())];
  },
  "a new end": () => {
    const [a] = Object.values(new WebSocketPair());
    return [a.readyState, a.url, a.protocol, a.extensions, a.binaryType, a.bufferedAmount, a.onmessage, a.OPEN, WebSocket.CLOSED, a.READY_STATE_CLOSING];
  },
  "constructed wrongly": () => outcomes({
    nothing: () => new WebSocket(),
    relative: () => new WebSocket("/path"),
    fragment: () => new WebSocket("ws://host/#f"),
    empty_fragment: () => new WebSocket("ws://127.0.0.1:1/#").url,
    http: () => new WebSocket("http://host/"),
    ftp: () => new WebSocket("ftp://host/"),
    bad_protocol: () => new WebSocket("ws://host/", "a b"),
    empty_protocol: () => new WebSocket("ws://host/", ""),
    repeated: () => new WebSocket("ws://host/", ["a", "a"]),
    protocol_list_with_bad: () => new WebSocket("ws://host/", ["ok", "no,good"]),
  }),
  "accept twice": () => {
    const [a] = open();
    return outcome(() => a.accept());
  },
  "send before accept": () => {
    const [a] = Object.values(new WebSocketPair());
    return outcomes({ send: () => a.send("x"), nothing: () => a.send(), close: () => a.close(), close_badly: () => a.close(5), state: () => a.readyState });
  },
  "messages": async () => {
    const [a, b] = open();
    b.binaryType = "arraybuffer";
    const got = record(b);
    a.send("text");
    a.send("");
    a.send("é ☃ 𝒳");
    a.send(new Uint8Array([1, 2, 3]));
    a.send(new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    a.send(new ArrayBuffer(2));
    a.send(new DataView(new Uint8Array([9, 8, 7]).buffer, 1));
    a.send(new Float32Array([1]));
    await rest();
    return got;
  },
  "other values are sent as text": async () => {
    const [a, b] = open();
    const got = record(b);
    for (const value of [5, -0, null, undefined, true, {}, [1, 2], 12n, new Date(0), new URL("http://x/y"), () => 1]) a.send(value);
    const refused = await outcomes({ nothing: () => a.send(), symbol: () => a.send(Symbol("s")), throwing: () => a.send({ toString() { throw new RangeError("no text"); } }) });
    await rest();
    return [got, refused];
  },
  "lone surrogates": async () => {
    const [a, b] = open();
    const got = record(b);
    a.send("a\ud800b");
    await rest();
    return got;
  },
  "what is sent is a copy": async () => {
    const [a, b] = open();
    b.binaryType = "arraybuffer";
    const got = record(b);
    const bytes = new Uint8Array([1, 2, 3]);
    a.send(bytes);
    bytes.fill(9);
    await rest();
    return [got, bytes.byteLength];
  },
  "blobs": async () => {
    const [a, b] = open();
    const seen = [];
    b.addEventListener("message", async ({ data }) => seen.push([data instanceof Blob, data.size, data.type, show(await data.arrayBuffer())]));
    a.send(new Uint8Array([5, 6]));
    await rest();
    return seen;
  },
  "binaryType": () => {
    const [a] = open();
    const seen = [];
    for (const type of ["arraybuffer", "nonsense", "blob", "ArrayBuffer", null, undefined, 5]) {
      a.binaryType = type;
      seen.push(a.binaryType);
    }
    return seen;
  },
  "binaryType may change between messages": async () => {
    const [a, b] = open();
    const seen = [];
    b.addEventListener("message", ({ data }) => { seen.push(data.constructor.name); b.binaryType = "arraybuffer"; });
    a.send(new Uint8Array(1));
    a.send(new Uint8Array(1));
    await rest();
    return seen;
  },
  "messages arrive later": async () => {
    const [a, b] = open();
    const got = record(b);
    a.send("x");
    const now = got.length;
    await null;
    const soon = got.length;
    await rest();
    return [now, soon, got.length];
  },
  "messages wait for accept": async () => {
    const [a, b] = Object.values(new WebSocketPair());
    a.accept();
    a.send("1");
    a.send("2");
    await rest();
    b.accept();
    const got = record(b);
    a.send("3");
    await rest();
    return got;
  },
  "a goodbye waits for accept": async () => {
    const [a, b] = Object.values(new WebSocketPair());
    a.accept();
    a.send("1");
    a.close(3000, "done");
    await rest();
    const before = b.readyState;
    b.accept();
    const got = record(b);
    await rest();
    return [before, got, a.readyState, b.readyState];
  },
  "both ways": async () => {
    const [a, b] = open();
    const got = [];
    record(a, got, "a");
    b.addEventListener("message", ({ data }) => b.send(`re: ${data}`));
    for (const text of ["1", "2", "3"]) a.send(text);
    await rest();
    return got;
  },
  "many messages keep their order": async () => {
    const [a, b] = open();
    const got = [];
    b.addEventListener("message", ({ data }) => got.push(Number(data)));
    for (let i = 0; i < 500; i++) a.send(String(i));
    await scheduler.wait(100);
    return [got.length, got.every((value, index) => value === index)];
  },
  "a large message": async () => {
    const [a, b] = open();
    const sizes = [];
    b.addEventListener("message", ({ data }) => sizes.push(data.size ?? data.length));
    a.send("x".repeat(1 << 20));
    a.send(new Uint8Array(3 << 20));
    await scheduler.wait(300);
    return sizes;
  },
  "fields of a message event": async () => {
    const [a, b] = open();
    const seen = [];
    b.addEventListener("message", function (event) {
      seen.push(event.type, event.data, event.lastEventId, event.source, event.ports.length, event.target === b, event.currentTarget === b, event.bubbles, event.cancelable, event.defaultPrevented, event.constructor.name, this === b, event.eventPhase);
    });
    a.send("x");
    await rest();
    return seen;
  },
  "fields of a close event": async () => {
    const [a, b] = open();
    const seen = [];
    b.addEventListener("close", function (event) {
      seen.push(event.type, event.code, event.reason, event.wasClean, event.target === b, event.bubbles, event.cancelable, event.constructor.name, this === b);
    });
    a.close(4000, "é");
    await rest();
    return seen;
  },
  "properties called on…": async () => {
    const [a, b] = open();
    const seen = [];
    b.onmessage = (event) => seen.push("onmessage", event.data);
    b.onclose = (event) => seen.push("onclose", event.code);
    b.addEventListener("message", () => seen.push("listener"));
    a.send("1");
    await rest();
    b.onmessage = { handleEvent() { seen.push("object"); } };
    a.send("2");
    await rest();
    b.onmessage = null;
    a.send("3");
    a.close(1000);
    await rest();
    return [seen, typeof b.onclose, Object.keys(b)];
  },
  "listeners": async () => {
    const [a, b] = open();
    const seen = [];
    const twice = () => seen.push("twice");
    b.addEventListener("message", twice);
    b.addEventListener("message", twice);
    b.addEventListener("message", () => seen.push("once"), { once: true });
    b.addEventListener("message", { handleEvent: () => seen.push("object") });
    a.send("1");
    await rest();
    b.removeEventListener("message", twice);
    a.send("2");
    await rest();
    return seen;
  },
  "a listener that throws": differs("the error is logged; the other listeners and the socket go on", { gave: [["first", "second", "first", "second"], 1] }, async () => {
    const [a, b] = open();
    const seen = [];
    b.addEventListener("message", () => { seen.push("first"); throw new Error("in the listener"); });
    b.addEventListener("message", () => seen.push("second"));
    a.send("1");
    a.send("2");
    await rest();
    return [seen, b.readyState];
  }),
  "events of one's own": () => {
    const [a] = open();
    const seen = [];
    a.addEventListener("message", (event) => seen.push(event.data, event.isTrusted));
    a.dispatchEvent(new MessageEvent("message", { data: "made up" }));
    return seen;
  },
  "close": async () => {
    const [a, b] = open();
    const got = [];
    record(a, got, "a");
    record(b, got, "b");
    const gave = a.close(3001, "why");
    const states = [a.readyState, b.readyState];
    await rest();
    return [gave, states, got, a.readyState, b.readyState];
  },
  "close without a code": async () => {
    const [a, b] = open();
    const got = record(a, record(b));
    a.close();
    await rest();
    return got;
  },
  "close with a code alone": async () => {
    const [a, b] = open();
    const got = record(b);
    a.close(1001);
    await rest();
    return got;
  },
  "close codes": () => outcomes(Object.fromEntries([0, 1, 999, 1000, 1000.9, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1012, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65535, 65536, 66536, -1, 1e10, "1000", "x", "", null, NaN, Infinity, true, {}].map((code) => [String(code) + typeof code, () => {
    const [a] = open();
    a.close(code);
    return a.readyState;
  }]))),
  "close reasons": () => outcomes(Object.fromEntries(Object.entries({
    without_code: [undefined, "r"], undefined_code_and_reason: [undefined, undefined], null_reason: [1000, null], number: [1000, 5], empty: [1000, ""], empty_without_code: [undefined, ""],
    longest: [1000, "x".repeat(123)], too_long: [1000, "x".repeat(124)], too_long_in_bytes: [1000, "é".repeat(62)], just_right_in_bytes: [1000, "é".repeat(61)], both_wrong: [5, "x".repeat(124)],
  }).map(([name, args]) => [name, () => {
    const [a] = open();
    a.close(...args);
    return a.readyState;
  }]))),
  "a reason arrives whole": async () => {
    const [a, b] = open();
    const got = record(b);
    a.close(4999, "é".repeat(61));
    await rest();
    return got;
  },
  "after close": async () => {
    const [a, b] = open();
    a.close(1000);
    const at_once = await outcomes({ send: () => a.send("x"), send_nothing: () => a.send(), close: () => a.close(1000), close_badly: () => a.close(5), close_reason: () => a.close(1000, "x".repeat(500)), accept: () => a.accept(), state: () => a.readyState });
    await rest();
    const later = await outcomes({ send: () => a.send("x"), close: () => a.close(), other_send: () => b.send("x"), other_close: () => b.close(3000), states: () => [a.readyState, b.readyState] });
    return [at_once, later];
  },
  "what was sent before close arrives": async () => {
    const [a, b] = open();
    const got = record(b);
    a.send("1");
    a.send("2");
    a.close(1000, "bye");
    await rest();
    return got;
  },
  "close from within a listener": async () => {
    const [a, b] = open();
    const got = [];
    record(a, got, "a");
    b.addEventListener("message", () => { b.send("last"); b.close(4001, "had enough"); });
    a.send("1");
    a.send("2");
    await rest();
    return [got, a.readyState, b.readyState];
  },
  "close from within a close listener": async () => {
    const [a, b] = open();
    const got = [];
    record(a, got, "a");
    b.addEventListener("close", () => { got.push(["b", b.readyState]); try { b.send("more"); got.push("sent"); } catch (error) { got.push(error.message); } b.close(4002, "mine"); });
    a.close(4001, "yours");
    await rest();
    return [got, a.readyState, b.readyState];
  },
  "half open": async () => {
    const [a, b] = open({ allowHalfOpen: true });
    const got = [];
    record(a, got, "a");
    record(b, got, "b");
    a.close(4001, "mine");
    await rest();
    const states = [a.readyState, b.readyState];
    b.send("still here");
    await rest();
    b.close(4002, "now me");
    await rest();
    return [got, states, a.readyState, b.readyState];
  },
  "both close at once": async () => {
    const [a, b] = open();
    const got = [];
    record(a, got, "a");
    record(b, got, "b");
    a.close(4001, "a");
    b.close(4002, "b");
    const states = [a.readyState, b.readyState];
    await rest();
    return [states, got.sort(), a.readyState, b.readyState];
  },
  "attachments of an end that does not hibernate": () => {
    const [a] = open();
    return outcomes({ none: () => a.deserializeAttachment(), set: () => a.serializeAttachment({ a: [1, new Map([[1, 2]])] }), get: () => a.deserializeAttachment(), twice: () => a.deserializeAttachment() === a.deserializeAttachment() });
  },
  "attachments that are refused": () => outcomes({
    nothing: () => new WebSocketPair()[0].serializeAttachment(),
    undefined: () => { const a = new WebSocketPair()[0]; a.serializeAttachment(undefined); return a.deserializeAttachment(); },
    null: () => { const a = new WebSocketPair()[0]; a.serializeAttachment(null); return a.deserializeAttachment(); },
    function: () => new WebSocketPair()[0].serializeAttachment(() => 1),
    large: () => new WebSocketPair()[0].serializeAttachment("x".repeat(20000)),
    largest: () => { const a = new WebSocketPair()[0]; a.serializeAttachment("x".repeat(16384 - 6)); return a.deserializeAttachment().length; },
    one_too_many: () => new WebSocketPair()[0].serializeAttachment("x".repeat(16384 - 5)),
    socket: () => new WebSocketPair()[0].serializeAttachment(new WebSocketPair()[1]),
  }),
  "request-response pairs": () => {
    const pair = new WebSocketRequestResponsePair("a", 5);
    return [pair.request, pair.response, Object.keys(pair), String(pair)];
  },
  "request-response pairs, constructed wrongly": () => outcomes({ nothing: () => new WebSocketRequestResponsePair(), one: () => new WebSocketRequestResponsePair("a"), symbol: () => new WebSocketRequestResponsePair(Symbol("s"), "b") }),
  "used on something else": () => outcomes({
    accept: () => WebSocket.prototype.accept.call({}),
    send: () => WebSocket.prototype.send.call({}, "x"),
    state: () => member("readyState").get.call({}),
  }).then((all) => Object.fromEntries(Object.entries(all).map(([name, { threw }]) => [name, threw?.name]))),
  "structuredClone": () => outcome(() => structuredClone(new WebSocketPair()[0])),
  "a pair in the stateless worker": stateless(async () => {
    const [a, b] = open();
    const got = record(b);
    a.send("x");
    a.close(1000, "bye");
    await rest();
    return got;
  }),
  "a client that cannot connect": async () => {
    const socket = new WebSocket("ws://127.0.0.1:1/path?q", ["one", "two"]);
    const before = [socket.readyState, socket.url, socket.protocol, socket.extensions];
    const early = await outcomes({ send: () => socket.send("x"), accept: () => socket.accept() });
    const events = [];
    await new Promise((resolve) => {
      socket.addEventListener("error", (event) => events.push(["error", event.constructor.name]));
      socket.addEventListener("close", (event) => { events.push(["close", event.code, event.wasClean, socket.readyState]); resolve(); });
      setTimeout(resolve, 500);
    });
    return [before, early, events, socket.readyState];
  },
  "a client that is closed before it is connected": async () => {
    const socket = new WebSocket("ws://127.0.0.1:1/");
    const events = [];
    socket.addEventListener("error", () => events.push(["error"]));
    socket.addEventListener("close", (event) => events.push(["close", event.code, event.reason, event.wasClean]));
    const gave = await outcome(() => socket.close(1000, "never mind"));
    await rest();
    return [gave, events, socket.readyState];
  },
});

export default worker;
export { Place, Actor as Subject, Actor as Plain };
