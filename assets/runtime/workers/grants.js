// Values that travel between workers: cloned data in which stubs and class handles may stand.
// Those are left out of the bytes and listed beside them, for the host to check and to hand
// over; so a sandbox can only pass on what it holds.

import { cloneRead, cloneWrite } from "../native.js";
import { RpcTarget } from "./bases.js";
import { makeFetcher } from "./fetcher.js";
import { makeClassHandle } from "./classes.js";
import { FACET, platformName, refusal as refuse } from "./platform.js";
import { calleeOf } from "./rpc/wild.js";
import { ClassHandle, Target, isObject } from "./stamp.js";

/** Flags of `cloneWrite`: class instances are refused, not flattened; errors keep all they have. */
const STRICT = 1 | 2;

const DYNAMIC = "Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not know how to reload this Worker from scratch. Instead, have the parent Worker expose an entrypoint which constructs the dynamic worker and forwards to it.";

/** `[bytes, grants]` of a value. */
export function pack(value) {
  const grants = [];
  const bytes = cloneWrite(value, (object) => {
    const entry = transferable(object);
    if (entry === undefined) return undefined;
    return grants.push(entry) - 1;
  }, STRICT);
  return [bytes, grants];
}

/** What the host is to hand over for `object`; undefined when it is not one of ours. */
export function transferable(object) {
  if (!isObject(object)) return undefined;
  if (object instanceof RpcTarget || calleeOf(object) !== undefined) {
    throw new DOMException("Remote RPC references can only be serialized for RPC.", "DataCloneError");
  }
  const target = Target.of(object);
  if (target !== undefined) {
    if (target[0] === "dynamic") throw new DOMException(DYNAMIC, "DataCloneError");
    if (target[0] === "facet") throw new DOMException(FACET, "DataCloneError");
    if (typeof object === "function") throw refuse("LoopbackServiceStub");
    return ["fetcher", target];
  }
  const handle = ClassHandle.of(object);
  if (handle !== undefined) {
    if (handle[0] === "dynamic") throw new DOMException(DYNAMIC, "DataCloneError");
    if (typeof object === "function") throw refuse("LoopbackDurableObjectNamespace");
    return ["class", handle];
  }
  const type = typeof object === "object" ? platformName(object) : undefined;
  if (type !== undefined) throw refuse(type);
  return undefined;
}

/** The value again, in the sandbox that received it; `scope` says which list the grants are in. */
export function unpack(bytes, kinds, scope) {
  if (typeof bytes === "string") return JSON.parse(bytes);
  return cloneRead(bytes, (index) =>
    kinds[index] === "class" ? makeClassHandle(["granted", scope, index]) : makeFetcher(["granted", scope, index]));
}

/** Props as the host takes them: null for none. */
export function packProps(props, owner) {
  if (props === undefined) return null;
  if (typeof props !== "object" || props === null) {
    throw new TypeError(`Incorrect type for the 'props' field on '${owner}': the provided value is not of type 'Object'.`);
  }
  return pack(props);
}
