// The list of the modules that there are, as programs see it.

import { moduleNames } from "../registry.js";

/** What can be imported with "node:" alone. */
const PREFIXED = ["sqlite", "test"];
export const builtinModules = [];

/** Fills the list, once the table has them all. */
export function listModules() {
  builtinModules.push(...moduleNames().filter((name) => !PREFIXED.includes(name)).sort());
}

export function isBuiltin(id) {
  if (typeof id !== "string") return false;
  return id.startsWith("node:") ? moduleNames().includes(id.slice(5)) : builtinModules.includes(id);
}
