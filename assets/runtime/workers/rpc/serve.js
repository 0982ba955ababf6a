// Calls from outside: finds what they mean, runs it, and answers.

import { awaitTurnEnd, inherits } from "../../native.js";
import { DurableObject } from "../bases.js";
import { current } from "../context.js";
import { isHandler, noEntrypoint } from "../entrypoints.js";
import { replyError } from "../failures.js";
import { unpack } from "../grants.js";
import { ExecutionContext } from "../state.js";
import { isObject } from "../stamp.js";
import { invokeStub, isStub } from "./invoke.js";
import { givenAs } from "./given.js";
import { member, missing, notAFunction, refuseReserved } from "./paths.js";
import { sendResult, unpackMessage } from "./values.js";
import { resultOf, setReach } from "./wild.js";

const NO_RPC = "The receiving Durable Object does not support RPC, because its class was not declared with `extends DurableObject`. In order to enable RPC, make sure your class extends the special class `DurableObject`, which can be imported from the module \"cloudflare:workers\".";
const GONE = "The execution context which hosts this callback is no longer running.";

// taken before any worker could change it
const { apply } = Reflect;

/** Delivers a call; `candidates` are the answers that may only pass through. */
export function onCall(id, entry, path, message, candidates) {
  const stubs = [];
  let answer;
  try {
    const args = message === null ? null : unpackMessage(message, stubs);
    answer = run(entry, path, args);
    answer = resultOf(answer) ?? answer;
  } catch (error) {
    return finish(id, stubs, () => replyError(id, error));
  }
  if (typeof answer?.then !== "function") return stubs.length === 0 ? reply(id, answer) : finish(id, stubs, () => reply(id, answer));
  answer.then(
    (value) => finish(id, stubs, () => reply(id, value)),
    (error) => finish(id, stubs, () => replyError(id, error)),
  );
  if (answer instanceof Promise && stubs.length === 0) {
    candidates.push({ id, answer, kind: "call" });
    answer = undefined;
    awaitTurnEnd();
  }
}

/** Answers, then lets go of the stubs among the arguments. */
function finish(id, stubs, answer) {
  try {
    answer();
  } finally {
    for (const held of stubs) held.dispose();
  }
}

function reply(id, value) {
  try {
    sendResult(id, value);
  } catch (error) {
    replyError(id, error);
  }
}

function run(entry, path, args) {
  if (typeof entry === "number") {
    const target = givenAs(entry);
    if (target === undefined) throw new Error(GONE);
    return reach(target, path, args);
  }
  if (current.object !== undefined) {
    if (!(current.object instanceof DurableObject)) throw new TypeError(NO_RPC);
    refuseReserved(path[0]);
    return path.length === 1 && args !== null ? callMethod(current.object, path, args) : reach(current.object, path, args);
  }
  return runEntrypoint(entry, path, args);
}

/** What `reach` does for the usual call: of a method of the object's class. */
function callMethod(object, path, args) {
  const [name] = path;
  if (isStub(object) || !inherits(object, name)) return reach(object, path, args);
  const method = object[name];
  if (typeof method !== "function") throw notAFunction(path);
  return isStub(method) ? invokeStub(method, [], args) : apply(method, object, args);
}

function runEntrypoint([name, props], path, args) {
  const handler = current.module[name ?? "default"];
  if (!isHandler(handler)) throw noEntrypoint(name);
  const ctx = new ExecutionContext(props ? unpack(props[0], props[1], "props") : {});
  refuseReserved(path[0]);
  if (typeof handler === "function") return reach(new handler(ctx, current.env), path, args);
  if (path.length > 1 || args === null) return reach(handler, path, args);
  const method = member(handler, path[0]);
  if (typeof method !== "function") throw notAFunction(path);
  checkArity(path[0], method, args);
  return method.call(handler, args[0], current.env, ctx);
}

/** Handlers that are plain functions get what they were sent, `env` and `ctx`. */
function checkArity(name, method, args) {
  if (method.length > 3) {
    throw new TypeError(`Cannot call handler function "${name}" over RPC because it has the wrong number of arguments. A simple function handler can only be called over RPC if it has exactly the arguments (arg, env, ctx), where only the first argument comes from the client. To support multi-argument RPC functions, use class-based syntax (extending WorkerEntrypoint) instead.`);
  }
  if (args.length !== 1) {
    throw new TypeError(`Attempted to call RPC function "${name}" with the wrong number of arguments. When calling a top-level handler function that is not declared as part of a class, you must always send exactly one argument. In order to support variable numbers of arguments, the server must use class-based syntax (extending WorkerEntrypoint) instead.`);
  }
}

/** Follows `path` from `receiver`; then calls what is there, or without arguments gives it. */
function reach(receiver, path, args) {
  let owner, at = receiver;
  for (let i = 0; i < path.length; i++) {
    if (isStub(at)) return invokeStub(at, path.slice(i), args);
    owner = at;
    at = member(at, path[i]);
    if (!isObject(at) && i + 1 < path.length) throw missing(path[i]);
  }
  // a method that is read instead of called keeps its object
  if (args === null) return typeof at === "function" && owner !== undefined && !isStub(at) ? at.bind(owner) : at;
  if (isStub(at)) return invokeStub(at, [], args);
  if (typeof at !== "function") throw notAFunction(path);
  return Reflect.apply(at, owner, args);
}
setReach(reach);


