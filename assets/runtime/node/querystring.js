// The module "node:querystring".

import { Buffer } from "./buffer/class.js";

class ERR_INVALID_URI extends URIError {
  constructor() {
    super("URI malformed");
    this.name = "URIError";
    this.code = "ERR_INVALID_URI";
  }
}

const HEX = /^[0-9a-fA-F]{2}$/;

/** The bytes of a text in which %XX stands for one; "+" becomes a space if `plus`. */
export function unescapeBuffer(text, plus = undefined) {
  const bytes = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    const digits = text.slice(at + 1, at + 3);
    if (letter === "%" && HEX.test(digits)) {
      bytes[length++] = parseInt(digits, 16);
      at += 2;
    } else {
      bytes[length++] = plus && letter === "+" ? 0x20 : text.charCodeAt(at);
    }
  }
  return length === text.length ? bytes : bytes.slice(0, length);
}

function unescapeText(text, plus = undefined) {
  try {
    return decodeURIComponent(text);
  } catch {
    return unescapeBuffer(text, plus).toString();
  }
}
export { unescapeText as unescape };

function escapeText(value) {
  let text = value;
  if (typeof text !== "string") text = typeof text === "object" ? String(text) : `${text}`;
  if (!text.isWellFormed()) throw new ERR_INVALID_URI();
  return encodeURIComponent(text);
}
export { escapeText as escape };

function primitive(value) {
  switch (typeof value) {
    case "string": return value;
    case "number": return Number.isFinite(value) ? `${value}` : "";
    case "bigint": case "boolean": return `${value}`;
    default: return "";
  }
}

export function stringify(object, separator = undefined, equals = undefined, options = undefined) {
  const [sep, eq] = [separator || "&", equals || "="];
  const escaped = typeof options?.encodeURIComponent === "function" ? options.encodeURIComponent : escapeText;
  const word = (value) => {
    const text = primitive(value);
    return text === "" ? "" : `${escaped(text)}`;
  };
  if (object === null || typeof object !== "object") return "";
  const pairs = [];
  for (const key of Object.keys(object)) {
    const name = `${escaped(key)}${eq}`;
    const value = object[key];
    if (Array.isArray(value)) for (const each of value) pairs.push(name + word(each));
    else pairs.push(name + word(value));
  }
  return pairs.join(sep);
}

/** Most keys that `parse` reads, unless told otherwise. */
const MAX_KEYS = 1000;

export function parse(text, separator = undefined, equals = undefined, options = undefined) {
  const found = Object.create(null);
  if (typeof text !== "string" || text === "") return found;
  const [sep, eq] = [separator ? `${separator}` : "&", equals ? `${equals}` : "="];
  const most = typeof options?.maxKeys === "number" ? options.maxKeys : MAX_KEYS;
  const own = typeof options?.decodeURIComponent === "function" ? options.decodeURIComponent : undefined;
  const word = (part) => {
    const spaced = part.replaceAll("+", own === undefined ? " " : "%20");
    if (own === undefined) return spaced.includes("%") ? unescapeText(spaced) : spaced;
    try {
      return own(spaced);
    } catch {
      return unescapeText(spaced, true);
    }
  };
  let count = 0;
  for (const pair of text.split(sep)) {
    if (pair === "") continue;
    if (most > 0 && count++ >= most) break;
    const at = pair.indexOf(eq);
    const key = word(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : word(pair.slice(at + eq.length));
    if (!(key in found)) found[key] = value;
    else if (Array.isArray(found[key])) found[key].push(value);
    else found[key] = [found[key], value];
  }
  return found;
}

export { stringify as encode, parse as decode };

const querystring = { decode: parse, encode: stringify, escape: escapeText, parse, stringify, unescape: unescapeText, unescapeBuffer };
export default querystring;
for (const [name, method] of [["escape", escapeText], ["unescape", unescapeText]]) Object.defineProperty(method, "name", { value: name });
