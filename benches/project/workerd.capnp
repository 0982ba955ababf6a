# What the side-by-side benchmark runs on workerd; `wrangler.jsonc` says the same to lapidary.
# The address and the folder for storage are given on the command line.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .project),
    (name = "storage", disk = (path = "/nonexistent", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const project :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "src/index.js"),
    (name = "runner.js", esModule = embed "src/runner.js"),
    (name = "app.js.txt", text = embed "src/app.js.txt"),
  ],
  compatibilityDate = "2026-08-04",
  durableObjectNamespaces = [(className = "Runner", uniqueKey = "side-by-side-runner", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [
    (name = "RUNNERS", durableObjectNamespace = "Runner"),
    (name = "LOADER", workerLoader = (id = "loader")),
  ],
);
