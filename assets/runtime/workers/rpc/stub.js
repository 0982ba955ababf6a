// RpcStub: a function or RpcTarget that lives elsewhere, or here behind a loopback.

import { host, markHandled } from "../../native.js";
import { sendCall } from "../../ops.js";
import { RpcTarget } from "../bases.js";
import { Target } from "../stamp.js";
import { give } from "./given.js";
import { unpackResult } from "./values.js";
import { calleeOf, makeStub, stubPrototype } from "./wild.js";

const DISPOSED = "RPC stub used after being disposed.";

// what the host keeps for a stub goes when the stub is no longer there
const lost = new FinalizationRegistry((number) => host("call.release", number));

/** What the host keeps as `number` for this sandbox. */
class Held {
  constructor(number) {
    this.number = number;
  }

  invoke(names, args) {
    try {
      return call(this.target(), names, args);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  target() {
    if (this.number === 0) throw new Error(DISPOSED);
    return ["held", this.number];
  }

  dispose() {
    if (this.number === 0) return;
    host("call.release", this.number);
    lost.unregister(this);
    this.number = 0;
  }
}

/** Sends a call to `target`; undefined when the host must be told a facet's class first. */
export function call(target, names, args, origin) {
  const promise = sendCall(unpackResult, target, names, args, origin);
  if (promise !== undefined) markHandled(promise);
  return promise;
}

/** A stub for what the host keeps as `number`, and what disposes of it. */
export function holdStub(number) {
  const held = new Held(number);
  const stub = makeStub(held);
  lost.register(stub, number, held);
  return [stub, held];
}

/** Lets go of `number` when `object` is no longer there. */
export function releaseWith(object, number) {
  lost.register(object, number);
}

/** How the host finds a stub; undefined for what is none. */
export function stubTarget(object) {
  const callee = calleeOf(object);
  return callee instanceof Held ? callee.target() : undefined;
}

function isWrappable(target) {
  if (typeof target === "function" || target instanceof RpcTarget) return true;
  return Object.getPrototypeOf(target) === Object.prototype;
}

/** As user code sees the class. */
export class RpcStub {
  constructor(target) {
    if ((typeof target !== "object" && typeof target !== "function") || target === null) {
      throw new TypeError("Failed to construct 'JsRpcStub': constructor parameter 1 is not of type 'Object'.");
    }
    if (Target.of(target) !== undefined || calleeOf(target) !== undefined || !isWrappable(target)) {
      throw new TypeError("RpcStubs can only wrap plain objects, functions, and RpcTarget derivatives.");
    }
    return holdStub(host("call.own", give(target)))[0];
  }

  dup() {
    return holdStub(host("call.dup", calleeOf(this).target()[1]))[0];
  }

  [Symbol.dispose]() {
    calleeOf(this).dispose();
  }
}
Object.defineProperty(RpcStub, "length", { value: 0 });
Object.defineProperty(RpcStub.prototype, Symbol.toStringTag, { value: "JsRpcStub", configurable: true });
Object.setPrototypeOf(stubPrototype, RpcStub.prototype);
