// performance. As on Workers the time origin is the Unix epoch, so now() is the time of day.

import { host } from "../native.js";
import { DOMException } from "./dom-exception.js";
import { INTERNAL, webClass } from "./util.js";

/** Entries kept; the oldest go first. */
const MAX_ENTRIES = 1000;

/** A point or a span in time. */
export class PerformanceEntry {
  #data;
  constructor(token, data) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#data = data;
  }
  get name() {
    return this.#data.name;
  }
  get entryType() {
    return this.#data.entryType;
  }
  get startTime() {
    return this.#data.startTime;
  }
  get duration() {
    return this.#data.duration;
  }
  get detail() {
    return this.#data.detail;
  }
  toJSON() {
    return { ...this.#data };
  }
}
webClass(PerformanceEntry);

/** A named point in time. */
export class PerformanceMark extends PerformanceEntry {
  constructor(name, options = undefined) {
    const startTime = options?.startTime === undefined ? host("time.now") : Number(options.startTime);
    super(INTERNAL, { name: `${name}`, entryType: "mark", startTime, duration: 0, detail: options?.detail ?? null });
  }
}
webClass(PerformanceMark);

/** The span between two points in time. */
export class PerformanceMeasure extends PerformanceEntry {}
webClass(PerformanceMeasure);

/** The class of the global `performance`. */
export class Performance {
  #entries = [];
  constructor(token) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
  }
  get timeOrigin() {
    return 0;
  }
  now() {
    return host("time.now");
  }
  mark(name, options = undefined) {
    return this.#add(new PerformanceMark(name, options));
  }
  measure(name, startOrOptions = undefined, endMark = undefined) {
    const options = typeof startOrOptions === "object" && startOrOptions !== null ? startOrOptions : { start: startOrOptions, end: endMark };
    const end = options.end === undefined
      ? options.duration === undefined ? host("time.now") : this.#time(options.start) + Number(options.duration)
      : this.#time(options.end);
    const start = options.start === undefined
      ? options.duration === undefined ? 0 : end - Number(options.duration)
      : this.#time(options.start);
    const data = { name: `${name}`, entryType: "measure", startTime: start, duration: end - start, detail: options.detail ?? null };
    return this.#add(new PerformanceMeasure(INTERNAL, data));
  }
  clearMarks(name = undefined) {
    this.#clear("mark", name);
  }
  clearMeasures(name = undefined) {
    this.#clear("measure", name);
  }
  getEntries() {
    return this.#entries.toSorted((a, b) => a.startTime - b.startTime);
  }
  getEntriesByType(type) {
    return this.getEntries().filter((entry) => entry.entryType === type);
  }
  getEntriesByName(name, type = undefined) {
    return this.getEntries().filter((entry) => entry.name === name && (type === undefined || entry.entryType === type));
  }
  toJSON() {
    return { timeOrigin: 0 };
  }
  #add(entry) {
    if (this.#entries.length >= MAX_ENTRIES) this.#entries.shift();
    this.#entries.push(entry);
    return entry;
  }
  #clear(type, name) {
    this.#entries = this.#entries.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== name));
  }
  #time(mark) {
    if (typeof mark === "number") return mark;
    const found = this.#entries.findLast((entry) => entry.entryType === "mark" && entry.name === `${mark}`);
    if (found === undefined) throw new DOMException(`The mark '${mark}' does not exist.`, "SyntaxError");
    return found.startTime;
  }
}
webClass(Performance);

export const performance = new Performance(INTERNAL);
