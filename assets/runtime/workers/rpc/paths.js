// Which members of an object can be reached by a call from outside.
//
// Of instances of classes it is what their classes define, of plain objects and functions it is
// what they own; never what every object has.

import { inherits } from "../../native.js";
import { DurableObject, RpcTarget, WorkerEntrypoint } from "../bases.js";
import { isObject } from "../stamp.js";

/** Names that a path may have. */
export const MAX_NAMES = 64;

const RESERVED = new Set(["fetch", "connect", "alarm", "webSocketMessage", "webSocketClose", "webSocketError", "dup", "constructor"]);

export const missing = (name) => new TypeError(`The RPC receiver does not implement the method "${name}".`);
export const notAFunction = (path) => new TypeError(`"${path.length === 0 ? "(this)" : path.join(".")}" is not a function.`);

/** Refuses what is the runtime's to call. */
export function refuseReserved(name) {
  if (RESERVED.has(name)) throw new TypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
}

const isInstance = (object) =>
  object instanceof RpcTarget || object instanceof DurableObject || object instanceof WorkerEntrypoint;

function isPlain(object) {
  const prototype = Object.getPrototypeOf(object);
  return typeof object === "function" || prototype === Object.prototype || prototype === null || Array.isArray(object);
}

/** The member of `object` that `name` names; a TypeError when there is none for callers outside. */
export function member(object, name) {
  const visible = isObject(object) && (isInstance(object) ? inherits(object, name) : isPlain(object) && Object.hasOwn(object, name));
  if (!visible) throw missing(name);
  return object[name];
}
