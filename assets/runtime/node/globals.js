// Node's globals. All sandboxes have them in the snapshot, as most workers want them; a worker
// without them pays for their removal.

import { clearInterval, clearTimeout, setInterval, setTimeout } from "../web/timers.js";
import { hasFlag } from "../workers/flags.js";
import { Buffer } from "./buffer/class.js";
import { extendConsole } from "./console.js";
import process from "./process.js";
import { fillEnvironment } from "./process/environment.js";
import { setAccess } from "./registry.js";
import * as timeouts from "./timers/timeout.js";

const { setImmediate } = timeouts.globalImmediate;
const globals = { Buffer, process, setImmediate, clearImmediate: timeouts.clearImmediate };
const nodeTimers = Object.fromEntries(["setTimeout", "setInterval", "clearTimeout", "clearInterval"].map((name) => [name, timeouts[name]]));
const webTimers = { setTimeout, setInterval, clearTimeout, clearInterval };

const define = (global, all) => {
  for (const [name, value] of Object.entries(all)) {
    Object.defineProperty(global, name, { value, writable: true, enumerable: !(name in webTimers), configurable: true });
  }
};

/** Defines them, before the snapshot is taken. */
export function installNode(global) {
  define(global, { ...globals, ...nodeTimers, global });
}

/** Makes modules and globals what the worker's compatibility flags say. */
export function startNode(env) {
  const bare = hasFlag("nodejs_compat_v2");
  setAccess(bare || hasFlag("nodejs_compat"), bare);
  if (!hasFlag("enable_nodejs_global_timers")) define(globalThis, webTimers);
  if (hasFlag("nodejs_compat_populate_process_env")) fillEnvironment(env);
  if (bare) extendConsole();
  else for (const name of [...Object.keys(globals), "global"]) delete globalThis[name];
}
