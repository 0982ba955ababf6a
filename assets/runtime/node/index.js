// The table of Node's modules, and the globals that come with them.

import * as buffer from "./buffer.js";
import * as events from "./events.js";
import { addModule } from "./registry.js";

addModule("buffer", "buffer.js", buffer);
addModule("events", "events.js", events);
