// Records what the reference runtime answers to the programs of the differential suite, as
// tests/differential/recorded/PROGRAM.json. Needs node; takes workerd from npm, or the binary that
// $LAPIDARY_WORKERD names.
//
//   node tests/differential/record.mjs               all programs
//   node tests/differential/record.mjs facets.js …   these

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), "lapidary-record-"));
const suite = readFileSync(join(here, "suite.js"), "utf8");
const setup = JSON.parse(readFileSync(join(here, "setup.json"), "utf8"));
const present = readdirSync(join(here, "programs")).filter((name) => name.endsWith(".js")).sort();
const programs = process.argv.length > 2 ? process.argv.slice(2) : present;

/** The binary: the given one, or the newest of npm's. */
function workerd() {
  if (process.env.LAPIDARY_WORKERD) return process.env.LAPIDARY_WORKERD;
  const folder = join(tmpdir(), "lapidary-workerd");
  const binary = join(folder, "node_modules", ".bin", "workerd");
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    execFileSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "workerd"], { stdio: "inherit" });
  }
  return binary;
}

const text = JSON.stringify;

/** Flags that a program asks for in its first line: `// flags: nodejs_compat`. */
function flagsOf(file) {
  const asked = /^\/\/ flags:(.*)/.exec(readFileSync(join(here, "programs", file), "utf8"));
  return asked === null ? [] : asked[1].trim().split(/\s+/);
}

const isTailed = (file) => readFileSync(join(here, "programs", file), "utf8").split("\n").includes("// tailed");

/** The configuration: each program is a service with a socket of its own. */
function configuration() {
  const tailOf = (file) => `${file}-tail`;
  const one = (file, name = file, more = "", bindings = "") => `(name = ${text(name)}, worker = (${more}
    modules = [
      (name = ${text(`programs/${file}`)}, esModule = embed ${text(`programs/${file}`)}),
      (name = "suite.js", esModule = embed "suite.js"),
    ],
    compatibilityDate = ${text(setup.compatibilityDate)},
    compatibilityFlags = [${flagsOf(file).map(text).join(", ")}],
    durableObjectNamespaces = [
      (className = "Place", uniqueKey = ${text(`${name}-Place`)}, enableSql = true),
      (className = "Subject", uniqueKey = ${text(`${name}-Subject`)}, enableSql = true),
      (className = "Plain", uniqueKey = ${text(`${name}-Plain`)}),
    ],
    durableObjectStorage = (localDisk = "disk"),
    bindings = [
      (name = "PLACES", durableObjectNamespace = "Place"),
      (name = "SUBJECTS", durableObjectNamespace = "Subject"),
      (name = "PLAINS", durableObjectNamespace = "Plain"),
      (name = "LOADER", workerLoader = (id = ${text(name)})),
      (name = "TEXT", text = ${text(setup.vars.TEXT)}),
      (name = "JSON", json = ${text(text(setup.vars.JSON))}),${bindings}
    ],
  ))`;
  // a program with the line `// tailed` has a second worker of its text, which hears of it
  const workers = (file) => (isTailed(file) ? [
    one(file, tailOf(file)),
    one(file, file, `
    tails = [(name = ${text(tailOf(file))})],`, `
      (name = "HEARD", durableObjectNamespace = (className = "Subject", serviceName = ${text(tailOf(file))})),`),
  ] : [one(file)]);
  mkdirSync(join(work, "disk"));
  mkdirSync(join(work, "programs"));
  for (const file of programs) {
    writeFileSync(join(work, "programs", file), readFileSync(join(here, "programs", file)));
  }
  writeFileSync(join(work, "suite.js"), suite);
  const services = programs.flatMap(workers).join(",\n");
  const sockets = programs.map((file) => `(name = ${text(file)}, address = "127.0.0.1:0", http = (), service = ${text(file)})`);
  writeFileSync(join(work, "config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services}, (name = "disk", disk = (path = ${text(join(work, "disk"))}, writable = true))],
  sockets = [${sockets.join(",\n")}],
);
`);
}

/** Starts it; resolves with the port of each program. */
function start(binary) {
  const log = [];
  const child = spawn(binary, ["serve", "--experimental", "--control-fd=3", join(work, "config.capnp")], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => log.push(data));
  const ports = new Map();
  const ready = new Promise((resolve, reject) => {
    let pending = "";
    child.stdio[3].on("data", (data) => {
      pending += data;
      const lines = pending.split("\n");
      pending = lines.pop();
      for (const line of lines) {
        const event = JSON.parse(line);
        if (event.event === "listen") ports.set(event.socket, event.port);
      }
      if (ports.size === programs.length) resolve(ports);
    });
    child.on("exit", (status) => reject(new Error(`workerd ended with ${status}:\n${log.join("")}`)));
  });
  return { child, ready };
}

/** Headers that say how an answer was carried, not what it is. */
const CARRIAGE = ["connection", "date", "keep-alive", "server", "transfer-encoding"];

/** The answer to a request from outside, as it comes over the wire. */
function exchange(port, name, { method = "GET", path = "/", headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, method, path, headers: { ...headers, "x-case": name }, agent: false };
    const sent = http.request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const pairs = [];
        for (let i = 0; i < answer.rawHeaders.length; i += 2) pairs.push([answer.rawHeaders[i].toLowerCase(), answer.rawHeaders[i + 1]]);
        const kept = pairs.filter(([key]) => !CARRIAGE.includes(key)).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
        resolve({ status: answer.statusCode, reason: answer.statusMessage, headers: kept, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Every answer of one run, by program and case. */
async function run(binary) {
  rmSync(join(work, "disk"), { recursive: true, force: true });
  mkdirSync(join(work, "disk"));
  const { child, ready } = start(binary);
  try {
    const ports = await ready;
    const all = {};
    for (const file of programs) {
      const url = `http://127.0.0.1:${ports.get(file)}/`;
      const cases = await (await fetch(url)).json();
      all[file] = {};
      for (const { name, request } of cases) {
        if (request !== null) {
          all[file][name] = await exchange(ports.get(file), name, request);
          continue;
        }
        const response = await fetch(`${url}?case=${encodeURIComponent(name)}`, { signal: AbortSignal.timeout(20_000) })
          .catch((error) => { throw new Error(`${file}, ${name}: ${error}`); });
        const body = await response.text();
        if (response.status !== 200) throw new Error(`${file}, ${name}: status ${response.status}: ${body}`);
        all[file][name] = JSON.parse(body);
      }
    }
    return all;
  } finally {
    child.removeAllListeners("exit");
    child.kill();
  }
}

