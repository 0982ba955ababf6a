// URLPattern: the host makes regular expressions of patterns; they run here.

import { host } from "../native.js";
import { usv, webClass } from "./util.js";

const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const FIELDS = [...PARTS, "baseURL"];

const execute = RegExp.prototype.exec;

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

/** An input as the host takes it, and as a result shows it. */
function readInput(value) {
  if (value === undefined || value === null) return { wire: FIELDS.map(() => null), shown: {} };
  if (!isObject(value)) {
    const text = usv(value);
    return { wire: text, shown: text };
  }
  const shown = {};
  const wire = FIELDS.map((field) => {
    const part = value[field];
    shown[field] = part === undefined ? undefined : usv(part);
    return shown[field] ?? null;
  });
  return { wire, shown };
}

/** The arguments of a constructor: input, base URL, options. */
function readArguments([input, second, third]) {
  if (third === undefined && (second === undefined || isObject(second))) return [input, undefined, second];
  if (second === null && isObject(input)) return [input, undefined, third];
  return [input, second, third];
}

/** The engine takes some expressions only without the newer flag. */
function compile(expression, flags) {
  try {
    return new RegExp(expression, `v${flags}`);
  } catch {
    return new RegExp(expression, `u${flags}`);
  }
}

/** One part of a pattern, with its expression. */
class Part {
  constructor([pattern, expression, groups], ignoreCase) {
    this.pattern = pattern;
    this.groups = groups;
    this.expression = compile(expression, ignoreCase ? "i" : "");
  }
  /** What the groups hold when the part matches `input`; null when it does not. */
  match(input) {
    const found = Reflect.apply(execute, this.expression, [input]);
    if (found === null) return null;
    const groups = {};
    this.groups.forEach((name, index) => {
      groups[name] = found[index + 1];
    });
    return { input, groups };
  }
}

/** A pattern of URLs. */
export class URLPattern {
  #parts;
  #hasRegExpGroups;
  constructor(...args) {
    const [input, base, options] = readArguments(args);
    const failed = () => new TypeError("Failed to construct URLPattern");
    if ((options !== undefined && options !== null && !isObject(options)) || base === null) throw failed();
    const ignoreCase = Boolean(options?.ignoreCase);
    const found = host("pattern.parse", readInput(input).wire, base === undefined ? null : usv(base), ignoreCase);
    if (found === null) throw failed();
    this.#hasRegExpGroups = found.pop();
    try {
      this.#parts = found.map((part) => new Part(part, ignoreCase));
    } catch {
      throw failed();
    }
  }
  get protocol() {
    return this.#parts[0].pattern;
  }
  get username() {
    return this.#parts[1].pattern;
  }
  get password() {
    return this.#parts[2].pattern;
  }
  get hostname() {
    return this.#parts[3].pattern;
  }
  get port() {
    return this.#parts[4].pattern;
  }
  get pathname() {
    return this.#parts[5].pattern;
  }
  get search() {
    return this.#parts[6].pattern;
  }
  get hash() {
    return this.#parts[7].pattern;
  }
  get hasRegExpGroups() {
    return this.#hasRegExpGroups;
  }
  test(input = undefined, baseURL = undefined) {
    return this.#match(input, baseURL, "test") !== null;
  }
  exec(input = undefined, baseURL = undefined) {
    return this.#match(input, baseURL, "exec");
  }
  #match(input, baseURL, verb) {
    const { wire, shown } = readInput(input);
    const base = baseURL === undefined ? null : usv(baseURL);
    if (base !== null && typeof wire !== "string") throw new TypeError(`Failed to ${verb} URLPattern`);
    const parts = host("pattern.input", wire, base);
    if (parts === null) return null;
    const result = { inputs: base === null ? [shown] : [shown, base] };
    for (let i = 0; i < PARTS.length; i++) {
      const found = this.#parts[i].match(parts[i]);
      if (found === null) return null;
      result[PARTS[i]] = found;
    }
    return result;
  }
}
webClass(URLPattern);
