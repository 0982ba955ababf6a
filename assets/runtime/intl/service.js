// What every part of Intl shares: reading options with V8's errors, finding the locale, and putting
// a constructor together.

import { host } from "../native.js";

export const DEFAULT_LOCALE = "en-US";

// Tags seen before, to their canonical form; bounded, because they come from outside.
const canonicalTags = new Map();
const foundLocales = new Map();
const MAX_REMEMBERED = 200;

/** `make(key)`, remembered in `map`. */
export function remembered(map, key, make) {
  let value = map.get(key);
  if (value !== undefined) return value;
  value = make(key);
  if (map.size >= MAX_REMEMBERED) map.clear();
  map.set(key, value);
  return value;
}

export function canonicalTag(tag) {
  return remembered(canonicalTags, tag, () => host("intl.canonical", tag));
}

/** ECMA-402's CanonicalizeLocaleList. */
export function canonicalList(locales) {
  if (locales === undefined) return [];
  if (typeof locales === "string") return [canonicalTag(locales)];
  if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
  const list = Object(locales);
  if (Object.prototype.toString.call(list) === "[object Intl.Locale]") return [canonicalTag(String(list))];
  const found = [];
  const length = Math.min(Math.max(Math.trunc(Number(list.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
  for (let index = 0; index < length; index++) {
    if (!(index in list)) continue;
    const item = list[index];
    if (typeof item !== "string" && (typeof item !== "object" || item === null)) {
      throw new TypeError("Language ID should be string or object.");
    }
    const tag = canonicalTag(String(item));
    if (!found.includes(tag)) found.push(tag);
  }
  return found;
}

/** The tag without its extensions, and the keywords of its `u` extension. */
export function takeApart(tag) {
  const start = /-(?:[a-wyz0-9]-|x-)/.exec(tag)?.index ?? tag.length;
  const keywords = {};
  const extension = /-u((?:-[a-z0-9]{2,8})+)/.exec(tag)?.[1];
  let key;
  for (const part of extension?.slice(1).split("-") ?? []) {
    if (part.length === 2) keywords[key = part] = "";
    else if (key !== undefined) keywords[key] += keywords[key] === "" ? part : `-${part}`;
  }
  return { base: tag.slice(0, start), keywords };
}

const knownLocale = (base) => remembered(foundLocales, base, () => host("intl.known", base) ?? "") || undefined;

/**
 * The locale to use and its keywords. `keys` says which keywords count, each with a test of its
 * value; an option given for one goes before the tag's.
 */
export function resolveLocale(locales, keys = {}, given = {}) {
  let locale = DEFAULT_LOCALE;
  let keywords = {};
  for (const tag of canonicalList(locales)) {
    const parts = takeApart(tag);
    const found = knownLocale(parts.base);
    if (found === undefined) continue;
    locale = found;
    keywords = parts.keywords;
    break;
  }
  const resolved = { locale };
  let extension = "";
  for (const [key, test] of Object.entries(keys)) {
    const own = keywords[key];
    const counts = own !== undefined && test(own === "" ? "true" : own);
    if (counts) resolved[key] = own === "" ? "true" : own;
    const wanted = given[key];
    if (wanted !== undefined && test(wanted) && wanted !== resolved[key]) resolved[key] = wanted;
    else if (counts) extension += `-${key}${own === "" ? "" : `-${own}`}`;
  }
  resolved.data = locale;
  if (extension !== "") resolved.locale += `-u${extension}`;
  return resolved;
}

/** Options as an object: `undefined` is an empty one; null is refused. */
export function optionsObject(options, service) {
  if (options === undefined) return Object.create(null);
  if (options === null) throw new TypeError(`${service} called on null or undefined`);
  return Object(options);
}

/** A text option out of `values` (any when undefined). */
export function textOption(options, name, values, fallback, service) {
  const value = options[name];
  if (value === undefined) return fallback;
  const text = String(value);
  if (values !== undefined && !values.includes(text)) {
    throw new RangeError(`Value ${text} out of range for ${service} options property ${name}`);
  }
  return text;
}

export function truthOption(options, name, fallback) {
  const value = options[name];
  return value === undefined ? fallback : Boolean(value);
}

export function numberOption(options, name, least, most, fallback) {
  return wholeNumber(options[name], name, least, most, fallback);
}

export function wholeNumber(value, name, least, most, fallback) {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!(number >= least && number <= most)) throw new RangeError(`${name} value is out of range.`);
  return Math.floor(number);
}

/** Reads `localeMatcher`, which changes nothing here. */
export const matcherOption = (options, service) =>
  textOption(options, "localeMatcher", ["lookup", "best fit"], "best fit", service);

/** An option that must look like a keyword's value. */
export function typeOption(options, name) {
  const value = options[name];
  if (value === undefined) return undefined;
  const text = String(value);
  if (!/^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i.test(text)) throw new RangeError(`Invalid ${name} : ${text}`);
  return text.toLowerCase();
}

/** A value as V8 names it in "incompatible receiver". */
function shown(value) {
  if (typeof value === "string") return value;
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    if (typeof value === "function") return String(value);
    if (Array.isArray(value)) return "[object Array]";
    return `#<${value.constructor?.name || "Object"}>`;
  }
  return String(value);
}

/** The state that `states` keeps for `self`; a TypeError as V8's when there is none. */
export function stateOf(states, self, method) {
  const isObject = typeof self === "object" && self !== null;
  const state = isObject ? states.get(self) : undefined;
  if (!isObject && method.startsWith("Unwrap")) method = `Intl.${method.slice(6)}.prototype.resolvedOptions`;
  if (state === undefined) throw new TypeError(`Method ${method} called on incompatible receiver ${shown(self)}`);
  return state;
}

/**
 * Makes `Class` a service of Intl: its prototype gets the members of `members` and a tag, it gets
 * `supportedLocalesOf`.
 */
export function service(name, Class, members, isLocalized = true) {
  const hidden = (target, key, value) =>
    Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true });
  const prototype = Class.prototype;
  Object.defineProperty(Class, "prototype", { writable: false });
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(prototype, key, { ...descriptor, enumerable: false });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  if (!isLocalized) return Class;
  const { supportedLocalesOf } = {
    supportedLocalesOf(locales, options = undefined) {
      const list = canonicalList(locales);
      if (options !== undefined) matcherOption(optionsObject(options, `Intl.${name}`), `Intl.${name}`);
      return list.filter((tag) => knownLocale(takeApart(tag).base) !== undefined);
    },
  };
  hidden(Class, "supportedLocalesOf", supportedLocalesOf);
  return Class;
}

export function requireNew(target, name) {
  if (target === undefined) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
}

/** `resolvedOptions`: what has a value, in order. */
export function resolvedObject(entries) {
  const object = {};
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) object[key] = value;
  return object;
}

/** Flat parts [type, text, …] as the objects that formatToParts gives. */
export function partObjects(flat, more) {
  const parts = [];
  for (let index = 0; index < flat.length; index += 2) {
    parts.push({ type: flat[index], value: flat[index + 1], ...more });
  }
  return parts;
}

export function textOfParts(flat) {
  let text = "";
  for (let index = 1; index < flat.length; index += 2) text += flat[index];
  return text;
}
