// Loading the worker: evaluates its modules and, for an object, constructs its class.

import { allowEval, host } from "../native.js";
import { startNode } from "../node/globals.js";
import { tellTails } from "../web/console.js";
import { setGlobalScope } from "../web/scope.js";
import { configureSockets } from "../web/websocket.js";
import { WorkerEntrypoint } from "./bases.js";
import { current } from "./context.js";
import { buildEnv } from "./env.js";
import { describe } from "./errors.js";
import { buildExports } from "./exports.js";
import { setOutbound } from "./fetcher.js";
import { setFlags } from "./flags.js";
import { defineCloudflare } from "./globals.js";
import { unpack } from "./grants.js";
import { defineModules, hasModule, isWasm, modulesStarted } from "./modules.js";
import { makeState } from "./state.js";

/**
 * The host's first event. Ends with "loaded" or "load.failed" in this turn; when neither comes,
 * the host knows that a top-level await never settles.
 */
export function load(spec) {
  start(spec).then(() => host("loaded"), failed);
}

function failed(error) {
  const [name, message, stack] = describe(error instanceof ConstructorFailure ? error.cause : error);
  host("load.failed", name, message, stack, error instanceof ConstructorFailure ? "constructor" : error instanceof NoSuchClass ? "class" : "start");
}

/** The class's constructor threw: the author's error, not one of loading. */
class ConstructorFailure extends Error {}

/** The worker has no such class; it starts all the same. */
class NoSuchClass extends Error {}

async function start(spec) {
  current.spec = spec;
  defineModules(spec.modules);
  setFlags(spec.flags);
  defineCloudflare();
  configureSockets(spec.flags);
  setOutbound(spec.outbound);
  current.env = buildEnv(spec);
  startNode(current.env);
  if (!hasModule(spec.main)) throw new Error(`No such module: ${spec.main}`);
  if (isWasm(spec.main)) throw new TypeError("Main module must be an ES module.");
  setGlobalScope(true);
  try {
    current.module = await import(spec.main);
  } finally {
    setGlobalScope(false);
  }
  allowEval(false);
  modulesStarted();
  if (spec.tails) tellTails();
  checkExports(current.module);
  current.exports = buildExports(current.module, spec);
  if (spec.object) construct(spec);
}

function checkExports(module) {
  for (const [name, value] of Object.entries(module)) {
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) {
      throw new TypeError(`Incorrect type for map entry '${name}': the provided value is not of type 'function or ExportedHandler'.`);
    }
  }
}

function construct(spec) {
  const { className } = spec.object;
  const Class = current.module[className];
  const isClass = typeof Class === "function" && !(Class.prototype instanceof WorkerEntrypoint);
  if (className === "default" && spec.dynamic) throw new NoSuchClass("Worker has no default actor class.");
  if (!isClass) throw new NoSuchClass(`Worker has no such actor class: ${className}`);
  const props = spec.props ? unpack(spec.props[0], spec.props[1], "props") : {};
  current.className = className;
  try {
    current.object = new Class(makeState(spec.object, props), current.env);
  } catch (error) {
    throw new ConstructorFailure("constructor", { cause: error instanceof Error ? error : new Error(String(error)) });
  }
}

