// Text for people from any value, as console shows it. Never throws.

import { describeClass } from "../inspect/described.js";
import { inspect as inspectValue } from "../inspect/index.js";

export { describeClass };

/** `value` as text. `options.depth` (2) is how many levels of nested objects are opened, `room` how many characters it may take. */
export function inspect(value, options = undefined) {
  try {
    return inspectValue(value, { room: 1 << 17, ...options });
  } catch (error) {
    return `[object that cannot be shown: ${safeString(error)}]`;
  }
}

function safeString(value) {
  try {
    return `${value}`;
  } catch {
    return "?";
  }
}
