// `env`: what a worker is bound to.

import { makeFetcher } from "./fetcher.js";
import { unpack } from "./grants.js";
import { makeLoader } from "./loader.js";
import { makeNamespace } from "./namespace.js";
import { makeSupervisor } from "./supervisor.js";

/** Builds `env` from the host's list of `[name, type, value]`, or from a packed value. */
export function buildEnv(spec) {
  if (spec.packedEnv) return unpack(spec.packedEnv[0], spec.packedEnv[1], "env");
  const env = {};
  for (const [name, type, value] of spec.bindings) env[name] = bindingOf(type, value);
  return env;
}

function bindingOf(type, value) {
  switch (type) {
    case "text":
      return value;
    case "json":
      return JSON.parse(value);
    case "namespace":
      return makeNamespace(value);
    case "loader":
      return makeLoader(value);
    case "service":
      return makeFetcher(["service", value]);
    case "supervisor":
      return makeSupervisor();
    default:
      throw new Error(`unknown binding type ${type}`);
  }
}
