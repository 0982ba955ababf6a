// WebSockets that end in facets: through the parent, with methods, in dynamic workers; what the
// end of a facet does to them; answers that carry a socket.

import { Actor, ask, code, differs, outcome, outcomes, program, show, stateless, textOf } from "../suite.js";

const rest = (ms = 40) => scheduler.wait(ms);
const upgrade = { headers: { Upgrade: "websocket" } };

function record(socket, into = []) {
  socket.addEventListener("message", (event) => into.push(["message", show(event.data)]));
  socket.addEventListener("close", (event) => into.push(["close", event.code, event.reason, event.wasClean]));
  // the reference also reports that the other end is gone when both have said goodbye
  socket.addEventListener("error", (event) => socket.readyState === 3 || into.push(["error", event.message]));
  return into;
}

async function connect(stub, path = "/") {
  const response = await stub.fetch(`http://facet${path}`, upgrade);
  const socket = response.webSocket;
  socket.accept();
  return socket;
}

/** Keeps its sockets, and echoes. With a path, sends the request to a facet of that name. */
export class Subject extends Actor {
  seen = [];

  async fetch(request) {
    const [, facet, ...others] = new URL(request.url).pathname.split("/");
    if (facet) return this.facet(facet).fetch(new Request(`http://facet/${others.join("/")}`, request));
    if (request.headers.get("upgrade") !== "websocket") return super.fetch(request);
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, [this.ctx.props.tag ?? "none"]);
    return new Response(null, { status: 101, webSocket: client });
  }

  facet(name) { return this.ctx.facets.get(name, () => ({ class: this.ctx.exports.Subject({ props: { tag: name } }) })); }

  async webSocketMessage(socket, message) {
    this.seen.push(message);
    switch (message) {
      case "abort": return this.ctx.abort("the facet ends itself");
      case "throw": throw new Error("the facet throws");
      case "tags": return socket.send(JSON.stringify(this.ctx.getTags(socket)));
      case "close": return socket.close(4001, "from the facet");
      case "put": this.ctx.storage.kv.put("n", (this.ctx.storage.kv.get("n") ?? 0) + 1); return socket.send(String(this.ctx.storage.kv.get("n")));
      default: return socket.send(`${this.ctx.props.tag ?? "object"}: ${message}`);
    }
  }

  webSocketClose(socket, code, reason) {
    this.seen.push(["close", code, reason]);
    socket.close(code, reason);
  }

  log() { return this.seen; }
  count() { return this.ctx.getWebSockets().length; }
  end(name, reason) { this.ctx.facets.abort(name, new Error(reason)); }
  remove(name) { this.ctx.facets.delete(name); }
  abort(reason) { this.ctx.abort(reason); }
  async clear() { await this.ctx.storage.deleteAll(); }
  of(name, method, ...args) { return ask(this.facet(name), method, ...args); }
}

const DYNAMIC = `
import { DurableObject } from "cloudflare:workers";
export class App extends DurableObject {
  async fetch(request) {
    if (new URL(request.url).pathname === "/count") return Response.json(this.ctx.getWebSockets().length);
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
  webSocketMessage(socket, message) { for (const each of this.ctx.getWebSockets()) each.send("app: " + message); }
}
export class Entry { }
export default {
  fetch(request) {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", (event) => server.send("worker: " + event.data));
    return new Response(null, { status: 101, webSocket: client });
  }
}`;

/** A response with a socket, made in the way that \`make\` says, as seen by who asked. */
const answered = async (run) => outcome(async () => {
  const response = await run();
  return [response.status, response.webSocket === null ? null : String(response.webSocket)];
});

/** What a worker answers that is made of this function body. */
const worker_of = (t, body) => t.load(`export default { async fetch(request, env, ctx) { const [a, b] = Object.values(new WebSocketPair()); ${body} } }`).getEntrypoint();

