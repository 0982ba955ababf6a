// Calls of stubs, whatever they are stubs of.

import { setMembers } from "../../native.js";
import { brokenBy } from "../../ops.js";
import { assertNotGlobalScope } from "../../web/scope.js";
import { isObject, Target } from "../stamp.js";
import { call } from "./stub.js";
import { calleeOf } from "./wild.js";

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

/** Sends a call of a member of a stub with a `fetch`. */
function invokeMember(stub, names, args) {
  const target = Target.of(stub);
  if (target === undefined) throw new TypeError("Illegal invocation");
  const caller = Target.callerOf(stub);
  return caller === undefined ? callTarget(target, names, args) : caller(stub, target, names, args);
}

/** A stub with a `fetch` as the receiver of calls. */
class FetcherCallee {
  constructor(stub) {
    this.stub = stub;
  }

  invoke(names, args) {
    return invokeMember(this.stub, names, args);
  }
}
setMembers(invokeMember, (stub) => new FetcherCallee(stub));

/** Sends a call to `object`, or with no arguments reads; undefined when it is no stub. */
export function invokeStub(object, names, args) {
  if (!isObject(object)) return undefined;
  const callee = calleeOf(object);
  if (callee !== undefined) return callee.invoke(names, args);
  return Target.of(object) === undefined ? undefined : invokeMember(object, names, args);
}

/** Whether calls of `object` go elsewhere. */
export const isStub = (object) => isObject(object) && (calleeOf(object) !== undefined || Target.of(object) !== undefined);
