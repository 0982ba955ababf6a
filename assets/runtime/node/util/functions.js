// Functions about functions of node:util: promisify, callbackify, inherits, deprecate, debuglog.

import { format } from "../../inspect/format.js";
import { ERR_INVALID_ARG_TYPE, NodeError } from "../errors.js";
import { validateFunction } from "../validate.js";

const CUSTOM_PROMISIFY = Symbol.for("nodejs.util.promisify.custom");

/** A function with a callback, as one that returns a promise. */
export function promisify(original) {
  validateFunction(original, "original");
  const custom = original[CUSTOM_PROMISIFY];
  if (custom) {
    validateFunction(custom, "util.promisify.custom");
    return Object.defineProperty(custom, CUSTOM_PROMISIFY, { value: custom, enumerable: false, writable: false, configurable: true });
  }
  function promised(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  Object.defineProperty(promised, CUSTOM_PROMISIFY, { value: promised, enumerable: false, writable: false, configurable: true });
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = CUSTOM_PROMISIFY;

class ERR_FALSY_VALUE_REJECTION extends NodeError {
  constructor(reason) {
    super("ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value");
    this.reason = reason;
  }
}

/** A function that returns a promise, as one with a callback. */
export function callbackify(original) {
  validateFunction(original, "original");
  function callbackified(...args) {
    const callback = args.pop();
    if (typeof callback !== "function") throw new ERR_INVALID_ARG_TYPE("last argument", "function", callback);
    const answer = (...values) => Reflect.apply(callback, this, values);
    Reflect.apply(original, this, args).then(
      (value) => queueMicrotask(() => answer(null, value)),
      (error) => queueMicrotask(() => answer(error || new ERR_FALSY_VALUE_REJECTION(error))),
    );
  }
  const properties = Object.getOwnPropertyDescriptors(original);
  if (typeof properties.length.value === "number") properties.length.value++;
  if (typeof properties.name.value === "string") properties.name.value += "Callbackified";
  return Object.defineProperties(callbackified, properties);
}

/** Makes `constructor` a class derived from `parent`. */
export function inherits(constructor, parent) {
  if (constructor === undefined || constructor === null) throw new ERR_INVALID_ARG_TYPE("ctor", "function", constructor);
  if (parent === undefined || parent === null) throw new ERR_INVALID_ARG_TYPE("superCtor", "function", parent);
  if (parent.prototype === undefined) throw new ERR_INVALID_ARG_TYPE("superCtor.prototype", "object", parent.prototype);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

/** `original` itself: nobody here is warned. */
export function deprecate(original, message, code, options) {
  return original;
}

/** A function that logs under the name `section`. */
export function debuglog(section, callback) {
  function logger(...args) {
    console.log(`${`${section}`.toUpperCase()}: ${format(undefined, args)}`);
  }
  Object.defineProperty(logger, "enabled", { get: () => true, enumerable: true, configurable: true });
  return logger;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Logs with the time of day. */
export function log(...args) {
  const now = new Date();
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => `${part}`.padStart(2, "0")).join(":");
  console.log("%s - %s", `${now.getDate()} ${MONTHS[now.getMonth()]} ${time}`, format(undefined, args));
}

/** Copies properties; the older form of Object.assign. */
export function _extend(target, source) {
  if (source === null || typeof source !== "object") return target;
  for (const key of Object.keys(source)) target[key] = source[key];
  return target;
}
