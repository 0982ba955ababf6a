// Whether code runs at a worker's global scope, where input, output, timers and randomness
// are refused because a worker's start must be repeatable.

const MESSAGE =
  "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), " +
  "setting a timeout, and generating random values are not allowed within global scope. To fix this " +
  "error, perform this operation within a handler. " +
  "https://developers.cloudflare.com/workers/runtime-apis/handlers/";

let globalScope = false;

/** Tells whether the code that runs next is a module's top level. */
export function setGlobalScope(inside) {
  globalScope = inside;
}

/** Throws when called while a module's top level runs. */
export function assertNotGlobalScope() {
  if (globalScope) throw new Error(MESSAGE);
}

/** Whether a module's top level runs. */
export const isGlobalScope = () => globalScope;
