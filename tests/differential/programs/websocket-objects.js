// WebSockets between objects: upgrades by fetch, acceptance for hibernation, tags, attachments,
// automatic answers.

import { Actor, ask, differs, outcome, outcomes, program, show, stateless, textOf } from "../suite.js";

const rest = (ms = 40) => scheduler.wait(ms);
const upgrade = { headers: { Upgrade: "websocket" } };

function record(socket, into = []) {
  socket.addEventListener("message", (event) => into.push(["message", show(event.data)]));
  socket.addEventListener("close", (event) => into.push(["close", event.code, event.reason, event.wasClean]));
  // the reference also reports that the other end is gone when both have said goodbye
  socket.addEventListener("error", (event) => socket.readyState === 3 || into.push(["error", event.message]));
  return into;
}

/** The client's end of a socket that `stub` accepts in the way that `mode` names. */
async function connect(stub, mode = "keep", more = "") {
  const response = await stub.fetch(`http://subject/${mode}${more}`, upgrade);
  const socket = response.webSocket;
  socket.binaryType = "arraybuffer";
  socket.accept();
  return socket;
}

export class Subject extends Actor {
  seen = [];

  async fetch(request) {
    if (request.headers.get("upgrade") !== "websocket") return super.fetch(request);
    const url = new URL(request.url);
    const [client, server] = Object.values(new WebSocketPair());
    switch (url.pathname) {
      case "/keep": {
        const tags = url.searchParams.getAll("tag");
        if (tags.length > 0) this.ctx.acceptWebSocket(server, tags);
        else this.ctx.acceptWebSocket(server);
        if (url.searchParams.has("attach")) server.serializeAttachment(url.searchParams.get("attach"));
        if (url.searchParams.has("greet")) server.send("hello");
        break;
      }
      case "/accept":
        server.accept();
        record(server, this.seen);
        server.addEventListener("message", (event) => server.send(event.data));
        this.last = server;
        break;
      case "/none":
        return new Response("no socket");
    }
    return new Response(null, { status: 101, webSocket: client, headers: { "x-answer": "yes", "sec-websocket-protocol": "chosen" } });
  }

  async webSocketMessage(socket, message) {
    this.seen.push(["message", show(message)]);
    if (typeof message !== "string") return socket.send(message);
    const [verb, ...args] = message.split(" ");
    switch (verb) {
      case "close": return args.length > 0 ? socket.close(Number(args[0]), args[1]) : socket.close();
      case "throw": throw new TypeError("thrown on purpose");
      case "reject": return Promise.reject(new RangeError("rejected on purpose"));
      case "abort": return this.ctx.abort("aborted on purpose");
      case "attach": return socket.serializeAttachment(args);
      case "attached": return socket.send(JSON.stringify(socket.deserializeAttachment()));
      case "tags": return socket.send(JSON.stringify(this.ctx.getTags(socket)));
      case "same": return socket.send(JSON.stringify([this.ctx.getWebSockets().includes(socket), this.ctx.getWebSockets()[0] === this.ctx.getWebSockets()[0], socket.readyState]));
      case "all": return this.ctx.getWebSockets().forEach((each) => each.send(args.join(" ")));
      case "slow": await scheduler.wait(50); return socket.send("slept");
      case "state": return socket.send(JSON.stringify([socket.readyState, socket.url, socket.protocol, socket.extensions, socket.binaryType, socket.constructor.name]));
      case "put": this.ctx.storage.kv.put(args[0], args[1]); return socket.send("put");
      default: return socket.send(message);
    }
  }

  webSocketClose(socket, code, reason, wasClean) {
    this.seen.push(["close", code, reason, wasClean, socket.readyState, this.ctx.getWebSockets().length]);
    if (reason === "answer") socket.close(4444, "answered");
  }

  webSocketError(socket, error) {
    this.seen.push(["error", String(error)]);
  }

