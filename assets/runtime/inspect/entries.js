// What is inside of an object: the items of lists and collections, then the keys.

import { reveal } from "../native.js";
import { entryText, spacedText, valueText } from "./index.js";
import { joined, ITEM, LIST, OBJECT } from "./layout.js";
import { bigintText, numberText } from "./text.js";

const valuesOfSet = Set.prototype.values;
const entriesOfMap = Map.prototype.entries;

const more = (count) => `... ${count} more item${count > 1 ? "s" : ""}`;
const holes = (count) => `<${count} empty item${count > 1 ? "s" : ""}>`;
const most = (context, length) => Math.min(Math.max(0, context.maxArrayLength), length);

/** The texts of all entries of `value`. */
export function entriesOf(context, value, kind, level) {
  const entries = kind.inside === undefined ? [] : INSIDE[kind.inside](context, value, level, kind);
  for (const key of kind.keys) {
    if (context.room < 0) {
      entries.push("...");
      break;
    }
    entries.push(entryText(context, value, level, key, kind.extras));
  }
  if (kind.described !== undefined) entries.push(...memberEntries(context, value, level, kind.described.members));
  return entries;
}

const INSIDE = {
  array: arrayItems,
  typed: typedItems,
  buffer: bufferBytes,
  module: moduleEntries,
  described: describedEntries,
  iterator: iteratorItems,
  weak: (context) => [context.stylize("<items unknown>", "special")],
  set(context, value, level, { size }) {
    return context.indented(() => {
      const shown = most(context, size);
      const out = [];
      for (const item of valuesOfSet.call(value)) {
        if (out.length >= shown) break;
        out.push(valueText(context, item, level));
      }
      if (size > shown) out.push(more(size - shown));
      return out;
    });
  },
  map(context, value, level, { size }) {
    return context.indented(() => {
      const shown = most(context, size);
      const out = [];
      for (const [key, item] of entriesOfMap.call(value)) {
        if (out.length >= shown) break;
        out.push(`${valueText(context, key, level)} => ${valueText(context, item, level)}`);
      }
      if (size > shown) out.push(more(size - shown));
      return out;
    });
  },
  promise(context, value, level) {
    const [state, result] = reveal(value);
    if (state === PENDING) return [context.stylize("<pending>", "special")];
    const text = context.indented(() => valueText(context, result, level));
    return [state === REJECTED ? `${context.stylize("<rejected>", "special")} ${text}` : text];
  },
};

const PENDING = 0;
const REJECTED = 2;

function arrayItems(context, value, level) {
  const shown = most(context, value.length);
  const out = [];
  for (let i = 0; i < shown; i++) {
    if (!Object.hasOwn(value, i)) return sparseItems(context, value, level, shown, out, i);
    out.push(entryText(context, value, level, i, ITEM));
  }
  if (value.length > shown) out.push(more(value.length - shown));
  return out;
}

/** Goes from key to key, so that a long hole costs nothing. */
function sparseItems(context, value, level, shown, out, first) {
  const keys = Object.keys(value);
  let index = first;
  for (let i = first; i < keys.length && out.length < shown; i++) {
    const key = keys[i];
    if (!/^(?:0|[1-9]\d*)$/.test(key) || Number(key) > 2 ** 32 - 2) break;
    if (`${index}` !== key) {
      out.push(context.stylize(holes(Number(key) - index), "undefined"));
      index = Number(key);
      if (out.length === shown) break;
    }
    out.push(entryText(context, value, level, key, ITEM));
    index++;
  }
  const left = value.length - index;
  if (left > 0) out.push(out.length === shown ? more(left) : context.stylize(holes(left), "undefined"));
  return out;
}

function typedItems(context, value, level, { size }) {
  // the list may have lost its prototype
  const item = (at) => value[at];
  const shown = most(context, size);
  const out = [];
  for (let i = 0; i < shown; i++) {
    const each = item(i);
    out.push(context.stylize(typeof each === "bigint" ? bigintText(each, context.numericSeparator) : numberText(each, context.numericSeparator), typeof each));
  }
  if (size > shown) out.push(more(size - shown));
  if (context.showHidden) {
    context.indented(() => {
      for (const key of ["BYTES_PER_ELEMENT", "length", "byteLength", "byteOffset", "buffer"]) {
        out.push(`[${key}]: ${valueText(context, value[key], level, true)}`);
      }
    });
  }
  return out;
}

function bufferBytes(context, value) {
  if (value.detached) return [context.stylize("(detached)", "special")];
  const bytes = new Uint8Array(value);
  const shown = most(context, bytes.length);
  const hex = Array.from(bytes.subarray(0, shown), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const left = bytes.length - context.maxArrayLength;
  const rest = left > 0 ? ` ... ${left} more byte${left > 1 ? "s" : ""}` : "";
  return [`${context.stylize("[Uint8Contents]", "special")}: <${hex}${rest}>`];
}

function moduleEntries(context, value, level, kind) {
  const out = kind.keys.map((key) => {
    try {
      return entryText(context, value, level, key, OBJECT);
    } catch {
      // not initialised yet
      return `${String(key)}: ${context.stylize("<uninitialized>", "special")}`;
    }
  });
  kind.keys = [];
  return out;
}

function iteratorItems(context, value, level, kind) {
  const [items, arePairs] = reveal(value);
  const shown = most(context, items.length);
  if (arePairs) kind.open = kind.open.replace(/ Iterator] {$/, " Entries] {");
  return context.indented(() => {
    const out = items.slice(0, shown).map((item) => (arePairs
      ? joined(context, [valueText(context, item[0], level), valueText(context, item[1], level)], "", "[", "]", LIST, level)
      : valueText(context, item, level)));
    if (items.length > shown) out.push(more(items.length - shown));
    return out;
  });
}

function describedEntries(context, value, level, { described }) {
  if (described.pairs === undefined) return [];
  return context.indented(() => Array.from(described.pairs(value), ([key, item]) => `${valueText(context, key, level)} => ${valueText(context, item, level)}`));
}

function memberEntries(context, value, level, members) {
  return members.map((member) => {
    const [name, read] = typeof member === "string" ? [member, (object) => object[member]] : member;
    return `${name}:${memberText(context, read(value), level)}`;
  });
}

/** The reference shows the length of lists that such members are. */
function memberText(context, value, level) {
  const { showHidden } = context;
  if (Array.isArray(value)) context.showHidden = true;
  const text = spacedText(context, value, level, OBJECT);
  context.showHidden = showHidden;
  return text;
}
