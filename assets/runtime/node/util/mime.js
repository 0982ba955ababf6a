// MIMEType and MIMEParams of node:util.

import { describeClass } from "../../inspect/described.js";

const TOKEN = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
const SPACE = /^[\r\n\t ]+|[\r\n\t ]+$/g;

const invalid = (what = "type", input = undefined) => new TypeError(`Not a valid MIME ${what}${input === undefined ? "" : `: ${input}`}`);

const quotedValue = (value) => (TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`);

/** Name and value pairs in the text behind the type; bad ones are left out. */
function* readParams(text) {
  let at = 0;
  while (at < text.length) {
    at++;
    while (/[\r\n\t ]/.test(text[at] ?? "")) at++;
    let end = at;
    while (end < text.length && text[end] !== ";" && text[end] !== "=") end++;
    const name = text.slice(at, end).toLowerCase();
    at = end;
    if (text[at] !== "=") continue;
    at++;
    let value;
    if (text[at] === '"') {
      [value, at] = readQuoted(text, at + 1);
      while (at < text.length && text[at] !== ";") at++;
    } else {
      end = text.indexOf(";", at);
      if (end < 0) end = text.length;
      value = text.slice(at, end).replace(/[\r\n\t ]+$/, "");
      at = end;
      if (value === "") continue;
    }
    if (TOKEN.test(name) && VALUE.test(value)) yield [name, value];
  }
}

function readQuoted(text, start) {
  let value = "";
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"') return [value, at + 1];
    if (text[at] === "\\" && at + 1 < text.length) at++;
    value += text[at];
  }
  return [value, text.length];
}

let fill;

/** The parameters of a MIME type. */
export class MIMEParams {
  #map = new Map();
  static {
    fill = (params, text) => {
      for (const [name, value] of readParams(text)) if (!params.#map.has(name)) params.#map.set(name, value);
    };
  }
  get(name) {
    return this.#map.get(`${name}`) ?? null;
  }
  has(name) {
    return this.#map.has(`${name}`);
  }
  set(name, value) {
    if (!TOKEN.test(`${name}`)) throw invalid("parameter");
    this.#map.set(`${name}`, `${value}`);
  }
  delete(name) {
    this.#map.delete(`${name}`);
  }
  entries() {
    return this.#map.entries();
  }
  keys() {
    return this.#map.keys();
  }
  values() {
    return this.#map.values();
  }
  toString() {
    return [...this.#map].map(([name, value]) => `${name}=${quotedValue(value)}`).join(";");
  }
  toJSON() {
    return this.toString();
  }
}
Object.defineProperty(MIMEParams.prototype, Symbol.iterator, { value: MIMEParams.prototype.entries, writable: true, configurable: true });

function part(text, whole) {
  if (!TOKEN.test(text)) throw invalid("type", whole);
  return text.toLowerCase();
}

/** A MIME type, taken apart. */
export class MIMEType {
  #type;
  #subtype;
  #params = new MIMEParams();
  constructor(...args) {
    if (args.length === 0) throw new TypeError("Failed to construct 'MIMEType': constructor parameter 1 is not of type 'string'.");
    const text = `${args[0]}`.replace(SPACE, "");
    const semicolon = text.indexOf(";");
    const essence = semicolon < 0 ? text : text.slice(0, semicolon);
    const slash = essence.indexOf("/");
    if (slash < 0) throw invalid("type", text);
    this.#type = part(essence.slice(0, slash), text);
    this.#subtype = part(essence.slice(slash + 1).replace(/[\r\n\t ]+$/, ""), text);
    if (semicolon >= 0) fill(this.#params, text.slice(semicolon));
  }
  get type() {
    return this.#type;
  }
  set type(value) {
    this.#type = part(`${value}`);
  }
  get subtype() {
    return this.#subtype;
  }
  set subtype(value) {
    this.#subtype = part(`${value}`);
  }
  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }
  get params() {
    return this.#params;
  }
  toString() {
    const params = this.#params.toString();
    return params === "" ? this.essence : `${this.essence};${params}`;
  }
  toJSON() {
    return this.toString();
  }
}

describeClass(MIMEParams, [], (params) => params);
describeClass(MIMEType, ["type", "subtype", "essence", "params"]);
