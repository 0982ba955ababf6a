// Tail workers that the configuration names: what they are told of requests, calls, alarms and
// sockets of the worker that they belong to.
// tailed

import { Actor, outcome, program, stateless } from "../suite.js";

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** In the second worker: keeps what it heard, in the order in which it came. */
export class Subject extends Actor {
  heard = [];
  keep(items) { this.heard.push(...items); }
  all() { return this.heard; }
  fetch(request) { console.log(new URL(request.url).pathname.slice(1)); return new Response("object"); }
  speak(text) { console.log(text); return text; }
  fail(text) { console.log(text); throw new TypeError("no " + text); }
  async ring(text, fails) {
    this.ctx.storage.kv.put("text", text);
    this.ctx.storage.kv.put("fails", fails);
    await this.ctx.storage.setAlarm(Date.now());
  }
  alarm() {
    console.warn(this.ctx.storage.kv.get("text"));
    if (this.ctx.storage.kv.get("fails")) {
      this.ctx.storage.kv.put("fails", false);
      throw new RangeError("not today");
    }
  }
}

/** In the first worker: sockets. */
export class Plain extends Actor {
  fetch(request) {
    const [ours, theirs] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(theirs);
    return new Response(null, { status: 101, webSocket: ours });
  }
  webSocketMessage(socket, text) { console.log(text); socket.send("heard"); }
  webSocketClose(socket, code, reason) { console.log(reason); socket.close(code, reason); }
}

/** What is the same at each run of a trace item. */
const seen = (item) => ({
  event: tidy(JSON.parse(JSON.stringify(item.event))), tag: Object.prototype.toString.call(item.event),
  logs: item.logs.map(({ level, message }) => [level, message]),
  exceptions: item.exceptions.map(({ name, message }) => [name, message]),
  outcome: item.outcome, entrypoint: item.entrypoint ?? null, model: item.executionModel, id: item.durableObjectId?.length ?? null, status: item.event?.response?.status ?? null,
  scheduled: item.event?.scheduledTime instanceof Date, near: Math.abs(Date.now() - item.eventTimestamp) < 60000,
});
function tidy(event) {
  if (event?.scheduledTime) event.scheduledTime = typeof event.scheduledTime;
  if (event?.request) event.request = { method: event.request.method, path: new URL(event.request.url).pathname, headers: "headers" in event.request };
  return event;
}

/** What was heard of the invocations that logged `text`, once there are `count`. */
async function heard(t, text, count = 1) {
  const keeper = t.env.HEARD.getByName("all");
  for (let i = 0; i < 80; i++) {
    const all = (await keeper.all()).filter(({ logs }) => logs.some(([, message]) => message[0] === text));
    if (all.length >= count) return all;
    await sleep(50);
  }
  return "nothing";
}

const { worker, Place } = program({
  "the request of a case": stateless(async (t) => { console.log("one", { a: 1 }); console.error("two"); return { text: "x" }; }),
  "what was heard of that": async (t) => heard(t, "one"),
  "a request to an object": async (t) => {
    await (await t.subject().fetch("http://x/object-asked")).text();
    return heard(t, "object-asked");
  },
  "a call": async (t) => [await t.subject().speak("called"), await heard(t, "called")],
  "a call that fails": async (t) => [await outcome(() => t.subject().fail("failing")), await heard(t, "failing")],
  "an alarm": async (t) => { await t.subject().ring("ringing", false); return heard(t, "ringing"); },
  "an alarm that fails once": async (t) => { await t.subject().ring("ringing twice", true); return heard(t, "ringing twice", 2); },
  "a socket that is kept": async (t) => {
    const { webSocket } = await t.env.PLAINS.getByName("sockets").fetch("http://x/", { headers: { upgrade: "websocket" } });
    const answer = new Promise((done) => webSocket.addEventListener("message", (event) => done(event.data)));
    webSocket.accept();
    webSocket.send("a message");
    const said = await answer;
    const message = await heard(t, "a message");
    webSocket.close(1000, "enough");
    return [said, message, await heard(t, "enough")];
  },
});

worker.tail = async (items, env) => env.SUBJECTS.getByName("all").keep(items.map(seen));

export default worker;
export { Place };
