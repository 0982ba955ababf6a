// Starts a bundled project on lapidary or on workerd: one worker, one class `App` of durable objects with SQLite.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installed } from "./install.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const DATE = "2026-08-01";
const FLAGS = ["nodejs_compat"];

export const RUNTIMES = { lapidary, workerd };

/** Both give what to ask: a port, and a way to end it. */
async function lapidary(project) {
  const program = process.env.LAPIDARY_BINARY ?? join(root, "target", "release", "lapidary");
  if (!existsSync(program)) throw new Error(`${program} is not there; build it with: cargo build --release`);
  const port = await freePort();
  writeFileSync(join(project, "wrangler.json"), JSON.stringify({
    name: "packages",
    main: "index.js",
    compatibility_date: DATE,
    compatibility_flags: FLAGS,
    durable_objects: { bindings: [{ name: "APP", class_name: "App" }] },
    migrations: [{ tag: "v1", new_sqlite_classes: ["App"] }],
  }));
  return start(program, ["serve", project, "--listen", `127.0.0.1:${port}`, "--data", join(project, "data")], port);
}

async function workerd(project) {
  const program = process.env.LAPIDARY_WORKERD ?? installed.resolve("workerd/bin/workerd");
  const port = await freePort();
  const disk = join(project, "disk");
  mkdirSync(disk, { recursive: true });
  writeFileSync(join(project, "config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "index.js", esModule = embed "index.js")],
      compatibilityDate = "${DATE}",
      compatibilityFlags = ${JSON.stringify(FLAGS)},
      durableObjectNamespaces = [(className = "App", uniqueKey = "App", enableSql = true)],
      durableObjectStorage = (localDisk = "disk"),
      bindings = [(name = "APP", durableObjectNamespace = "App")],
    )),
    (name = "disk", disk = (path = ${JSON.stringify(disk)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`);
  return start(program, ["serve", "--experimental", join(project, "config.capnp")], port);
}

/** Resolves when the port is open. */
async function start(program, args, port) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => { log += data; });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const until = Date.now() + 60_000;
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}:\n${log}`);
    if (Date.now() > until) throw new Error(`${program} does not listen after a minute:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    const tell = (open) => {
      socket.destroy();
      resolve(open);
    };
    socket.on("connect", () => tell(true));
    socket.on("error", () => tell(false));
  });
}
