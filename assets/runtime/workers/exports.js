// `ctx.exports`: the worker's own exports as its other parts may use them.

import { DurableObject, WorkerEntrypoint } from "./bases.js";
import { makeCallableFetcher, makeFetcher } from "./fetcher.js";
import { makeClassHandle } from "./classes.js";
import { packProps } from "./grants.js";
import { makeCallableNamespace } from "./namespace.js";
import { ClassHandle } from "./stamp.js";

const isClassOf = (value, base) => typeof value === "function" && value.prototype instanceof base;

/** Builds the object from the main module's exports. */
export function buildExports(module, spec) {
  const spaces = new Map(spec.namespaces);
  const all = {};
  for (const name of Object.keys(module)) {
    const value = module[name];
    const loopback = loopbackOf(name, value, spaces.get(name), spec.dynamic);
    if (loopback !== undefined) all[name] = loopback;
  }
  return all;
}

function loopbackOf(name, value, space, dynamic) {
  if (isClassOf(value, WorkerEntrypoint) || (typeof value === "object" && value !== null)) {
    const entry = name === "default" ? null : name;
    return makeCallableFetcher(["self", entry, null], (options) =>
      makeFetcher(["self", entry, packProps(options?.props ?? {}, "Options")]));
  }
  if (typeof value !== "function") return undefined;
  const specialise = (options) =>
    makeClassHandle(["self", name, packProps(options?.props ?? {}, "Options")]);
  if (space !== undefined) {
    return new ClassHandle(makeCallableNamespace(space, specialise), ["self", name, null]);
  }
  if (isClassOf(value, DurableObject) || dynamic) {
    return new ClassHandle((options) => specialise(options), ["self", name, null]);
  }
  return undefined;
}
