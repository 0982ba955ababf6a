// Durable object namespaces, their ids and stubs.

import { host } from "../native.js";
import { argumentError, text } from "./errors.js";
import { Fetcher, send } from "./fetcher.js";
import { callTarget } from "./rpc/invoke.js";
import { Target } from "./stamp.js";

const makeId = Symbol();

export class DurableObjectId {
  #hex;

  constructor(key, hex, name) {
    if (key !== makeId) throw new TypeError("Illegal constructor");
    this.#hex = hex;
    // these are data that JSON shows; the id itself is not
    this.jurisdiction = undefined;
    this.name = name;
  }

  toString() {
    return this.#hex;
  }

  equals(other) {
    if (!(typeof other === "object" && other !== null && #hex in other)) {
      throw argumentError("equals", "DurableObjectId", 1, "DurableObjectId");
    }
    return this.#hex === other.#hex;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #hex in value;
  }
}
Object.defineProperty(DurableObjectId.prototype, Symbol.toStringTag, { value: "DurableObjectId", configurable: true });
const isId = DurableObjectId.is;
delete DurableObjectId.is;
export { isId };

/** An id for a hex string; names of over 1,024 bytes are not kept. */
export function newId(hex, name) {
  return new DurableObjectId(makeId, hex, name);
}

/** A stub of a durable object: `id`, `name` and what a Fetcher has. */
export class DurableObjectStub extends Fetcher {
  fetch(input, init) {
    return send(Target.of(this), input, init, this);
  }
}
Object.defineProperty(DurableObjectStub, "name", { value: "DurableObject" });
Object.defineProperty(DurableObjectStub.prototype, Symbol.toStringTag, { value: "DurableObject", configurable: true });

const callObject = (stub, target, names, args) => callTarget(target, names, args, stub);

function makeStub(space, id) {
  const stub = Object.create(DurableObjectStub.prototype);
  stub.name = id.name;
  stub.id = id;
  return new Target(stub, ["object", space, String(id), id.name ?? null], callObject);
}

/** Names whose ids are kept, since deriving one takes five hashes. */
const MAX_DERIVED = 256;

export class DurableObjectNamespace {
  #space;
  #derived = new Map();

  constructor(key, space) {
    if (key !== makeId) throw new TypeError("Illegal constructor");
    this.#space = space;
  }

  idFromName(...args) {
    if (args.length === 0) throw argumentError("idFromName", "DurableObjectNamespace", 1, "string");
    const name = text(args[0]);
    let hex = this.#derived.get(name);
    if (hex === undefined) {
      hex = host("id.fromName", this.#space, name);
      if (this.#derived.size >= MAX_DERIVED) this.#derived.clear();
      this.#derived.set(name, hex);
    }
    return newId(hex, name);
  }

  idFromString(...args) {
    if (args.length === 0) throw argumentError("idFromString", "DurableObjectNamespace", 1, "string");
    return newId(host("id.fromString", this.#space, String(args[0])));
  }

  newUniqueId(options) {
    if (options?.jurisdiction != null) throw new Error("Jurisdiction restrictions are not implemented in workerd.");
    return newId(host("id.unique", this.#space));
  }

  get(id, options) {
    if (!isId(id)) throw argumentError("get", "DurableObjectNamespace", 1, "DurableObjectId");
    if (options?.routingMode !== undefined && options.routingMode !== "primary-only") {
      throw new RangeError(`unknown routingMode: ${options.routingMode}`);
    }
    return makeStub(this.#space, id);
  }

  getByName(...args) {
    if (args.length === 0) throw argumentError("getByName", "DurableObjectNamespace", 1, "string");
    return this.get(this.idFromName(args[0]), args[1]);
  }

  jurisdiction(name) {
    if (name == null) return this;
    throw new Error("Jurisdiction restrictions are not implemented in workerd.");
  }
}
Object.defineProperty(DurableObjectNamespace.prototype, Symbol.toStringTag, { value: "DurableObjectNamespace", configurable: true });

/** The namespace that the host granted as number `space`. */
export function makeNamespace(space) {
  return new DurableObjectNamespace(makeId, space);
}

/** The same, as a function: the form that members of `ctx.exports` have. */
export function makeCallableNamespace(space, specialise) {
  const namespace = makeNamespace(space);
  const callable = (options) => specialise(options);
  for (const method of ["idFromName", "idFromString", "newUniqueId", "get", "getByName", "jurisdiction"]) {
    Object.defineProperty(callable, method, { value: namespace[method].bind(namespace), configurable: true, writable: true });
  }
  return callable;
}
