// What other runtimes of Workers have and this version has not: each says so when it is used, so
// that nobody has to guess from "is not defined".

const refusal = (what) => new Error(`${what} is not supported by this version of lapidary.`);

/** A class that cannot be constructed. */
export function missingClass(name) {
  const Missing = { [name]: class { constructor() { throw refusal(name); } } }[name];
  Object.defineProperty(Missing.prototype, Symbol.toStringTag, { value: name, configurable: true });
  return Missing;
}
