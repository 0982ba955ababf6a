// The module "node:console": the global console, and what only Node has of it.

import { console, formatArguments } from "../web/console.js";
import { ERR_METHOD_NOT_IMPLEMENTED, builtinError } from "./errors.js";

const ERR_CONSOLE_WRITABLE_STREAM = builtinError(TypeError, "ERR_CONSOLE_WRITABLE_STREAM", (name) => `Console expects a writable stream instance for ${name}`);

/** A console whose lines go to streams of one's own. */
export function Console(options, ...rest) {
  if (!new.target) return new Console(options, ...rest);
  const { stdout, stderr = stdout } = typeof options?.write === "function" ? { stdout: options, stderr: rest[0] ?? options } : options ?? {};
  for (const [name, stream] of [["stdout", stdout], ["stderr", stderr]]) {
    if (typeof stream?.write !== "function") throw new ERR_CONSOLE_WRITABLE_STREAM(name);
  }
  const method = (stream) => (...args) => { stream.write(`${formatArguments(args)}\n`); };
  for (const name of ["log", "info", "debug"]) this[name] = method(stdout);
  for (const name of ["error", "warn", "trace"]) this[name] = method(stderr);
}

export const context = () => { throw new ERR_METHOD_NOT_IMPLEMENTED("Console.context"); };
export const createTask = () => { throw new ERR_METHOD_NOT_IMPLEMENTED("Console.createTask"); };

export const {
  assert, clear, count, countReset, debug, dir, dirxml, error, group, groupCollapsed, groupEnd, info, log, profile, profileEnd, table, time,
  timeEnd, timeLog, timeStamp, trace, warn,
} = console;

/** Adds what Node has to the global console, if the worker has Node's modules. */
export function extendConsole() {
  Object.assign(console, { context, Console, createTask });
}
export default console;
