// PluralRules, RelativeTimeFormat and ListFormat.

import { host } from "../native.js";
import { rounded, toDecimal } from "./digits.js";
import { byCategory, numberParts, numberState } from "./number-format.js";
import { digitEntries, digitOptions, isNumberingSystem, numberOptions, roundingEntries } from "./number-options.js";
import {
  matcherOption, optionsObject, partObjects, remembered, requireNew, resolvedObject, resolveLocale, service, stateOf,
  textOfParts, textOption, typeOption,
} from "./service.js";

const rules = new WeakMap();
const distances = new WeakMap();
const lists = new WeakMap();
const distanceForms = new Map();
const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

export function PluralRules(locales = undefined, options = undefined) {
  requireNew(new.target, "PluralRules");
  const name = "Intl.PluralRules";
  const given = optionsObject(options, name);
  matcherOption(given, name);
  const { data } = resolveLocale(locales);
  // plurals belong to a language; of the regions only Portugal goes its own way
  const locale = data === "pt-PT" ? data : data.split("-", 1)[0];
  const type = textOption(given, "type", ["cardinal", "ordinal"], "cardinal", name);
  const notation = textOption(given, "notation", ["standard", "compact", "scientific", "engineering"], "standard", name);
  const how = digitOptions(given, 0, 3, false, name);
  rules.set(this, { locale, data, type, notation, how });
}

function categoryOf(state, value) {
  const decimal = toDecimal(typeof value === "bigint" ? value : Number(value));
  if (decimal.special !== undefined) return "other";
  const [, whole, fraction] = rounded(decimal, state.how);
  return host("intl.plural", state.data, state.type === "ordinal", fraction === "" ? whole : `${whole}.${fraction}`);
}

const CATEGORY_ORDER = ["zero", "one", "two", "few", "many", "other"];

service("PluralRules", PluralRules, {
  resolvedOptions() {
    const state = stateOf(rules, this, "Intl.PluralRules.prototype.resolvedOptions");
    const categories = host("intl.categories", state.data, state.type === "ordinal");
    return resolvedObject({
      locale: state.locale, type: state.type, notation: state.notation, ...digitEntries(state.how),
      pluralCategories: CATEGORY_ORDER.filter((one) => categories.includes(one)), ...roundingEntries(state.how),
    });
  },
  select(value) {
    return categoryOf(stateOf(rules, this, "Intl.PluralRules.prototype.select"), value);
  },
  selectRange(start, end) {
    const state = stateOf(rules, this, "Intl.PluralRules.prototype.selectRange");
    if (start === undefined) throw new TypeError("Invalid startRange : undefined");
    if (end === undefined) throw new TypeError("Invalid endRange : undefined");
    if (Number.isNaN(Number(start)) || Number.isNaN(Number(end))) throw new RangeError("Invalid argument");
    // CLDR's ranges take the end's category in most languages
    return categoryOf(state, end);
  },
});

export function RelativeTimeFormat(locales = undefined, options = undefined) {
  requireNew(new.target, "RelativeTimeFormat");
  const name = "Intl.RelativeTimeFormat";
  const given = optionsObject(options, name);
  matcherOption(given, name);
  const system = typeOption(given, "numberingSystem");
  const { locale, data, nu } = resolveLocale(locales, { nu: isNumberingSystem }, { nu: system });
  const style = textOption(given, "style", ["long", "short", "narrow"], "long", name);
  const numeric = textOption(given, "numeric", ["always", "auto"], "always", name);
  const number = numberState(numberOptions(nu === undefined ? data : `${data}-u-nu-${nu}`, {}));
  distances.set(this, { locale, data, style, numeric, number });
}

function distanceParts(state, value, unit) {
  const number = Number(value);
  const name = String(unit).replace(/s$/, "");
  if (!UNITS.includes(name)) {
    throw new RangeError(`Invalid unit argument for Intl.RelativeTimeFormat.prototype.format() '${unit}'`);
  }
  if (!Number.isFinite(number)) {
    throw new RangeError("Value need to be finite number for Intl.RelativeTimeFormat.prototype.format()");
  }
  const forms = remembered(distanceForms, `${state.data} ${name} ${state.style}`, () =>
    host("intl.relative", state.data, name, state.style));
  if (state.numeric === "auto") {
    const word = forms[Object.is(number, -0) ? "0" : String(number)];
    if (word !== undefined) return [["literal", word]];
  }
  const isPast = number < 0 || Object.is(number, -0);
  const prefix = isPast ? "past." : "future.";
  const own = Object.fromEntries(Object.entries(forms).filter(([key]) => key.startsWith(prefix)).map(([key, form]) => [key.slice(prefix.length), form]));
  const digits = numberParts(state.number, toDecimal(Math.abs(number)));
  const [before, after] = byCategory(state.data, own, String(Math.abs(number))).split("{0}");
  if (after === undefined) return [["literal", before]];
  return [before === "" ? [] : ["literal", before], digits, after === "" ? [] : ["literal", after], name];
}

service("RelativeTimeFormat", RelativeTimeFormat, {
  resolvedOptions() {
    const state = stateOf(distances, this, "Intl.RelativeTimeFormat.prototype.resolvedOptions");
    return resolvedObject({
      locale: state.locale, style: state.style, numeric: state.numeric, numberingSystem: state.number.symbols.system,
    });
  },
  format(value, unit) {
    const state = stateOf(distances, this, "Intl.RelativeTimeFormat.prototype.format");
    return textOfParts(distanceParts(state, value, unit).slice(0, 3).flat());
  },
  formatToParts(value, unit) {
    const state = stateOf(distances, this, "Intl.RelativeTimeFormat.prototype.formatToParts");
    const [before, digits = [], after = [], name] = distanceParts(state, value, unit);
    return [...partObjects(before), ...partObjects(digits, { unit: name }), ...partObjects(after)];
  },
});

export function ListFormat(locales = undefined, options = undefined) {
  requireNew(new.target, "ListFormat");
  const name = "Intl.ListFormat";
  const given = optionsObject(options, name);
  matcherOption(given, name);
  const { locale, data } = resolveLocale(locales);
  const type = textOption(given, "type", ["conjunction", "disjunction", "unit"], "conjunction", name);
  const style = textOption(given, "style", ["long", "short", "narrow"], "long", name);
  lists.set(this, { locale, data, type, style });
}

function textsOf(list) {
  if (list === undefined) return [];
  const texts = [];
  for (const item of list) {
    if (typeof item !== "string") throw new TypeError(`Iterable yielded ${String(item)} which is not a string`);
    texts.push(item);
  }
  return texts;
}

const listText = (state, texts) =>
  texts.length === 0 ? "" : host("intl.list", state.data, state.type, state.style, texts);

service("ListFormat", ListFormat, {
  resolvedOptions() {
    const { locale, type, style } = stateOf(lists, this, "Intl.ListFormat.prototype.resolvedOptions");
    return { locale, type, style };
  },
  format(list) {
    return listText(stateOf(lists, this, "Intl.ListFormat.prototype.format"), textsOf(list));
  },
  formatToParts(list) {
    const state = stateOf(lists, this, "Intl.ListFormat.prototype.formatToParts");
    const texts = textsOf(list);
    const parts = [];
    let rest = listText(state, texts);
    for (const text of texts) {
      const at = rest.indexOf(text);
      if (at > 0) parts.push("literal", rest.slice(0, at));
      parts.push("element", text);
      rest = rest.slice(Math.max(at, 0) + text.length);
    }
    if (rest !== "") parts.push("literal", rest);
    return partObjects(parts);
  },
});
