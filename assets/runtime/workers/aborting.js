// Bodies that end when a signal aborts: the signal of the request that they answer.

import { host } from "../native.js";
import { onAbort } from "../web/abort.js";
import { describe } from "./errors.js";

/** The streams that a signal ends. */
class Watch {
  ids = new Set();
  /** When there are so many, those that have ended by themselves are forgotten. */
  limit = 32;

  constructor(signal) {
    onAbort(signal, () => {
      const [name, message] = describe(signal.reason);
      for (const id of this.ids) host("stream.fail", id, name, message);
      this.ids.clear();
    });
  }

  add(id) {
    if (this.ids.size >= this.limit) {
      for (const old of this.ids) if (!host("stream.known", old)) this.ids.delete(old);
      this.limit = Math.max(32, this.ids.size * 2);
    }
    this.ids.add(id);
  }
}

const watches = new WeakMap();

/** Lets the stream `id` of the host fail when `signal` aborts. */
export function endWith(signal, id) {
  let watch = watches.get(signal);
  if (watch === undefined) watches.set(signal, watch = new Watch(signal));
  watch.add(id);
}
