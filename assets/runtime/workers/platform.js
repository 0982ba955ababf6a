// Which objects are the platform's own: what they are lives outside of their properties, so a
// clone of one would be an empty shell.

import { Target, isObject } from "./stamp.js";

const names = new Map();

/** Takes over the classes that are known by `names`, prototypes to names. */
export function definePlatform(classes) {
  for (const [name, value] of Object.entries(classes)) {
    if (typeof value === "function" && value.prototype) names.set(value.prototype, name);
  }
}

/** The name of the platform's class that `object` is an instance of. */
export function platformName(object) {
  for (let at = Object.getPrototypeOf(object); at !== null; at = Object.getPrototypeOf(at)) {
    const name = names.get(at);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Takes over classes whose instances are refused as the engine refuses its own. */
export function defineUncloneable(classes) {
  for (const Class of classes) names.set(Class.prototype, `#<${Class.name}>`);
}

export const refusal = (type) => new DOMException(type.startsWith("#")
  ? `${type} could not be cloned.`
  : `Could not serialize object of type "${type}". This type does not support serialization.`, "DataCloneError");

export const FACET = "Stubs pointing to Durable Object facets are not serializable.";

/** For `cloneWrite` of values that stay: refuses what cannot. */
export function refusePlatform(object) {
  if (!isObject(object)) return undefined;
  const target = Target.of(object);
  if (target !== undefined) {
    throw new DOMException(target[0] === "facet" ? FACET : "ServiceStub cannot be serialized in this context.", "DataCloneError");
  }
  const name = typeof object === "object" ? platformName(object) : undefined;
  if (name !== undefined) throw refusal(name);
  return undefined;
}
