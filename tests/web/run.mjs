// Tests of assets/runtime/web: `node tests/web/run.mjs [part of a name]`, node 20 or later.
//
// The modules run in a context that holds nothing but what ECMAScript and the engine give, over
// a fake of the host (fake-host.mjs). A case either states what it expects, or is run a second
// time with Node's own classes and must give the same (`both`).

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { here, load } from "./loader.mjs";

const wanted = process.argv[2] ?? "";
let passed = 0;
let failed = 0;
for (const file of readdirSync(join(here, "cases")).sort()) {
  const harness = await load(join("cases", file));
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
