// node:util/types: what kind of object the engine knows a value to be.

import { classOf } from "../../native.js";
import { DOMException } from "../../web/dom-exception.js";

const TYPED = ["BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array", "Float64Array", "Int8Array", "Int16Array", "Int32Array",
  "Uint8Array", "Uint8ClampedArray", "Uint16Array", "Uint32Array"];
const BOXED = ["String", "Symbol", "Number", "Boolean", "BigInt"];

const isOne = (...names) => (value) => names.includes(classOf(value));

/** Under a name of its own, as a function without named parameters. */
const named = (name, check) => Object.defineProperty((...args) => check(args[0]), "name", { value: name });

// in the order in which the reference lists them
const checks = {
  isAsyncFunction: isOne("AsyncFunction", "AsyncGeneratorFunction"),
  isGeneratorFunction: isOne("GeneratorFunction", "AsyncGeneratorFunction"),
  isGeneratorObject: isOne("Generator", "AsyncGenerator"),
  isAnyArrayBuffer: isOne("ArrayBuffer", "SharedArrayBuffer"),
  isArrayBuffer: isOne("ArrayBuffer"),
  isArgumentsObject: isOne("Arguments"),
  isBoxedPrimitive: isOne(...BOXED),
  isDataView: isOne("DataView"),
  isMap: isOne("Map"),
  isMapIterator: isOne("Map Iterator"),
  isModuleNamespaceObject: isOne("Module"),
  isNativeError: (value) => classOf(value) === "Error" && !(value instanceof DOMException),
  isPromise: isOne("Promise"),
  isProxy: isOne("Proxy"),
  isSet: isOne("Set"),
  isSetIterator: isOne("Set Iterator"),
  isSharedArrayBuffer: isOne("SharedArrayBuffer"),
  isWeakMap: isOne("WeakMap"),
  isWeakSet: isOne("WeakSet"),
  isRegExp: isOne("RegExp"),
  isDate: isOne("Date"),
  ...Object.fromEntries(BOXED.map((name) => [`is${name}Object`, isOne(name)])),
  isArrayBufferView: isOne("DataView", ...TYPED),
  isBigInt64Array: isOne("BigInt64Array"),
  isBigUint64Array: isOne("BigUint64Array"),
  isFloat16Array: isOne("Float16Array"),
  isFloat32Array: isOne("Float32Array"),
  isFloat64Array: isOne("Float64Array"),
  isInt8Array: isOne("Int8Array"),
  isInt16Array: isOne("Int16Array"),
  isInt32Array: isOne("Int32Array"),
  isTypedArray: isOne(...TYPED),
  isUint8Array: isOne("Uint8Array"),
  isUint8ClampedArray: isOne("Uint8ClampedArray"),
  isUint16Array: isOne("Uint16Array"),
  isUint32Array: isOne("Uint32Array"),
  isExternal: () => false,
};

const types = {
  isCryptoKey: (value) => globalThis.CryptoKey !== undefined && value instanceof CryptoKey,
  /** Set by node:crypto, where key objects are. */
  isKeyObject: (value) => keyObjectTest(value),
};
for (const [name, check] of Object.entries(checks)) types[name] = named(`bound ${name}`, check);

let keyObjectTest = () => false;

/** Tells what `isKeyObject` looks for. */
export function setKeyObjectTest(test) {
  keyObjectTest = test;
}

export const {
  isCryptoKey, isKeyObject, isAsyncFunction, isGeneratorFunction, isGeneratorObject, isAnyArrayBuffer, isArrayBuffer, isArgumentsObject,
  isBoxedPrimitive, isDataView, isMap, isMapIterator, isModuleNamespaceObject, isNativeError, isPromise, isProxy, isSet, isSetIterator,
  isSharedArrayBuffer, isWeakMap, isWeakSet, isRegExp, isDate, isStringObject, isSymbolObject, isNumberObject, isBooleanObject,
  isBigIntObject, isArrayBufferView, isBigInt64Array, isBigUint64Array, isFloat16Array, isFloat32Array, isFloat64Array, isInt8Array,
  isInt16Array, isInt32Array, isTypedArray, isUint8Array, isUint8ClampedArray, isUint16Array, isUint32Array, isExternal,
} = types;
export default types;
