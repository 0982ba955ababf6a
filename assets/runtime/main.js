// Where the runtime starts, once, before the memory is snapshotted: installs the globals and
// tells C which functions to call.
//
//   native.js   what C offers            ops.js      asynchronous host calls
//   web/        the Web platform         workers/    the object model of Workers
//   webassembly/  modules of wasm, which the host runs
//   node/       Node's modules
//   intl/       languages: Intl, toLocaleString
//
// Everything a sandbox does afterwards begins in workers/dispatch.js.

import { setHooks } from "./native.js";
import { installIntl } from "./intl/index.js";
import { installWeb } from "./web/index.js";
import { installWebAssembly } from "./webassembly/index.js";
import { dispatch, turnEnded } from "./workers/dispatch.js";
import { installWorkers } from "./workers/globals.js";
import { resolveModule, moduleSource } from "./workers/modules.js";
import { trackRejection } from "./workers/rejections.js";
import { warm } from "./warm.js";
import { installStacks } from "./workers/stacks.js";
import "./workers/cloudflare.js";
import "./workers/email-module.js";
import "./workers/sockets-module.js";
import { installNode } from "./node/globals.js";

installStacks();
installIntl(globalThis);
installWeb(globalThis);
installWebAssembly(globalThis);
installWorkers(globalThis);
installNode(globalThis);
// some of them look at the globals
await import("./node/index.js");
setHooks(dispatch, resolveModule, moduleSource, trackRejection, globalThis.DOMException, turnEnded);
await warm();

// the engine's own kind of error, which the language does not have
delete globalThis.InternalError;
