// Calls of stubs, whatever they are stubs of.

import { brokenBy } from "../../ops.js";
import { assertNotGlobalScope } from "../../web/scope.js";
import { isObject, Target } from "../stamp.js";
import { call } from "./stub.js";
import { calleeOf, makeProperty } from "./wild.js";

/** Sends a call to a stub's `target`. `origin` is what the end of an object breaks. */
export function callTarget(target, names, args, origin) {
  try {
    const broken = origin === undefined ? undefined : brokenBy(origin);
    if (broken !== undefined) throw broken();
    assertNotGlobalScope();
    return call(target, names, args, origin);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** A stub with a `fetch` as the receiver of calls. */
class FetcherCallee {
  constructor(stub) {
    this.stub = stub;
  }

  invoke(names, args) {
    const target = Target.of(this.stub);
    if (target === undefined) throw new TypeError("Illegal invocation");
    const caller = Target.callerOf(this.stub);
    return caller === undefined ? callTarget(target, names, args) : caller(this.stub, target, names, args);
  }
}

/** The property `name` of a stub with a `fetch`. */
export const propertyOf = (stub, name) => makeProperty(new FetcherCallee(stub), [name]);

/** Sends a call to `object`, or with no arguments reads; undefined when it is no stub. */
export function invokeStub(object, names, args) {
  if (!isObject(object)) return undefined;
  const callee = calleeOf(object);
  if (callee !== undefined) return callee.invoke(names, args);
  return Target.of(object) === undefined ? undefined : new FetcherCallee(object).invoke(names, args);
}

/** Whether calls of `object` go elsewhere. */
export const isStub = (object) => isObject(object) && (calleeOf(object) !== undefined || Target.of(object) !== undefined);
