// Asynchronous host calls. `op` starts one; the host answers at once with a list of one value,
// or later with an event that carries the operation's number.

import { feeds, host, pending, refuse, settle } from "./native.js";
import { currentSection } from "./sections.js";

let last = 0;
const waiting = new Map();

/** What is known of an operation under way. */
class Operation {
  constructor(convert, origin, kind) {
    this.convert = convert;
    /** What it gives: "fetch" for a response, "call" for the result of one. */
    this.kind = kind;
    /** What is broken for good when the other end turns out to be. */
    this.origin = origin;
    this.section = currentSection();
    this.promise = pending();
  }
}

/** Bytes come as an ArrayBuffer; chunks of streams are views. */
const chunk = (value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value);

/** Starts operation `name` and resolves with its value. */
export function op(name, ...args) {
  const operation = new Operation(chunk, undefined, undefined);
  const id = ++last;
  try {
    const answer = host(name, id, ...args);
    if (answer !== undefined) settle(operation.promise, chunk(answer[0]));
    else waiting.set(id, operation);
  } catch (error) {
    refuse(operation.promise, error);
  }
  return operation.promise;
}

/** Starts an operation that answers at once as well: that answer, and a promise of its end. */
export function start(name, ...args) {
  const operation = new Operation(chunk, undefined, undefined);
  const id = ++last;
  const answer = host(name, id, ...args);
  waiting.set(id, operation);
  return [answer, operation.promise];
}

/** Operations begun in this turn whose answer may only pass through; see `forward`. */
let begun = [];

/**
 * Sends a request; resolves with `convert(answer)`. Undefined when the host knows no facet of
 * that name and has to be told its class first. `origin` is the stub, which the end of an object
 * breaks.
 */
export function sendRequest(convert, target, method, url, headers, body, origin, follows) {
  const id = ++last;
  if (host("fetch", id, target, method, url, headers, body, follows) !== undefined) return undefined;
  return begin(id, convert, origin, "fetch");
}

/** Calls the host with arguments; rpc/values.js knows how they are written. */
let sendArguments;
export function setSender(send) {
  sendArguments = send;
}

/** The same for a call: `names` lead to the method; null as `args` reads. */
export function sendCall(convert, target, names, args, origin) {
  const id = ++last;
  const answer = args === null ? host("call", id, target, names, null) : sendArguments(id, target, names, args);
  if (answer !== undefined) return undefined;
  return begin(id, convert, origin, "call");
}

function begin(id, convert, origin, kind) {
  const operation = new Operation(convert, origin, kind);
  waiting.set(id, operation);
  begun.push(id);
  return operation.promise;
}

/** Waits no longer for the request whose answer `promise` is; what it reached is told so. */
export function abandon(promise) {
  for (const [id, operation] of waiting) {
    if (operation.promise !== promise) continue;
    waiting.delete(id);
    host("fetch.abandon", id);
    return;
  }
}

/** Whether this turn has sent anything. */
export const hasBegun = () => begun.length > 0;

/** Called when a turn is over, or the next one begins: nothing that it began can be forwarded any more. */
export function endTurn() {
  if (begun.length > 0) begun = [];
}

/**
 * Lets the host answer request `id` by itself, when `answer` is nothing but the outcome of one
 * operation of this turn. True when it does.
 */
export function forward(id, candidate) {
  for (const number of begun) {
    const operation = waiting.get(number);
    if (operation !== undefined && operation.kind === candidate.kind && feeds(operation.promise, candidate.answer)) {
      waiting.delete(number);
      host("forward", id, number);
      return true;
    }
  }
  return false;
}

/** The host finished operation `id`. */
export function finish(id, value) {
  const operation = waiting.get(id);
  if (operation === undefined) return;
  waiting.delete(id);
  let result;
  try {
    result = operation.convert(value);
  } catch (error) {
    return refuse(operation.promise, error);
  }
  settle(operation.promise, result);
}

/** The host could not finish operation `id`. `lasting` makes the error of all later uses. */
export function fail(id, error, lasting) {
  const operation = waiting.get(id);
  if (operation === undefined) return;
  waiting.delete(id);
  const { origin } = operation;
  const known = origin === undefined ? undefined : broken.get(origin);
  if (lasting !== undefined && origin !== undefined && known === undefined) breakOrigin(origin, lasting);
  // what ended it on purpose says better why its calls fail
  refuse(operation.promise, known?.deliberate ? known.lasting() : error);
}

/** The critical section in which operation `id` began. */
export const sectionOf = (id) => waiting.get(id)?.section ?? 0;

const broken = new WeakMap();
let isAnyBroken = false;

/** From now on every use of `origin` fails with what `lasting` makes; calls under way too, if `deliberate`. */
export function breakOrigin(origin, lasting, deliberate = false) {
  isAnyBroken = true;
  broken.set(origin, { lasting, deliberate });
}

/** Makes the error that `origin` is broken with; undefined when it is whole. */
export const brokenBy = (origin) => (isAnyBroken ? broken.get(origin)?.lasting : undefined);
