// AssertionError, and the messages that say how two values differ.

import { inspect } from "../../inspect/index.js";
import { shortestEdit } from "../util/text.js";
import { ERR_INVALID_ARG_TYPE } from "../errors.js";

const READABLE = {
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: "Values have same structure but are not reference-equal:",
  notDeepEqualUnequal: "Expected values not to be loosely deep-equal:",
};

/** Characters up to which two values are shown side by side. */
const SHORT = 12;
const TERMINAL_WIDTH = 80;
const MAX_LINES = 50;
const MAX_TEXT = 512;

const isObjectLike = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

/** A copy without frames, which would differ wherever the errors were made. */
function withoutStack(error) {
  const copy = Object.create(Object.getPrototypeOf(error));
  for (const key of Object.keys(error)) if (key !== "stack") copy[key] = error[key];
  return Object.defineProperties(copy, { message: { value: error.message }, stack: { value: undefined } });
}

const linesOf = (value) => inspect(value, {
  compact: true, customInspect: false, depth: 1000, maxArrayLength: Infinity, showHidden: false, showProxy: false, sorted: true, getters: true,
}).split("\n");

/** Where the only lines first differ, as a line that points there. */
function pointer(actual, expected) {
  let at = 0;
  while (actual[at] === expected[at]) at++;
  return at > 2 ? `\n  ${" ".repeat(at)}^` : "";
}

/** Collects the lines of a comparison. */
class Comparison {
  text = "";
  other = "";
  printed = 0;
  identical = 0;
  skipped = false;

  /** Shows up to two of the identical lines before a difference. */
  showBefore(lines, at) {
    if (this.identical > 2) {
      if (this.identical > 3) {
        if (this.identical === 5) this.add(lines[at - 3]);
        else if (this.identical > 5) {
          this.text += "\n...";
          this.skipped = true;
        }
        this.add(lines[at - 2]);
      }
      this.add(lines[at - 1]);
    }
    this.identical = 0;
  }

  add(line) {
    this.text += `\n  ${line}`;
    this.printed++;
  }

  same(line) {
    this.text += this.other;
    this.other = "";
    if (++this.identical <= 2) this.add(line);
  }
}

/** Whether the lines differ in more than a comma; gives the actual line with the comma it needs. */
function compareLines(actual, expected) {
  if (actual === expected || (actual.endsWith(",") && actual.slice(0, -1) === expected)) return { differ: false, line: actual };
  if (expected.endsWith(",") && expected.slice(0, -1) === actual) return { differ: false, line: `${actual},` };
  return { differ: true, line: actual };
}

function differenceText(actual, expected, asked) {
  const operator = asked === "strictEqual" && isObjectLike(actual) && isObjectLike(expected) ? "strictEqualObject" : asked;
  const [left, right] = [linesOf(actual), linesOf(expected)];
  const whole = left.join("\n");
  let indicator = "";
  if (left.length === 1 && right.length === 1 && left[0] !== right[0]) {
    const length = left[0].length + right[0].length;
    const arePrimitive = !(typeof actual === "object" && actual !== null) && !(typeof expected === "object" && expected !== null);
    if (length <= SHORT) {
      if (arePrimitive && (actual !== 0 || expected !== 0)) return `${READABLE[operator]}\n\n${left[0]} !== ${right[0]}\n`;
    } else if (operator !== "strictEqualObject" && length < TERMINAL_WIDTH) {
      indicator = pointer(left[0], right[0]);
    }
  }
  const { end, isCut } = cutCommonEnd(left, right);
  if (left.length === 0 && right.length === 0) return `${READABLE.notIdentical}\n\n${firstLines(whole.split("\n"), MAX_LINES)}\n`;
  return compared(left, right, operator, end, isCut) + indicator;
}

/** Takes the equal lines off the end of both; the first and the last three are kept to be shown. */
function cutCommonEnd(left, right) {
  let end = "", first = "", count = 0;
  while (left.length > 0 && right.length > 0 && left.at(-1) === right.at(-1)) {
    const line = left.pop();
    right.pop();
    if (count++ < 3) end = `\n  ${line}${end}`;
    else first = line;
  }
  const isCut = count >= 5;
  if (isCut) end = `\n...${end}`;
  if (first !== "") end = `\n  ${first}${end}`;
  return { end, isCut };
}

