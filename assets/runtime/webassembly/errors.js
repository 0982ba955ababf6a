// The errors of WebAssembly, and the words for what functions end with.

import { setTrap } from "../native.js";
import { ask } from "./support.js";

function errorClass(name) {
  const Class = {
    [name]: function (message, options) {
      const error = message === undefined ? new Error(undefined, options) : new Error(message, options);
      return Object.setPrototypeOf(error, (new.target ?? Class).prototype);
    },
  }[name];
  Object.setPrototypeOf(Class, Error);
  const prototype = Object.create(Error.prototype);
  for (const [key, value] of Object.entries({ constructor: Class, name, message: "" })) {
    Object.defineProperty(prototype, key, { value, writable: true, configurable: true });
  }
  Object.defineProperty(Class, "prototype", { value: prototype, writable: false });
  Object.defineProperty(Class, "length", { value: 1 });
  return Class;
}

export const CompileError = errorClass("CompileError");
export const LinkError = errorClass("LinkError");
export const RuntimeError = errorClass("RuntimeError");

const classes = { CompileError, LinkError, RuntimeError, RangeError, TypeError };

/** An error of the host's, with the class that it names and where it happened. */
export function worded(error, where) {
  const Class = classes[error.name];
  return Class === undefined ? error : new Class(where === "" ? error.message : `${where}: ${error.message}`);
}

/** By the host's numbers; src/sandbox/modules/run.rs. */
const reasons = [
  , , "unreachable", "memory access out of bounds", "table index is out of bounds", "null function", "divide result unrepresentable",
  "divide by zero", "float unrepresentable in integer range", , "unexpected end", "function signature mismatch", "remainder by zero",
];
const STACK = 9;

setTrap((reason, number) => {
  if (reason === 0) return ask("function", number);
  if (reason === STACK) throw new RangeError("Maximum call stack size exceeded");
  throw new RuntimeError(reasons[reason]);
});
