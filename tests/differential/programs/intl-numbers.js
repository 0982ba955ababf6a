// Numbers in many languages: NumberFormat and toLocaleString.

import { Actor, differs, program, stateless } from "../suite.js";

// Where the data of ICU4X is another than that of the reference, or has not what it takes.
const DIFFERING = {
  "fr-FR {\"style\":\"currency\",\"currency\":\"JPY\"}": ["1 234 568 JP¥","-1 JP¥","0 JP¥","-0 JP¥","1 JP¥","1 234 JP¥","12 345 JP¥","999 999 JP¥","-1 235 JP¥","1 000 000 000 JP¥","0 JP¥"],
  "es {\"style\":\"currency\",\"currency\":\"JPY\"}": ["1.234.568 JP¥","-1 JP¥","0 JP¥","-0 JP¥","1 JP¥","1234 JP¥","12.345 JP¥","999.999 JP¥","-1235 JP¥","1.000.000.000 JP¥","0 JP¥"],
  "ja-JP {\"style\":\"currency\",\"currency\":\"USD\",\"currencyDisplay\":\"name\"}": ["1,234,567.89 米ドル","-0.50 米ドル","0.00 米ドル","-0.00 米ドル","1.00 米ドル","1,234.00 米ドル","12,345.00 米ドル","999,999.00 米ドル","-1,234.50 米ドル","1,000,000,000.00 米ドル","0.00 米ドル"],
  "zh-CN {\"style\":\"currency\",\"currency\":\"USD\",\"currencyDisplay\":\"name\"}": ["1,234,567.89 美元","-0.50 美元","0.00 美元","-0.00 美元","1.00 美元","1,234.00 美元","12,345.00 美元","999,999.00 美元","-1,234.50 美元","1,000,000,000.00 美元","0.00 美元"],
  "ar {\"style\":\"currency\",\"currency\":\"USD\",\"currencySign\":\"accounting\"}": ["‏1,234,567.89 US$","(؜0.50 US$)","‏0.00 US$","(؜0.00 US$)","‏1.00 US$","‏1,234.00 US$","‏12,345.00 US$","‏999,999.00 US$","(؜1,234.50 US$)","‏1,000,000,000.00 US$","‏0.00 US$"],
  "it {\"style\":\"currency\",\"currency\":\"USD\"}": ["1.234.567,89 US$","-0,50 US$","0,00 US$","-0,00 US$","1,00 US$","1234,00 US$","12.345,00 US$","999.999,00 US$","-1234,50 US$","1.000.000.000,00 US$","0,00 US$"],
  "it {\"style\":\"currency\",\"currency\":\"JPY\"}": ["1.234.568 JP¥","-1 JP¥","0 JP¥","-0 JP¥","1 JP¥","1234 JP¥","12.345 JP¥","999.999 JP¥","-1235 JP¥","1.000.000.000 JP¥","0 JP¥"],
  "it {\"style\":\"currency\",\"currency\":\"USD\",\"currencySign\":\"accounting\"}": ["1.234.567,89 US$","-0,50 US$","0,00 US$","-0,00 US$","1,00 US$","1234,00 US$","12.345,00 US$","999.999,00 US$","-1234,50 US$","1.000.000.000,00 US$","0,00 US$"],
  "pl {\"style\":\"currency\",\"currency\":\"USD\"}": ["1 234 567,89 US$","-0,50 US$","0,00 US$","-0,00 US$","1,00 US$","1234,00 US$","12 345,00 US$","999 999,00 US$","-1234,50 US$","1 000 000 000,00 US$","0,00 US$"],
  "pl {\"style\":\"currency\",\"currency\":\"JPY\"}": ["1 234 568 JP¥","-1 JP¥","0 JP¥","-0 JP¥","1 JP¥","1234 JP¥","12 345 JP¥","999 999 JP¥","-1235 JP¥","1 000 000 000 JP¥","0 JP¥"],
  "pl {\"style\":\"currency\",\"currency\":\"USD\",\"currencySign\":\"accounting\"}": ["1 234 567,89 US$","(0,50 US$)","0,00 US$","(0,00 US$)","1,00 US$","1234,00 US$","12 345,00 US$","999 999,00 US$","(1234,50 US$)","1 000 000 000,00 US$","0,00 US$"],
  "sv-SE {\"style\":\"currency\",\"currency\":\"JPY\"}": ["1 234 568 JP¥","−1 JP¥","0 JP¥","−0 JP¥","1 JP¥","1 234 JP¥","12 345 JP¥","999 999 JP¥","−1 235 JP¥","1 000 000 000 JP¥","0 JP¥"],
  "sv-SE {\"notation\":\"engineering\"}": ["1,235E6","−500E−3","0E0","−0E0","1E0","1,234E3","12,345E3","999,999E3","−1,235E3","1E9","150E−9"],
  "sv-SE {\"notation\":\"scientific\"}": ["1,235E6","−5E−1","0E0","−0E0","1E0","1,234E3","1,235E4","1E6","−1,235E3","1E9","1,5E−7"],
  "en-IN {\"style\":\"currency\",\"currency\":\"USD\",\"currencySign\":\"accounting\"}": ["$12,34,567.89","($0.50)","$0.00","($0.00)","$1.00","$1,234.00","$12,345.00","$9,99,999.00","($1,234.50)","$1,00,00,00,000.00","$0.00"],
  "de-CH {\"style\":\"currency\",\"currency\":\"EUR\"}": ["€ 1'234'567.89","€-0.50","€ 0.00","€-0.00","€ 1.00","€ 1'234.00","€ 12'345.00","€ 999'999.00","€-1'234.50","€ 1'000'000'000.00","€ 0.00"],
  "en {\"style\":\"currency\",\"currency\":\"CHF\",\"currencyDisplay\":\"narrowSymbol\"} 3": ["Fr.1.00","Fr.1,234.57","-Fr.5.00"],
  "en {\"style\":\"currency\",\"currency\":\"XXX\",\"currencyDisplay\":\"name\"} 3": ["1.00 (unknown currency)","1,234.57 (unknown currency)","-5.00 (unknown currency)"],
  "en {\"style\":\"currency\",\"currency\":\"XXX\",\"currencyDisplay\":\"symbol\"} 3": ["¤1.00","¤1,234.57","-¤5.00"],
  "en {\"style\":\"currency\",\"currency\":\"XXX\",\"currencyDisplay\":\"narrowSymbol\"} 3": ["¤1.00","¤1,234.57","-¤5.00"],
};