const { worker, Place } = program({
  "an echo": async (t) => {
    const socket = await connect(t.subject(), "/f");
    const got = record(socket);
    socket.send("one");
    socket.send("tags");
    await rest();
    return [got, await ask(t.subject(), "of", "f", "log"), await ask(t.subject(), "count"), await ask(t.subject(), "of", "f", "count")];
  },
  "two facets and their parent": async (t) => {
    const sockets = [await connect(t.subject(), "/"), await connect(t.subject(), "/f"), await connect(t.subject(), "/g")];
    const got = sockets.map((socket) => record(socket));
    for (const socket of sockets) socket.send("hello");
    await rest();
    return got;
  },
  "a facet of a facet": async (t) => {
    const socket = await connect(t.subject(), "/f/g");
    const got = record(socket);
    socket.send("deep");
    await rest();
    return got;
  },
  "goodbyes": async (t) => {
    const [mine, theirs] = [await connect(t.subject(), "/f"), await connect(t.subject(), "/f")];
    const got = [record(mine), record(theirs)];
    mine.close(4000, "mine");
    theirs.send("close");
    await rest();
    return [got, await ask(t.subject(), "of", "f", "count")];
  },
  "a facet's writes": async (t) => {
    const socket = await connect(t.subject(), "/f");
    const got = record(socket);
    for (let i = 0; i < 3; i++) socket.send("put");
    await rest();
    return got;
  },
  "a facet that throws": async (t) => {
    const socket = await connect(t.subject(), "/f");
    const got = record(socket);
    socket.send("throw");
    socket.send("after");
    await rest();
    return [got, socket.readyState];
  },
  "a facet that ends itself": async (t) => {
    const socket = await connect(t.subject(), "/f");
    const got = record(socket);
    socket.send("abort");
    await rest();
    return [got, await ask(t.subject(), "of", "f", "count")];
  },
  "a facet that its parent ends": async (t) => {
    const socket = await connect(t.subject(), "/f");
    const got = record(socket);
    await ask(t.subject(), "end", "f", "ended by the parent");
    await rest();
    return [got, await ask(t.subject(), "of", "f", "count")];
  },
  "a facet that is deleted": async (t) => {
    const socket = await connect(t.subject(), "/f");
    const got = record(socket);
    await ask(t.subject(), "remove", "f");
    await rest();
    return [got, await ask(t.subject(), "of", "f", "count")];
  },
  "a parent that ends": async (t) => {
    const [own, facets] = [await connect(t.subject(), "/"), await connect(t.subject(), "/f")];
    const got = [record(own), record(facets)];
    await outcome(() => ask(t.subject(), "abort", "the parent ends"));
    await rest();
    return got;
  },
  "a parent that deletes all": async (t) => {
    const [own, facets] = [await connect(t.subject(), "/"), await connect(t.subject(), "/f")];
    const got = [record(own), record(facets)];
    await ask(t.subject(), "clear");
    own.send("still here");
    await rest();
    return got;
  },
  "a facet of a dynamic worker": async (t) => {
    const stub = t.facets.get("app", () => ({ class: t.load(DYNAMIC).getDurableObjectClass("App") }));
    const sockets = [await connect(stub), await connect(stub)];
    const got = sockets.map((socket) => record(socket));
    sockets[0].send("to all");
    await rest();
    return [got, await textOf(stub, "http://facet/count")];
  },
  "a dynamic worker": async (t) => {
    const socket = await connect(t.load(DYNAMIC).getEntrypoint());
    const got = record(socket);
    socket.send("one");
    await rest();
    socket.close(1000, "bye");
    await rest();
    return got;
  },
  "answers with sockets": async (t) => Object.fromEntries(await Promise.all(Object.entries({
    fresh: "return new Response(null, { status: 101, webSocket: a });",
    other_accepted: "b.accept(); return new Response(null, { status: 101, webSocket: a });",
    nobody_accepted: "return new Response('x', { status: 101, webSocket: a });",
    status: "return new Response(null, { status: 200, webSocket: a });",
    no_status: "return new Response(null, { webSocket: a });",
    no_socket: "return new Response(null, { status: 101 });",
    null_socket: "return new Response(null, { status: 101, webSocket: null });",
    not_a_socket: "return new Response(null, { status: 101, webSocket: {} });",
    twice: "new Response(null, { status: 101, webSocket: a }); return new Response(null, { status: 101, webSocket: a });",
    clone: "return new Response(null, { status: 101, webSocket: a }).clone();",
    property: "const { webSocket } = new Response(null, { status: 101, webSocket: a }); return Response.json([webSocket === a]);",
    remade: "const response = new Response(null, { status: 101, webSocket: a }); return new Response(response.body, response);",
  }).map(async ([name, body]) => [name, await answered(() => worker_of(t, body).fetch("http://x/", upgrade))]))),
  "answers with sockets that are in use": differs("refused at once: such a socket would have two owners", { gave: Object.fromEntries(Object.entries({
    accepted: "accept()", accepted_after: "accept()", client: null,
  }).map(([name, after]) => [name, { threw: { $: "TypeError", name: "TypeError", message: after === null ? "Can't return WebSocket in a Response if it was created with `new WebSocket()`." : `Can't return WebSocket in a Response after calling ${after}.`, remote: true } }])) }, async (t) => Object.fromEntries(await Promise.all(Object.entries({
    accepted: "a.accept(); return new Response(null, { status: 101, webSocket: a });",
    accepted_after: "const response = new Response(null, { status: 101, webSocket: a }); a.accept(); return response;",
    client: "return new Response(null, { status: 101, webSocket: new WebSocket('ws://127.0.0.1:1/') });",
  }).map(async ([name, body]) => [name, await answered(() => worker_of(t, body).fetch("http://x/", upgrade))])))),
  "a socket for who did not ask for one": async (t) => {
    const stub = worker_of(t, "b.accept(); return new Response(null, { status: 101, webSocket: a });");
    return outcomes({
      plain: () => stub.fetch("http://x/").then((response) => response.status),
      other_header: () => stub.fetch("http://x/", { headers: { upgrade: "h2c" } }).then((response) => response.status),
      upper_case: () => stub.fetch("http://x/", { headers: { upgrade: "WebSocket" } }).then((response) => response.status),
      post: () => stub.fetch("http://x/", { method: "POST", body: "x", ...upgrade }).then((response) => response.status),
    });
  },
  "headers of an answer with a socket": async (t) => {
    const response = await worker_of(t, `return new Response(null, { status: 101, webSocket: a, headers: { "x-a": "b", "set-cookie": "c=d", "sec-websocket-protocol": "p", "content-type": "text/plain" } });`).fetch("http://x/", { headers: { Upgrade: "websocket", "sec-websocket-protocol": "o, p" } });
    return [[...response.headers], response.webSocket.protocol, response.webSocket.extensions, response.webSocket.url];
  },
  "what the handler sees of an upgrade": async (t) => (await worker_of(t, `return Response.json([request.method, request.headers.get("upgrade"), request.headers.get("connection"), [...request.headers.keys()]]);`).fetch("http://x/", { headers: { Upgrade: "websocket", "sec-websocket-protocol": "p" } })).json(),
  "an answer that is passed on untouched": async (t) => {
    const socket = await connect(t.subject(), "/f");
    const passed = await t.subject().fetch("http://facet/f", upgrade);
    return [passed.status, passed.webSocket instanceof WebSocket, socket.readyState];
  },
  "an answer that is made anew": async (t) => {
    const stub = worker_of(t, `b.accept(); b.addEventListener("message", (event) => b.send("re: " + event.data)); const first = new Response(null, { status: 101, webSocket: a, headers: { "x-a": "1" } }); const again = new Response(null, first); again.headers.set("x-b", "2"); return again;`);
    const response = await stub.fetch("http://x/", upgrade);
    const got = record(response.webSocket);
    response.webSocket.accept();
    response.webSocket.send("hi");
    await rest();
    return [response.headers.get("x-a"), response.headers.get("x-b"), got];
  },
  "sockets do not travel with calls": async (t) => {
    const stub = t.load(`import { WorkerEntrypoint } from "cloudflare:workers"; export default class extends WorkerEntrypoint { take(value) { return String(value); } give() { return new WebSocketPair()[0]; } }`).getEntrypoint();
    return outcomes({ argument: () => stub.take(new WebSocketPair()[0]), result: () => stub.give() });
  },
  "a socket between two others": async (t) => {
    // the middle accepts both and passes on what it likes
    const far = await connect(t.subject());
    const [near, middle] = Object.values(new WebSocketPair());
    middle.accept();
    middle.addEventListener("message", (event) => far.send(event.data.toUpperCase()));
    far.addEventListener("message", (event) => middle.send(`<${event.data}>`));
    near.accept();
    const got = record(near);
    near.send("hello");
    await rest();
    return got;
  },
});

export default worker;
export { Place, Actor as Plain };
