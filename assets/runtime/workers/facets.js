// `ctx.facets`: durable objects inside this one.

import { host, utf8Encode } from "../native.js";
import { argumentError, describe, text } from "./errors.js";
import { breakOrigin, brokenBy } from "../ops.js";
import { Fetcher, exchange, takeRequest } from "./fetcher.js";
import { isId } from "./namespace.js";
import { callTarget } from "./rpc/invoke.js";
import { ClassHandle, Target, isObject } from "./stamp.js";

const MAX_NAME_BYTES = 256;
/** Objects from the root to the deepest facet. */
const MAX_LEVELS = 4;

const NOT_A_CLASS = "Incorrect type for the 'class' field on 'StartupOptions': the provided value is not of type 'DurableObjectClass or LoopbackDurableObjectNamespace or LoopbackColoLocalActorNamespace'.";
const NO_OPTIONS = "Cannot initialize StartupOptions with required members from an undefined or null value.";

const key = Symbol();

function checkName(value) {
  const name = text(value);
  if (name === "") throw new TypeError("Facet name must not be empty.");
  if (name.length > MAX_NAME_BYTES / 3 && utf8Encode(name).byteLength > MAX_NAME_BYTES) {
    throw new TypeError("Facet name is too long (max 256 characters).");
  }
  return name;
}

export class DurableObjectFacets {
  #level;
  /** What each name's stubs share from one end of the facet to the next: `{starting, ended}`. */
  #lives = new Map();

  constructor(k, level) {
    if (k !== key) throw new TypeError("Illegal constructor");
    this.#level = level;
  }

  get(...args) {
    if (args.length === 0) throw argumentError("get", "DurableObjectFacets", 1, "string");
    const getStartupOptions = args[1];
    const given = text(args[0]);
    if (typeof getStartupOptions !== "function") throw argumentError("get", "DurableObjectFacets", 2, "function");
    const name = checkName(given);
    if (this.#level + 1 >= MAX_LEVELS) {
      throw new Error("Facet nesting depth limit exceeded. The maximum depth including the root Durable Object is 4.");
    }
    let life = this.#lives.get(name);
    if (life === undefined || brokenBy(life) !== undefined) this.#lives.set(name, (life = { starting: undefined, ended: undefined }));
    const stub = Object.create(FacetStub.prototype);
    return new Target(stub, ["facet", name, life, getStartupOptions], callFacet);
  }

  abort(...args) {
    if (args.length === 0) throw argumentError("abort", "DurableObjectFacets", 1, "string");
    if (args.length < 2) throw argumentError("abort", "DurableObjectFacets", 2, "Value");
    const reason = isObject(args[1]) ? args[1] : new Error(String(args[1]));
    this.#end("facet.abort", checkName(args[0]), reason);
  }

  delete(...args) {
    if (args.length < 1) throw argumentError("delete", "DurableObjectFacets", 1, "string");
    this.#end("facet.delete", checkName(args[0]), new Error("Facet was deleted."));
  }

  clone(...args) {
    for (const position of [1, 2]) {
      if (args.length < position) throw argumentError("clone", "DurableObjectFacets", position, "string");
    }
    const [source, target] = [checkName(args[0]), checkName(args[1])];
    this.#end("facet.clone", target, new Error("Facet was cloned-over."), source);
  }

  #end(operation, name, reason, ...more) {
    const life = this.#lives.get(name);
    if (life !== undefined) {
      life.ended = reason;
      breakOrigin(life, () => reason, true);
      this.#lives.delete(name);
    }
    const [kind, message] = describe(reason);
    host(operation, name, kind, message, ...more);
  }

  /** All facets are gone, as after the parent's `deleteAll`. */
  static forgetAll(facets, reason) {
    for (const life of facets.#lives.values()) breakOrigin(life, () => reason, true);
    facets.#lives.clear();
  }
}
Object.defineProperty(DurableObjectFacets.prototype, Symbol.toStringTag, { value: "DurableObjectFacets", configurable: true });
export const forgetAllFacets = DurableObjectFacets.forgetAll;
delete DurableObjectFacets.forgetAll;

class FacetStub extends Fetcher {
  fetch(input, init) {
    try {
      const target = Target.of(this);
      const life = target[2];
      const broken = brokenBy(life);
      if (broken !== undefined) throw broken();
      const request = takeRequest(input, init);
      // undefined when the facet is not running
      return exchange(["facet", target[1], null], request, life) ?? startAndFetch(target, request);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
Object.defineProperty(FacetStub, "name", { value: "ServiceStub" });

const startAndFetch = (target, request) =>
  startAnd(target, (started, life) => exchange(started, request, life));

function callFacet(stub, target, names, args) {
  const name = target[1], life = target[2];
  // undefined when the facet is not running
  return callTarget(["facet", name, null], names, args, life)
    ?? startAnd(target, (started) => callTarget(started, names, args, life));
}

async function startAnd([, name, life, getStartupOptions], send) {
  try {
    const start = await startOnce(life, getStartupOptions);
    if (brokenBy(life) !== undefined) throw brokenBy(life)();
    return await send(["facet", name, start], life);
  } catch (error) {
    // what ended the facet says better why its calls fail
    throw life.ended ?? error;
  }
}

/** Calls that find no facet running wait for one and the same start. */
function startOnce(life, getStartupOptions) {
  if (life.starting === undefined) {
    const forget = () => { life.starting = undefined; };
    life.starting = startupOptions(getStartupOptions);
    life.starting.then(forget, forget);
  }
  return life.starting;
}

/** `[class, id]` for the host: which class to construct, and what it sees as its id. */
async function startupOptions(getStartupOptions) {
  const options = await getStartupOptions();
  if (options === undefined || options === null) throw new TypeError(NO_OPTIONS);
  if (!isObject(options)) throw new TypeError("Callback returned incorrect type; expected 'Promise'");
  const given = options.class;
  const handle = isObject(given) ? ClassHandle.of(given) : undefined;
  if (handle === undefined) throw new TypeError(NOT_A_CLASS);
  const resolved = handle[0] === "dynamic" ? [handle[0], await handle[1], ...handle.slice(2)] : handle;
  return [resolved, packId(options.id)];
}

function packId(id) {
  if (id === undefined) return null;
  return isId(id) ? ["id", id.toString(), id.name ?? null] : ["text", String(id)];
}

/** `ctx.facets` of an object that is `level` floors below its root. */
export function makeFacets(level) {
  return new DurableObjectFacets(key, level);
}
