// Intl.NumberFormat: the digits are made here, what stands around them comes from the host.

import { host } from "../native.js";
import { magnitude, rounded, scaled, toDecimal } from "./digits.js";
import { digitEntries, numberOptions, roundingEntries } from "./number-options.js";
import { optionsObject, partObjects, remembered, resolvedObject, service, stateOf, textOfParts } from "./service.js";
import { unitForms } from "./units.js";

const states = new WeakMap();
const symbolSets = new Map();
const currencyForms = new Map();
const compactForms = new Map();

/** What numbers of a locale are written with. */
export const symbolsOf = (locale, system) =>
  remembered(symbolSets, `${locale} ${system}`, () => {
    const symbols = host("intl.symbols", locale, system);
    symbols.digits = [...symbols.digits];
    return symbols;
  });

/** Digits in the locale's own script. */
export const localDigits = (text, symbols) =>
  symbols.system === "latn" ? text : text.replace(/\d/g, (digit) => symbols.digits[digit]);

/** What a formatter knows, from options that are read already. */
export function numberState(options) {
  return { ...options, symbols: symbolsOf(options.data, options.system), bound: undefined };
}

export function NumberFormat(locales = undefined, options = undefined) {
  const self = new.target === undefined ? Object.create(NumberFormat.prototype) : this;
  states.set(self, numberState(numberOptions(locales, optionsObject(options, "Intl.NumberFormat"))));
  return self;
}

const members = {
  resolvedOptions() {
    const state = stateOf(states, this, "UnwrapNumberFormat");
    return resolvedObject({
      locale: state.locale, numberingSystem: state.symbols.system, style: state.style,
      currency: state.currency, currencyDisplay: state.currencyDisplay, currencySign: state.currencySign,
      unit: state.unit, unitDisplay: state.unitDisplay, ...digitEntries(state.how),
      useGrouping: state.useGrouping, notation: state.notation, compactDisplay: state.compactDisplay,
      signDisplay: state.signDisplay, ...roundingEntries(state.how),
    });
  },
  formatToParts(value) {
    return partObjects(numberParts(stateOf(states, this, "Intl.NumberFormat.prototype.formatToParts"), toDecimal(value)));
  },
  get format() {
    const state = stateOf(states, this, "UnwrapNumberFormat");
    return (state.bound ??= (value) => formatNumber(state, value));
  },
  formatRange(start, end) {
    return textOfParts(rangeParts(stateOf(states, this, "Intl.NumberFormat.prototype.formatRange"), start, end).flat());
  },
  formatRangeToParts(start, end) {
    const sources = ["startRange", "shared", "endRange"];
    const pieces = rangeParts(stateOf(states, this, "Intl.NumberFormat.prototype.formatRangeToParts"), start, end);
    if (pieces.length === 1) return partObjects(pieces[0], { source: "shared" });
    return pieces.flatMap((flat, index) => partObjects(flat, { source: sources[index] }));
  },
};

service("NumberFormat", NumberFormat, members);

export const formatNumber = (state, value) => textOfParts(numberParts(state, toDecimal(value)));

function rangeParts(state, start, end) {
  if (start === undefined) throw new TypeError("Invalid start : undefined");
  if (end === undefined) throw new TypeError("Invalid end : undefined");
  const [from, to] = [toDecimal(start), toDecimal(end)];
  if (from.special === "nan") throw new RangeError("Invalid start : NaN");
  if (to.special === "nan") throw new RangeError("Invalid end : NaN");
  const [one, two] = [numberParts(state, from), numberParts(state, to)];
  if (textOfParts(one) === textOfParts(two)) return [["approximatelySign", "~", ...one]];
  const isBare = one.every((_, index) => index % 2 === 1 || ["integer", "group", "decimal", "fraction"].includes(one[index]));
  return [one, ["literal", isBare ? "–" : " – "], two];
}

