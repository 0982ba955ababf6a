// What this version lacks fails in words that name it. The reference has all of it, so every case
// differs; the notes go as the features come.

import { Actor, code, differs, program, textOf } from "../suite.js";

const LATER = "comes with a later version";
const error = (message) => ({ threw: { $: "Error", name: "Error", message } });
const lacks = (what) => error(`${what} is not supported by this version of lapidary.`);

export class Subject extends Actor {
  hello() { return "hello"; }
  alarm() {}
}

const { worker, Place } = program({
  "modules of Node.js": differs("the message also says what is provided",
    error('Failed to start Worker:\nUncaught Error: No such module "node:fs".\n  imported from "main.js"\n  Node\'s modules need the compatibility flag "nodejs_compat", or a compatibility date of 2026-08-04 or later.'),
    (t) => textOf(t.load(`import fs from "node:fs"; export default {}`).getEntrypoint())),
  "Python": differs(LATER, { threw: { $: "TypeError", name: "TypeError", message: "Python Workers are not supported by this version of lapidary. Main module: main.py" } },
    (t) => Object.prototype.toString.call(t.env.LOADER.load({ compatibilityDate: "2026-08-01", mainModule: "main.py", modules: { "main.py": "" } }))),
});

export default worker;
export { Place, Actor as Plain };
