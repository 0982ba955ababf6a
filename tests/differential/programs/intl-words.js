// Plurals, lists, distances in time, comparing, cutting and naming.

import { Actor, differs, program, stateless } from "../suite.js";

// Where the data of ICU4X is another than that of the reference, or has not what it takes.
const DIFFERING = {
  "ordinal es": ["other","one","other","one","other","other","other","other","one","one","other","one","one"],
  "list hi conjunction long": ["","a","a और b","a, b और c","a, b, c और d"],
  "list hi unit long": ["","a","a और b","a, b और c","a, b, c और d"],
  "distance nl always narrow second": ["10 s geleden","2 s geleden","1 s geleden","0 s geleden","over 0 s","over 1 s","over 2 s","over 5 s","over 1,5 s","over 1.234 s"],
  "distance nl auto narrow second": ["10 s geleden","2 s geleden","1 s geleden","nu","nu","over 1 s","over 2 s","over 5 s","over 1,5 s","over 1.234 s"],
  "names ko language": ["영어","독일어","중국어 (번체)","포르투갈어 (브라질)"],
  "list en-IN conjunction narrow": ["","a","a, b","a, b, c","a, b, c, d"],
  "segments word 👨‍👩‍👧 é 🇩🇪🇫🇷": [[["👨‍👩‍👧",0,false],[" ",8,false],["é",9,false],[" ",11,false],["🇩🇪",12,false],["🇫🇷",16,false]]],
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
for (const locale of LOCALES) {
  add(`plural ${locale}`, ...[0, 1, 2, 3, 5, 11, 21, 100, 1.5, 0.5, 1e6, -1].map((number) => () => new Intl.PluralRules(locale).select(number)));
  add(`ordinal ${locale}`, ...[0, 1, 2, 3, 4, 5, 11, 12, 13, 21, 22, 23, 101].map((number) => () => new Intl.PluralRules(locale, { type: "ordinal" }).select(number)));
  add(`plural resolved ${locale}`, () => Object.entries(new Intl.PluralRules(locale).resolvedOptions()));
  for (const type of ["conjunction", "disjunction", "unit"]) for (const style of ["long", "short", "narrow"]) {
    const list = new Intl.ListFormat(locale, { type, style });
    add(`list ${locale} ${type} ${style}`, () => list.format([]), () => list.format(["a"]), () => list.format(["a", "b"]), () => list.format(["a", "b", "c"]), () => list.format(["a", "b", "c", "d"]));
  }
  for (const numeric of ["always", "auto"]) for (const style of ["long", "short", "narrow"]) {
    const distance = new Intl.RelativeTimeFormat(locale, { numeric, style });
    for (const unit of ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]) {
      add(`distance ${locale} ${numeric} ${style} ${unit}`, ...[-10, -2, -1, -0, 0, 1, 2, 5, 1.5, 1234].map((number) => () => distance.format(number, unit)));
    }
  }
  const words = ["z", "a", "Z", "A", "ä", "Ä", "é", "e", "o", "ö", "ñ", "n", "10", "9", "2", "_", "-", " ", "ß", "ss", "ç", "c", "ı", "i", "Å", "aa"];
  add(`sorted ${locale}`, () => words.toSorted((a, b) => a.localeCompare(b, locale)), () => words.toSorted(new Intl.Collator(locale, { numeric: true }).compare), () => words.toSorted(new Intl.Collator(locale, { caseFirst: "upper" }).compare));
  add(`cases ${locale}`, () => "istanbul IĞDIR ß ά".toLocaleUpperCase(locale), () => "ISTANBUL İ ΑΣ".toLocaleLowerCase(locale));
  for (const type of ["language", "region", "script", "currency"]) {
    const names = new Intl.DisplayNames(locale, { type });
    const codes = { language: ["en", "de", "zh-Hant", "pt-BR"], region: ["US", "DE", "JP", "419"], script: ["Latn", "Cyrl"], currency: ["USD", "EUR", "JPY"] }[type];
    add(`names ${locale} ${type}`, ...codes.map((code) => () => names.of(code)));
  }
}
const compare = (left, right, options) => add(`compare ${left} ${right} ${JSON.stringify(options)}`, () => left.localeCompare(right, "en", options));
for (const sensitivity of ["base", "accent", "case", "variant"]) for (const [left, right] of [["a", "A"], ["a", "á"], ["a", "b"], ["A", "Á"], ["", "a"]]) compare(left, right, { sensitivity });
for (const [left, right] of [["a2", "a10"], ["2", "10"], ["a-b", "ab"]]) for (const options of [undefined, { numeric: true }, { ignorePunctuation: true }]) compare(left, right, options);
add("collators", () => Object.entries(new Intl.Collator("de", { numeric: true }).resolvedOptions()), () => new Intl.Collator("en-u-kn-true").resolvedOptions().numeric, () => new Intl.Collator("en", { usage: "x" }), () => new Intl.Collator("en", { sensitivity: "x" }), () => new Intl.Collator("en", { caseFirst: "x" }), () => "a".localeCompare("b", "x_"), () => "a".localeCompare(), () => "réservé".localeCompare("RESERVE", "en", { sensitivity: "base" }), () => Intl.Collator.prototype.compare, () => Intl.Collator("en").compare("a", "b"));
add("bad", () => Intl.PluralRules("en"), () => new Intl.PluralRules("en", { type: "x" }), () => new Intl.PluralRules("en").selectRange(1), () => new Intl.PluralRules("en").select("x"), () => Intl.ListFormat("en"), () => new Intl.ListFormat("en", { type: "x" }), () => new Intl.ListFormat("en", { style: "x" }), () => new Intl.ListFormat("en").format([1]), () => new Intl.ListFormat("en").format("abc"), () => new Intl.RelativeTimeFormat("en").format(1, "foo"), () => new Intl.RelativeTimeFormat("en").format(Infinity, "day"), () => new Intl.RelativeTimeFormat("en").format(1, "days"), () => new Intl.RelativeTimeFormat("en", { numeric: "x" }), () => new Intl.RelativeTimeFormat("en", { style: "x" }), () => Intl.RelativeTimeFormat("en"), () => new Intl.DisplayNames("en"), () => new Intl.DisplayNames("en", {}), () => new Intl.DisplayNames("en", { type: "x" }), () => new Intl.DisplayNames("en", { type: "region" }).of("x"), () => new Intl.DisplayNames("en", { type: "region" }).of("ZZ"), () => new Intl.DisplayNames("en", { type: "region", fallback: "none" }).of("QX"), () => new Intl.Segmenter("en", { granularity: "x" }), () => Intl.supportedValuesOf("x"));
add("parts", () => new Intl.RelativeTimeFormat("en").formatToParts(-1234, "day"), () => new Intl.RelativeTimeFormat("en", { numeric: "auto" }).formatToParts(1, "day"), () => new Intl.ListFormat("en").formatToParts(["a", "b", "c"]), () => new Intl.RelativeTimeFormat("en").resolvedOptions(), () => new Intl.ListFormat("en").resolvedOptions());
for (const granularity of ["grapheme", "word", "sentence"]) for (const text of ["Hello, world! It's 5.", "👨‍👩‍👧 e\u0301 🇩🇪🇫🇷", "今日は良い天気です。はい。", "", "a\r\nb"]) {
  add(`segments ${granularity} ${text}`, () => [...new Intl.Segmenter("en", { granularity }).segment(text)].map(({ segment, index, isWordLike }) => [segment, index, isWordLike]));
}
add("segmenter", () => new Intl.Segmenter("en", { granularity: "word" }).segment("ab cd").containing(3), () => new Intl.Segmenter("en").segment("ab").containing(9), () => new Intl.Segmenter("en").resolvedOptions());
const locale = (tag, options) => add(`locale ${tag} ${JSON.stringify(options)}`, () => {
  const made = new Intl.Locale(tag, options);
  const { language, script, region, baseName, calendar, hourCycle, numeric, numberingSystem, caseFirst, collation } = made;
  return [String(made), String(made.maximize()), String(made.minimize()), language, script, region, baseName, calendar, hourCycle, numeric, numberingSystem, caseFirst, collation];
});
for (const tag of ["en", "en-US", "zh-TW", "sr-Latn-RS", "de-u-nu-arab-ca-buddhist", "und", "x", "", "en-Latn-US-u-hc-h12-kn", "iw"]) locale(tag);
locale("en", { region: "GB", hourCycle: "h23", numeric: true, calendar: "gregory" });
locale("en", { language: "!" });
locale("en", { hourCycle: "x" });
add("locale calls", () => Intl.Locale("en"), () => new Intl.Locale(), () => new Intl.Locale(5), () => String(new Intl.Locale(new Intl.Locale("de"))), () => new Intl.Locale("ar").getTextInfo().direction);

const { worker, Place } = program(cases);
export default worker;
export { Place, Actor as Subject, Actor as Plain };
