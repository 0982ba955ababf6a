// Node's globals. All sandboxes have them in the snapshot, as most workers want them; a worker
// without them pays for their removal.

import { hasFlag } from "../workers/flags.js";
import { Buffer } from "./buffer/class.js";
import { setAccess } from "./registry.js";

const globals = { Buffer };

/** Defines them, before the snapshot is taken. */
export function installNode(global) {
  for (const [name, value] of Object.entries({ ...globals, global })) {
    Object.defineProperty(global, name, { value, writable: true, enumerable: true, configurable: true });
  }
}

/** Makes modules and globals what the worker's compatibility flags say. */
export function startNode() {
  const bare = hasFlag("nodejs_compat_v2");
  setAccess(bare || hasFlag("nodejs_compat"), bare);
  if (bare) return;
  for (const name of [...Object.keys(globals), "global"]) delete globalThis[name];
}
