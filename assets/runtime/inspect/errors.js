// How `inspect` shows errors: the stack, under a name that tells the class.

import { classOf } from "../native.js";
import { valueText } from "./index.js";
import { prefix } from "./names.js";

const FRAMES = "\n    at";
/** Frames that an error and its cause share are left out beyond this many. */
const SHORTEST_SHARED = 3;

function stackOf(context, error) {
  const { stack } = error;
  if (!stack) return Error.prototype.toString.call(error);
  return typeof stack === "string" ? stack : valueText(context, stack, 0);
}

/** The text of `error`; `keys` loses what the text tells already, and gains its cause and errors. */
export function errorText(error, name, tag, context, keys) {
  const own = error.name === undefined || error.name === null ? "Error" : String(error.name);
  const stack = stackOf(context, error);
  if (!context.showHidden) {
    for (const key of ["name", "message", "stack"]) {
      const at = keys.indexOf(key);
      if (at >= 0 && (typeof error[key] !== "string" || stack.includes(error[key]))) keys.splice(at, 1);
    }
  }
  if ("cause" in error && !keys.includes("cause")) keys.push("cause");
  if (Array.isArray(error.errors) && !keys.includes("errors")) keys.push("errors");
  const text = framed(context, error, withClass(stack, name, own, tag));
  return context.indentation === 0 ? text : text.replaceAll("\n", `\n${" ".repeat(context.indentation)}`);
}

/** Names the class at the start, where the stack does not. */
function withClass(stack, className, name, tag) {
  const end = stack[name.length];
  const startsWithName = name.endsWith("Error") && stack.startsWith(name) && (end === undefined || end === ":" || end === "\n");
  if (className !== null && !startsWithName) return stack;
  let fallback = "Error";
  if (className === null) {
    const start = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/.exec(stack) ?? /^([a-z_A-Z0-9-]*Error)$/.exec(stack);
    fallback = start?.[1] ?? "";
    const rest = stack.slice(fallback.length);
    return `${prefix(null, tag, fallback || "Error").slice(0, -1)}${fallback === "" ? `: ${rest}` : rest}`;
  }
  const shown = prefix(className, tag, fallback).slice(0, -1);
  if (shown === name) return stack;
  if (!shown.includes(name)) return `${shown} [${name}]${stack.slice(name.length)}`;
  return name === "" ? `${shown}: ${stack}` : shown + stack.slice(name.length);
}

/** A stack without frames stands in brackets; frames that the cause has too are left out. */
function framed(context, error, stack) {
  const message = error.message;
  const at = typeof message === "string" && message !== "" ? stack.indexOf(message) : -1;
  const start = stack.indexOf(FRAMES, at < 0 ? 0 : at + message.length);
  if (start < 0) return `[${stack}]`;
  const frames = stack.slice(start + 1).split("\n");
  if (classOf(error.cause) === "Error") leaveOutShared(context, frames, stackOf(context, error.cause));
  return `${stack.slice(0, start)}\n${frames.join("\n")}`;
}

function leaveOutShared(context, frames, cause) {
  const start = cause.indexOf(FRAMES);
  if (start < 0) return;
  const others = cause.slice(start + 1).split("\n");
  for (let i = 0; i < frames.length - SHORTEST_SHARED; i++) {
    const at = others.indexOf(frames[i]);
    if (at < 0) continue;
    let length = 1;
    while (i + length < frames.length && at + length < others.length && frames[i + length] === others[at + length]) length++;
    if (length > SHORTEST_SHARED) {
      frames.splice(i + 1, length - 2, context.stylize(`    ... ${length - 2} lines matching cause stack trace ...`, "undefined"));
      return;
    }
  }
}
