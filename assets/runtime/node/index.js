// The table of Node's modules, and the globals that come with them.

import * as assert from "./assert.js";
import * as assertStrict from "./assert-strict.js";
import * as asyncHooks from "./async_hooks.js";
import * as buffer from "./buffer.js";
import * as diagnosticsChannel from "./diagnostics_channel.js";
import * as events from "./events.js";
import * as perfHooks from "./perf_hooks.js";
import * as util from "./util.js";
import * as utilTypes from "./util/types.js";
import { addModule } from "./registry.js";

addModule("buffer", "buffer.js", buffer);
addModule("events", "events.js", events);
addModule("assert", "assert.js", assert);
addModule("assert/strict", "assert-strict.js", assertStrict);
addModule("async_hooks", "async_hooks.js", asyncHooks);
addModule("diagnostics_channel", "diagnostics_channel.js", diagnosticsChannel);
addModule("perf_hooks", "perf_hooks.js", perfHooks);
addModule("sys", "util.js", util);
addModule("util", "util.js", util);
addModule("util/types", "util/types.js", utilTypes);
