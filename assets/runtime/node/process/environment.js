// process.env: the worker's bindings as text.

import { ERR_INVALID_ARG_VALUE } from "../errors.js";

/** A binding as text; undefined for one that is none. */
function textOf(value) {
  if (typeof value === "string") return value;
  if (value === undefined || typeof value === "function") return undefined;
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) !== Object.prototype && !Array.isArray(value)) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function asText(value) {
  if (typeof value === "symbol") throw new TypeError("Cannot convert a symbol value to a string");
  return `${value}`;
}

export const environment = new Proxy({}, {
  set(target, key, value) {
    if (typeof key === "symbol") throw new TypeError("Cannot convert a symbol value to a string");
    return Reflect.set(target, key, asText(value));
  },
  defineProperty(target, key, descriptor) {
    if (!("value" in descriptor)) throw new ERR_INVALID_ARG_VALUE("descriptor", descriptor, "process.env value must be a data property");
    // an assignment comes here as well, with a value alone
    if (key in target && Object.keys(descriptor).length === 1) return Reflect.defineProperty(target, key, { value: asText(descriptor.value) });
    for (const name of ["configurable", "writable", "enumerable"]) {
      if (descriptor[name] !== true) throw new ERR_INVALID_ARG_VALUE(`descriptor.${name}`, descriptor, `process.env value must be ${name}`);
    }
    return Reflect.defineProperty(target, key, { ...descriptor, value: asText(descriptor.value) });
  },
});

/** Takes over what the worker is bound to. */
export function fillEnvironment(env) {
  for (const [name, value] of Object.entries(env)) {
    const text = textOf(value);
    if (text !== undefined) environment[name] = text;
  }
}
