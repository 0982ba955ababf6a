// setTimeout, setInterval and scheduler. The host keeps the clock: it is told of each timer
// and calls `fireTimer` when one is due.

import { currentFrame, runIn } from "../async-context.js";
import { host } from "../native.js";
import { DOMException } from "./dom-exception.js";
import { reportException } from "./report-error.js";
import { assertNotGlobalScope } from "./scope.js";
import { currentSection } from "../sections.js";
import { webClass } from "./util.js";

/** Timers one worker or object may have at a time. */
const MAX_TIMERS = 10_000;
/** Longest delay in milliseconds, 100 years; longer ones are cut to it. */
const MAX_DELAY = 3_153_600_000_000;

const timers = new Map();
let lastId = 0;
let finished = 0;

class Timer {
  constructor(callback, args, delay, repeats, frame) {
    this.callback = callback;
    this.args = args;
    this.delay = delay;
    this.repeats = repeats;
    this.section = currentSection();
    this.frame = frame;
  }
}

function clampDelay(delay) {
  const ms = Number(delay);
  return ms >= 1 ? Math.min(Math.trunc(ms), MAX_DELAY) : 0;
}

function start(callback, delay, args, repeats, frame) {
  assertNotGlobalScope();
  if (timers.size >= MAX_TIMERS) {
    throw new DOMException(
      `You have exceeded the number of active timeouts you may set. max active timeouts: ${MAX_TIMERS}, ` +
      `current active timeouts: ${timers.size}, finished timeouts: ${finished}`, "QuotaExceededError");
  }
  const id = ++lastId;
  const ms = clampDelay(delay);
  timers.set(id, new Timer(callback, args, ms, repeats, frame));
  host("timer.set", id, ms);
  return id;
}

/** Starts a one-shot timer for the runtime itself, outside of any context; returns its id. */
export function startTimer(callback, delay) {
  return start(callback, delay, null, false, undefined);
}

/** Stops a timer; ids that are none are ignored. */
export function stopTimer(id) {
  if (timers.delete(id)) host("timer.clear", id);
}

function requireFunction(callback, name) {
  if (typeof callback !== "function") {
    throw new TypeError(`Failed to execute '${name}' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'function'.`);
  }
}

export function setTimeout(callback, delay = 0, ...args) {
  requireFunction(callback, "setTimeout");
  return start(callback, delay, args.length === 0 ? null : args, false, currentFrame());
}

export function setInterval(callback, delay = 0, ...args) {
  requireFunction(callback, "setInterval");
  return start(callback, delay, args.length === 0 ? null : args, true, currentFrame());
}

export function clearTimeout(id = undefined) {
  if (id !== undefined && id !== null) stopTimer(Number(id));
}

export function clearInterval(id = undefined) {
  if (id !== undefined && id !== null) stopTimer(Number(id));
}

/** Called by the dispatcher when a timer is due. Errors go to the error reporter. */
export function fireTimer(id) {
  const timer = timers.get(id);
  if (timer === undefined) return;
  if (timer.repeats) {
    host("timer.set", id, timer.delay);
  } else {
    timers.delete(id);
    finished++;
  }
  try {
    runIn(timer.frame, () => (timer.args === null ? (0, timer.callback)() : (0, timer.callback)(...timer.args)));
  } catch (error) {
    reportException(error);
  }
}

/** The critical section in which timer `id` was set. */
export const sectionOfTimer = (id) => timers.get(id)?.section ?? 0;

/** How many timers wait. */
export function pendingTimers() {
  return timers.size;
}

/** The class of the global `scheduler`. */
export class Scheduler {
  wait(delay, options = undefined) {
    if (delay === undefined) throw new TypeError("Failed to execute 'wait' on 'Scheduler': parameter 1 is not of type 'number'.");
    const signal = options?.signal;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      let stop;
      const id = startTimer(() => {
        if (stop !== undefined) signal.removeEventListener("abort", stop);
        resolve();
      }, delay);
      if (signal !== undefined && signal !== null) {
        stop = () => {
          stopTimer(id);
          reject(signal.reason);
        };
        signal.addEventListener("abort", stop, { once: true });
      }
    });
  }
}
webClass(Scheduler);
