// The two queuing strategies of the Streams Standard.

import { needArguments, webClass } from "./util.js";

function markOf(init, name) {
  if (init === undefined) needArguments(0, 1, name, "QueuingStrategyInit");
  if (init === null || typeof init !== "object" || init.highWaterMark === undefined) {
    throw new TypeError(`${name}: 'highWaterMark' is required.`);
  }
  return Number(init.highWaterMark);
}

const count = { size: () => 1 }.size;
const byteLength = { size: (chunk) => chunk.byteLength }.size;

/** Counts each chunk as 1. */
export class CountQueuingStrategy {
  #mark;
  constructor(init) {
    this.#mark = markOf(init, "CountQueuingStrategy");
  }
  get highWaterMark() {
    return this.#mark;
  }
  get size() {
    return count;
  }
}
webClass(CountQueuingStrategy);

/** Counts each chunk as its byte length. */
export class ByteLengthQueuingStrategy {
  #mark;
  constructor(init) {
    this.#mark = markOf(init, "ByteLengthQueuingStrategy");
  }
  get highWaterMark() {
    return this.#mark;
  }
  get size() {
    return byteLength;
  }
}
webClass(ByteLengthQueuingStrategy);
