// What `inspect` calls an object: its class, tag and size.

import { classOf } from "../native.js";
import { entryText, inspect } from "./index.js";
import { OBJECT } from "./layout.js";

/** Prototypes that are looked through for further members, at most. */
const MAX_PROTOTYPES = 3;

/** Names of the language's own classes: their members are known and not shown. */
const isBuiltin = (name) => /^[A-Z][a-zA-Z0-9]+$/.test(name) && Object.hasOwn(globalThis, name);

function isInstance(value, Class) {
  try {
    return value instanceof Class;
  } catch {
    return false;
  }
}

function constructorOf(prototype) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, "constructor");
  return typeof descriptor?.value === "function" && descriptor.value.name !== "" ? descriptor.value : undefined;
}

/**
 * Name of the class of `value`; null when it has no prototype. Into `members`, when given, go the
 * texts of what it inherits from classes of the user's.
 */
export function className(value, context, level, members) {
  let first;
  for (let at = value; at !== null; ) {
    const Class = constructorOf(at);
    if (Class !== undefined && isInstance(value, Class)) {
      if (members !== undefined && (first !== at || !isBuiltin(Class.name))) addInherited(context, value, first ?? value, level, members);
      return String(Class.name);
    }
    at = Object.getPrototypeOf(at);
    if (first === undefined) first = at;
  }
  if (first === null) return null;
  const kind = classOf(value);
  if (context.depth !== null && level > context.depth) return `${kind} <Complex prototype>`;
  const parent = className(first, context, level + 1, members);
  if (parent !== null) return `${kind} <${parent}>`;
  return `${kind} <${inspect(first, { ...context.options, customInspect: false, depth: -1 })}>`;
}

function addInherited(context, main, start, level, out) {
  const known = new Set();
  let object = start;
  for (let depth = 0; depth < MAX_PROTOTYPES; depth++) {
    if (depth !== 0 || main === object) {
      object = Object.getPrototypeOf(object);
      if (object === null) return;
      const Class = Object.getOwnPropertyDescriptor(object, "constructor")?.value;
      if (typeof Class === "function" && isBuiltin(Class.name)) return;
    }
    context.seen.push(main);
    const keys = Reflect.ownKeys(object);
    for (const key of keys) {
      if (key === "constructor" || Object.hasOwn(main, key) || known.has(key)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      if (typeof descriptor.value === "function") continue;
      const text = entryText(context, object, level, key, OBJECT, descriptor, main);
      out.push(context.colors ? `\u001b[2m${text}\u001b[22m` : text);
    }
    context.seen.pop();
    for (const key of keys) known.add(key);
  }
}

/** The tag that an object wears, unless that is an entry of its own. */
export function tagOf(value, context) {
  const tag = value[Symbol.toStringTag];
  if (typeof tag !== "string" || tag === "") return "";
  const isEntry = context.showHidden ? Object.hasOwn : (object, key) => Object.prototype.propertyIsEnumerable.call(object, key);
  return isEntry(value, Symbol.toStringTag) ? "" : tag;
}

/** What stands before the bracket: class, size, tag. */
export function prefix(name, tag, fallback, size = "") {
  if (name === null) return `[${fallback}${size}: null prototype] ${tag !== "" && tag !== fallback ? `[${tag}] ` : ""}`;
  return `${name}${size} ${tag !== "" && tag !== name ? `[${tag}] ` : ""}`;
}
