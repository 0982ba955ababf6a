// Text for people from any value, in the form of Node's util.inspect, which console uses as well.
//
//   kinds.js    what each kind of object looks like      entries.js  what is inside of it
//   names.js    classes, tags, sizes                     errors.js   errors
//   layout.js   where lines break                        text.js     strings and numbers
//   styles.js   options and colours                      described.js  classes of the runtime

import { classOf, reveal } from "../native.js";
import { entriesOf } from "./entries.js";
import { kindOf } from "./kinds.js";
import { joined, ITEM, LIST, OBJECT } from "./layout.js";
import { className, prefix, tagOf } from "./names.js";
import { coloured, CUSTOM, defaultOptions, plain } from "./styles.js";
import { escaped, primitiveText, quoted, widthOf } from "./text.js";

/** Characters after which no further objects are opened. */
const MAX_OUTPUT = 1 << 24;

const OPTIONS = Object.keys(defaultOptions);

/** What is known while one value is shown. */
class Context {
  constructor(options) {
    // undefined is a value of its own where the caller wrote it: no depth is no end
    for (const name of OPTIONS) this[name] = options !== undefined && Object.hasOwn(options, name) ? options[name] : defaultOptions[name];
    this.options = options;
    this.stylize = options?.stylize ?? (this.colors ? coloured : plain);
    if (this.maxArrayLength === null) this.maxArrayLength = Infinity;
    if (this.maxStringLength === null) this.maxStringLength = Infinity;
    this.room = options?.room ?? MAX_OUTPUT;
    this.indentation = 0;
    this.depthReached = 0;
    this.seen = [];
    this.circular = undefined;
  }

  /** The options as a custom function is given them. */
  forCustom() {
    const given = { stylize: this.stylize };
    for (const name of OPTIONS) given[name] = this[name];
    return Object.assign(given, this.options);
  }

  /** Runs `work` further to the right. */
  indented(work, columns = 2) {
    this.indentation += columns;
    const result = work();
    this.indentation -= columns;
    return result;
  }
}

/** `value` as text. The older form (value, showHidden, depth, colors) works too. */
export function inspect(value, options = undefined, depth = undefined, colors = undefined) {
  let given = typeof options === "boolean" ? { showHidden: options } : options;
  if (depth !== undefined) given = { depth, ...given };
  if (colors !== undefined) given = { colors, ...given };
  return valueText(new Context(given ?? undefined), value, 0);
}
Object.defineProperty(inspect, "length", { value: 2, configurable: true });

/** `value` as text at some depth; `inTyped` when it is the buffer of a list that is shown. */
export function valueText(context, value, level, inTyped = false) {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return primitiveText(context.stylize, value, context);
  if (classOf(value) === "Proxy") return proxyText(context, value, level);
  if (context.customInspect) {
    const custom = customText(context, value, level);
    if (custom !== undefined) return custom;
  }
  if (context.seen.includes(value)) {
    context.circular ??= new Map();
    if (!context.circular.has(value)) context.circular.set(value, context.circular.size + 1);
    return context.stylize(`[Circular *${context.circular.get(value)}]`, "special");
  }
  return objectText(context, value, level, inTyped);
}

function customText(context, value, level) {
  const custom = value[CUSTOM];
  if (typeof custom !== "function" || custom === inspect || value.constructor?.prototype === value) return undefined;
  const depth = context.depth === null ? null : context.depth - level;
  const shown = custom.call(value, depth, context.forCustom(), inspect);
  if (shown === value) return undefined;
  if (typeof shown === "object") return valueText(context, shown, level);
  return `${shown}`.replaceAll("\n", `\n${" ".repeat(context.indentation)}`);
}

function proxyText(context, value, level) {
  const [target, handler] = reveal(value);
  if (target === null) return context.stylize("<Revoked Proxy>", "special");
  if (!context.showProxy) {
    return `${context.stylize("Proxy(", "special")}${valueText(context, target, level)}${context.stylize(")", "special")}`;
  }
  if (context.depth !== null && level > context.depth) return context.stylize("Proxy [Array]", "special");
  const parts = context.indented(() => [valueText(context, target, level + 1), valueText(context, handler, level + 1)]);
  return joined(context, parts, "", "Proxy [", "]", LIST, level + 1);
}

