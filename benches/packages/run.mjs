// Runs projects made of npm packages on lapidary and on workerd, and compares what both answer, byte for byte.
// Needs node, npm with a network (once), and a built lapidary. Then checks the types of the sample apps.
//
//   node benches/packages/run.mjs                  all projects
//   node benches/packages/run.mjs hono.tsx …       these
//
// $LAPIDARY_BINARY and $LAPIDARY_WORKERD name other programs, $LAPIDARY_PACKAGES the folder to install into.

import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask } from "./ask.mjs";
import { bundle, install } from "./install.mjs";
import { REQUESTS } from "./requests.mjs";
import { RUNTIMES } from "./runtimes.mjs";
import { checkTypes } from "./types.mjs";

const asked = process.argv.slice(2);
for (const name of asked) {
  if (!(name in REQUESTS)) throw new Error(`no project is named ${name}; there are ${Object.keys(REQUESTS).join(", ")}`);
}
const projects = asked.length > 0 ? asked : Object.keys(REQUESTS);

/** The answers of one runtime, in the order of the requests. */
async function answers(runtime, project, requests) {
  const server = await RUNTIMES[runtime](project);
  try {
    const heard = [];
    for (const request of requests) {
      heard.push(await ask(server.port, request).catch((error) => {
        return `no answer: ${error.message}`;
      }));
    }
    return { heard, log: server.log() };
  } finally {
    await server.stop();
  }
}

function showDifference(name, { method, path, body }, ours, theirs) {
  const indented = (text) => text.replace(/^/gm, "    ");
  console.log(`\n${name}: ${method} ${path}${body ? ` ${body}` : ""}`);
  console.log(`  workerd:\n${indented(theirs)}\n  lapidary:\n${indented(ours)}`);
}

/** A row of the table. */
async function compare(name, work) {
  const project = join(work, name);
  mkdirSync(project);
  const code = join(project, "index.js");
  await bundle(name, code);
  const requests = REQUESTS[name];
  const theirs = await answers("workerd", project, requests);
  const ours = await answers("lapidary", project, requests);
  let different = 0;
  requests.forEach((request, at) => {
    // An answer that neither gave compares nothing.
    if (ours.heard[at] === theirs.heard[at] && !ours.heard[at].startsWith("no answer: ")) return;
    different++;
    showDifference(name, request, ours.heard[at], theirs.heard[at]);
  });
  if (different > 0) console.log(`\n${name}: what lapidary logged\n${ours.log}\nwhat workerd logged\n${theirs.log}`);
  // Some requests are to fail; a project of which all do shows nothing.
  const failures = theirs.heard.filter((answer) => answer.startsWith("500 ")).length;
  if (failures === requests.length) throw new Error(`${name} fails on workerd: ${theirs.heard[0]}`);
  return { project: name, "bundle, kB": Math.round(statSync(code).size / 1000), requests: requests.length, "of these 500": failures, different };
}

install();
const work = mkdtempSync(join(tmpdir(), "lapidary-projects-"));
const rows = [];
try {
  for (const name of projects) {
    rows.push(await compare(name, work));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.table(rows);
const different = rows.reduce((sum, row) => sum + row.different, 0);
if (different > 0) console.error(`${different} answers differ`);
const untyped = asked.length > 0 ? 0 : checkTypes();
if (different + untyped > 0) process.exitCode = 1;
