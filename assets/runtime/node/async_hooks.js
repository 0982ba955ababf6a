// node:async_hooks: AsyncLocalStorage and AsyncResource over the async context. Hooks and ids are
// there in name only, as in the reference.

import { currentFrame, runIn, runWith, valueOf } from "../async-context.js";
import { describeClass } from "../inspect/described.js";
import { webClass } from "../web/util.js";

/** The value of a storage inside of `exit`. */
const NONE = Symbol("none");

const wrongThis = () => new TypeError("Illegal invocation: function called with incorrect `this` reference. See https://developers.cloudflare.com/workers/observability/errors/#illegal-invocation-errors for details.");
const wrongArgument = (method, owner, position, type) => new TypeError(`Failed to execute '${method}' on '${owner}': parameter ${position} is not of type '${type}'.`);

function requireFunction(value, method, owner, position, type = "function") {
  if (typeof value !== "function") throw wrongArgument(method, owner, position, type);
}

/** Without a name and length of its own, as functions of the host are. */
const nameless = (run) => Object.defineProperty(run, "name", { value: "" });

/** Values that follow asynchronous code; see async-context.js. */
export class AsyncLocalStorage {
  #default;
  #name = "";
  constructor(...args) {
    const [options] = args;
    if (options === undefined || options === null) return;
    if (typeof options !== "object" && typeof options !== "function") {
      throw new TypeError("Failed to construct 'AsyncLocalStorage': constructor parameter 1 is not of type 'AsyncLocalStorageOptions'.");
    }
    this.#default = options.defaultValue;
    if (options.name !== undefined) this.#name = `${options.name}`;
  }
  run(...args) {
    if (!(#name in this)) throw wrongThis();
    if (args.length === 0) throw wrongArgument("run", "AsyncLocalStorage", 1, "Value");
    const [value, callback, ...rest] = args;
    requireFunction(callback, "run", "AsyncLocalStorage", 2);
    return runWith(this, value, () => callback.apply(globalThis, rest));
  }
  exit(...args) {
    if (!(#name in this)) throw wrongThis();
    const [callback, ...rest] = args;
    requireFunction(callback, "exit", "AsyncLocalStorage", 1);
    return runWith(this, NONE, () => callback.apply(globalThis, rest));
  }
  getStore() {
    if (!(#name in this)) throw wrongThis();
    const value = valueOf(this, this.#default);
    return value === NONE ? undefined : value;
  }
  enterWith() {
    throw new Error("asyncLocalStorage.enterWith() is not implemented");
  }
  disable() {
    throw new Error("asyncLocalStorage.disable() is not implemented");
  }
  get name() {
    return this.#name;
  }
  static bind(...args) {
    const [callback] = args;
    requireFunction(callback, "bind", "AsyncLocalStorage", 1, "Function");
    const frame = currentFrame();
    return nameless((...rest) => runIn(frame, () => callback.apply(globalThis, rest)));
  }
  static snapshot() {
    const frame = currentFrame();
    return nameless((...args) => {
      const [callback, ...rest] = args;
      if (typeof callback !== "function") throw new TypeError("The first argument must be a function");
      return runIn(frame, () => callback.apply(globalThis, rest));
    });
  }
}

/** Something that lasts, with the context of its making. */
export class AsyncResource {
  #frame = currentFrame();
  constructor(...args) {
    const [, options] = args;
    if (options === undefined || options === null) return;
    if (typeof options !== "object" && typeof options !== "function") {
      throw new TypeError("Failed to construct 'AsyncResource': constructor parameter 2 is not of type 'Options'.");
    }
    if (options.triggerAsyncId !== undefined) throw new Error("The 'triggerAsyncId' field on 'Options' is not implemented.");
  }
  static bind(...args) {
    const [callback, type, thisArg] = args;
    requireFunction(callback, "bind", "AsyncResource", 1, "Function");
    return new AsyncResource(type).bind(callback, thisArg);
  }
  asyncId() {
    return 0;
  }
  triggerAsyncId() {
    return 0;
  }
  bind(...args) {
    if (!(#frame in this)) throw wrongThis();
    const [callback, thisArg] = args;
    requireFunction(callback, "bind", "AsyncResource", 1, "Function");
    const bound = nameless((...rest) => this.runInAsyncScope(callback, thisArg, ...rest));
    bound.asyncResource = this;
    return bound;
  }
  runInAsyncScope(...args) {
    if (!(#frame in this)) throw wrongThis();
    const [callback, thisArg = globalThis, ...rest] = args;
    requireFunction(callback, "runInAsyncScope", "AsyncResource", 1);
    return runIn(this.#frame, () => callback.apply(thisArg, rest));
  }
  emitDestroy() {}
}

webClass(AsyncLocalStorage);
webClass(AsyncResource);
Object.defineProperty(AsyncLocalStorage.prototype, "name", { enumerable: true });
describeClass(AsyncLocalStorage, ["name"]);
describeClass(AsyncResource, []);

class AsyncHook {
  enable() {
    return this;
  }
  disable() {
    return this;
  }
}

export function createHook() {
  return new AsyncHook();
}

export function executionAsyncId() {
  return 0;
}

export function triggerAsyncId() {
  return 0;
}

export function executionAsyncResource() {
  return Object.create(null);
}

const PROVIDERS = `NONE DIRHANDLE DNSCHANNEL ELDHISTOGRAM FILEHANDLE FILEHANDLECLOSEREQ BLOBREADER FSEVENTWRAP FSREQCALLBACK
FSREQPROMISE GETADDRINFOREQWRAP GETNAMEINFOREQWRAP HEAPSNAPSHOT HTTP2SESSION HTTP2STREAM HTTP2PING HTTP2SETTINGS
HTTPINCOMINGMESSAGE HTTPCLIENTREQUEST LOCKS JSSTREAM JSUDPWRAP MESSAGEPORT PIPECONNECTWRAP PIPESERVERWRAP PIPEWRAP PROCESSWRAP
PROMISE QUERYWRAP QUIC_ENDPOINT QUIC_LOGSTREAM QUIC_SESSION QUIC_STREAM QUIC_UDP SHUTDOWNWRAP SIGNALWRAP STATWATCHER
STREAMPIPE TCPCONNECTWRAP TCPSERVERWRAP TCPWRAP TTYWRAP UDPSENDWRAP UDPWRAP SIGINTWATCHDOG WORKER WORKERCPUPROFILE
WORKERCPUUSAGE WORKERHEAPPROFILE WORKERHEAPSNAPSHOT WORKERHEAPSTATISTICS WRITEWRAP ZLIB CHECKPRIMEREQUEST PBKDF2REQUEST
KEYPAIRGENREQUEST KEYGENREQUEST KEYEXPORTREQUEST ARGON2REQUEST CIPHERREQUEST DERIVEBITSREQUEST HASHREQUEST RANDOMBYTESREQUEST
RANDOMPRIMEREQUEST SCRYPTREQUEST SIGNREQUEST TLSWRAP VERIFYREQUEST QUIC_PACKET`;

/** Kinds of asynchronous resources, of which there are none. */
export const asyncWrapProviders = Object.fromEntries(PROVIDERS.split(/\s/).map((name) => [name, 0]));

export default {
  AsyncLocalStorage, AsyncResource, asyncWrapProviders, createHook, executionAsyncId, executionAsyncResource, triggerAsyncId,
};