function objectText(context, value, level, inTyped) {
  const members = context.showHidden && (context.depth === null || level <= context.depth) ? [] : undefined;
  const name = className(value, context, level, members);
  const tag = tagOf(value, context);
  const kind = kindOf(context, value, name, tag, inTyped, members?.length ? members : undefined, level);
  if (typeof kind === "string") return kind;
  if (context.depth !== null && level > context.depth) {
    const shown = prefix(name, kind.before === "" ? tag : "", "Object").slice(0, -1);
    return context.stylize(name === null ? shown : `[${shown}]`, "special");
  }
  if (kind.isBare) return `${kind.before}{}`;
  context.seen.push(value);
  context.depthReached = level + 1;
  const entries = entriesOf(context, value, kind, level + 1);
  if (members !== undefined) entries.push(...members);
  context.seen.pop();
  const { base, open } = referenced(context, value, kind);
  if (context.sorted) sortEntries(context, entries, kind);
  const text = kind.before + joined(context, entries, base, open, kind.close, kind.extras, level + 1, value, shiftOf(context, kind));
  context.room -= text.length;
  if (context.room < 0) context.depth = -1;
  return text;
}

/** The reference lays out its own classes without regard to where they stand. */
const shiftOf = (context, { described }) => (described === undefined ? 0 : (described.pairs === undefined ? 0 : 10) - context.indentation);

/** Marks what a circle leads back to. */
function referenced(context, value, { base, open }) {
  const number = context.circular?.get(value);
  if (number === undefined) return { base, open };
  const reference = context.stylize(`<ref *${number}>`, "special");
  if (context.compact === true) return { base, open: `${reference} ${open}` };
  return { base: base === "" ? reference : `${reference} ${base}`, open };
}

function sortEntries(context, entries, kind) {
  const order = context.sorted === true ? undefined : context.sorted;
  if (kind.extras === OBJECT) {
    entries.sort(order);
  } else if (kind.keys.length > 1) {
    // items keep their places
    const from = entries.length - kind.keys.length;
    entries.splice(from, kind.keys.length, ...entries.slice(from).sort(order));
  }
}

const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

/** One entry: name and value, or the value alone when it is an item of a list. */
export function entryText(context, object, level, key, kind, descriptor = undefined, original = object) {
  const found = descriptor ?? Object.getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true };
  let text;
  if (found.value !== undefined) text = spacedText(context, found.value, level, kind);
  else if (found.get !== undefined) text = ` ${getterText(context, found, original, level)}`;
  else text = ` ${found.set !== undefined ? context.stylize("[Setter]", "special") : context.stylize("undefined", "undefined")}`;
  return kind === ITEM ? text.slice(1) : `${keyText(context, key, found.enumerable)}:${text}`;
}

/** The text of an entry's value, with the space or the line break that parts it from its name. */
export function spacedText(context, value, level, kind) {
  const isCompact = context.compact === true && kind === OBJECT;
  return context.indented(() => {
    const text = valueText(context, value, level);
    return isCompact && context.breakLength < widthOf(text, context.colors) ? `\n${" ".repeat(context.indentation)}${text}` : ` ${text}`;
  }, isCompact ? 3 : 2);
}

function keyText(context, key, enumerable) {
  if (typeof key === "symbol") {
    const name = context.stylize(escaped(Symbol.prototype.toString.call(key)), "symbol");
    return enumerable === false ? `[${name}]` : name;
  }
  if (key === "__proto__") return "['__proto__']";
  if (enumerable === false) return `[${escaped(key)}]`;
  return IDENTIFIER.test(key) ? context.stylize(key, "name") : context.stylize(quoted(`${key}`), "string");
}

function getterText(context, descriptor, original, level) {
  const special = (text) => context.stylize(text, "special");
  const isAlone = descriptor.set === undefined;
  const label = isAlone ? "Getter" : "Getter/Setter";
  const { getters } = context;
  if (!(getters === true || (getters === "get" && isAlone) || (getters === "set" && !isAlone))) return special(`[${label}]`);
  try {
    const value = descriptor.get.call(original);
    return context.indented(() => {
      if (typeof value === "object" && value !== null) return `${special(`[${label}]`)} ${valueText(context, value, level)}`;
      const text = typeof value === "function" ? valueText(context, value, level) : primitiveText(context.stylize, value, context);
      return `${special(`[${label}:`)} ${text}${special("]")}`;
    });
  } catch (error) {
    return `${special(`[${label}:`)} <Inspection threw (${error.message})>${special("]")}`;
  }
}
