// Options of `inspect`, and the colours of its output.

/** What `util.inspect.custom` is. */
export const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

/** Options where the caller gives none; `util.inspect.defaultOptions`. */
export const defaultOptions = Object.seal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
});

const FOREGROUND = 39;
const BACKGROUND = 49;
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

function palette() {
  const all = Object.assign(Object.create(null), {
    reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], blink: [5, 25], inverse: [7, 27],
    hidden: [8, 28], strikethrough: [9, 29], doubleunderline: [21, 24],
  });
  const capital = (name) => name[0].toUpperCase() + name.slice(1);
  NAMES.forEach((name, at) => { all[name] = [30 + at, FOREGROUND]; });
  NAMES.forEach((name, at) => { all[`bg${capital(name)}`] = [40 + at, BACKGROUND]; });
  Object.assign(all, { framed: [51, 54], overlined: [53, 55], gray: [90, FOREGROUND] });
  NAMES.slice(1).forEach((name, at) => { all[`${name}Bright`] = [91 + at, FOREGROUND]; });
  all.bgGray = [100, BACKGROUND];
  NAMES.slice(1).forEach((name, at) => { all[`bg${capital(name)}Bright`] = [101 + at, BACKGROUND]; });
  return all;
}

/** Escape codes by name, each with the one that ends it. */
export const colors = palette();

const ALIASES = {
  gray: ["grey", "blackBright"], bgGray: ["bgGrey", "bgBlackBright"], dim: ["faint"],
  strikethrough: ["crossedout", "strikeThrough", "crossedOut"], hidden: ["conceal"], inverse: ["swapColors", "swapcolors"],
  doubleunderline: ["doubleUnderline"],
};
for (const [name, others] of Object.entries(ALIASES)) {
  for (const other of others) {
    Object.defineProperty(colors, other, {
      get() { return this[name]; },
      set(value) { this[name] = value; },
      configurable: true,
      enumerable: false,
    });
  }
}

/** Colours by what is shown. */
export const styles = Object.assign(Object.create(null), {
  special: "cyan", number: "yellow", bigint: "yellow", boolean: "yellow", undefined: "grey", null: "bold", string: "green",
  symbol: "green", date: "magenta", regexp: "red", module: "underline",
});

export const plain = (text) => text;

export function coloured(text, kind) {
  const style = styles[kind];
  const codes = style === undefined ? undefined : colors[style];
  return codes === undefined ? text : `\u001b[${codes[0]}m${text}\u001b[${codes[1]}m`;
}
