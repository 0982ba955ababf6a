// console: one host call per line of the program's log. Nothing here throws.

import { host } from "../native.js";
import { format } from "../inspect/format.js";
import { inspect } from "./inspect.js";

/** Characters of one log line; the rest is cut. */
const MAX_LINE = 64 * 1024;
const CUT = "… [cut]";

let indent = "";
const counts = new Map();
const timers = new Map();

/** The text of a console call's arguments, with placeholders replaced. */
export function formatArguments(args) {
  try {
    return format({ room: MAX_LINE }, args);
  } catch {
    // one of them refuses to be looked at: the others are shown all the same
    return args.map((arg) => (typeof arg === "string" ? arg : inspect(arg, { room: MAX_LINE }))).join(" ");
  }
}

function emit(level, text) {
  let line = indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`);
  if (line.length > MAX_LINE) line = line.slice(0, MAX_LINE - CUT.length) + CUT;
  host("log", level, line);
}

function log(level, args) {
  try {
    emit(level, formatArguments(args));
  } catch {
    // a log line must never break the program that writes it
  }
}

/** Whether tail workers are told of what is logged. */
let isTold = false;

/** From now on they are. */
export const tellTails = () => {
  isTold = true;
};

const { stringify } = JSON;

/** The JSON of one part of a log line, as the reference makes it. */
function jsonOf(value) {
  try {
    if (typeof value === "symbol") return "{}";
    return stringify(isPlain(value) ? value : String(value)) ?? "null";
  } catch {
    return "{}";
  }
}

function isPlain(value) {
  if (typeof value === "bigint" || typeof value === "function") return false;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return true;
  if (typeof value.toJSON === "function") return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Tells the tail workers of a line, in its parts. */
export function tell(level, args) {
  if (isTold) host("trace.log", level, `[${args.map(jsonOf).join(",")}]`);
}

function tellAndLog(level, args) {
  tell(level, args);
  log(level, args);
}

function labelOf(label) {
  try {
    return `${label}`;
  } catch {
    return "default";
  }
}

function elapsed(label) {
  const start = timers.get(label);
  if (start === undefined) return null;
  const ms = host("time.now") - start;
  return ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${ms.toFixed(3)}ms`;
}

function cells(row) {
  const out = new Map();
  if (typeof row !== "object" || row === null) out.set("Values", inspect(row));
  else for (const key of Object.keys(row)) out.set(key, inspect(row[key], { depth: 0 }));
  return out;
}

/** A table of the rows in `data`, or null when it has none. */
function table(data, only) {
  if (typeof data !== "object" || data === null) return null;
  const pairs = data instanceof Map ? [...data] : data instanceof Set ? [...data].map((v, i) => [i, v]) : Object.keys(data).map((k) => [k, data[k]]);
  const rows = pairs.map(([index, row]) => [formatArguments([index]), cells(row)]);
  const names = new Set(Array.isArray(only) ? only : rows.flatMap(([, row]) => [...row.keys()]));
  names.delete("Values");
  const heads = ["(index)", ...names];
  if (rows.some(([, row]) => row.has("Values"))) heads.push("Values");
  const lines = rows.map(([index, row]) => [index, ...heads.slice(1).map((name) => row.get(name) ?? "")]);
  const widths = heads.map((head, at) => Math.max(head.length, ...lines.map((line) => line[at].length)) + 2);
  const rule = (left, middle, right) => left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const draw = (line) => `│${line.map((cell, at) => ` ${cell}`.padEnd(widths[at])).join("│")}│`;
  return [rule("┌", "┬", "┐"), draw(heads), rule("├", "┼", "┤"), ...lines.map(draw), rule("└", "┴", "┘")].join("\n");
}

const methods = {
  debug: (...args) => tellAndLog("debug", args),
  error: (...args) => tellAndLog("error", args),
  info: (...args) => tellAndLog("info", args),
  log: (...args) => tellAndLog("log", args),
  warn: (...args) => tellAndLog("warn", args),
  dir: (value = undefined, options = undefined) => log("log", [inspect(value, { ...options, customInspect: false, room: MAX_LINE })]),
  dirxml: (...args) => log("log", args),
  table(data = undefined, only = undefined) {
    let text = null;
    try {
      text = table(data, only);
    } catch {
      // shown as any other value below
    }
    log("log", [text ?? data]);
  },
  trace(...args) {
    const stack = (new Error().stack ?? "").split("\n").slice(1).join("\n").trimEnd();
    const text = formatArguments(args);
    log("log", [`Trace${text === "" ? "" : `: ${text}`}${stack === "" ? "" : `\n${stack}`}`]);
  },
  assert(condition = false, ...args) {
    if (condition) return;
    if (typeof args[0] === "string") args[0] = `Assertion failed: ${args[0]}`;
    else args.unshift("Assertion failed");
    log("error", args);
  },
  clear() {},
  count(label = "default") {
    const name = labelOf(label);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    log("log", [`${name}: ${count}`]);
  },
  countReset(label = "default") {
    counts.delete(labelOf(label));
  },
  group(...args) {
    if (args.length > 0) log("log", args);
    if (indent.length < 64) indent += "  ";
  },
  groupCollapsed(...args) {
    methods.group(...args);
  },
  groupEnd() {
    indent = indent.slice(2);
  },
  time(label = "default") {
    const name = labelOf(label);
    if (!timers.has(name)) timers.set(name, host("time.now"));
  },
  timeEnd(label = "default") {
    const name = labelOf(label);
    const text = elapsed(name);
    if (text !== null) log("log", [`${name}: ${text}`]);
    timers.delete(name);
  },
  timeLog(label = "default", ...args) {
    const name = labelOf(label);
    const text = elapsed(name);
    if (text !== null) log("log", [`${name}: ${text}`, ...args]);
  },
  timeStamp() {},
  profile() {},
  profileEnd() {},
};

/** The global `console`. */
export const console = Object.create({});
for (const name of Object.keys(methods)) {
  Object.defineProperty(methods[name], "name", { value: name, configurable: true });
  Object.defineProperty(console, name, { value: methods[name], writable: true, enumerable: true, configurable: true });
}
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
