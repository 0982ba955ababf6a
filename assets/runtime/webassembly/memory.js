// WebAssembly.Memory. Its buffer is a view of the engine's own memory; growing it detaches the
// buffer.

import { memoryBuffer, memoryHolder, memoryPressure } from "../native.js";
import { ask, isObject, requireNew, sizes, States, unsigned, wasmClass } from "./support.js";

const PAGES = 65536;
const states = new States("Memory");

export function Memory(descriptor) {
  requireNew(new.target, "Memory");
  const where = "WebAssembly.Memory()";
  if (!isObject(descriptor)) throw new TypeError(`${where}: Argument 0 must be a memory descriptor`);
  const [initial, maximum] = sizes(descriptor, where, PAGES);
  if (descriptor.shared) throw new TypeError(`${where}: shared memories are not supported by this version of lapidary`);
  memoryPressure(initial);
  const number = ask("memory", initial, maximum);
  if (number === null) throw new RangeError(`${where}: could not allocate memory`);
  return makeMemory(number, memoryHolder(number), new.target);
}

/** The Memory of a number; `holder` keeps its bytes. */
export const makeMemory = (number, holder, target = Memory) => states.make(target, { number, holder });
export const memoryState = (value) => states.find(value);

wasmClass(Memory, {
  grow(delta) {
    const where = "WebAssembly.Memory.grow()";
    const { number } = states.of(this, where);
    const pages = unsigned(delta, `${where}: Argument 0`);
    memoryPressure(pages);
    const before = ask("grow", number, pages);
    if (before < 0) throw new RangeError(`${where}: Maximum memory size exceeded`);
    return before;
  },
  get buffer() {
    return memoryBuffer(states.of(this, "WebAssembly.Memory.buffer").number);
  },
});
