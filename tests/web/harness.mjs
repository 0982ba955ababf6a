// What cases import as "harness". Runs inside the context of the modules under test.

export const HARNESS = `
import { installWeb } from "../../assets/runtime/web/index.js";
import { fireTimer } from "../../assets/runtime/web/timers.js";
import { fakeState } from "../../assets/runtime/native.js";

installWeb(globalThis);
fakeState.fire = fireTimer;
export const state = fakeState;
export const tests = [];

/** A case that throws when something is wrong. */
export function test(name, run) {
  tests.push({ name, run });
}

/** A case whose result must be what Node's own classes give. Results are compared as text. */
export function both(name, run) {
  test(name, async (node) => {
    const ours = show(await outcome(run, globalThis));
    const theirs = show(await outcome(run, node));
    if (ours !== theirs) throw new Error("ours:  " + ours + "\\n  node's: " + theirs);
  });
}

async function outcome(run, globals) {
  try {
    return await run(globals);
  } catch (error) {
    return { thrown: error.name };
  }
}

export function show(value) {
  return JSON.stringify(value, (key, item) => {
    if (item === undefined) return "(undefined)";
    if (typeof item === "bigint") return item + "n";
    if (typeof item === "number" && !Number.isFinite(item)) return "(" + item + ")";
    if (ArrayBuffer.isView(item) || Object.prototype.toString.call(item) === "[object Uint8Array]") return { bytes: Array.from(item) };
    if (item !== null && typeof item === "object" && !Array.isArray(item)) {
      return Object.fromEntries(Object.keys(item).sort().map((name) => [name, item[name]]));
    }
    return item;
  });
}

export function equal(actual, expected, what = "") {
  const a = show(actual), b = show(expected);
  if (a !== b) throw new Error(what + " got " + a + " instead of " + b);
}

export function ok(value, what = "condition") {
  if (!value) throw new Error(what + " does not hold");
}

export function throws(run, type, part = "") {
  try {
    run();
  } catch (error) {
    check(error, type, part);
    return error;
  }
  throw new Error("nothing was thrown instead of " + type);
}

export async function rejects(promise, type, part = "") {
  try {
    await promise;
  } catch (error) {
    check(error, type, part);
    return error;
  }
  throw new Error("nothing was rejected instead of " + type);
}

function check(error, type, part) {
  if (error?.name !== type || !String(error.message).includes(part)) {
    throw new Error("got " + error?.name + ": " + error?.message + " instead of " + type + ": " + part);
  }
}

/** Lets every microtask that is due run. */
export function flush() {
  return new Promise((resolve) => globalThis.setTimeout(resolve, 0));
}

/** Everything a stream yields. */
export async function collect(stream) {
  const out = [];
  for await (const chunk of stream) out.push(chunk);
  return out;
}

export const bytes = (...values) => new Uint8Array(values);
export const utf8 = (text) => new TextEncoder().encode(text);
`;
