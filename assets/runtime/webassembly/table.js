// WebAssembly.Table: functions, or any values.

import { ask, decode, encode, isObject, NO_FUNCTION, referenceLetter, requireNew, sizes, States, unsigned, wasmClass } from "./support.js";

const MOST = 10000000;
const states = new States("Table");

export function Table(descriptor, value) {
  requireNew(new.target, "Table");
  const where = "WebAssembly.Table()";
  if (!isObject(descriptor)) throw new TypeError(`${where}: Argument 0 must be a table descriptor`);
  const letter = referenceLetter(String(descriptor.element));
  if (letter === undefined) throw new TypeError(`${where}: Descriptor property 'element' must be a WebAssembly reference type`);
  const [initial, maximum] = sizes(descriptor, where, MOST, 4294967295);
  const number = ask("table", initial, letter, maximum);
  if (number === null) throw new RangeError(`${where}: could not allocate the table`);
  const state = { number, letter, keeps: [], owner: undefined };
  const given = element(state, value, arguments.length < 2 || value === undefined,
    `${where}: Argument 2 must be undefined or a value of type compatible with the type of the new table: ${NO_FUNCTION}.`);
  if (given !== null && given !== 0) for (let i = 0; i < initial; i++) ask("set", number, i, given);
  return states.make(new.target, state);
}

/** The Table of a number; what is put into it is added to `keeps`, and `owner` keeps those. */
export const makeTable = (number, letter, keeps, owner) => states.make(Table, { number, letter, keeps, owner });
export const tableState = (value) => states.find(value);

/** A value for the host; what is absent is null, or undefined where any value may stand. */
function element({ letter, keeps }, value, absent, message) {
  if (absent) return letter === "a" ? null : encode(letter, undefined);
  const encoded = encode(letter, value, (kept) => keeps.push(kept));
  if (encoded === undefined) throw new TypeError(message);
  return encoded;
}

/** A length is asked of the host: the module can grow the table too. */
const lengthOf = (state) => ask("length", state.number);

function outside(state, where, index) {
  const type = state.letter === "a" ? "funcref" : "externref";
  return new RangeError(`${where}: invalid address ${index} in ${type} table of size ${lengthOf(state)}`);
}

wasmClass(Table, {
  get length() {
    return lengthOf(states.of(this, "WebAssembly.Table.length"));
  },
  grow(delta, value) {
    const where = "WebAssembly.Table.grow()";
    const state = states.of(this, where);
    const more = unsigned(delta, `${where}: Argument 0`);
    const given = element(state, value, arguments.length < 2 || value === undefined, `${where}: Argument 1 is invalid: ${NO_FUNCTION}`);
    const before = ask("longer", state.number, more, given);
    if (before === undefined) throw new RangeError(`${where}: failed to grow table by ${more}`);
    return before;
  },
  set(index, value) {
    const where = "WebAssembly.Table.set()";
    const state = states.of(this, where);
    const at = unsigned(index, `${where}: Argument 0`);
    if (at >= lengthOf(state)) throw outside(state, where, at);
    const given = element(state, value, arguments.length < 2, `${where}: Argument 1 is invalid for table: ${NO_FUNCTION}`);
    ask("set", state.number, at, given);
  },
  get(index) {
    const where = "WebAssembly.Table.get()";
    const state = states.of(this, where);
    const at = unsigned(index, `${where}: Argument 0`);
    const value = ask("get", state.number, at);
    if (value === undefined) throw outside(state, where, at);
    return decode(state.letter, value, state.owner);
  },
});
for (const name of ["set", "grow", "get"]) Object.defineProperty(Table.prototype[name], "length", { value: 1 });
Object.defineProperty(Table, "length", { value: 1 });