/** The number as flat parts [type, text, …]. */
export function numberParts(state, decimal) {
  if (state.style === "percent") decimal = scaled(decimal, 2);
  const { symbols, how } = state;
  let core;
  let isZero = false;
  let shown = "0";
  if (decimal.special !== undefined) {
    core = decimal.special === "nan" ? ["nan", "NaN"] : ["infinity", "∞"];
    shown = "5";
  } else {
    const made = finiteCore(state, decimal, how, symbols);
    core = made.core;
    isZero = made.isZero;
    shown = made.shown;
  }
  const isNegative = decimal.negative && decimal.special !== "nan";
  return around(state, core, signOf(state.signDisplay, isNegative, isZero || decimal.special === "nan"), shown);
}

/** `-`, `+` or nothing. */
function signOf(display, isNegative, isZero) {
  switch (display) {
    case "never": return "";
    case "always": return isNegative ? "-" : "+";
    case "exceptZero": return isZero ? "" : isNegative ? "-" : "+";
    case "negative": return isNegative && !isZero ? "-" : "";
    default: return isNegative ? "-" : "";
  }
}

function finiteCore(state, decimal, how, symbols) {
  if (state.notation === "compact") return compactCore(state, decimal, how, symbols);
  if (state.notation !== "standard") return exponentCore(state, decimal, how, symbols);
  const [value, whole, fraction] = rounded(decimal, how);
  return {
    core: digitParts(whole, fraction, symbols, state.useGrouping), isZero: value.digits === "",
    shown: fraction === "" ? whole : `${whole}.${fraction}`,
  };
}

/** Digits with their separators. */
function digitParts(whole, fraction, symbols, grouping) {
  const parts = [];
  const least = grouping === "always" ? 1 : grouping === "min2" ? 2 : symbols.least;
  let rest = whole;
  if (grouping !== false && symbols.primary > 0 && whole.length >= symbols.primary + least) {
    const groups = [rest.slice(-symbols.primary)];
    rest = rest.slice(0, -symbols.primary);
    while (rest.length > symbols.secondary) {
      groups.push(rest.slice(-symbols.secondary));
      rest = rest.slice(0, -symbols.secondary);
    }
    if (rest !== "") groups.push(rest);
    for (let index = groups.length - 1; index >= 0; index--) {
      parts.push("integer", localDigits(groups[index], symbols));
      if (index > 0) parts.push("group", symbols.group);
    }
  } else parts.push("integer", localDigits(whole, symbols));
  if (fraction !== "") parts.push("decimal", symbols.decimal, "fraction", localDigits(fraction, symbols));
  return parts;
}

function exponentCore(state, decimal, how, symbols) {
  const step = state.notation === "engineering" ? 3 : 1;
  const exponentOf = (value) => Math.floor(magnitude(value) / step) * step;
  let exponent = exponentOf(decimal);
  let made = rounded(scaled(decimal, -exponent), how);
  if (made[0].digits !== "" && exponentOf(made[0]) > 0) {
    exponent += step;
    made = rounded(scaled(decimal, -exponent), how);
  }
  const core = digitParts(made[1], made[2], symbols, false);
  core.push("exponentSeparator", "E");
  if (exponent < 0) core.push("exponentMinusSign", symbols.minus);
  core.push("exponentInteger", localDigits(String(Math.abs(exponent)), symbols));
  return { core, isZero: made[0].digits === "", shown: made[2] === "" ? made[1] : `${made[1]}.${made[2]}` };
}

