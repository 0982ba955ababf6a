// Checks the sample apps that are TypeScript against Cloudflare's own types.

import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { folder } from "./install.mjs";

const samples = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "sample-apps");

/** How many of them fail; says what is wrong with each. */
export function checkTypes() {
  let failed = 0;
  for (const app of readdirSync(samples)) {
    const sources = readdirSync(join(samples, app, "src")).filter((name) => name.endsWith(".ts"));
    if (sources.length === 0) continue;
    const config = join(folder, `tsconfig.${app}.json`);
    writeFileSync(config, JSON.stringify({
      compilerOptions: {
        target: "es2024", module: "esnext", moduleResolution: "bundler", lib: ["es2024"], strict: true, noEmit: true,
        allowImportingTsExtensions: true, types: [join(folder, "node_modules", "@cloudflare", "workers-types")],
      },
      files: sources.map((name) => join(samples, app, "src", name)),
    }));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, "node_modules", "typescript", "bin", "tsc"), "--project", config], { encoding: "utf8" });
    if (status !== 0) failed++;
    console.log(status === 0 ? `sample-apps/${app}: the types of ${sources.length} files are right` : `sample-apps/${app}:\n${stdout}${stderr}`);
  }
  return failed;
}
