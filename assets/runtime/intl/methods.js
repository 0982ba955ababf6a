// The methods of other classes that speak a language: toLocaleString and its kind.

import { host } from "../native.js";
import { compareTexts, collatorState } from "./collator.js";
import { dateState, formatDate } from "./date-format.js";
import { formatNumber, numberState } from "./number-format.js";
import { numberOptions } from "./number-options.js";
import { canonicalList, optionsObject, remembered } from "./service.js";

// Formatters made before for the same plain arguments.
const formatters = new Map();

/** `make()`, kept under `kind` and the arguments when these are plain enough to be written as a key. */
function kept(kind, locales, options, make) {
  const isPlainLocale = locales === undefined || typeof locales === "string";
  let key = isPlainLocale ? `${kind} ${locales}` : undefined;
  if (options !== undefined && key !== undefined) {
    const isPlain = typeof options === "object" && options !== null && Object.getPrototypeOf(options) === Object.prototype;
    const entries = isPlain ? Object.getOwnPropertyDescriptors(options) : {};
    const isReadable = isPlain && Object.values(entries).every(({ value }) => ["string", "number", "boolean"].includes(typeof value));
    key = isReadable ? `${key} ${JSON.stringify(options)}` : undefined;
  }
  return key === undefined || key.length > 500 ? make() : remembered(formatters, key, make);
}

const numberFormatter = (locales, options) =>
  kept("n", locales, options, () => numberState(numberOptions(locales, optionsObject(options, "Intl.NumberFormat"))));

const dateFormatter = (kind, locales, options, required, defaults) =>
  kept(kind, locales, options, () => dateState(locales, optionsObject(options, "Intl.DateTimeFormat"), required, defaults));

const { valueOf: numberValue } = Number.prototype;
function numberOf(value) {
  if (typeof value === "number") return value;
  try {
    return numberValue.call(value);
  } catch {
    throw new TypeError("Number.prototype.toLocaleString requires that 'this' be a Number");
  }
}

const { valueOf: bigintValue } = BigInt.prototype;
const { getTime } = Date.prototype;

function timeOf(date, method) {
  if (!(date instanceof Date)) {
    const shown = typeof date === "object" && date !== null ? `#<${date.constructor?.name || "Object"}>` : String(date);
    throw new TypeError(`Method Date.prototype.${method} called on incompatible receiver ${shown}`);
  }
  return getTime.call(date);
}

function dateText(date, method, locales, options, required, defaults) {
  const time = timeOf(date, method);
  if (Number.isNaN(time)) return "Invalid Date";
  return formatDate(dateFormatter(method, locales, options, required, defaults), time);
}

/** The items of an array, each in its own way. */
function joined(list, locales, options) {
  const texts = [];
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    texts.push(item === undefined || item === null ? "" : String(item.toLocaleString(locales, options)));
  }
  return texts.join(",");
}

function cased(verb, text, locales, plain) {
  if (text === undefined || text === null) {
    throw new TypeError(`String.prototype.${verb === "upper" ? "toLocaleUpperCase" : "toLocaleLowerCase"} called on null or undefined`);
  }
  const [tag] = canonicalList(locales);
  const string = String(text);
  if (tag === undefined || !/^(tr|az|lt|el)(-|$)/.test(tag)) return plain.call(string);
  return host(`intl.${verb}`, tag, string);
}

const { toUpperCase, toLowerCase } = String.prototype;
// arrays that are being written, so that one that holds itself ends
const writing = [];

const onNumber = {
  toLocaleString(locales = undefined, options = undefined) {
    return formatNumber(numberFormatter(locales, options), numberOf(this));
  },
};
const onBigInt = {
  toLocaleString(locales = undefined, options = undefined) {
    return formatNumber(numberFormatter(locales, options), bigintValue.call(this));
  },
};
const onDate = {
  toLocaleString(locales = undefined, options = undefined) {
    return dateText(this, "toLocaleString", locales, options, "any", "all");
  },
  toLocaleDateString(locales = undefined, options = undefined) {
    return dateText(this, "toLocaleDateString", locales, options, "date", "date");
  },
  toLocaleTimeString(locales = undefined, options = undefined) {
    return dateText(this, "toLocaleTimeString", locales, options, "time", "time");
  },
};
const onArray = {
  toLocaleString(locales = undefined, options = undefined) {
    const list = Object(this);
    if (writing.includes(list)) return "";
    writing.push(list);
    try {
      return joined(list, locales, options);
    } finally {
      writing.pop();
    }
  },
};
const { length: typedLength } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Uint8Array.prototype));
const onTypedArray = {
  toLocaleString(locales = undefined, options = undefined) {
    typedLength.get.call(this);
    return joined(this, locales, options);
  },
};
const onString = {
  localeCompare(other, locales = undefined, options = undefined) {
    if (this === undefined || this === null) throw new TypeError("String.prototype.localeCompare called on null or undefined");
    const [left, right] = [String(this), String(other)];
    return compareTexts(kept("c", locales, options, () => collatorState(locales, options)), left, right);
  },
  toLocaleUpperCase(locales = undefined) {
    return cased("upper", this, locales, toUpperCase);
  },
  toLocaleLowerCase(locales = undefined) {
    return cased("lower", this, locales, toLowerCase);
  },
};

/** Puts the methods where they belong. */
export function installMethods() {
  const places = [
    [Number, onNumber], [BigInt, onBigInt], [Date, onDate], [Array, onArray], [String, onString],
    [Object.getPrototypeOf(Uint8Array), onTypedArray],
  ];
  for (const [Class, methods] of places) {
    for (const [name, value] of Object.entries(methods)) {
      Object.defineProperty(Class.prototype, name, { value, writable: true, enumerable: false, configurable: true });
    }
  }
}
