// What each kind of object looks like from outside: its brackets, what stands before them, and
// which entries it has. An object that shows nothing but that is its text alone.

import { classOf } from "../native.js";
import { describedAs, isDescribed } from "./described.js";
import { errorText } from "./errors.js";
import { LIST, OBJECT } from "./layout.js";
import { prefix } from "./names.js";
import { plain } from "./styles.js";
import { primitiveText } from "./text.js";

const TypedArray = Object.getPrototypeOf(Uint8Array);
const typedName = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;
const sizeOfMap = Object.getOwnPropertyDescriptor(Map.prototype, "size").get;
const sizeOfSet = Object.getOwnPropertyDescriptor(Set.prototype, "size").get;

const BOXED = { Number, String, Boolean, BigInt, Symbol };

const enumerable = (value, key) => Object.prototype.propertyIsEnumerable.call(value, key);

/** Keys of the entries that are shown. */
function keysOf(value, showHidden) {
  if (showHidden) return Reflect.ownKeys(value);
  const symbols = Object.getOwnPropertySymbols(value);
  const names = Object.keys(value);
  return symbols.length === 0 ? names : names.concat(symbols.filter((key) => enumerable(value, key)));
}

const INDEX = /^(?:0|[1-9]\d{0,9})$/;

/** The same without the items of a list. */
function keysBesideItems(value, showHidden) {
  return keysOf(value, showHidden).filter((key) => typeof key === "symbol" || !INDEX.test(key) || Number(key) >= 2 ** 32 - 1);
}

/**
 * How to show `value`: a text, or `{before, base, open, close, extras, keys, inside}` where `inside`
 * names its special entries (see entries.js). `members` are texts of inherited entries.
 */
export function kindOf(context, value, name, tag, inTyped, members, level) {
  const engineClass = classOf(value);
  const kind = { base: "", open: "{", close: "}", extras: OBJECT, keys: undefined, inside: undefined, size: 0, before: "" };
  const isList = Symbol.iterator in value || name === null ? listKind(context, value, name, tag, engineClass, kind, members) : undefined;
  if (isList !== undefined) return isList;
  kind.keys = keysOf(value, context.showHidden);
  const isBare = () => kind.keys.length === 0 && members === undefined;
  const described = describedAs(value);
  if (described !== undefined) return describedKind(value, described, name, kind);
  if (name === "Object" && engineClass !== "Error") {
    if (engineClass === "Arguments") kind.open = "[Arguments] {";
    else if (tag !== "") kind.open = `${prefix(name, tag, "Object")}{`;
    return isBare() ? `${kind.open}}` : kind;
  }
  if (typeof value === "function") {
    kind.base = functionText(context, value, name, tag, engineClass);
    return isBare() ? context.stylize(kind.base, "special") : kind;
  }
  const own = OWN_KINDS[engineClass === "Object" && value instanceof Error ? "Error" : engineClass];
  if (own !== undefined) return own(context, value, name, tag, kind, isBare, { inTyped, level, engineClass });
  if (isBare()) return `${prefix(name, tag, "Object")}{}`;
  kind.open = `${prefix(name, tag, "Object")}{`;
  return kind;
}

/** Arrays, sets, maps, typed arrays and iterators of maps and sets. */
function listKind(context, value, name, tag, engineClass, kind, members) {
  const isBare = () => kind.keys.length === 0 && members === undefined;
  if (engineClass === "Array") {
    const before = name !== "Array" || tag !== "" ? prefix(name, tag, "Array", `(${value.length})`) : "";
    Object.assign(kind, { open: `${before}[`, close: "]", extras: LIST, inside: "array", keys: keysBesideItems(value, context.showHidden) });
    return value.length === 0 && isBare() ? `${kind.open}]` : kind;
  }
  if (engineClass === "Set" || engineClass === "Map") {
    const size = (engineClass === "Set" ? sizeOfSet : sizeOfMap).call(value);
    const before = prefix(name, tag, engineClass, `(${size})`);
    Object.assign(kind, { open: `${before}{`, inside: engineClass === "Set" ? "set" : "map", size, keys: keysOf(value, context.showHidden) });
    return size === 0 && isBare() ? `${before}{}` : kind;
  }
  if (ArrayBuffer.isView(value) && engineClass !== "DataView") {
    const fallback = name === null ? typedName.call(value) : "";
    kind.size = lengthOf(value);
    Object.assign(kind, {
      open: `${prefix(name, tag, fallback, `(${kind.size})`)}[`, close: "]", extras: LIST, inside: "typed",
      keys: keysBesideItems(value, context.showHidden),
    });
    return kind.size === 0 && kind.keys.length === 0 && !context.showHidden ? `${kind.open}]` : kind;
  }
  if (engineClass === "Map Iterator" || engineClass === "Set Iterator") {
    const tags = tag === engineClass || tag === "" ? engineClass : `${tag}] [${engineClass}`;
    return Object.assign(kind, { open: `[${tags}] {`, inside: "iterator", keys: keysOf(value, context.showHidden) });
  }
  return undefined;
}

const lengthOf = Function.prototype.call.bind(Object.getOwnPropertyDescriptor(TypedArray.prototype, "length").get);

