// Stack text in the usual form: the error first, then the frames of the author's own files.

const native = Object.getOwnPropertyDescriptor(Error.prototype, "stack");

/** Frames of the runtime itself are of no use to anybody. */
const isOurs = (line) => line.includes("(lapidary:") || line.includes("at lapidary:");

const filtered = (text) => text.split("\n").filter((line) => line.trim() !== "" && !isOurs(line)).join("\n");

function headOf(error) {
  try {
    return String(Error.prototype.toString.call(error));
  } catch {
    return "Error";
  }
}

function withHead(error, frames) {
  return frames === "" ? headOf(error) : `${headOf(error)}\n${frames}`;
}

/** The frames of anything thrown, without the line that repeats its message. */
export function framesOf(thrown) {
  const own = Object.getOwnPropertyDescriptor(thrown, "stack")?.value;
  const text = own ?? (thrown instanceof Error ? native.get.call(thrown) : "");
  if (typeof text !== "string") return "";
  const head = headOf(thrown);
  return filtered(text.startsWith(head) ? text.slice(head.length) : text);
}

/** Gives `Error.prototype.stack` and `Error.captureStackTrace` that form. */
export function installStacks() {
  Object.defineProperty(Error.prototype, "stack", {
    configurable: true,
    enumerable: false,
    get() {
      const text = native.get.call(this);
      return typeof text === "string" ? withHead(this, filtered(text)) : text;
    },
    // Elsewhere `stack` is a property of each error, so libraries assign anything to it.
    set(value) {
      if (!(this instanceof Error)) native.set.call(this, value);
      else Object.defineProperty(this, "stack", { value, writable: true, enumerable: false, configurable: true });
    },
  });
  const capture = Error.captureStackTrace;
  Error.captureStackTrace = function captureStackTrace(target, caller = captureStackTrace) {
    capture(target, caller);
    const text = Object.getOwnPropertyDescriptor(target, "stack")?.value;
    if (typeof text === "string") {
      Object.defineProperty(target, "stack", { value: withHead(target, filtered(text)), writable: true, configurable: true });
    }
  };
}