function compared(left, right, operator, end, isCut) {
  const count = Math.max(left.length, right.length);
  const [longer, sign] = left.length < count ? [right, "-"] : [left, "+"];
  const shorter = Math.min(left.length, right.length);
  const head = `${READABLE[operator]}\n+ actual - expected`;
  const out = new Comparison();
  out.skipped = isCut;
  for (let i = 0; i < count; i++) {
    if (i >= shorter) {
      out.showBefore(longer, i);
      if (sign === "+") out.text += `\n+ ${longer[i]}`;
      else out.other += `\n- ${longer[i]}`;
      out.printed++;
    } else {
      const { differ, line } = compareLines(left[i], right[i]);
      if (differ) {
        out.showBefore(left, i);
        out.text += `\n+ ${line}`;
        out.other += `\n- ${right[i]}`;
        out.printed += 2;
      } else {
        out.same(line);
      }
    }
    if (out.printed > MAX_LINES && i < count - 2) return `${head} ... Lines skipped\n${out.text}\n...${out.other}\n...`;
  }
  return `${head}${out.skipped ? " ... Lines skipped" : ""}\n${out.text}${out.other}${end}`;
}

/** The first lines of a long text, and three dots. */
function firstLines(lines, most) {
  return lines.length <= most ? lines.join("\n") : [...lines.slice(0, most - 4), "..."].join("\n");
}

function unequalText(actual, operator) {
  const isObject = operator === "notStrictEqual" && isObjectLike(actual);
  const lines = linesOf(actual);
  const base = READABLE[isObject ? "notStrictEqualObject" : operator];
  if (lines.length === 1) return `${base}${lines[0].length > 5 ? "\n\n" : " "}${lines[0]}`;
  return `${base}\n\n${firstLines(lines, MAX_LINES)}\n`;
}

const cut = (text) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 3)}...` : text);

function otherText(actual, expected, operator) {
  let [shown, other] = [linesOf(actual).join("\n"), linesOf(expected).join("\n")];
  const known = READABLE[operator];
  if (operator === "notDeepEqual" && shown === other) {
    shown = `${known}\n\n${shown}`;
    return shown.length > 1024 ? `${shown.slice(0, 1021)}...` : shown;
  }
  [shown, other] = [cut(shown), cut(other)];
  if (operator === "deepEqual") return `${known}\n\n${shown}\n\nshould loosely deep-equal\n\n${other}`;
  if (operator === "notDeepEqual") return `${READABLE.notDeepEqualUnequal}\n\n${shown}\n\nshould not loosely deep-equal\n\n${other}`;
  return `${shown} ${operator} ${other}`;
}

function messageOf({ actual, expected, operator }) {
  const areErrors = actual instanceof Error && expected instanceof Error;
  const [left, right] = areErrors ? [withoutStack(actual), withoutStack(expected)] : [actual, expected];
  if (operator === "deepStrictEqual" || operator === "strictEqual") return differenceText(left, right, operator);
  if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") return unequalText(left, operator);
  return otherText(left, right, operator);
}

/** What a failed assertion throws. */
export class AssertionError extends Error {
  constructor(options) {
    if (typeof options !== "object" || options === null) throw new ERR_INVALID_ARG_TYPE("options", "object", options);
    const { message, operator, actual, expected } = options;
    const hasMessage = message !== undefined && message !== null;
    super(hasMessage ? String(message) : messageOf(options));
    this.generatedMessage = !hasMessage;
    Object.defineProperty(this, "name", { value: "AssertionError", enumerable: false, writable: true, configurable: true });
    this.code = "ERR_ASSERTION";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    if (typeof this.stack === "string") {
      const at = this.stack.indexOf("\n    at");
      const frames = at < 0 ? "" : this.stack.slice(at);
      Object.defineProperty(this, "stack", { value: `${this}${frames}`, writable: true, configurable: true });
    }
  }
  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](recurseTimes, context) {
    return inspect(this, { ...context, customInspect: false, depth: 0 });
  }
}

/** Makes control characters visible; a line's end stays one. */
const visible = (text) => text
  .replaceAll("\b", "\\b").replaceAll("\f", "\\f").replaceAll("\t", "\\t").replaceAll("\v", "\\v")
  .replace(/\r\n|\r|\n/g, (end) => (end === "\r" ? "\\r" : end === "\n" ? "\\n\n" : "\\r\\n\r\n"));

const SIGNS = { same: "    ", added: "-   ", removed: "+   " };

/** How `strictEqual` says in which lines two values differ. */
export function strictDifference(actual, expected) {
  const areTexts = typeof actual === "string" && typeof expected === "string";
  const [left, right] = [actual, expected].map((value) => (areTexts ? `${visible(value)}\n`.match(/[^\n]*\n/g) : inspect(value).split("\n")));
  if (!areTexts && left.join("\n") === right.join("\n")) {
    return `Values have the same structure but are not reference-equal:\n\n${left.map((line) => `    ${line}`).join("\n")}\n`;
  }
  const lines = shortestEdit(left, right).map(({ kind, item }) => SIGNS[kind] + item);
  return ["Values are not strictly equal:", "", "", "[Diff] Actual / Expected", "", "", areTexts ? lines.join("") : lines.join("\n"), ""].join("\n");
}
