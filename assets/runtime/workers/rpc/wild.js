// Objects on which every name exists: properties and results of stubs, and stubs of what was
// passed by reference. A name leads on; a call sends the names that led there.
//
// A callee is anything with `invoke(names, args)`, which gives a native promise of the result;
// without arguments it reads a property.

import { setWild, wild, wildCallee, wildNames, wildPromise } from "../../native.js";

/** Kinds of wild objects, as in assets/engine/wild.c. */
const RESULT = 1, STUB = 2;

/** The native promise behind a result of a call; undefined for anything else. */
export const resultOf = wildPromise;

/** What a stub that was made by `makeStub`, a property or a result leads to; undefined for anything else. */
export const calleeOf = wildCallee;

function promiseOf(object) {
  const promise = wildPromise(object);
  if (promise !== undefined) return promise;
  const callee = wildCallee(object);
  if (callee === undefined) throw new TypeError("Illegal invocation");
  return callee.invoke(wildNames(object), null);
}

class Thenable {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  then(...reactions) {
    return promiseOf(this).then(...reactions);
  }

  catch(reaction) {
    return promiseOf(this).catch(reaction);
  }

  finally(reaction) {
    return promiseOf(this).finally(reaction);
  }
}

const methods = Object.getOwnPropertyDescriptors(Thenable.prototype);
delete methods.constructor;

/** A property of a stub or of a result: awaiting it reads it, calling it calls it. */
export class RpcProperty {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
Object.defineProperties(RpcProperty.prototype, methods);
Object.defineProperty(RpcProperty.prototype, Symbol.toStringTag, { value: "JsRpcProperty", configurable: true });

/** The result of a call, before and after it is there. */
export class RpcPromise {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
Object.defineProperties(RpcPromise.prototype, methods);
Object.defineProperty(RpcPromise.prototype, Symbol.toStringTag, { value: "JsRpcPromise", configurable: true });

/** What `RpcStub`s have; see stub.js. */
export const stubPrototype = {};

/** Names that are the object's own business and no call. */
const LOCAL = new Set(["constructor", "then", "catch", "finally", ...Object.getOwnPropertyNames(Object.prototype)]);

/** Of stubs: they have a method of their own, and are no promises. */
const STUB_LOCAL = ["dup", ...[...LOCAL].filter((name) => name !== "catch" && name !== "finally")];

/** The result that `promise`, a native one, will settle with. */
export const makeResult = (promise) => wild(RESULT, promise);

/** A stub that leads to `callee`. */
export const makeStub = (callee) => wild(STUB, callee);

/** Reaches into a value that is here; serve.js sets it. */
let reach;
export function setReach(own) {
  reach = own;
}

/** A result as the receiver of further calls, which wait for it. */
class Result {
  constructor(promise) {
    this.promise = promise;
  }

  invoke(names, args) {
    return this.promise.then((value) => {
      try {
        return reach(value, names, args);
      } catch (error) {
        // as if the other side had looked
        error.remote = true;
        throw error;
      }
    });
  }

  dispose() {
    this.promise.then((value) => value?.[Symbol.dispose]?.(), () => {});
  }
}

setWild(
  [RpcProperty.prototype, RpcPromise.prototype, stubPrototype, RpcProperty.prototype],
  [...LOCAL],
  STUB_LOCAL,
  (promise) => new Result(promise),
  () => {},
);

Object.defineProperty(RpcPromise.prototype, Symbol.dispose, {
  value() {
    calleeOf(this)?.dispose();
  },
  writable: true,
  configurable: true,
});