  log() { return this.seen.splice(0); }
  count(tag) { return tag === undefined ? this.ctx.getWebSockets().length : this.ctx.getWebSockets(tag).length; }
  states() { return this.ctx.getWebSockets().map((socket) => socket.readyState); }
  attachments(tag) { return this.ctx.getWebSockets(tag).map((socket) => socket.deserializeAttachment()); }
  tags() { return this.ctx.getWebSockets().map((socket) => this.ctx.getTags(socket)); }
  broadcast(text) { for (const socket of this.ctx.getWebSockets()) socket.send(text); }
  closeAll(code, reason) { for (const socket of this.ctx.getWebSockets()) socket.close(code, reason); }
  auto(request, response) { return this.ctx.setWebSocketAutoResponse(request === undefined ? undefined : new WebSocketRequestResponsePair(request, response)); }
  getAuto() { const pair = this.ctx.getWebSocketAutoResponse(); return pair === null ? null : [pair.request, pair.response, pair.constructor.name]; }
  answeredAt() { return this.ctx.getWebSockets().map((socket) => { const at = this.ctx.getWebSocketAutoResponseTimestamp(socket); return at === null ? null : at instanceof Date && Date.now() - at.getTime() < 60000; }); }
  closeLast(code, reason) { this.last.close(code, reason); }
  abort() { this.ctx.abort("aborted by a call"); }
  outcomes(name) { return trials[name](this.ctx); }
}

const fresh = () => Object.values(new WebSocketPair());
const pair = (request = "a", response = "b") => new WebSocketRequestResponsePair(request, response);

