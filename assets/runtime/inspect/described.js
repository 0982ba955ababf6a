// The runtime's own classes, whose state is private: which members `inspect` shows of them.

const described = new Map();

/**
 * Makes `inspect` show these members of a class, in this order: names of getters, or pairs of a
 * name and a function that reads it. `pairs` lists what a class holds by name.
 */
export function describeClass(Class, members, pairs = undefined) {
  described.set(Class.prototype, { members, pairs });
}

/** What is known of the class of `value`. */
export function describedAs(value) {
  if (typeof value !== "object") return undefined;
  for (let at = Object.getPrototypeOf(value); at !== null; at = Object.getPrototypeOf(at)) {
    const found = described.get(at);
    // the prototype itself has the name of the class, but none of the state
    if (found !== undefined) return Object.hasOwn(value, "constructor") && value.constructor?.prototype === value ? undefined : found;
  }
  return undefined;
}

/** Whether a function is one of the classes. */
export const isDescribed = (Class) => described.has(Class.prototype);
