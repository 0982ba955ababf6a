// WebAssembly.Tag and WebAssembly.Exception, for programs that make them. Modules that throw or
// catch exceptions of their own are refused, so these never meet wasm.

import { encode, isObject, requireNew, States, typeLetter, wasmClass } from "./support.js";

const tags = new States("Tag");
const exceptions = new States("Exception");

export function Tag(type) {
  requireNew(new.target, "Tag");
  const where = "WebAssembly.Tag()";
  if (!isObject(type)) throw new TypeError(`${where}: Argument 0 must be a tag type`);
  if (!isObject(type.parameters)) throw new TypeError(`${where}: Argument 0 must be a tag type with 'parameters'`);
  const parameters = Array.from(type.parameters, (name, index) => {
    const letter = typeLetter(String(name));
    if (letter === undefined) throw new TypeError(`${where}: Argument 0 parameter type at index #${index} must be a value type`);
    return letter;
  });
  return tags.make(new.target, { parameters });
}
wasmClass(Tag, {});

export const JSTag = new Tag({ parameters: ["externref"] });

function converted(letter, value) {
  if (letter === "e" || letter === "a") return value;
  const encoded = encode(letter, value);
  return letter === "l" ? BigInt(encoded) : encoded;
}

export function Exception(tag, payload) {
  requireNew(new.target, "Exception");
  const where = "WebAssembly.Exception()";
  const state = tags.find(tag);
  if (state === undefined) throw new TypeError(`${where}: Argument 0 must be a WebAssembly tag`);
  if (tag === JSTag) throw new TypeError(`${where}: Argument 0 cannot be WebAssembly.JSTag`);
  if (!isObject(payload)) throw new TypeError(`${where}: Exception values must be an iterable object`);
  const values = [...payload];
  if (values.length !== state.parameters.length) throw new TypeError(`${where}: Number of exception values does not match signature length`);
  return exceptions.make(new.target, { tag, values: values.map((value, index) => converted(state.parameters[index], value)) });
}
Object.defineProperty(Exception, "length", { value: 1 });

wasmClass(Exception, {
  is(tag) {
    const state = exceptions.of(this, "WebAssembly.Exception.is()");
    if (tags.find(tag) === undefined) throw new TypeError("WebAssembly.Exception.is(): Argument 0 must be a WebAssembly tag");
    return state.tag === tag;
  },
  getArg(tag, index) {
    const where = "WebAssembly.Exception.getArg()";
    const state = exceptions.of(this, where);
    if (tags.find(tag) === undefined) throw new TypeError(`${where}: Argument 0 must be a WebAssembly tag`);
    if (state.tag !== tag) throw new TypeError(`${where}: First argument does not match the exception tag`);
    if (!(index >= 0 && index < state.values.length)) throw new RangeError(`${where}: Index out of range`);
    return state.values[Math.trunc(index)];
  },
});
