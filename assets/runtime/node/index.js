// The table of Node's modules, and the globals that come with them.

import * as buffer from "./buffer.js";
import * as crypto from "./crypto.js";
import * as events from "./events.js";
import * as path from "./path.js";
import * as pathPosix from "./path-posix.js";
import * as pathWin32 from "./path-win32.js";
import * as querystring from "./querystring.js";
import * as stream from "./stream.js";
import * as streamConsumers from "./stream-consumers.js";
import * as streamPromises from "./stream-promises.js";
import * as streamWeb from "./stream-web.js";
import * as stringDecoder from "./string_decoder.js";
import { addModule } from "./registry.js";

addModule("buffer", "buffer.js", buffer);
addModule("crypto", "crypto.js", crypto);
addModule("events", "events.js", events);
addModule("path", "path.js", path);
addModule("path/posix", "path-posix.js", pathPosix);
addModule("path/win32", "path-win32.js", pathWin32);
addModule("querystring", "querystring.js", querystring);
addModule("stream", "stream.js", stream);
addModule("stream/consumers", "stream-consumers.js", streamConsumers);
addModule("stream/promises", "stream-promises.js", streamPromises);
addModule("stream/web", "stream-web.js", streamWeb);
addModule("string_decoder", "string_decoder.js", stringDecoder);
