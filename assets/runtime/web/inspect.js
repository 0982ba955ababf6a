// Text for people from any value, in the manner of Node's util.inspect. Never throws.

/** Lengths beyond which a value is cut. */
const MAX_ITEMS = 100;
const MAX_STRING = 10_000;
const LINE = 72;
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");

// prototype -> names of the members to show; for classes whose state is private
const shown = new Map();

/** Makes `inspect` show these members of a class, in this order. */
export function describeClass(Class, members) {
  shown.set(Class.prototype, members);
}

/** `value` as text. `options.depth` (2) is how many levels of nested objects are opened. */
export function inspect(value, options = undefined) {
  const depth = options?.depth === undefined ? 2 : options.depth ?? Infinity;
  // room is what is left of the output; one huge object must not cost without bound
  const context = { depth, seen: [], circular: new Map(), room: options?.room ?? 1 << 17 };
  try {
    return format(value, context, 0, false);
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

const ESCAPES = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\" };

function quote(text) {
  const cut = text.length > MAX_STRING ? text.slice(0, MAX_STRING) : text;
  const mark = !cut.includes("'") ? "'" : !cut.includes('"') ? '"' : !cut.includes("`") && !cut.includes("${") ? "`" : "'";
  let body = cut.replace(/[\x00-\x1f\x7f\\]/g, (c) => ESCAPES[c] ?? `\\x${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
  if (mark === "'") body = body.replaceAll("'", "\\'");
  return `${mark}${body}${mark}${cut.length < text.length ? `... ${text.length - cut.length} more characters` : ""}`;
}

function formatPrimitive(value) {
  switch (typeof value) {
    case "string": return quote(value);
    case "number": return Object.is(value, -0) ? "-0" : `${value}`;
    case "bigint": return `${value}n`;
    case "symbol": return value.toString();
    default: return `${value}`;
  }
}

function format(value, context, level, typed) {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    const text = formatPrimitive(value);
    context.room -= text.length;
    return text;
  }
  if (context.room <= 0) return "...";
  const at = context.seen.indexOf(value);
  if (at >= 0) {
    if (!context.circular.has(value)) context.circular.set(value, context.circular.size + 1);
    return `[Circular *${context.circular.get(value)}]`;
  }
  const custom = value[CUSTOM];
  if (typeof custom === "function" && !typed) {
    const result = custom.call(value, context.depth - level, {}, inspect);
    if (typeof result === "string") return result;
    if (result !== value) return format(result, context, level, false);
  }
  context.seen.push(value);
  const text = formatObject(value, context, level);
  context.seen.pop();
  const reference = context.circular.get(value);
  return reference === undefined ? text : `<ref *${reference}> ${text}`;
}

function className(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, "constructor");
    if (descriptor !== undefined && typeof descriptor.value === "function" && descriptor.value.name !== "") {
      return descriptor.value.name;
    }
  }
  return null;
}

function membersOf(value) {
  for (let proto = Object.getPrototypeOf(value); proto !== null; proto = Object.getPrototypeOf(proto)) {
    const members = shown.get(proto);
    if (members !== undefined) return members;
  }
  return null;
}

function prefixOf(name, tag, fallback, size) {
  let text = name === null ? `[${fallback}${size}: null prototype]` : `${name}${size}`;
  if (tag !== "" && tag !== name) text += ` [${tag}]`;
  return `${text} `;
}

/** Opening bracket, closing bracket and special entries of each kind of object. */
function formatObject(value, context, level) {
  const name = className(value);
  const rawTag = value[Symbol.toStringTag];
  const tag = typeof rawTag === "string" ? rawTag : "";
  const kind = kindOf(value);
  const list = kind === "array" || kind === "typed";
  const base = kind === null ? "" : baseText(kind, value, name, tag);
  const keys = keysOf(value, list || value instanceof String);
  const members = membersOf(value);
  if (kind !== null && !list && kind !== "map" && kind !== "set" && kind !== "buffer") {
    const entries = kind === "error" ? errorKeys(value, keys) : keys;
    if (entries.length === 0 || level > context.depth) return base;
    return join(`${base} {`, "}", openEntries(value, entries, context, level), level, false);
  }
  const empty = keys.length === 0 && members === null;
  let open = "{", close = "}", prefix;
  if (list) {
    open = "[";
    close = "]";
    prefix = kind === "array" && name === "Array" ? "" : prefixOf(name, tag, kind === "array" ? "Array" : "TypedArray", `(${value.length})`);
    if (kind === "array" && name !== "Array" && name !== null) prefix = prefixOf(name, tag, "Array", `(${value.length})`);
    if (empty && value.length === 0) return `${prefix}[]`;
  } else if (kind === "map" || kind === "set") {
    prefix = prefixOf(name, tag, kind === "map" ? "Map" : "Set", `(${value.size})`);
    if (empty && value.size === 0) return `${prefix}{}`;
  } else {
    prefix = name === "Object" && tag === "" ? "" : prefixOf(name, tag, "Object", "");
    if (empty && kind === null) return `${prefix}{}`;
  }
  if (level > context.depth) return list ? "[Array]" : `[${name ?? "Object: null prototype"}]`;
  return join(`${prefix}${open}`, close, entriesOf(value, kind, keys, members, context, level), level, list);
}

function kindOf(value) {
  if (Array.isArray(value)) return "array";
  if (typeof value === "function") return "function";
  if (value instanceof Error) return "error";
  if (value instanceof Map) return "map";
  if (value instanceof Set) return "set";
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? "view" : "typed";
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return "buffer";
  if (value instanceof Date) return "date";
  if (value instanceof RegExp) return "regexp";
  if (value instanceof Promise) return "promise";
  if (value instanceof WeakMap || value instanceof WeakSet) return "weak";
  for (const Boxed of [String, Number, Boolean, Symbol, BigInt]) if (value instanceof Boxed) return "boxed";
  return null;
}

function baseText(kind, value, name, tag) {
  switch (kind) {
    case "function": return functionText(value, name);
    case "error": return errorText(value);
    case "date": return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    case "regexp": return RegExp.prototype.toString.call(value);
    case "promise": return `${name ?? "Promise"} { <state unknown> }`;
    case "weak": return `${name ?? tag} { <items unknown> }`;
    case "view": return `${name ?? "DataView"} { byteLength: ${value.byteLength}, byteOffset: ${value.byteOffset} }`;
    case "boxed": return `[${name}: ${formatPrimitive(value.valueOf())}]`;
    default: return "";
  }
}

function functionText(value, name) {
  const own = typeof value.name === "string" && value.name !== "" ? value.name : null;
  const source = Function.prototype.toString.call(value);
  if (/^class\b/.test(source)) {
    const parent = Object.getPrototypeOf(value);
    const from = typeof parent === "function" && parent.name ? ` extends ${parent.name}` : "";
    return `[class ${own ?? "(anonymous)"}${from}]`;
  }
  return `[${name ?? "Function"}${own === null ? " (anonymous)" : `: ${own}`}]`;
}

function errorText(value) {
  const name = safeString(value.name ?? "Error");
  const message = safeString(value.message ?? "");
  const head = message === "" ? name : `${name}: ${message}`;
  const stack = typeof value.stack === "string" ? value.stack.trimEnd() : "";
  if (stack === "") return `[${head}]`;
  // some engines begin the stack with name and message, others with the first frame
  return /^\s*at /.test(stack) ? `${head}\n${stack}` : stack;
}

function errorKeys(value, keys) {
  const rest = keys.filter((key) => key !== "stack" && key !== "message" && key !== "name");
  for (const key of ["cause", "errors"]) {
    if (Object.hasOwn(value, key) && !rest.includes(key)) rest.push(key);
  }
  return rest;
}

function keysOf(value, list) {
  const keys = Object.keys(value);
  const named = list ? keys.filter((key) => !isIndex(key)) : keys;
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) named.push(symbol);
  }
  return named;
}

function isIndex(key) {
  return /^(?:0|[1-9]\d*)$/.test(key);
}

function more(count) {
  return `... ${count} more item${count === 1 ? "" : "s"}`;
}

function entriesOf(value, kind, keys, members, context, level) {
  const entries = [];
  if (kind === "array" || kind === "typed") listEntries(value, entries, context, level);
  else if (kind === "map") {
    let count = 0;
    for (const [key, item] of Map.prototype.entries.call(value)) {
      if (count++ >= MAX_ITEMS) break;
      entries.push(`${format(key, context, level + 1)} => ${format(item, context, level + 1)}`);
    }
    if (value.size > MAX_ITEMS) entries.push(more(value.size - MAX_ITEMS));
  } else if (kind === "set") {
    let count = 0;
    for (const item of Set.prototype.values.call(value)) {
      if (count++ >= MAX_ITEMS) break;
      entries.push(format(item, context, level + 1));
    }
    if (value.size > MAX_ITEMS) entries.push(more(value.size - MAX_ITEMS));
  } else if (kind === "buffer") {
    const bytes = new Uint8Array(value, 0, Math.min(50, value.byteLength));
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const rest = value.byteLength > 50 ? ` ... ${value.byteLength - 50} more bytes` : "";
    entries.push(`[Uint8Contents]: <${hex}${rest}>`, `byteLength: ${value.byteLength}`);
  }
  for (const member of members ?? []) {
    if (typeof member === "function") entries.push(...member(value, (item) => format(item, context, level + 1)));
    else entries.push(`${member}: ${format(value[member], context, level + 1)}`);
  }
  entries.push(...openEntries(value, keys, context, level));
  return entries;
}

function listEntries(value, entries, context, level) {
  let holes = 0;
  const flushHoles = () => {
    if (holes > 0) entries.push(`<${holes} empty item${holes === 1 ? "" : "s"}>`);
    holes = 0;
  };
  let i = 0;
  for (; i < value.length && entries.length < MAX_ITEMS; i++) {
    if (!(i in value)) {
      holes++;
      // a long sparse array must not be walked to its end
      if (holes > 1_000_000) break;
      continue;
    }
    flushHoles();
    entries.push(format(value[i], context, level + 1));
  }
  flushHoles();
  if (i < value.length) entries.push(more(value.length - i));
}

function openEntries(value, keys, context, level) {
  const entries = [];
  for (const key of keys) {
    if (context.room <= 0) {
      entries.push("...");
      break;
    }
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    let name = typeof key === "symbol" ? `[${key.toString()}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
    if (descriptor?.enumerable === false) name = `[${name}]`;
    entries.push(`${name}: ${propertyText(descriptor, context, level)}`);
  }
  return entries;
}

function propertyText(descriptor, context, level) {
  if (descriptor === undefined) return "undefined";
  if (descriptor.get !== undefined) return descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]";
  if (descriptor.set !== undefined) return "[Setter]";
  return format(descriptor.value, context, level + 1);
}

/** Puts the entries on one line when they fit, short list items in columns, else one per line. */
function join(open, close, entries, level, list) {
  const indent = "  ".repeat(level + 1);
  const total = entries.reduce((sum, entry) => sum + entry.length + 2, open.length);
  const multiline = entries.some((entry) => entry.includes("\n"));
  if (!multiline && total + level * 2 <= LINE && (!list || entries.length <= 6)) return `${open} ${entries.join(", ")} ${close}`;
  const rows = list && entries.length > 6 && !multiline ? columns(entries) : entries;
  if (rows.length === 1 && total <= LINE) return `${open} ${rows[0]} ${close}`;
  return `${open}\n${indent}${rows.join(`,\n${indent}`)}\n${"  ".repeat(level)}${close}`;
}

/** Items of equal width, several to a line. */
function columns(entries) {
  const width = Math.max(...entries.map((entry) => entry.length)) + 2;
  const perLine = Math.min(Math.max(Math.floor(80 / width), 1), 16, Math.ceil(Math.sqrt(2.5 * width * entries.length) / width) || 1);
  if (perLine <= 1) return entries;
  const rows = [];
  for (let i = 0; i < entries.length; i += perLine) {
    const row = entries.slice(i, i + perLine);
    rows.push(row.map((entry, at) => (at === row.length - 1 ? entry : `${entry},`.padEnd(width))).join(""));
  }
  return rows;
}