/** What is tried with the `ctx` of a subject. */
const trials = {
  accept: (ctx) => outcomes({
    nothing: () => ctx.acceptWebSocket(),
    no_socket: () => ctx.acceptWebSocket({}),
    accepted: () => { const [a] = fresh(); a.accept(); ctx.acceptWebSocket(a); },
    peer_accepted: () => { const [a, b] = fresh(); b.accept(); ctx.acceptWebSocket(a); },
    twice: () => { const [a] = fresh(); ctx.acceptWebSocket(a); ctx.acceptWebSocket(a); },
    both: () => { const [a, b] = fresh(); ctx.acceptWebSocket(a); ctx.acceptWebSocket(b); },
    then_accept: () => { const [a] = fresh(); ctx.acceptWebSocket(a); a.accept(); },
    then_accept_other: () => { const [a, b] = fresh(); ctx.acceptWebSocket(a); b.accept(); return b.readyState; },
    in_response: () => { const [a] = fresh(); new Response(null, { status: 101, webSocket: a }); ctx.acceptWebSocket(a); },
    gave: () => ctx.acceptWebSocket(fresh()[0]),
  }),
  tags: (ctx) => outcomes({
    text: () => ctx.acceptWebSocket(fresh()[0], "tag"),
    null: () => ctx.acceptWebSocket(fresh()[0], null),
    object: () => ctx.acceptWebSocket(fresh()[0], {}),
    undefined: () => ctx.acceptWebSocket(fresh()[0], undefined),
    numbers: () => { const [a] = fresh(); ctx.acceptWebSocket(a, [1, true, null]); return ctx.getTags(a); },
    set: () => { const [a] = fresh(); ctx.acceptWebSocket(a, new Set(["x"])); return ctx.getTags(a); },
    eleven: () => ctx.acceptWebSocket(fresh()[0], Array.from({ length: 11 }, (_, i) => `t${i}`)),
    eleven_with_double: () => { const [a] = fresh(); ctx.acceptWebSocket(a, [..."abcdefghij", "a"]); return ctx.getTags(a); },
    ten: () => { const [a] = fresh(); ctx.acceptWebSocket(a, [..."jihgfedcba"]); return ctx.getTags(a); },
    long: () => ctx.acceptWebSocket(fresh()[0], ["x".repeat(257)]),
    longest: () => { const [a] = fresh(); ctx.acceptWebSocket(a, ["x".repeat(256)]); return ctx.getTags(a)[0].length; },
    long_in_bytes: () => { const [a] = fresh(); ctx.acceptWebSocket(a, ["é".repeat(200)]); return ctx.getTags(a)[0].length; },
    empty: () => { const [a] = fresh(); ctx.acceptWebSocket(a, ["", "b", ""]); return [ctx.getTags(a), ctx.getWebSockets("").length]; },
    symbol: () => ctx.acceptWebSocket(fresh()[0], [Symbol("s")]),
  }),
  getTags: (ctx) => outcomes({
    nothing: () => ctx.getTags(),
    no_socket: () => ctx.getTags({}),
    fresh: () => ctx.getTags(fresh()[0]),
    accepted: () => { const [a] = fresh(); a.accept(); return ctx.getTags(a); },
    untagged: () => { const [a] = fresh(); ctx.acceptWebSocket(a); return ctx.getTags(a); },
    tagged: () => { const [a] = fresh(); ctx.acceptWebSocket(a, ["z", "a", "z"]); return ctx.getTags(a); },
  }),
  getWebSockets: (ctx) => outcomes({
    none: () => ctx.getWebSockets(),
    order: () => {
      const all = ["one", "two", "three"].map((tag) => { const [a] = fresh(); ctx.acceptWebSocket(a, [tag, "all"]); return a; });
      return [ctx.getWebSockets().map((a) => ctx.getTags(a)[0]), ctx.getWebSockets("all").map((a) => ctx.getTags(a)[0]), ctx.getWebSockets("two")[0] === all[1]];
    },
    unknown: () => ctx.getWebSockets("unknown"),
    null: () => ctx.getWebSockets(null).length,
    undefined: () => ctx.getWebSockets(undefined).length,
    number: () => ctx.getWebSockets(5).length,
  }),
  auto: (ctx) => outcomes({
    none: () => ctx.getWebSocketAutoResponse(),
    set: () => ctx.setWebSocketAutoResponse(pair()),
    get: () => { const got = ctx.getWebSocketAutoResponse(); return [got.request, got.response, got === ctx.getWebSocketAutoResponse()]; },
    wrong: () => ctx.setWebSocketAutoResponse({ request: "a", response: "b" }),
    null: () => ctx.setWebSocketAutoResponse(null),
    unset: () => ctx.setWebSocketAutoResponse(),
    after: () => ctx.getWebSocketAutoResponse(),
    long_request: () => ctx.setWebSocketAutoResponse(pair("x".repeat(2049))),
    long_response: () => ctx.setWebSocketAutoResponse(pair("a", "x".repeat(2049))),
    long_in_bytes: () => ctx.setWebSocketAutoResponse(pair("é".repeat(1025))),
    longest: () => ctx.setWebSocketAutoResponse(pair("x".repeat(2048), "y".repeat(2048))),
    time_of_nothing: () => ctx.getWebSocketAutoResponseTimestamp(),
    time_of_fresh: () => ctx.getWebSocketAutoResponseTimestamp(fresh()[0]),
    time_of_kept: () => { const [a] = fresh(); ctx.acceptWebSocket(a); return ctx.getWebSocketAutoResponseTimestamp(a); },
  }),
  timeout: (ctx) => outcomes({
    none: () => ctx.getHibernatableWebSocketEventTimeout(),
    set: () => ctx.setHibernatableWebSocketEventTimeout(1000),
    get: () => ctx.getHibernatableWebSocketEventTimeout(),
    fraction: () => { ctx.setHibernatableWebSocketEventTimeout(1500.7); return ctx.getHibernatableWebSocketEventTimeout(); },
    largest: () => { ctx.setHibernatableWebSocketEventTimeout(604800000); return ctx.getHibernatableWebSocketEventTimeout(); },
    too_large: () => ctx.setHibernatableWebSocketEventTimeout(604800001),
    zero: () => { ctx.setHibernatableWebSocketEventTimeout(0); return ctx.getHibernatableWebSocketEventTimeout(); },
    negative: () => { ctx.setHibernatableWebSocketEventTimeout(-1); return ctx.getHibernatableWebSocketEventTimeout(); },
    text: () => { ctx.setHibernatableWebSocketEventTimeout("7"); return ctx.getHibernatableWebSocketEventTimeout(); },
    unset: () => { ctx.setHibernatableWebSocketEventTimeout(5); ctx.setHibernatableWebSocketEventTimeout(); return ctx.getHibernatableWebSocketEventTimeout(); },
  }),
};

