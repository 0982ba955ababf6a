// Tests of assets/runtime/web: `node tests/web/run.mjs [part of a name]`, node 20 or later.
//
// The modules run in a context that holds nothing but what ECMAScript and the engine give, over
// a fake of the host (fake-host.mjs). A case either states what it expects, or is run a second
// time with Node's own classes and must give the same (`both`).

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { FAKE_NATIVE, FAKE_OPS, makeFakeHost } from "./fake-host.mjs";
import { HARNESS } from "./harness.mjs";

if (!vm.SourceTextModule) {
  const flags = ["--experimental-vm-modules", "--no-warnings"];
  const run = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(run.status ?? 1);
}

const here = dirname(fileURLToPath(import.meta.url));
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

async function loadCase(file) {
  const context = makeContext();
  const modules = new Map();
  const load = (path, source) => {
    if (!modules.has(path)) {
      const text = source ?? readFileSync(path, "utf8");
      modules.set(path, new vm.SourceTextModule(text, { context, identifier: path }));
    }
    return modules.get(path);
  };
  load(join(runtime, "native.js"), FAKE_NATIVE);
  load(join(runtime, "ops.js"), FAKE_OPS);
  load(join(here, "harness.js"), HARNESS);
  const link = (specifier, parent) => {
    if (specifier === "harness") return load(join(here, "harness.js"));
    if (specifier.startsWith("web/")) return load(join(runtime, specifier));
    return load(resolve(dirname(parent.identifier), specifier));
  };
  const main = load(join(here, "cases", file));
  await main.link(link);
  await main.evaluate();
  return modules.get(join(here, "harness.js")).namespace;
}

const wanted = process.argv[2] ?? "";
let passed = 0;
let failed = 0;
for (const file of readdirSync(join(here, "cases")).sort()) {
  const harness = await loadCase(file);
  for (const { name, run } of harness.tests) {
    const title = `${file.replace(/\.js$/, "")}: ${name}`;
    if (!title.includes(wanted)) continue;
    let limit;
    const late = new Promise((_, reject) => {
      limit = setTimeout(() => reject(new Error("no result within 5 s")), 5000);
    });
    try {
      await Promise.race([run(globalThis), late]);
      passed++;
    } catch (error) {
      failed++;
      console.log(`FAILED ${title}\n  ${String(error?.stack ?? error).replaceAll("\n", "\n  ")}`);
    }
    clearTimeout(limit);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