const cases = {};
const said = (run) => {
  try {
    return run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
const add = (name, ...runs) => {
  const run = stateless(() => runs.map(said));
  cases[name] = name in DIFFERING ? differs("the locale data of ICU4X is another than the reference's", { gave: DIFFERING[name] }, run) : run;
};

const LOCALES = ["en-US", "en-GB", "de-DE", "fr-FR", "es", "ja-JP", "zh-CN", "ar", "hi", "pt-BR", "ru", "tr", "it", "nl", "pl", "ko", "sv-SE", "en-IN", "de-CH"];
const NUMBERS = [1234567.891, -0.5, 0, -0, 1, 1234, 12345, 999999, -1234.5, 1e9, 1.5e-7];
const OPTIONS = [
  {}, { style: "percent" }, { style: "percent", maximumFractionDigits: 1 }, { style: "currency", currency: "USD" },
  { style: "currency", currency: "EUR" }, { style: "currency", currency: "JPY" }, { style: "currency", currency: "USD", currencyDisplay: "code" },
  { style: "currency", currency: "USD", currencyDisplay: "name" }, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" },
  { style: "currency", currency: "USD", currencySign: "accounting" }, { notation: "compact" }, { notation: "compact", compactDisplay: "long" },
  { notation: "compact", maximumFractionDigits: 1 }, { notation: "scientific" }, { notation: "engineering" }, { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  { maximumSignificantDigits: 3 }, { minimumIntegerDigits: 3 }, { useGrouping: false }, { useGrouping: "always" }, { signDisplay: "always" },
];
for (const locale of LOCALES) {
  for (const options of OPTIONS) {
    const format = (number) => () => number.toLocaleString(locale, options);
    add(`${locale} ${JSON.stringify(options)}`, ...NUMBERS.map(format));
  }
}

const en = (options, ...numbers) => add(`en ${JSON.stringify(options)} ${numbers.length}`, ...numbers.map((number) => () => new Intl.NumberFormat("en", options).format(number)));
for (const roundingMode of ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"]) {
  en({ roundingMode, maximumFractionDigits: 0 }, 1.5, 2.5, -1.5, -2.5, 1.2, -1.2, 1.8, -1.8, 0.5, -0.5, 0);
}
for (const signDisplay of ["auto", "never", "always", "exceptZero", "negative"]) {
  en({ signDisplay }, 1, -1, 0, -0, NaN, Infinity, -Infinity, -0.0001);
  en({ signDisplay, style: "currency", currency: "USD", currencySign: "accounting" }, 1, -1, 0, -0, -0.001, NaN);
}
for (const roundingIncrement of [2, 5, 10, 25, 50, 100]) {
  en({ roundingIncrement, minimumFractionDigits: 2, maximumFractionDigits: 2 }, 1.01, 1.12, 1.13, 1.25, 10.5, -3.333);
}
for (const roundingPriority of ["auto", "morePrecision", "lessPrecision"]) {
  en({ roundingPriority, maximumFractionDigits: 2, maximumSignificantDigits: 3 }, 1.2345, 123.456, 12345.678, 0.012345);
}
en({ trailingZeroDisplay: "stripIfInteger", minimumFractionDigits: 2 }, 1, 1.5, 1.001);
en({ useGrouping: "min2" }, 1000, 10000);
en({ minimumSignificantDigits: 5 }, 1, 0.001, 123456, 0);
en({}, 1e21, 1e300, 5e-324, 123456789012345680000, 12345678901234567890n, "12345678901234567890.12", "0x10", "abc", "", null, undefined, true, [5], {}, "1e3", " 7 ", "-0", "Infinity");
for (const unit of ["kilometer", "kilogram", "celsius", "percent", "byte", "megabyte", "mile-per-hour", "liter", "day", "hour", "foot", "pound", "kilometer-per-hour", "byte-per-second", "month", "degree"]) {
  for (const unitDisplay of ["long", "short", "narrow"]) en({ style: "unit", unit, unitDisplay }, 1, 2, 1234.5, -3, 0);
}
for (const currency of ["GBP", "INR", "CNY", "KRW", "CHF", "CAD", "AUD", "BRL", "MXN", "SEK", "BTC", "XXX", "KWD", "CLP", "TRY"]) {
  for (const currencyDisplay of ["symbol", "code", "name", "narrowSymbol"]) en({ style: "currency", currency, currencyDisplay }, 1, 1234.567, -5);
}
en({ style: "currency", currency: "USD", notation: "compact" }, 1, 1234, 12345678, -999999);
en({ style: "percent", notation: "compact" }, 123.4);

const parts = (locale, options, number) => add(`parts ${locale} ${JSON.stringify(options)} ${number}`, () => new Intl.NumberFormat(locale, options).formatToParts(number));
parts("en", {}, -1234.5);
parts("en", {}, NaN);
parts("en", {}, -Infinity);
parts("de", { style: "percent" }, 0.5);
parts("en", { style: "currency", currency: "USD", currencySign: "accounting" }, -1234.5);
parts("de", { style: "currency", currency: "EUR" }, -1234.5);
parts("en", { style: "currency", currency: "USD", currencyDisplay: "name" }, 1);
parts("en", { style: "currency", currency: "USD", currencyDisplay: "code" }, -1);
parts("en", { notation: "compact" }, 12345);
parts("en", { notation: "compact", compactDisplay: "long" }, 12345);
parts("de", { notation: "compact" }, 12345678);
parts("en", { notation: "scientific" }, -0.00012345);
parts("en", { style: "unit", unit: "kilometer-per-hour" }, 50);
parts("en", { style: "unit", unit: "percent" }, 50);
parts("en", { signDisplay: "always" }, 5);
parts("tr", { style: "percent" }, -0.5);

for (const [index, options] of [{}, { style: "currency", currency: "usd" }, { style: "percent" }, { style: "unit", unit: "liter" }, { notation: "compact" }, { maximumSignificantDigits: 3 }, { notation: "compact", compactDisplay: "long", maximumFractionDigits: 1 }, { useGrouping: false }, { useGrouping: true }, { numberingSystem: "arab" }, { style: "currency", currency: "JPY", notation: "compact" }].entries()) {
  add(`resolved ${index}`, () => Object.entries(new Intl.NumberFormat("de-DE", options).resolvedOptions()));
}
const bad = (options) => add(`bad ${JSON.stringify(options)}`, () => new Intl.NumberFormat("en", options).format(1234.5));
for (const options of [{ style: "x" }, { style: "currency" }, { currency: "x" }, { currency: "US1" }, { style: "unit" }, { unit: "foo" }, { style: "unit", unit: "meter-per-foo" }, { minimumFractionDigits: 101 }, { maximumFractionDigits: -1 }, { minimumFractionDigits: 5, maximumFractionDigits: 2 }, { minimumSignificantDigits: 0 }, { maximumSignificantDigits: 22 }, { minimumSignificantDigits: 5, maximumSignificantDigits: 2 }, { minimumIntegerDigits: 0 }, { minimumIntegerDigits: 22 }, { notation: "x" }, { compactDisplay: "x" }, { signDisplay: "x" }, { useGrouping: "x" }, { useGrouping: "true" }, { roundingMode: "x" }, { roundingIncrement: 3 }, { roundingIncrement: 5 }, { roundingPriority: "x" }, { trailingZeroDisplay: "x" }, { localeMatcher: "x" }, { currencyDisplay: "x" }, { currencySign: "x" }, { unitDisplay: "x" }, { numberingSystem: "x" }, { numberingSystem: "latn" }, { minimumFractionDigits: "2" }, null, 5]) bad(options);
add("calls", () => Intl.NumberFormat("en").format(1), () => Intl.NumberFormat.prototype.format, () => Intl.NumberFormat.prototype.formatToParts.call({}, 1), () => Intl.NumberFormat.prototype.resolvedOptions.call(5), () => [1, 2.5].map(new Intl.NumberFormat("de").format), () => Number.prototype.toLocaleString.call("x"), () => new Intl.NumberFormat("en").format === new Intl.NumberFormat("en").format);
add("ranges", () => new Intl.NumberFormat("en").formatRange(1, 5), () => new Intl.NumberFormat("en").formatRange(1, 1), () => new Intl.NumberFormat("en").formatRange(NaN, 1), () => new Intl.NumberFormat("en").formatRange(1), () => new Intl.NumberFormat("en").formatRangeToParts(1, 2));
add("other methods", () => 1234567890123456789n.toLocaleString("de"), () => [1234.5, null, undefined, "x", 5n].toLocaleString("de"), () => new Float32Array([1.5, 2000]).toLocaleString("de"), () => [1, [2, 3]].toLocaleString(), () => [].toLocaleString(), () => Number.prototype.toLocaleString.length, () => (1.5).toLocaleString("bad_tag"), () => (1234.5).toLocaleString(["xx", "de"]), () => (1234.5).toLocaleString([]));
add("tags", () => Intl.getCanonicalLocales("EN-us"), () => Intl.getCanonicalLocales(["zh-hans-cn", "iw", "en-US", "en-us"]), () => Intl.getCanonicalLocales("e"), () => Intl.getCanonicalLocales(5), () => Intl.getCanonicalLocales(null), () => Intl.getCanonicalLocales([1]), () => Intl.NumberFormat.supportedLocalesOf(["de", "xx", "zh-Hant-TW", "en-XX"]), () => new Intl.NumberFormat("en-XX").resolvedOptions().locale, () => new Intl.NumberFormat("xx").resolvedOptions().locale, () => new Intl.NumberFormat("zh-TW").resolvedOptions().locale, () => new Intl.NumberFormat("de-u-nu-arab-x-y").resolvedOptions().locale, () => new Intl.NumberFormat("hi-u-nu-deva").format(1234567), () => new Intl.NumberFormat(undefined).resolvedOptions().locale);

const { worker, Place } = program(cases);
export default worker;
export { Place, Actor as Subject, Actor as Plain };
