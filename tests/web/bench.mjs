// Times the hot path of assets/runtime/web under Node: `node tests/web/bench.mjs`. Node's engine
// compiles, the sandbox's interprets (5 to 8 times slower), so only compare runs with each other.

import { load } from "./loader.mjs";

const { tests } = await load("bench-cases.js");
for (const { name, run } of tests) {
  for (let i = 0; i < 20_000; i++) run();
  const count = 200_000;
  const start = performance.now();
  for (let i = 0; i < count; i++) run();
  console.log(`${name.padEnd(60)} ${((performance.now() - start) * 1000 / count).toFixed(3)} µs`);
}
