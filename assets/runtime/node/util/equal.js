// Deep equality, as node:assert and util.isDeepStrictEqual have it. The reference's assert knows
// no loose comparison: its deepEqual is deepStrictEqual.

import { classOf } from "../../native.js";

const TypedArray = Object.getPrototypeOf(Uint8Array);
const enumerable = (object, key) => Object.prototype.propertyIsEnumerable.call(object, key);
const isObject = (value) => typeof value === "object" && value !== null;
const isTyped = (value) => ArrayBuffer.isView(value) && value instanceof TypedArray;
const bytesOf = (value) => (ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value));

/** Whether `a` and `b` are equal all the way down; with `partial`, whether `a` has all that `b` has. */
export function isDeepEqual(a, b, partial = false) {
  return equal(a, b, { partial, left: new Map(), right: new Map() });
}

function equal(a, b, memo) {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const kind = classOf(a);
  if (kind !== classOf(b) && kind !== "Proxy" && classOf(b) !== "Proxy") return false;
  if (COMPARE[kind] !== undefined && !COMPARE[kind](a, b, memo.partial)) return false;
  if (isTyped(a) && !equalBytes(a, b)) return false;
  if (Array.isArray(a) && !memo.partial && a.length !== b.length) return false;
  return equalKeys(a, b, memo, kind);
}

const isSame = (Class) => (a, b, partial) => partial || Object.is(Class.prototype.valueOf.call(a), Class.prototype.valueOf.call(b));
const sizes = (a, b, partial) => (partial ? b.size <= a.size : a.size === b.size);
const bytes = (a, b, partial) => partial || equalBytes(a, b);

const COMPARE = {
  Date: (a, b) => Date.prototype.getTime.call(a) === Date.prototype.getTime.call(b),
  RegExp: (a, b) => a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex,
  Error: (a, b) => a.message === b.message && a.name === b.name,
  ArrayBuffer: bytes,
  SharedArrayBuffer: bytes,
  DataView: bytes,
  Number: isSame(Number),
  Boolean: isSame(Boolean),
  BigInt: isSame(BigInt),
  Symbol: isSame(Symbol),
  String: (a, b) => String.prototype.valueOf.call(a) === String.prototype.valueOf.call(b),
  Map: sizes,
  Set: sizes,
};

function equalBytes(a, b) {
  if (a.byteLength !== b.byteLength) return false;
  const other = bytesOf(b);
  return bytesOf(a).every((byte, at) => byte === other[at]);
}

/** Keys that count; the items of typed arrays are compared as bytes. */
function keysOf(object, isBytes) {
  const names = isBytes ? Object.keys(object).slice(object.length) : Object.keys(object);
  const symbols = Object.getOwnPropertySymbols(object);
  return symbols.length === 0 ? names : names.concat(symbols.filter((key) => enumerable(object, key)));
}

function equalKeys(a, b, memo, kind) {
  const isBytes = isTyped(a);
  const keys = keysOf(b, isBytes);
  if (!memo.partial && keysOf(a, isBytes).length !== keys.length) return false;
  if (!keys.every((key) => enumerable(a, key))) return false;
  // what is being compared already is taken for equal, or circles would not end
  if (memo.left.has(a) || memo.right.has(b)) return memo.left.get(a) === b;
  memo.left.set(a, b);
  memo.right.set(b, a);
  const result = keys.every((key) => equal(a[key], b[key], memo)) && equalItems(a, b, memo, kind);
  memo.left.delete(a);
  memo.right.delete(b);
  return result;
}

function equalItems(a, b, memo, kind) {
  if (kind === "Set") return equalSets(a, b, memo);
  return kind === "Map" ? equalMaps(a, b, memo) : true;
}

/** Each item of `b` must have one of its own in `a`. */
function equalSets(a, b, memo) {
  const rest = new Set(a);
  const others = [...b].filter((item) => !rest.delete(item));
  if (others.some((item) => !isObject(item))) return false;
  return others.every((item) => {
    for (const candidate of rest) if (isObject(candidate) && equal(candidate, item, memo)) return rest.delete(candidate);
    return false;
  });
}

function equalMaps(a, b, memo) {
  const rest = new Map(a);
  const others = [];
  for (const [key, value] of b) {
    if (rest.has(key)) {
      if (!equal(rest.get(key), value, memo)) return false;
      rest.delete(key);
    } else if (isObject(key)) {
      others.push([key, value]);
    } else {
      return false;
    }
  }
  return others.every(([key, value]) => {
    for (const [candidate, item] of rest) {
      if (isObject(candidate) && equal(candidate, key, memo) && equal(item, value, memo)) return rest.delete(candidate);
    }
    return false;
  });
}
