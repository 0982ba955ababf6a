// Pieces of text that `inspect` is made of: quoted strings, numbers, widths on a terminal.

/** Lines of a long string are shown one below the other beyond this length. */
const SHORTEST_WRAPPED = 16;

const PLAIN = /^[^\x00-\x1f\x27\x5c\x7f-\x9f\ud800-\udfff]*$/;
const UNPRINTABLE = /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const SHORT = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\" };

function escapeUnit(unit) {
  if (unit in SHORT) return SHORT[unit];
  const code = unit.charCodeAt(0);
  return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** `text` with everything escaped that does not print; quotation marks stay. */
export const escaped = (text) => (PLAIN.test(text) ? text : text.replace(UNPRINTABLE, (unit) => (unit === "'" ? unit : escapeUnit(unit))));

/** `text` in the quotation marks that need the fewest escapes. */
export function quoted(text) {
  if (PLAIN.test(text)) return `'${text}'`;
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes("`") && !text.includes("${")) mark = "`";
  }
  return mark + text.replace(UNPRINTABLE, (unit) => (unit === "'" ? (mark === "'" ? "\\'" : unit) : escapeUnit(unit))) + mark;
}

/** Thousands parted from the right, as in 1_234. */
function grouped(digits) {
  const sign = digits.startsWith("-") ? "-" : "";
  return sign + digits.slice(sign.length).replace(/\d(?=(?:\d{3})+$)/g, "$&_");
}

/** The same from the left, for the digits behind a point. */
const groupedFraction = (digits) => digits.replace(/.{3}(?=.)/g, "$&_");

/** A number; `separated` groups its digits. */
export function numberText(number, separated) {
  if (!separated) return Object.is(number, -0) ? "-0" : `${number}`;
  const whole = `${Math.trunc(number)}`;
  if (Math.trunc(number) === number) return !Number.isFinite(number) || whole.includes("e") ? whole : grouped(whole);
  if (Number.isNaN(number)) return whole;
  return `${grouped(whole)}.${groupedFraction(`${number}`.slice(whole.length + 1))}`;
}

export const bigintText = (value, separated) => `${separated ? grouped(`${value}`) : value}n`;

/** A string, number or other primitive, styled. */
export function primitiveText(style, value, context) {
  switch (typeof value) {
    case "string":
      return stringText(style, value, context);
    case "number":
      return style(numberText(value, context.numericSeparator), "number");
    case "bigint":
      return style(bigintText(value, context.numericSeparator), "bigint");
    case "symbol":
      return style(Symbol.prototype.toString.call(value), "symbol");
    default:
      return style(`${value}`, value === null ? "null" : typeof value);
  }
}

function stringText(style, value, context) {
  const left = value.length - context.maxStringLength;
  const shown = left > 0 ? value.slice(0, context.maxStringLength) : value;
  const rest = left > 0 ? `... ${left} more character${left > 1 ? "s" : ""}` : "";
  const room = context.breakLength - context.indentation - 4;
  if (context.compact === true || shown.length <= SHORTEST_WRAPPED || shown.length <= room) return style(quoted(shown), "string") + rest;
  const lines = shown.split(/(?<=\n)/).map((line) => style(quoted(line), "string"));
  return lines.join(` +\n${" ".repeat(context.indentation + 2)}`) + rest;
}

const CONTROL = /[\u001B\u009B][[\]()#;?]*(?:(?:(?:(?:;[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001B\u005C|\u009C))|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-ntqry=><~]))/g;

/** `text` without the sequences that steer a terminal. */
export const withoutControl = (text) => text.replace(CONTROL, "");

const isZeroWidth = (code) => code <= 0x1f || (code >= 0x7f && code <= 0x9f) || (code >= 0x300 && code <= 0x36f)
  || (code >= 0x200b && code <= 0x200f) || (code >= 0x20d0 && code <= 0x20ff) || (code >= 0xfe00 && code <= 0xfe0f)
  || (code >= 0xfe20 && code <= 0xfe2f) || (code >= 0xe0100 && code <= 0xe01ef);

const isFullWidth = (code) => code >= 0x1100 && (code <= 0x115f || code === 0x2329 || code === 0x232a
  || (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) || (code >= 0x3250 && code <= 0x4dbf) || (code >= 0x4e00 && code <= 0xa4c6)
  || (code >= 0xa960 && code <= 0xa97c) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff)
  || (code >= 0xfe10 && code <= 0xfe19) || (code >= 0xfe30 && code <= 0xfe6b) || (code >= 0xff01 && code <= 0xff60)
  || (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1b000 && code <= 0x1b001) || (code >= 0x1f200 && code <= 0x1f251)
  || (code >= 0x1f300 && code <= 0x1f64f) || (code >= 0x20000 && code <= 0x3fffd));

/** Columns that `text` takes on a terminal. */
export function widthOf(text, hasControl = true) {
  const bare = hasControl ? withoutControl(text) : text;
  if (/^[\x20-\x7e]*$/.test(bare)) return bare.length;
  let width = 0;
  for (const char of bare.normalize("NFC")) {
    const code = char.codePointAt(0);
    if (isFullWidth(code)) width += 2;
    else if (!isZeroWidth(code)) width++;
  }
  return width;
}
