// Asynchronous host calls. `op` starts one; the host answers at once with a list of one value,
// or later with an event that carries the operation's number.

import { feeds, host } from "./native.js";
import { openSection } from "./section.js";

let last = 0;
const waiting = new Map();

/** What is known of an operation under way. */
class Operation {
  constructor(convert) {
    this.convert = convert;
    this.section = openSection();
    this.resolve = undefined;
    this.reject = undefined;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** Bytes come as an ArrayBuffer; chunks of streams are views. */
const chunk = (value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value);

/** Starts operation `name` and resolves with its value. */
export function op(name, ...args) {
  const operation = new Operation(chunk);
  const id = ++last;
  try {
    const answer = host(name, id, ...args);
    if (answer !== undefined) operation.resolve(chunk(answer[0]));
    else waiting.set(id, operation);
  } catch (error) {
    operation.reject(error);
  }
  return operation.promise;
}

/** Operations begun in this turn whose answer may only pass through; see `forward`. */
let begun = [];

/**
 * Sends a request; resolves with `convert(answer)`. Undefined when the host knows no facet of
 * that name and has to be told its class first.
 */
export function sendRequest(convert, target, method, url, headers, body) {
  const id = ++last;
  if (host("fetch", id, target, method, url, headers, body) !== undefined) return undefined;
  const operation = new Operation(convert);
  waiting.set(id, operation);
  begun.push(id);
  return operation.promise;
}

/** Whether this turn has sent anything. */
export const hasBegun = () => begun.length > 0;

/** Called when a turn is over: nothing that it began can be forwarded any more. */
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
    if (operation !== undefined && feeds(operation.promise, candidate.answer)) {
      waiting.delete(number);
      host("forward", id, number);
      return true;
    }
  }
  return false;
}

/** The critical section that began operation `id`; 0 for none. */
export const sectionOfOperation = (id) => waiting.get(id)?.section ?? 0;

/** The host finished operation `id`. */
export function finish(id, value) {
  const operation = waiting.get(id);
  if (operation === undefined) return;
  waiting.delete(id);
  operation.resolve(operation.convert(value));
}

/** The host could not finish operation `id`. */
export function fail(id, error) {
  const operation = waiting.get(id);
  if (operation === undefined) return;
  waiting.delete(id);
  operation.reject(error);
}
