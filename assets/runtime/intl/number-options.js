// The options of NumberFormat, and those of them that PluralRules shares.

import { host } from "../native.js";
import { isUnit } from "./units.js";
import { matcherOption, numberOption, resolveLocale, textOption, typeOption, wholeNumber } from "./service.js";

const INCREMENTS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];
const MODES = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];
const SYSTEM = /^(adlm|arab|arabext|bali|beng|deva|fullwide|gujr|guru|hanidec|khmr|knda|laoo|latn|limb|mlym|mong|mymr|orya|tamldec|telu|thai|tibt)$/;

export const isNumberingSystem = (name) => SYSTEM.test(name);

/** ECMA-402's SetNumberFormatDigitOptions. */
export function digitOptions(options, leastDefault, mostDefault, isCompact, service) {
  const leastWhole = numberOption(options, "minimumIntegerDigits", 1, 21, 1);
  let leastFraction = options.minimumFractionDigits;
  let mostFraction = options.maximumFractionDigits;
  let leastSignificant = options.minimumSignificantDigits;
  let mostSignificant = options.maximumSignificantDigits;
  const increment = numberOption(options, "roundingIncrement", 1, 5000, 1);
  if (!INCREMENTS.includes(increment)) throw new RangeError("roundingIncrement value is out of range.");
  const mode = textOption(options, "roundingMode", MODES, "halfExpand", service);
  const priority = textOption(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto", service);
  const zeros = textOption(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto", service);
  const hasSignificant = leastSignificant !== undefined || mostSignificant !== undefined;
  const hasFraction = leastFraction !== undefined || mostFraction !== undefined;
  const needsSignificant = priority !== "auto" || hasSignificant;
  const needsFraction = priority !== "auto" || !(needsSignificant || (!hasFraction && isCompact));
  const how = { leastWhole, increment, mode, priority, zeros, strips: zeros === "stripIfInteger", kind: undefined };
  if (needsSignificant) {
    how.leastSignificant = wholeNumber(leastSignificant, "minimumSignificantDigits", 1, 21, 1);
    how.mostSignificant = wholeNumber(mostSignificant, "maximumSignificantDigits", how.leastSignificant, 21, 21);
  }
  if (needsFraction) {
    if (hasFraction) {
      leastFraction = wholeNumber(leastFraction, "minimumFractionDigits", 0, 100);
      mostFraction = wholeNumber(mostFraction, "maximumFractionDigits", 0, 100);
      leastFraction ??= Math.min(leastDefault, mostFraction);
      mostFraction ??= Math.max(mostDefault, leastFraction);
      if (leastFraction > mostFraction) throw new RangeError("maximumFractionDigits value is out of range.");
    } else {
      leastFraction = leastDefault;
      mostFraction = mostDefault;
    }
    how.leastFraction = leastFraction;
    how.mostFraction = mostFraction;
  }
  if (!needsSignificant && !needsFraction) {
    Object.assign(how, { leastFraction: 0, mostFraction: 0, leastSignificant: 1, mostSignificant: 2, kind: "more", priority: "morePrecision" });
  } else if (priority !== "auto") how.kind = priority === "morePrecision" ? "more" : "less";
  else how.kind = hasSignificant ? "significant" : "fraction";
  if (increment !== 1) {
    if (how.kind !== "fraction") throw new TypeError("roundingIncrement value is invalid.");
    if (how.leastFraction !== how.mostFraction) throw new RangeError("maximumFractionDigits value is out of range.");
  }
  return how;
}

/** The entries of resolvedOptions for digits. */
export const digitEntries = (how) => ({
  minimumIntegerDigits: how.leastWhole,
  minimumFractionDigits: how.leastFraction,
  maximumFractionDigits: how.mostFraction,
  minimumSignificantDigits: how.leastSignificant,
  maximumSignificantDigits: how.mostSignificant,
});

export const roundingEntries = (how) => ({
  roundingIncrement: how.increment,
  roundingMode: how.mode,
  roundingPriority: how.priority,
  trailingZeroDisplay: how.zeros,
});

/** Reads everything NumberFormat is given. */
export function numberOptions(locales, options) {
  const service = "Intl.NumberFormat";
  matcherOption(options, service);
  const system = typeOption(options, "numberingSystem");
  const { locale, data, nu } = resolveLocale(locales, { nu: isNumberingSystem }, { nu: system });
  const style = textOption(options, "style", ["decimal", "percent", "currency", "unit"], "decimal", service);
  const currency = currencyOption(options, style);
  const currencyDisplay = textOption(options, "currencyDisplay", ["code", "symbol", "name", "narrowSymbol"], "symbol", service);
  const currencySign = textOption(options, "currencySign", ["standard", "accounting"], "standard", service);
  const unit = unitOption(options, style);
  const unitDisplay = textOption(options, "unitDisplay", ["short", "narrow", "long"], "short", service);
  const notation = textOption(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard", service);
  let least = 0;
  let most = style === "percent" ? 0 : 3;
  if (style === "currency" && notation === "standard") least = most = host("intl.digits", currency);
  const how = digitOptions(options, least, most, notation === "compact", service);
  if (style === "currency" && notation === "compact" && how.kind === "more" && how.mostSignificant === 2) how.mostFraction = 0;
  const compactDisplay = textOption(options, "compactDisplay", ["short", "long"], "short", service);
  const useGrouping = groupingOption(options, notation === "compact" ? "min2" : "auto");
  const signDisplay = textOption(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto", service);
  const isMoney = style === "currency";
  const isUnitStyle = style === "unit";
  return {
    locale, data, system: nu ?? "", style,
    currency: isMoney ? currency : undefined,
    currencyDisplay: isMoney ? currencyDisplay : undefined,
    currencySign: isMoney ? currencySign : undefined,
    unit: isUnitStyle ? unit : undefined,
    unitDisplay: isUnitStyle ? unitDisplay : undefined,
    how, notation,
    compactDisplay: notation === "compact" ? compactDisplay : undefined,
    useGrouping, signDisplay,
  };
}

function currencyOption(options, style) {
  const value = options.currency;
  if (value === undefined) {
    if (style === "currency") throw new TypeError("Currency code is required with currency style.");
    return undefined;
  }
  const code = String(value);
  if (!/^[a-z]{3}$/i.test(code)) throw new RangeError(`Invalid currency code : ${code}`);
  return code.toUpperCase();
}

function unitOption(options, style) {
  const value = options.unit;
  if (value === undefined) {
    if (style === "unit") throw new TypeError("Invalid unit argument for Intl.NumberFormat() ''");
    return undefined;
  }
  const unit = String(value);
  if (!unit.split("-per-").every(isUnit) || unit.split("-per-").length > 2) {
    throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
  }
  return unit;
}

function groupingOption(options, fallback) {
  const value = options.useGrouping;
  if (value === undefined) return fallback;
  if (value === true) return "always";
  if (!value) return false;
  const text = String(value);
  if (text === "true" || text === "false") return fallback;
  if (!["min2", "auto", "always"].includes(text)) {
    throw new RangeError(`Value ${text} out of range for Intl.NumberFormat options property useGrouping`);
  }
  return text;
}
