// Opaque handles of durable object classes, for `ctx.facets`.

import { ClassHandle } from "./stamp.js";

export class DurableObjectClass {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
Object.defineProperty(DurableObjectClass.prototype, Symbol.toStringTag, { value: "DurableObjectClass", configurable: true });

/** A handle for what the host knows as `handle`. */
export function makeClassHandle(handle) {
  const object = Object.create(DurableObjectClass.prototype);
  new ClassHandle(object, handle);
  return object;
}