function compactCore(state, decimal, how, symbols) {
  const powers = remembered(compactForms, `${state.data} ${state.compactDisplay}`, () =>
    host("intl.compact", state.data, state.compactDisplay === "long"));
  const rowOf = (power) => (power < 3 ? undefined : powers[Math.min(power, 14) - 3]);
  let power = magnitude(decimal);
  let row = rowOf(power);
  let made = rounded(scaled(decimal, -(row?.[0] ?? 0)), how);
  const reached = magnitude(made[0]) + (row?.[0] ?? 0);
  if (made[0].digits !== "" && reached > power) {
    power = reached;
    row = rowOf(power);
    made = rounded(scaled(decimal, -(row?.[0] ?? 0)), how);
  }
  const [value, whole, fraction] = made;
  const core = digitParts(whole, fraction, symbols, state.useGrouping);
  const shown = fraction === "" ? whole : `${whole}.${fraction}`;
  if (row === undefined || row[0] === 0) return { core, isZero: value.digits === "", shown };
  const form = byCategory(state.data, row[1], shown);
  const [before, after] = form.split("{0}");
  return { core: [...affix(before, "compact"), ...core, ...affix(after ?? "", "compact")], isZero: false, shown };
}

/** The pattern for a number's plural category; the host is asked only when they differ. */
export function byCategory(locale, forms, shown) {
  const all = Object.values(forms);
  if (all.every((form) => form === all[0])) return all[0];
  return forms[host("intl.plural", locale, false, shown)] ?? forms.other ?? all.at(-1);
}

/** A text beside the number: spaces are literal, the rest is of `type`. */
function affix(text, type) {
  const parts = [];
  for (const piece of text.match(/[\s\u200f\u200e\u061c]+|[^\s\u200f\u200e\u061c]+(?:[\s]+[^\s\u200f\u200e\u061c]+)*/g) ?? []) {
    parts.push(/^[\s\u200f\u200e\u061c]/.test(piece) ? "literal" : type, piece);
  }
  return parts;
}

/** The number's parts with what the style puts around them. */
function around(state, core, sign, shown) {
  const { symbols } = state;
  const signPart = sign === "" ? [] : sign === "-" ? ["minusSign", symbols.minus] : ["plusSign", symbols.plus];
  switch (state.style) {
    case "percent": {
      const [before, after] = symbols.percent.split("{0}");
      return [...signPart, ...affix(before, "percentSign"), ...core, ...affix(after, "percentSign")];
    }
    case "unit": {
      const [one, many] = unitForms(state.unit, state.unitDisplay);
      const isOne = one !== many && host("intl.plural", state.data, false, shown) === "one";
      const [before, after] = (isOne ? one : many).split("{0}");
      return [...signPart, ...affix(before, "unit"), ...core, ...affix(after, "unit")];
    }
    case "currency":
      return money(state, core, sign, signPart, shown);
    default:
      return [...signPart, ...core];
  }
}

function money(state, core, sign, signPart, shown) {
  const { symbols } = state;
  const key = `${state.data} ${state.currency} ${state.currencyDisplay}`;
  const forms = remembered(currencyForms, key, () =>
    host("intl.currency", state.data, state.currency, state.currencyDisplay));
  if (state.currencyDisplay === "name") {
    const [before, after] = byCategory(state.data, forms, shown).split("{0}");
    return [...signPart, ...affix(before, "currency"), ...core, ...affix(after, "currency")];
  }
  const isAccounting = state.currencySign === "accounting";
  const form = sign === "" ? forms.plain : sign === "-" && isAccounting ? forms.accounting : forms.minus;
  const [before, after] = form.split("{0}");
  return [...moneySide(before, symbols, signPart), ...core, ...moneySide(after, symbols, signPart)];
}

/** One side of an amount of money: its sign, brackets, spaces and the currency. */
function moneySide(text, symbols, signPart) {
  const at = symbols.minus === "" ? -1 : text.indexOf(symbols.minus);
  if (at >= 0 && signPart.length > 0) {
    return [...moneySide(text.slice(0, at), symbols, []), ...signPart, ...moneySide(text.slice(at + symbols.minus.length), symbols, [])];
  }
  if (text.startsWith("(")) return ["literal", "(", ...moneySide(text.slice(1), symbols, signPart)];
  if (text.endsWith(")")) return [...moneySide(text.slice(0, -1), symbols, signPart), "literal", ")"];
  return affix(text, "currency");
}
