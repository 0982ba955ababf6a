// Objects on which every name exists: properties and results of stubs, and stubs of what was
// passed by reference. A name leads on; a call sends the names that led there.
//
// A callee is anything with `invoke(names, args)`, which gives a native promise of the result;
// without arguments it reads a property.

import { isObject } from "../stamp.js";
import { MAX_NAMES } from "./paths.js";

class Same {
  constructor(object) {
    return object;
  }
}

/** What a wild object stands for: `names` from `callee` on, and for results their promise. */
class Wild extends Same {
  #callee;
  #names;
  #promise;

  constructor(object, callee, names, promise) {
    super(object);
    this.#callee = callee;
    this.#names = names;
    this.#promise = promise;
  }

  static promiseOf(object) {
    return object.#promise ?? object.#callee.invoke(object.#names, null);
  }

  static resultOf(object) {
    return isObject(object) && #promise in object ? object.#promise : undefined;
  }

  static calleeOf(object) {
    return isObject(object) && #callee in object ? object.#callee : undefined;
  }
}

/** The native promise behind a result of a call; undefined for anything else. */
export const resultOf = Wild.resultOf;

/** What a stub that was made by `makeStub` leads to; undefined for anything else. */
export const calleeOf = Wild.calleeOf;

class Thenable {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  then(...reactions) {
    return Wild.promiseOf(this).then(...reactions);
  }

  catch(reaction) {
    return Wild.promiseOf(this).catch(reaction);
  }

  finally(reaction) {
    return Wild.promiseOf(this).finally(reaction);
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

/** Numbers are no names, so that nothing takes a stub for a list. */
export const isIndex = (name) => /^(?:0|[1-9]\d*)$/.test(name);

class Handler {
  constructor(prototype, callee, names) {
    this.prototype = prototype;
    this.callee = callee;
    this.names = names;
  }

  get(_, name, self) {
    if (typeof name === "symbol" || this.isLocal(name)) return Reflect.get(this.prototype, name, self);
    if (isIndex(name)) return undefined;
    if (this.names.length > MAX_NAMES) throw new TypeError("RPC pipelined property path is too deep (max 64).");
    return makeProperty(this.callee, [...this.names, name]);
  }

  isLocal(name) {
    return LOCAL.has(name);
  }

  apply(_, self, args) {
    return makeResult(this.callee.invoke(this.names, args));
  }

  getPrototypeOf() {
    return this.prototype;
  }

  has(_, name) {
    return typeof name === "string" || name in this.prototype;
  }

  ownKeys() {
    return [];
  }

  getOwnPropertyDescriptor() {
    return undefined;
  }

  set() {
    return true;
  }

  defineProperty() {
    return false;
  }

  deleteProperty() {
    return true;
  }

  setPrototypeOf() {
    return false;
  }
}

/** Stubs have a method of their own, and are no promises. */
class StubHandler extends Handler {
  isLocal(name) {
    return name === "dup" || name === "then" || (LOCAL.has(name) && name !== "catch" && name !== "finally");
  }
}

// what every wild object is a proxy of: it must be callable, and is never called itself
const callable = () => {};

/** The property that `names` lead to from `callee`. */
export function makeProperty(callee, names) {
  return new Wild(new Proxy(callable, new Handler(RpcProperty.prototype, callee, names)), callee, names, undefined);
}

/** The result that `promise`, a native one, will settle with. */
export function makeResult(promise) {
  const callee = new Result(promise);
  return new Wild(new Proxy(callable, new Handler(RpcPromise.prototype, callee, [])), callee, [], promise);
}

/** A stub that leads to `callee`. */
export function makeStub(callee) {
  return new Wild(new Proxy(callable, new StubHandler(stubPrototype, callee, [])), callee, [], undefined);
}

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

Object.defineProperty(RpcPromise.prototype, Symbol.dispose, {
  value() {
    Wild.calleeOf(this)?.dispose();
  },
  writable: true,
  configurable: true,
});
