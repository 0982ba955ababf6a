// Installs the packages of package.json into a folder of the machine's temporary ones, and bundles projects there.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const folder = process.env.LAPIDARY_PACKAGES ?? join(tmpdir(), "lapidary-packages");
/** Imports what is installed there. */
export const installed = createRequire(join(folder, "package.json"));

/** Says in an error what to do when npm is out of reach and nothing is installed yet. */
export function install() {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(here, "package.json"), join(folder, "package.json"));
  try {
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], { cwd: folder, stdio: "inherit" });
  } catch (error) {
    throw new Error(`npm could not install the packages into ${folder}; is the network there?`, { cause: error });
  }
}

/** One module, as both runtimes load it; `name` is a file of projects/. */
export async function bundle(name, target) {
  await installed("esbuild").build({
    entryPoints: [join(here, "projects", name)],
    outfile: target,
    bundle: true,
    jsx: "automatic",
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    nodePaths: [join(folder, "node_modules")],
    alias: Object.fromEntries(BARE_NODE.map((module) => [module, `node:${module}`])),
    define: { "process.env.NODE_ENV": '"production"' },
    banner: { js: BANNER },
    logLevel: "error",
  });
}

/** Modules of Node that packages import without `node:`. */
const BARE_NODE = ["assert", "async_hooks", "buffer", "crypto", "events", "path", "process", "querystring", "stream", "string_decoder", "url", "util"];
/** CommonJS packages call `require("node:…")`, which esbuild passes on to a `require` of the module, as wrangler does. */
const BANNER = `import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire("/");`;
