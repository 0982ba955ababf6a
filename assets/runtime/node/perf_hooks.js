// node:perf_hooks: the Web's performance, and Node's additions as far as the reference has them.

import { Performance, performance, PerformanceEntry, PerformanceMark, PerformanceMeasure } from "../web/performance.js";
import { ERR_METHOD_NOT_IMPLEMENTED } from "./errors.js";
import { validateFunction } from "./validate.js";

export { Performance, performance, PerformanceEntry, PerformanceMark, PerformanceMeasure };

const illegal = (name) => ({ [name]: class { constructor() { throw new TypeError("Illegal constructor"); } } })[name];

export const PerformanceObserverEntryList = illegal("PerformanceObserverEntryList");
export const PerformanceResourceTiming = illegal("PerformanceResourceTiming");

/** Observes nothing, as in the reference. */
export class PerformanceObserver {
  static get supportedEntryTypes() {
    return ["measure", "mark"];
  }
  constructor(callback) {
    validateFunction(callback, "callback");
  }
  observe() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}

export function monitorEventLoopDelay() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("monitorEventLoopDelay");
}

export function createHistogram() {
  throw new ERR_METHOD_NOT_IMPLEMENTED("createHistogram");
}

export function eventLoopUtilization() {
  return { idle: 0, active: 0, utilization: 0 };
}

export function timerify(fn) {
  return fn;
}

const GC = {
  NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8, NODE_PERFORMANCE_GC_WEAKCB: 16,
  NODE_PERFORMANCE_GC_FLAGS_NO: 0, NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2, NODE_PERFORMANCE_GC_FLAGS_FORCED: 4,
  NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8, NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16,
  NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32, NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
};
const numbered = (prefix, names) => Object.fromEntries(names.split(" ").map((name, at) => [`NODE_PERFORMANCE_${prefix}_${name}`, at]));

export const constants = {
  ...GC,
  ...numbered("ENTRY_TYPE", "GC HTTP HTTP2 NET DNS"),
  ...numbered("MILESTONE", "TIME_ORIGIN_TIMESTAMP TIME_ORIGIN ENVIRONMENT NODE_START V8_START LOOP_START LOOP_EXIT BOOTSTRAP_COMPLETE"),
};

export default {
  Performance, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList,
  PerformanceResourceTiming, monitorEventLoopDelay, createHistogram, eventLoopUtilization, timerify, performance, constants,
};
