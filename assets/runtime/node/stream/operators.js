// Readable's helpers in the manner of arrays: map, filter, toArray and the others.

import { AbortError, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, coded } from "../errors.js";
import { validateAbortSignal, validateInteger, validateObject } from "../validate.js";
import { addAbortSignal } from "./abort.js";
import { compose as composeStreams } from "./compose.js";
import { finished } from "./finished.js";
import { from } from "./from.js";
import { isNodeStream, isWritable } from "./predicates.js";
import { Readable } from "./readable.js";

const kEof = Symbol("end");

function requireFunction(fn, name = "fn") {
  if (typeof fn !== "function") throw new ERR_INVALID_ARG_TYPE(name, ["Function", "AsyncFunction"], fn);
}

function checkOptions(options) {
  if (options !== undefined && options !== null) validateObject(options, "options");
  if (options?.signal !== undefined && options?.signal !== null) validateAbortSignal(options.signal, "options.signal");
}

const refuseAborted = (options) => {
  if (options?.signal?.aborted) throw new AbortError(undefined, { cause: options.signal.reason });
};

function map(fn, options) {
  requireFunction(fn);
  checkOptions(options);
  const concurrency = options?.concurrency !== undefined ? Math.floor(options.concurrency) : 1;
  validateInteger(concurrency, "options.concurrency", 1);
  const most = options?.highWaterMark !== undefined ? Math.floor(options.highWaterMark) : concurrency - 1;
  validateInteger(most, "options.highWaterMark", 0);
  const limit = most + concurrency;
  return async function* mapped() {
    const signal = options?.signal ? AbortSignal.any([options.signal]) : new AbortController().signal;
    const queue = [];
    let running = 0;
    let done = false;
    let [wakeNext, wakeRoom] = [null, null];
    const roomy = () => {
      if (wakeRoom && !done && running < concurrency && queue.length < limit) {
        wakeRoom();
        wakeRoom = null;
      }
    };
    const settled = () => {
      running--;
      roomy();
    };
    const source = this;
    (async () => {
      try {
        for await (const each of source) {
          if (done) return;
          if (signal.aborted) throw new AbortError();
          let result;
          try {
            result = fn(each, { signal });
            if (result === kEof) continue;
            result = Promise.resolve(result);
          } catch (error) {
            result = Promise.reject(error);
          }
          running++;
          result.then(settled, () => { done = true; settled(); });
          queue.push(result);
          wakeNext?.();
          wakeNext = null;
          if (!done && (queue.length >= limit || running >= concurrency)) await new Promise((resolve) => { wakeRoom = resolve; });
        }
        queue.push(kEof);
      } catch (error) {
        const failure = Promise.reject(error);
        failure.then(settled, () => { done = true; settled(); });
        queue.push(failure);
      } finally {
        done = true;
        wakeNext?.();
        wakeNext = null;
      }
    })();
    try {
      for (;;) {
        while (queue.length > 0) {
          const value = await queue[0];
          if (value === kEof) return;
          if (signal.aborted) throw new AbortError();
          if (value !== kSkip) yield value;
          queue.shift();
          roomy();
        }
        await new Promise((resolve) => { wakeNext = resolve; });
      }
    } finally {
      done = true;
      wakeRoom?.();
      wakeRoom = null;
    }
  }.call(this);
}

const kSkip = Symbol("skip");

function filter(fn, options) {
  requireFunction(fn);
  return map.call(this, async (value, own) => ((await fn(value, own)) ? value : kSkip), options);
}

function flatMap(fn, options) {
  const mapped = map.call(this, fn, options);
  return (async function* () {
    for await (const each of mapped) yield* each;
  })();
}

function count(given) {
  const number = Number(given);
  if (Number.isNaN(number)) return 0;
  if (number < 0) throw new ERR_OUT_OF_RANGE("number", ">= 0", number);
  return number;
}

function drop(given, options) {
  checkOptions(options);
  let left = count(given);
  const source = this;
  return (async function* () {
    refuseAborted(options);
    for await (const each of source) {
      refuseAborted(options);
      if (left-- <= 0) yield each;
    }
  })();
}

function take(given, options) {
  checkOptions(options);
  let left = count(given);
  const source = this;
  return (async function* () {
    refuseAborted(options);
    for await (const each of source) {
      refuseAborted(options);
      if (left-- > 0) yield each;
      if (left <= 0) return;
    }
  })();
}

function asIndexedPairs(options) {
  checkOptions(options);
  const source = this;
  return (async function* () {
    let index = 0;
    for await (const each of source) {
      refuseAborted(options);
      yield [index++, each];
    }
  })();
}

function compose(stream, options) {
  checkOptions(options);
  if (isNodeStream(stream) && !isWritable(stream)) throw new ERR_INVALID_ARG_VALUE("stream", stream, "must be writable");
  const composed = composeStreams(this, stream);
  if (options?.signal) addAbortSignal(options.signal, composed);
  return composed;
}

async function some(fn, options) {
  requireFunction(fn);
  for await (const _ of filter.call(this, fn, options)) return true;
  return false;
}

async function every(fn, options) {
  requireFunction(fn);
  return !(await some.call(this, async (...args) => !(await fn(...args)), options));
}

async function find(fn, options) {
  requireFunction(fn);
  for await (const each of filter.call(this, fn, options)) return each;
  return undefined;
}

async function forEach(fn, options) {
  requireFunction(fn);
  const run = async (value, own) => {
    await fn(value, own);
    return kSkip;
  };
  for await (const _ of map.call(this, run, options));
}

async function toArray(options) {
  checkOptions(options);
  const all = [];
  for await (const each of this) {
    refuseAborted(options);
    all.push(each);
  }
  return all;
}

async function reduce(reducer, initial, options) {
  requireFunction(reducer, "reducer");
  checkOptions(options);
  let has = arguments.length > 1;
  let value = initial;
  if (options?.signal?.aborted) {
    const error = new AbortError(undefined, { cause: options.signal.reason });
    this.once("error", () => {});
    await new Promise((resolve) => finished(this.destroy(error), () => resolve()));
    throw error;
  }
  const controller = new AbortController();
  let any = false;
  try {
    for await (const each of this) {
      any = true;
      refuseAborted(options);
      if (has) value = await reducer(value, each, { signal: controller.signal });
      else [value, has] = [each, true];
    }
    if (!any && !has) throw coded(TypeError, "ERR_MISSING_ARGS", "Reduce of an empty stream requires an initial value");
  } finally {
    controller.abort();
  }
  return value;
}

const streaming = { asIndexedPairs, drop, filter, flatMap, map, take, compose };
for (const [name, operator] of Object.entries(streaming)) {
  const method = { [name](...args) {
    const made = Reflect.apply(operator, this, args);
    return isNodeStream(made) ? made : from(made);
  } }[name];
  Object.defineProperty(method, "length", { value: operator.length });
  Object.defineProperty(Readable.prototype, name, { value: method, configurable: true, writable: true });
}
for (const [name, operator] of Object.entries({ every, forEach, reduce, toArray, some, find })) {
  const method = { [name](...args) { return Promise.resolve().then(() => Reflect.apply(operator, this, args)); } }[name];
  Object.defineProperty(method, "length", { value: operator.length });
  Object.defineProperty(Readable.prototype, name, { value: method, configurable: true, writable: true });
}
