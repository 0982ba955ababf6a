// The module "node:timers".

import promises from "./timers-promises.js";
import { Timeout, clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "./timers/timeout.js";

export function active(timer) {
  timer?.refresh?.();
}

export function unenroll(timer) {
  clearTimeout(timer);
}

export function enroll() {
  throw new Error("Not implemented. Please use setTimeout() instead.");
}

export { Timeout, clearImmediate, clearInterval, clearTimeout, promises, setImmediate, setInterval, setTimeout };
export default { promises, setTimeout, clearTimeout, setImmediate, clearImmediate, setInterval, clearInterval, active, unenroll, enroll };
