// Loads the modules of assets/runtime/web into a context of their own, over the fake host.

import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";
import vm from "node:vm";
import { FAKE_NATIVE, FAKE_OPS, makeFakeHost } from "./fake-host.mjs";
import { HARNESS } from "./harness.mjs";

// Node shows its module loader for contexts only behind a flag.
if (!vm.SourceTextModule) {
  const flags = ["--experimental-vm-modules", "--no-warnings"];
  const run = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(run.status ?? 1);
}

/** The folder of these tests. */
export const here = dirname(fileURLToPath(import.meta.url));
const runtime = resolve(here, "../../assets/runtime");

// A context with what the engine has beyond the ECMAScript of this Node.
function makeContext() {
  const context = vm.createContext({ __fake: makeFakeHost(), atob: (text) => atob(text), btoa: (text) => btoa(text) });
  const define = vm.runInContext(`(detach) => {
    const own = ArrayBuffer.prototype;
    own.transfer ??= function () {
      return Object.setPrototypeOf(detach(this), own);
    };
  }`, context);
  define((buffer) => structuredClone(buffer, { transfer: [buffer] }));
  return context;
}

/** Evaluates `file` (beside this one) in a fresh context. Yields the exports of the harness. */
export async function load(file) {
  const context = makeContext();
  const modules = new Map();
  const module = (path, source) => {
    if (!modules.has(path)) {
      const text = source ?? readFileSync(path, "utf8");
      modules.set(path, new vm.SourceTextModule(text, { context, identifier: path }));
    }
    return modules.get(path);
  };
  module(join(runtime, "native.js"), FAKE_NATIVE);
  module(join(runtime, "ops.js"), FAKE_OPS);
  module(join(here, "harness.js"), HARNESS);
  const link = (specifier, parent) => {
    if (specifier === "harness") return module(join(here, "harness.js"));
    if (specifier.startsWith("web/")) return module(join(runtime, specifier));
    return module(resolve(dirname(parent.identifier), specifier));
  };
  const main = module(join(here, file));
  await main.link(link);
  await main.evaluate();
  return modules.get(join(here, "harness.js")).namespace;
}
