// Buffer's methods that read and write numbers.

import { ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } from "../errors.js";
import { validateInteger } from "../validate.js";

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

function outOfBounds(value, most, name) {
  if (Math.floor(value) !== value) throw new ERR_OUT_OF_RANGE(name ?? "offset", "an integer", value);
  if (most < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS();
  throw new ERR_OUT_OF_RANGE(name ?? "offset", `>= ${name ? 1 : 0} and <= ${most}`, value);
}

function checkPlace(buffer, offset, size) {
  validateInteger(offset, "offset", 0, buffer.length);
  if (offset + size > buffer.length) outOfBounds(offset, buffer.length - size);
}

/** Puts `size` bytes into the scratch room, the first one highest for "BE"; they end at its end. */
function fetch(buffer, offset, size, little) {
  checkPlace(buffer, offset, size);
  scratchBytes.fill(0);
  for (let i = 0; i < size; i++) scratchBytes[8 - size + i] = buffer[little ? offset + size - 1 - i : offset + i];
}

function store(buffer, offset, size, little) {
  for (let i = 0; i < size; i++) buffer[little ? offset + size - 1 - i : offset + i] = scratchBytes[8 - size + i];
  return offset + size;
}

function unsigned(buffer, offset, size, little) {
  checkPlace(buffer, offset, size);
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + buffer[little ? offset + size - 1 - i : offset + i];
  return value;
}

function signed(buffer, offset, size, little) {
  const value = unsigned(buffer, offset, size, little);
  return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
}

/** The message's range for a value: small ones in full, large ones as powers of two. */
function rangeOf(least, most, size) {
  const n = typeof least === "bigint" ? "n" : "";
  if (size <= 4) return `>= ${least} and <= ${most}`;
  const power = `2${n} ** ${least === 0 || least === 0n ? size * 8 : size * 8 - 1}${n}`;
  if (least === 0 || least === 0n) return `>= 0${n} and < ${power}`;
  return n === "" ? `>= -(${power}) and < ${power}` : `>= -(${power}) and < ${power.replace("n", "")}`;
}

function writeInteger(buffer, given, offset, size, least, most, little) {
  const value = +given;
  // one byte is the exception: its place is looked at first
  if (size === 1) validateInteger(offset, "offset", 0, buffer.length);
  if (value > most || value < least) throw new ERR_OUT_OF_RANGE("value", rangeOf(least, most, size), value);
  checkPlace(buffer, offset, size);
  let rest = value < 0 ? Math.trunc(value) + 2 ** (8 * size) : Math.trunc(value);
  if (Number.isNaN(rest)) rest = 0;
  for (let i = 0; i < size; i++) {
    buffer[little ? offset + i : offset + size - 1 - i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return offset + size;
}

function writeBig(buffer, value, offset, least, most, little) {
  if (value > most || value < least) throw new ERR_OUT_OF_RANGE("value", rangeOf(least, most, 8), value);
  checkPlace(buffer, offset, 8);
  // what is no bigint fails here
  scratch.setBigUint64(0, value & 0xffffffffffffffffn);
  return store(buffer, offset, 8, little);
}

const bounds = (size, isSigned) => (isSigned ? [-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1] : [0, 2 ** (8 * size) - 1]);

function requireSize(size) {
  if (![1, 2, 3, 4, 5, 6].includes(size)) outOfBounds(size, 6, "byteLength");
}

/** Methods by name, in the order that they have on the prototype. */
export const numberMethods = {};

const define = (name, method) => {
  Object.defineProperty(method, "name", { value: name, configurable: true });
  numberMethods[name] = method;
  // "UInt" may be written "Uint" too
  if (name.includes("UInt")) numberMethods[name.replace("UInt", "Uint")] = method;
};

function defineReads(kind, isSigned) {
  const read = isSigned ? signed : unsigned;
  for (const end of ["LE", "BE"]) {
    define(`read${kind}${end}`, function (offset, byteLength) {
      if (offset === undefined) throw new ERR_INVALID_ARG_TYPE("offset", "number", offset);
      requireSize(byteLength);
      return read(this, offset, byteLength, end === "LE");
    });
  }
  define(`read${kind}8`, function (offset = 0) { return read(this, offset, 1, true); });
  for (const bits of [16, 32]) {
    for (const end of kind === "UInt" && bits === 16 ? ["BE", "LE"] : ["LE", "BE"]) {
      define(`read${kind}${bits}${end}`, function (offset = 0) { return read(this, offset, bits / 8, end === "LE"); });
    }
  }
  for (const end of ["LE", "BE"]) {
    define(`readBig${kind}64${end}`, function (offset = 0) {
      fetch(this, offset >>> 0, 8, end === "LE");
      return isSigned ? scratch.getBigInt64(0) : scratch.getBigUint64(0);
    });
  }
}

function defineWrites(kind, isSigned) {
  for (const end of ["LE", "BE"]) {
    define(`write${kind}${end}`, function (value, offset, byteLength) {
      requireSize(byteLength);
      return writeInteger(this, value, offset, byteLength, ...bounds(byteLength, isSigned), end === "LE");
    });
  }
  for (const bits of [8, 16, 32]) {
    for (const end of bits === 8 ? [""] : ["LE", "BE"]) {
      define(`write${kind}${bits}${end}`, function (value, offset = 0) {
        return writeInteger(this, value, offset, bits / 8, ...bounds(bits / 8, isSigned), end === "LE");
      });
    }
  }
  const [least, most] = isSigned ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  for (const end of ["LE", "BE"]) {
    define(`writeBig${kind}64${end}`, function (value, offset = 0) { return writeBig(this, value, offset, least, most, end === "LE"); });
  }
}

function defineFloats(verb) {
  for (const [kind, size, get, set] of [["Float", 4, "getFloat32", "setFloat32"], ["Double", 8, "getFloat64", "setFloat64"]]) {
    for (const end of ["LE", "BE"]) {
      if (verb === "read") {
        define(`read${kind}${end}`, function (offset = 0) {
          fetch(this, offset, size, end === "LE");
          return scratch[get](8 - size);
        });
      } else {
        define(`write${kind}${end}`, function (value, offset = 0) {
          const number = +value;
          checkPlace(this, offset, size);
          scratch[set](8 - size, number);
          return store(this, offset, size, end === "LE");
        });
      }
    }
  }
}

defineReads("UInt", false);
defineReads("Int", true);
defineFloats("read");
defineWrites("UInt", false);
defineWrites("Int", true);
defineFloats("write");