const binary = workerd();
configuration();
const first = await run(binary);
const second = await run(binary);
const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
let unsteady = 0;
for (const file of programs) {
  for (const [name, answer] of Object.entries(first[file])) {
    if (text(answer) === text(second[file][name])) continue;
    unsteady++;
    console.error(`${file}, ${name}: two runs, two answers:\n  ${text(answer)}\n  ${text(second[file][name])}`);
  }
}
rmSync(work, { recursive: true, force: true });
if (unsteady > 0) process.exit(1);
const answersOf = (file) => join(here, "recorded", `${file}on`);
mkdirSync(join(here, "recorded"), { recursive: true });
for (const file of programs) {
  const source = hash(readFileSync(join(here, "programs", file), "utf8"));
  const recorded = { workerd: version, suite: hash(suite), source, answers: first[file] };
  writeFileSync(answersOf(file), lines(recorded));
}
for (const file of readdirSync(join(here, "recorded"))) {
  if (!present.includes(file.replace(/on$/, ""))) rmSync(join(here, "recorded", file));
}
const count = Object.values(first).reduce((sum, answers) => sum + Object.keys(answers).length, 0);
console.log(`${count} cases of ${programs.length} programs recorded with ${version}`);

/** One line a case, which is what a change of it should show. */
function lines({ answers, ...head }) {
  const cases = Object.entries(answers).map(([name, answer]) => `  ${text(name)}: ${text(answer)}`);
  const rest = Object.entries(head).map(([name, value]) => ` ${text(name)}: ${text(value)},\n`);
  return `{\n${rest.join("")} "answers": {\n${cases.join(",\n")}\n }\n}\n`;
}

function hash(source) {
  return createHash("sha256").update(source).digest("hex");
}
