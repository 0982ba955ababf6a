// Dates in many languages: DateTimeFormat and Date's toLocale methods.

import { Actor, differs, program, stateless } from "../suite.js";

// Where the data of ICU4X is another than that of the reference, or has not what it takes.
const DIFFERING = {};

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
const MOMENTS = [Date.UTC(2026, 0, 2, 15, 4, 5, 678), Date.UTC(2026, 8, 23, 9, 7), Date.UTC(1999, 11, 31, 0, 0, 59, 9), 0].map((ms) => new Date(ms));
const OPTIONS = [
  undefined, { dateStyle: "full" }, { dateStyle: "long" }, { dateStyle: "medium" }, { dateStyle: "short" }, { timeStyle: "short" }, { timeStyle: "medium" },
  { dateStyle: "medium", timeStyle: "short" }, { dateStyle: "long", timeStyle: "short" }, { dateStyle: "short", timeStyle: "medium" }, { dateStyle: "full", timeStyle: "long" },
  { year: "numeric", month: "long", day: "numeric" }, { year: "numeric", month: "short", day: "numeric" }, { month: "short", day: "numeric" }, { month: "long", day: "numeric" },
  { month: "long", year: "numeric" }, { month: "short", year: "numeric" }, { weekday: "long" }, { weekday: "short" }, { weekday: "narrow" }, { weekday: "short", month: "short", day: "numeric" },
  { weekday: "long", year: "numeric", month: "long", day: "numeric" }, { weekday: "short", year: "numeric", month: "short", day: "numeric" }, { year: "numeric", month: "2-digit", day: "2-digit" }, { year: "numeric", month: "numeric", day: "numeric" },
  { month: "numeric", day: "numeric" }, { month: "2-digit", day: "2-digit" }, { hour: "numeric" }, { hour: "numeric", minute: "numeric" }, { hour: "numeric", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  { hour: "numeric", minute: "2-digit", hour12: true }, { hour: "numeric", minute: "2-digit", hour12: false }, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, { month: "long" }, { month: "short" }, { year: "numeric" }, { day: "numeric" }, { day: "2-digit" },
  { year: "2-digit", month: "numeric", day: "numeric" }, { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" }, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }, { hour: "numeric", minute: "numeric", second: "numeric", fractionalSecondDigits: 3 }, { minute: "2-digit", second: "2-digit" }, { year: "numeric", month: "numeric" }, { year: "numeric", month: "2-digit" }, { era: "short", year: "numeric" },
];
for (const locale of LOCALES) {
  for (const options of OPTIONS) {
    add(`${locale} ${JSON.stringify(options) ?? "plain"}`, ...MOMENTS.map((moment) => () => moment.toLocaleString(locale, options)));
  }
  add(`${locale} date and time`, () => MOMENTS[0].toLocaleDateString(locale), () => MOMENTS[1].toLocaleTimeString(locale), () => MOMENTS[1].toLocaleDateString(locale, { weekday: "short" }), () => MOMENTS[1].toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" }));
}

const ZONES = ["America/New_York", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo", "UTC", "+05:30", "-08", "us/pacific", "Europe/Kyiv", "Etc/GMT+5", "Pacific/Chatham"];
for (const timeZone of ZONES) {
  for (const timeZoneName of [undefined, "short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"]) {
    add(`zone ${timeZone} ${timeZoneName}`, ...MOMENTS.slice(0, 2).map((moment) => () => moment.toLocaleString("en-US", { timeZone, timeZoneName })));
  }
  add(`zone ${timeZone} resolved`, () => new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone, () => new Date(Date.UTC(2026, 2, 8, 7, 30)).toLocaleString("en-US", { timeZone }), () => new Date(-1e12).toLocaleString("en-US", { timeZone }));
}
for (const timeStyle of ["long", "full"]) for (const timeZone of ["America/New_York", "UTC", "Europe/London"]) add(`zone ${timeStyle} ${timeZone}`, ...MOMENTS.slice(0, 2).map((moment) => () => moment.toLocaleTimeString("en-US", { timeStyle, timeZone })));

const parts = (locale, options) => add(`parts ${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options).formatToParts(MOMENTS[0]));
parts("en", {});
parts("en", { dateStyle: "full", timeStyle: "long" });
parts("de", { dateStyle: "long" });
parts("en", { hour: "numeric", minute: "numeric", second: "numeric", fractionalSecondDigits: 2 });
parts("en", { hour: "numeric", dayPeriod: "long" });
parts("ja", { dateStyle: "long" });
parts("en-US", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: "Europe/Berlin" });
for (const [index, options] of [{}, { dateStyle: "short" }, { timeStyle: "long" }, { hour: "numeric" }, { hour: "numeric", hour12: false }, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, { hour: "numeric", hourCycle: "h11" }, { hour: "numeric", hourCycle: "h24" }, { month: "long", day: "numeric" }, { timeZoneName: "short" }, { fractionalSecondDigits: 2, second: "numeric", minute: "numeric" }, { dayPeriod: "long", hour: "numeric" }, { numberingSystem: "arab" }].entries()) {
  add(`resolved ${index}`, () => Object.entries(new Intl.DateTimeFormat("en-US", options).resolvedOptions()), ...MOMENTS.map((moment) => () => new Intl.DateTimeFormat("en-US", options).format(moment)));
}
for (const options of [{ timeZone: "foo" }, { timeZone: "+5:30" }, { timeZone: "+25:00" }, { timeZone: "" }, { dateStyle: "full", year: "numeric" }, { timeStyle: "short", hour: "numeric" }, { dateStyle: "x" }, { month: "x" }, { year: "long" }, { weekday: "numeric" }, { hourCycle: "h25" }, { fractionalSecondDigits: 0 }, { fractionalSecondDigits: 4 }, { timeZoneName: "x" }, { era: 1 }, { formatMatcher: "x" }, { localeMatcher: "x" }, { calendar: "x" }, { numberingSystem: "!" }, { dayPeriod: "x" }, null, 5, { hour12: "yes", hour: "numeric" }]) {
  add(`bad ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat("en", options).format(MOMENTS[0]));
}
add("calls", () => Intl.DateTimeFormat("en").format(0), () => Intl.DateTimeFormat.prototype.format, () => Intl.DateTimeFormat.prototype.formatToParts.call({}), () => new Intl.DateTimeFormat("en").format(NaN), () => new Intl.DateTimeFormat("en").format("x"), () => new Intl.DateTimeFormat("en").format(8.64e15 + 1), () => new Intl.DateTimeFormat("en").format(8.64e15), () => new Date(NaN).toLocaleString(), () => Date.prototype.toLocaleString.call({}), () => Date.prototype.toLocaleDateString.call(5), () => new Date(0).toLocaleDateString("en", { timeStyle: "short" }), () => new Date(0).toLocaleTimeString("en", { dateStyle: "short" }), () => new Date(0).toLocaleDateString("en", { hour: "numeric" }), () => new Date(0).toLocaleTimeString("en", { month: "long" }), () => new Date(Date.UTC(-5, 0, 1)).toLocaleDateString("en"), () => new Date(0).toLocaleString("bad_"));
const range = (options, from, to) => add(`range ${JSON.stringify(options)} ${to - from}`, () => new Intl.DateTimeFormat("en", options).formatRange(from, to));
for (const gap of [0, 36e5, 5 * 864e5, 40 * 864e5, 400 * 864e5]) for (const options of [{}, { dateStyle: "medium" }, { dateStyle: "long" }, { timeStyle: "short" }]) range(options, +MOMENTS[0], +MOMENTS[0] + gap);
add("range bad", () => new Intl.DateTimeFormat("en").formatRange(0), () => new Intl.DateTimeFormat("en").formatRange(0, NaN));

const { worker, Place } = program(cases);
export default worker;
export { Place, Actor as Subject, Actor as Plain };
