// Asynchronous host calls. `op` starts one; the host answers at once with a list of one value,
// or later with an event that carries the operation's number.

import { host } from "./native.js";

let last = 0;
const waiting = new Map();

/** Bytes come as an ArrayBuffer; chunks of streams are views. */
const chunk = (value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value);

/** Starts operation `name` and resolves with its value. */
export function op(name, ...args) {
  return new Promise((resolve, reject) => {
    const id = ++last;
    const answer = host(name, id, ...args);
    if (answer !== undefined) resolve(chunk(answer[0]));
    else waiting.set(id, { resolve, reject });
  });
}

/** The host finished operation `id`. */
export function finish(id, value) {
  const entry = waiting.get(id);
  if (entry) {
    waiting.delete(id);
    entry.resolve(chunk(value));
  }
}

/** The host could not finish operation `id`. */
export function fail(id, error) {
  const entry = waiting.get(id);
  if (entry) {
    waiting.delete(id);
    entry.reject(error);
  }
}
