// Functions about text of node:util: styles, escape sequences, environment files, differences.

import { colors } from "../../inspect/styles.js";
import { withoutControl } from "../../inspect/text.js";
import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } from "../errors.js";
import { validateString } from "../validate.js";

/** `str` without the sequences that steer a terminal. */
export function stripVTControlCharacters(str) {
  validateString(str, "str");
  return withoutControl(str);
}

export function toUSVString(input) {
  return input.toWellFormed();
}

function styleOf(name) {
  if (name === "none") return undefined;
  if (typeof name === "string" && colors[name] !== undefined) return colors[name];
  const known = Object.keys(colors).map((each) => `'${each}'`).join(", ");
  throw new ERR_INVALID_ARG_VALUE("format", name, `must be one of: ${known}`);
}

/** `text` in colours. Nothing here is a terminal, so it stays plain unless `validateStream` is false. */
export function styleText(format, text, { validateStream = true, stream = undefined } = {}) {
  validateString(text, "text");
  if (validateStream && stream !== undefined && !isStream(stream)) {
    throw new ERR_INVALID_ARG_TYPE("stream", ["ReadableStream", "WritableStream", "Stream"], stream);
  }
  let styled = text;
  for (const codes of (Array.isArray(format) ? [...format].reverse() : [format]).map(styleOf)) {
    if (codes === undefined || validateStream) continue;
    const [start, end] = codes.map((code) => `\u001b[${code}m`);
    styled = `${start}${styled.replaceAll(end, start)}${end}`;
  }
  return styled;
}
Object.defineProperty(styleText, "length", { value: 2, configurable: true });

const isStream = (value) => typeof value === "object" && value !== null
  && (value instanceof ReadableStream || value instanceof WritableStream || typeof value.pipe === "function" || typeof value.write === "function");

// name, then a value in one of three kinds of quotation marks or bare up to a comment
const LINE = /^\s*(?:export\s+)?([\w.-]+)\s*=[^\S\n]*(?:'([^']*)'|"([^"]*)"|`([^`]*)`|([^\n#]*))/gm;

/** The variables that the text of an environment file sets. */
export function parseEnv(content) {
  validateString(content, "content");
  const variables = {};
  for (const [, name, single, double, back, bare] of content.matchAll(LINE)) {
    variables[name] = single ?? double?.replaceAll("\\n", "\n") ?? back ?? bare.trim();
  }
  return variables;
}

const SAME = 0, ADDED = 1, REMOVED = -1;
/** Items that `diff` compares, at most: the table of a comparison is the square of it. */
const MOST_COMPARED = 4096;

/** What is the same, added and removed between two texts or lists, by Myers' algorithm. */
export function diff(actual, expected) {
  if (actual === expected) return [];
  const [left, right] = [actual, expected].map((value, at) => itemsOf(value, at === 0 ? "actual" : "expected", actual));
  if (left.length + right.length > MOST_COMPARED) throw new ERR_INVALID_ARG_VALUE("actual", actual, `must not be longer than ${MOST_COMPARED} together with expected`);
  return shortestEdit(left, right).map(({ kind, item }) => [kind === "same" ? SAME : kind === "added" ? ADDED : REMOVED, item]);
}

function itemsOf(value, name, first) {
  if (Array.isArray(value)) {
    value.forEach((item, at) => validateString(item, `${name}[${at}]`));
    return value;
  }
  validateString(value, name);
  return Array.isArray(first) ? [value] : [...value];
}

/** The shortest way from `expected` to `actual`: what is in both, and what only in one. */
export function shortestEdit(actual, expected, isSame = (a, b) => a === b) {
  const max = actual.length + expected.length;
  const furthest = new Int32Array(2 * max + 2);
  const trace = [];
  for (let steps = 0; steps <= max; steps++) {
    trace.push(furthest.slice());
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      const down = diagonal === -steps || (diagonal !== steps && furthest[max + diagonal - 1] < furthest[max + diagonal + 1]);
      let x = down ? furthest[max + diagonal + 1] : furthest[max + diagonal - 1] + 1;
      while (x < actual.length && x - diagonal < expected.length && isSame(actual[x], expected[x - diagonal])) x++;
      furthest[max + diagonal] = x;
      if (x >= actual.length && x - diagonal >= expected.length) return walkBack(trace, actual, expected, max);
    }
  }
  return [];
}

function walkBack(trace, actual, expected, max) {
  const edits = [];
  let x = actual.length, y = expected.length;
  for (let steps = trace.length - 1; steps >= 0; steps--) {
    const furthest = trace[steps];
    const diagonal = x - y;
    const down = diagonal === -steps || (diagonal !== steps && furthest[max + diagonal - 1] < furthest[max + diagonal + 1]);
    const from = down ? diagonal + 1 : diagonal - 1;
    const startX = furthest[max + from];
    const startY = startX - from;
    while (x > startX && y > startY) {
      edits.push({ kind: "same", item: actual[--x] });
      y--;
    }
    if (steps > 0) edits.push(x > startX ? { kind: "added", item: actual[--x] } : { kind: "removed", item: expected[--y] });
  }
  return edits.reverse();
}
