// What this version lacks fails in words that name it. The reference has all of it, so every case
// differs; the notes go as the features come.

import * as workers from "cloudflare:workers";
import { Actor, code, differs, outcome, outcomes, program, textOf } from "../suite.js";

const LATER = "comes with a later version";
const error = (message) => ({ threw: { $: "Error", name: "Error", message } });
const lacks = (what) => error(`${what} is not supported by this version of lapidary.`);

export class Subject extends Actor {
  hello() { return "hello"; }
  alarm() {}
}

const { worker, Place } = program({
  "members of cloudflare:workers": differs(LATER, { gave: { withEnv: lacks("withEnv()") } }, () => outcomes({
    withEnv: () => workers.withEnv({}, () => 1),
  })),
  "modules of Node.js": differs("the message also says what is provided",
    error('Failed to start Worker:\nUncaught Error: No such module "node:fs".\n  imported from "main.js"\n  Node\'s modules need the compatibility flag "nodejs_compat", or a compatibility date of 2026-08-04 or later.'),
    (t) => textOf(t.load(`import fs from "node:fs"; export default {}`).getEntrypoint())),
  "tail workers": differs(LATER, lacks("Tail workers").threw && { threw: { $: "Error", name: "Error", message: "Tail workers are not supported by this version of lapidary." } },
    (t) => Object.prototype.toString.call(t.load("export default {}", { tails: [t.exports.default] }))),
  "modules of WebAssembly": differs(LATER, { threw: { $: "TypeError", name: "TypeError", message: 'Module "m.wasm" is WebAssembly, which is not supported by this version of lapidary.' } },
    (t) => Object.prototype.toString.call(t.load("export default {}", { modules: { "m.wasm": { wasm: new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]) } } }))),
  "Python": differs(LATER, { threw: { $: "TypeError", name: "TypeError", message: "Python Workers are not supported by this version of lapidary. Main module: main.py" } },
    (t) => Object.prototype.toString.call(t.env.LOADER.load({ compatibilityDate: "2026-08-01", mainModule: "main.py", modules: { "main.py": "" } }))),
  "encryption": differs(LATER, { gave: "NotSupportedError" }, async () => (await outcome(() => crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]))).threw?.name ?? "gave"),
});

export default worker;
export { Place, Actor as Plain };