const bufferKind = (context, value, name, tag, kind, isBare, { inTyped, engineClass }) => {
  const before = prefix(name, tag, engineClass);
  if (!inTyped) kind.inside = "buffer";
  else if (isBare()) return `${before}{ byteLength: ${primitiveText(context.stylize, value.byteLength, { numericSeparator: false })} }`;
  kind.open = `${before}{`;
  kind.keys.unshift("byteLength");
  return kind;
};

const weakKind = (context, value, name, tag, kind, isBare, { engineClass }) =>
  Object.assign(kind, { open: `${prefix(name, tag, engineClass)}{`, inside: context.showHidden ? undefined : "weak" });

const boxedKind = (context, value, name, tag, kind, isBare, { engineClass }) => {
  const primitive = BOXED[engineClass].prototype.valueOf.call(value);
  // the characters are shown already
  if (engineClass === "String") kind.keys.splice(0, primitive.length);
  const other = name === engineClass ? "" : name === null ? " (null prototype)" : ` (${name})`;
  kind.base = `[${engineClass}${other}: ${primitiveText(plain, primitive, { ...context, compact: true, breakLength: Infinity })}]`;
  if (tag !== "" && tag !== name) kind.base += ` [${tag}]`;
  if (!isBare()) return kind;
  return context.stylize === plain ? kind.base : context.stylize(kind.base, engineClass.toLowerCase());
};

const OWN_KINDS = {
  RegExp(context, value, name, tag, kind, isBare, { level }) {
    const text = RegExp.prototype.toString.call(name !== null ? value : new RegExp(value));
    const before = prefix(name, tag, "RegExp");
    kind.base = before === "RegExp " ? text : before + text;
    return isBare() || (context.depth !== null && level > context.depth) ? context.stylize(kind.base, "regexp") : kind;
  },
  Date(context, value, name, tag, kind, isBare) {
    const text = Number.isNaN(Date.prototype.getTime.call(value)) ? "Invalid Date" : Date.prototype.toISOString.call(value);
    const before = prefix(name, tag, "Date");
    kind.base = before === "Date " ? text : before + text;
    return isBare() ? context.stylize(kind.base, "date") : kind;
  },
  Error(context, value, name, tag, kind, isBare) {
    kind.base = errorText(value, name, tag, context, kind.keys);
    return isBare() ? kind.base : kind;
  },
  ArrayBuffer: bufferKind,
  SharedArrayBuffer: bufferKind,
  DataView(context, value, name, tag, kind) {
    kind.keys.unshift("byteLength", "byteOffset", "buffer");
    return Object.assign(kind, { open: `${prefix(name, tag, "DataView")}{` });
  },
  Promise: (context, value, name, tag, kind) => Object.assign(kind, { open: `${prefix(name, tag, "Promise")}{`, inside: "promise" }),
  WeakSet: weakKind,
  WeakMap: weakKind,
  Module: (context, value, name, tag, kind) => Object.assign(kind, { open: `${prefix(name, tag, "Module")}{`, inside: "module" }),
  Number: boxedKind,
  String: boxedKind,
  Boolean: boxedKind,
  BigInt: boxedKind,
  Symbol: boxedKind,
};

/** Classes of the runtime, whose state is behind getters of their prototypes. */
function describedKind(value, described, name, kind) {
  const size = described.pairs === undefined ? "" : `(${[...described.pairs(value)].length})`;
  const isBare = kind.keys.length === 0 && described.members.length === 0 && (size === "" || size === "(0)");
  return Object.assign(kind, { described, isBare, inside: "described", before: `${name ?? "Object"}${size} ` });
}

function functionText(context, value, name, tag, engineClass) {
  const source = Function.prototype.toString.call(value);
  // classes of the runtime are written in JavaScript, which is nobody's business
  if (source.startsWith("class") && source.endsWith("}") && !isDescribed(value)) {
    const head = source.slice(5, -1);
    const brace = head.indexOf("{");
    const isClass = brace >= 0 && (!head.slice(0, brace).includes("(") || /^(\s+[^(]*?)\s*{/.test(head.replace(/\/\/.*?\n|\/\*.*?\*\//gs, "")));
    if (isClass) return classText(value, name, tag);
  }
  const type = FUNCTIONS[engineClass] ?? "Function";
  const own = value.name === "" ? " (anonymous)" : `: ${String(value.name)}`;
  let text = `[${type}${name === null ? " (null prototype)" : ""}${own}]`;
  if (name !== type && name !== null) text += ` ${name}`;
  if (tag !== "" && name !== tag) text += ` [${tag}]`;
  return text;
}

const FUNCTIONS = { GeneratorFunction: "GeneratorFunction", AsyncFunction: "AsyncFunction", AsyncGeneratorFunction: "AsyncGeneratorFunction" };

function classText(value, name, tag) {
  let text = `class ${(Object.hasOwn(value, "name") && value.name) || "(anonymous)"}`;
  if (name !== "Function" && name !== null) text += ` [${name}]`;
  if (tag !== "" && name !== tag) text += ` [${tag}]`;
  if (name === null) return `[${text} extends null]`;
  const parent = Object.getPrototypeOf(value)?.name;
  return parent ? `[${text} extends ${parent}]` : `[${text}]`;
}