const { worker, Place } = program({
  ...Object.fromEntries(Object.keys(trials).map((name) => [`of ctx: ${name}`, (t) => ask(t.subject(), "outcomes", name)])),
  "an upgrade": async (t) => {
    const response = await t.subject().fetch("http://subject/keep", upgrade);
    const { webSocket } = response;
    return [response.status, response.statusText, response.ok, response.headers.get("x-answer"), response.headers.get("upgrade"), response.body, String(webSocket), webSocket === response.webSocket,
      webSocket.readyState, webSocket.url, webSocket.protocol, webSocket.extensions, webSocket.binaryType];
  },
  "an upgrade that is not answered with a socket": async (t) => {
    const response = await t.subject().fetch("http://subject/none", upgrade);
    return [response.status, response.webSocket, await response.text()];
  },
  "before accept": async (t) => {
    const { webSocket } = await t.subject().fetch("http://subject/keep", upgrade);
    return outcomes({ send: () => webSocket.send("x"), close: () => webSocket.close(), tags: () => t.ctx.getTags(webSocket), keep: () => t.ctx.acceptWebSocket(webSocket) });
  },
  "echo through accept": async (t) => {
    const socket = await connect(t.subject(), "accept");
    const got = record(socket);
    socket.send("one");
    socket.send(new Uint8Array([1, 2]));
    await rest();
    return [got, await ask(t.subject(), "log"), await ask(t.subject(), "count")];
  },
  "echo through acceptWebSocket": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("one");
    socket.send(new Uint8Array([1, 2]));
    await rest();
    return [got, await ask(t.subject(), "log"), await ask(t.subject(), "count")];
  },
  "a greeting before the answer": async (t) => {
    const socket = await connect(t.subject(), "keep", "?greet");
    const got = record(socket);
    await rest();
    return got;
  },
  "what is sent before the handler runs waits": async (t) => {
    const socket = await connect(t.subject(), "accept");
    const got = record(socket);
    for (let i = 0; i < 50; i++) socket.send(String(i));
    await rest();
    return got.map(([, data]) => Number(data)).every((value, index) => value === index) && got.length;
  },
  "the socket of a handler": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("same");
    socket.send("state");
    await rest();
    return got;
  },
  "tags and attachments of the handler's socket": async (t) => {
    const socket = await connect(t.subject(), "keep", "?tag=b&tag=a&tag=b&attach=first");
    const got = record(socket);
    for (const text of ["tags", "attached", "attach x y", "attached"]) socket.send(text);
    await rest();
    return [got, await ask(t.subject(), "attachments"), await ask(t.subject(), "attachments", "a"), await ask(t.subject(), "attachments", "c")];
  },
  "counting by tag": async (t) => {
    for (const tags of ["?tag=a", "?tag=a&tag=b", "?tag=b", ""]) await connect(t.subject(), "keep", tags);
    return [await ask(t.subject(), "count"), await ask(t.subject(), "count", "a"), await ask(t.subject(), "count", "b"), await ask(t.subject(), "count", "c"), await ask(t.subject(), "tags")];
  },
  "broadcast": async (t) => {
    const got = [];
    const sockets = [];
    for (const name of ["one", "two"]) sockets.push(await connect(t.subject()));
    sockets.forEach((socket, index) => record(socket, (got[index] = [])));
    sockets[0].send("all good morning");
    await rest();
    await ask(t.subject(), "broadcast", "from a call");
    await rest();
    return got;
  },
  "a handler that throws": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    for (const text of ["throw", "reject", "still there"]) socket.send(text);
    await rest();
    return [got, await ask(t.subject(), "log"), socket.readyState];
  },
  "handlers run side by side": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("slow");
    socket.send("quick");
    await rest(150);
    return got;
  },
  "the client says goodbye to accept": async (t) => {
    const socket = await connect(t.subject(), "accept");
    const got = record(socket);
    socket.close(4000, "bye");
    await rest();
    return [got, await ask(t.subject(), "log"), socket.readyState];
  },
  "the client says goodbye to acceptWebSocket and is answered": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.close(4000, "answer");
    await rest();
    return [got, await ask(t.subject(), "log"), socket.readyState, await ask(t.subject(), "count")];
  },
  "the client says goodbye to acceptWebSocket": differs("a goodbye is always answered: the documentation says so", {
    gave: [[["close", 4000, "bye", true]], [["close", 4000, "bye", true, 2, 1]], 3, 0],
  }, async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.close(4000, "bye");
    await rest();
    return [got, await ask(t.subject(), "log"), socket.readyState, await ask(t.subject(), "count")];
  }),
  "the object says goodbye after accept": async (t) => {
    const socket = await connect(t.subject(), "accept");
    const got = record(socket);
    await ask(t.subject(), "closeLast", 4001, "done");
    await rest();
    return [got, await ask(t.subject(), "log"), socket.readyState];
  },
  "the object says goodbye after acceptWebSocket": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("close 4001 done");
    await rest();
    return [got, await ask(t.subject(), "log"), socket.readyState, await ask(t.subject(), "count")];
  },
  "the object says goodbye without a code": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("close");
    await rest();
    return [got, await ask(t.subject(), "log")];
  },
  "the object says goodbye to all": async (t) => {
    const sockets = [await connect(t.subject()), await connect(t.subject())];
    const got = sockets.map((socket) => record(socket));
    await ask(t.subject(), "closeAll", 1001, "going");
    await rest();
    return [got, (await ask(t.subject(), "log")).length, await ask(t.subject(), "count")];
  },
  "a socket that has been said goodbye to is listed until it answers": async (t) => {
    const { webSocket } = await t.subject().fetch("http://subject/keep", upgrade);
    await ask(t.subject(), "closeAll", 1000, "");
    return [await ask(t.subject(), "count"), await ask(t.subject(), "states"), webSocket.readyState];
  },
  "an object that ends loses its sockets": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    await outcome(() => ask(t.subject(), "abort"));
    await rest();
    return [got, socket.readyState, await outcome(() => socket.send("x")), await ask(t.subject("one"), "count")];
  },
  "an object that ends loses what it accepted": async (t) => {
    const socket = await connect(t.subject(), "accept");
    const got = record(socket);
    await outcome(() => ask(t.subject(), "abort"));
    await rest();
    return [got, socket.readyState, await outcome(() => socket.send("x")), await outcome(() => socket.close(1000))];
  },
  "abort from a handler": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("abort");
    await rest();
    return [got, await ask(t.subject(), "count"), await ask(t.subject(), "log")];
  },
  "an automatic answer": async (t) => {
    await ask(t.subject(), "auto", "ping", "pong");
    const socket = await connect(t.subject());
    const got = record(socket);
    for (const text of ["ping", "ping ", "Ping", ""]) socket.send(text);
    socket.send(new TextEncoder().encode("ping"));
    await rest();
    return [got, await ask(t.subject(), "log"), await ask(t.subject(), "answeredAt"), await ask(t.subject(), "getAuto")];
  },
  "no automatic answer after accept": async (t) => {
    await ask(t.subject(), "auto", "ping", "pong");
    const socket = await connect(t.subject(), "accept");
    const got = record(socket);
    socket.send("ping");
    await rest();
    return got;
  },
  "an automatic answer that was set later, changed and taken away": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    const answers = [await ask(t.subject(), "answeredAt")];
    for (const auto of [["ping", "one"], ["ping", "two"], []]) {
      await ask(t.subject(), "auto", ...auto);
      socket.send("ping");
      await rest();
    }
    return [got, answers, await ask(t.subject(), "answeredAt")];
  },
  "an automatic answer of nothing": async (t) => {
    await ask(t.subject(), "auto", "", "");
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("");
    await rest();
    return [got, await ask(t.subject(), "log")];
  },
  "a write and its message": async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("put key value");
    await rest();
    return got;
  },
  "an object without handlers": async (t) => {
    const stub = t.env.PLAINS.getByName("without handlers");
    const response = await stub.fetch("http://plain/", upgrade);
    const socket = response.webSocket;
    socket.accept();
    const got = record(socket);
    socket.send("anybody?");
    await rest();
    return [got, socket.readyState];
  },
  "upgrades without the header": async (t) => outcome(() => t.subject().fetch("http://subject/accept", { headers: { "x-upgrade": "websocket" } }).then((response) => response.text().catch((error) => String(error)))),
  "a socket goes on to who asked": async (t) => {
    const middle = await t.load(`export default { async fetch(request, env) { return env.next.fetch(request); } }`, { env: { next: t.exports.default } }).getEntrypoint().fetch("http://x/?case=", upgrade).catch(String);
    return typeof middle === "string" ? middle : [middle.status, await middle.text()];
  },
  "from the stateless worker": stateless(async (t) => {
    const socket = await connect(t.subject());
    const got = record(socket);
    socket.send("one");
    await rest();
    socket.close(1000, "answer");
    await rest();
    return got;
  }),
  "the other object's end is kept too": async (t) => {
    // a client's end cannot be kept for hibernation
    const { webSocket } = await t.subject().fetch("http://subject/keep", upgrade);
    return outcome(() => t.ctx.acceptWebSocket(webSocket));
  },
});

/** Keeps sockets, and handles nothing. */
export class Plain extends Actor {
  async fetch() {
    const [client, server] = fresh();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
}

export default worker;
export { Place };
