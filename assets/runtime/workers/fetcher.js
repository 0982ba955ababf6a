// Stubs: objects that carry requests to somewhere else.

import { sendRequest } from "../ops.js";
import { extractRequest } from "../web/request.js";
import { makeResponse } from "../web/response.js";
import { assertNotGlobalScope } from "../web/scope.js";
import { fromHostBody, toHostBody } from "./body.js";
import { Target } from "./stamp.js";

/** Anything with a `fetch` that leads out of this sandbox. */
export class Fetcher {
  constructor() {
    throw new TypeError("Illegal constructor");
  }

  fetch(input, init) {
    return send(Target.of(this), input, init);
  }
}
Object.defineProperty(Fetcher.prototype, Symbol.toStringTag, { value: "Fetcher", configurable: true });

/** A stub for `target`. */
export function makeFetcher(target) {
  const stub = Object.create(Fetcher.prototype);
  new Target(stub, target);
  return stub;
}

/**
 * A stub that is also a function, as the members of `ctx.exports` are: called with `{props}` it
 * makes a stub with those props.
 */
export function makeCallableFetcher(target, specialise) {
  const stub = (options) => specialise(options);
  Object.setPrototypeOf(stub, Fetcher.prototype);
  new Target(stub, target);
  return stub;
}

/** Sends one request to `target`; resolves with its Response. */
export function send(target, input, init) {
  try {
    if (target === undefined) throw new TypeError("Illegal invocation");
    assertNotGlobalScope();
    return exchange(target, extractRequest(input, init));
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Sends what `extractRequest` made. The promise it gives is the operation's own, so that an
 * answer that is only passed on never enters this sandbox.
 */
export function exchange(target, request) {
  const { url } = request;
  const convert = (answer) => makeResponse(answer[0], answer[1], answer[2], fromHostBody(answer[3]), url);
  return sendRequest(convert, target, request.method, url, request.flatHeaders, toHostBody(request.body));
}

const BLOCKED = "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities (such as bindings in 'env') to talk to the outside world.";

/** Where the global `fetch` goes: null blocks it, otherwise a target. */
let outbound = null;

export function setOutbound(target) {
  outbound = target;
}

/** The global `fetch`. */
export async function fetch(input, init) {
  assertNotGlobalScope();
  if (outbound === null) throw new Error(BLOCKED);
  return send(outbound, input, init);
}

