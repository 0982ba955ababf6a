// Texts with placeholders, as util.format and console take them.

import { classOf } from "../native.js";
import { inspect } from "./index.js";
import { bigintText, numberText } from "./text.js";

/** `first` with its placeholders replaced by `args`; what is left over stands behind. */
export function format(options, args) {
  const [first] = args;
  let next = 0, text = "";
  let space = "";
  if (typeof first === "string") {
    if (args.length === 1) return first;
    next = 1;
    text = first.replace(/%([%sdifjoOc])/g, (found, letter) => {
      if (letter === "%") return "%";
      return next < args.length ? placed(letter, args[next++], options) : found;
    });
    space = " ";
  }
  for (; next < args.length; next++) {
    text += space + (typeof args[next] === "string" ? args[next] : inspect(args[next], { ...options, compact: 3, colors: options?.colors ?? false, depth: options?.depth ?? 2 }));
    space = " ";
  }
  return text;
}

const separated = (options) => options?.numericSeparator ?? false;

function placed(letter, value, options) {
  switch (letter) {
    case "s":
      return asString(value, options);
    case "d":
      if (typeof value === "bigint") return bigintText(value, separated(options));
      return typeof value === "symbol" ? "NaN" : numberText(Number(value), separated(options));
    case "i":
      if (typeof value === "bigint") return bigintText(value, separated(options));
      return typeof value === "symbol" ? "NaN" : numberText(Number.parseInt(value), separated(options));
    case "f":
      return typeof value === "symbol" ? "NaN" : numberText(Number.parseFloat(value), separated(options));
    case "j":
      return asJson(value);
    case "o":
      return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case "O":
      return inspect(value, options);
    default:
      // %c: style sheets have no meaning here
      return "";
  }
}

function asString(value, options) {
  if (typeof value === "number") return numberText(value, separated(options));
  if (typeof value === "bigint") return bigintText(value, separated(options));
  if (typeof value !== "object" || value === null || hasOwnText(value)) return String(value);
  return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
}

/** Whether the author says how the object is written, rather than the language. */
function hasOwnText(value) {
  if (classOf(value) === "Proxy") return false;
  if (!("toString" in value) || typeof value.toString !== "function") return false;
  if (Object.hasOwn(value, "toString")) return true;
  let at = value;
  while (!Object.hasOwn(at, "toString")) at = Object.getPrototypeOf(at);
  const Class = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
  return typeof Class !== "function" || !Object.hasOwn(globalThis, Class.name);
}

function asJson(value) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (/circular/i.test(error.message)) return "[Circular]";
    throw error;
  }
}
