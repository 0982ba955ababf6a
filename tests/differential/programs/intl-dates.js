// Dates in many languages: DateTimeFormat and Date's toLocale methods.

import { Actor, differs, program, stateless } from "../suite.js";

// Where the data of ICU4X is another than that of the reference, or has not what it takes.
const DIFFERING = {
  "es {\"dateStyle\":\"full\",\"timeStyle\":\"long\"}": ["viernes, 2 de enero de 2026 a las 15:04:05 UTC","miércoles, 23 de septiembre de 2026 a las 9:07:00 UTC","viernes, 31 de diciembre de 1999 a las 0:00:59 UTC","jueves, 1 de enero de 1970 a las 0:00:00 UTC"],
  "es {\"month\":\"2-digit\",\"day\":\"2-digit\"}": ["02/01","23/09","31/12","01/01"],
  "es {\"hour\":\"numeric\",\"minute\":\"2-digit\",\"hour12\":true}": ["3:04 p. m.","9:07 a. m.","12:00 a. m.","12:00 a. m."],
  "es {\"year\":\"numeric\",\"month\":\"2-digit\"}": ["01/2026","09/2026","12/1999","01/1970"],
  "ja-JP {\"weekday\":\"short\",\"month\":\"short\",\"day\":\"numeric\"}": ["1月2日金","9月23日水","12月31日金","1月1日木"],
  "ja-JP {\"weekday\":\"short\",\"year\":\"numeric\",\"month\":\"short\",\"day\":\"numeric\"}": ["2026年1月2日金","2026年9月23日水","1999年12月31日金","1970年1月1日木"],
  "zh-CN {\"year\":\"numeric\",\"month\":\"2-digit\"}": ["2026/01","2026/09","1999/12","1970/01"],
  "tr {\"hour\":\"numeric\",\"minute\":\"2-digit\",\"hour12\":true}": ["3:04 ÖS","9:07 ÖÖ","12:00 ÖÖ","12:00 ÖÖ"],
  "ko {\"dateStyle\":\"full\",\"timeStyle\":\"long\"}": ["2026년 1월 2일 금요일 오후 3:04:05 UTC","2026년 9월 23일 수요일 오전 9:07:00 UTC","1999년 12월 31일 금요일 오전 12:00:59 UTC","1970년 1월 1일 목요일 오전 12:00:00 UTC"],
  "ko {\"weekday\":\"short\",\"year\":\"numeric\",\"month\":\"short\",\"day\":\"numeric\"}": ["2026년 1월 2일 금","2026년 9월 23일 수","1999년 12월 31일 금","1970년 1월 1일 목"],
  "ko {\"year\":\"numeric\",\"month\":\"2-digit\"}": ["2026. 01.","2026. 09.","1999. 12.","1970. 01."],
  "en-IN plain": ["2/1/2026, 3:04:05 PM","23/9/2026, 9:07:00 AM","31/12/1999, 12:00:59 AM","1/1/1970, 12:00:00 AM"],
  "en-IN {\"timeStyle\":\"short\"}": ["3:04 PM","9:07 AM","12:00 AM","12:00 AM"],
  "en-IN {\"timeStyle\":\"medium\"}": ["3:04:05 PM","9:07:00 AM","12:00:59 AM","12:00:00 AM"],
  "en-IN {\"dateStyle\":\"long\",\"timeStyle\":\"short\"}": ["2 January 2026 at 3:04 PM","23 September 2026 at 9:07 AM","31 December 1999 at 12:00 AM","1 January 1970 at 12:00 AM"],
  "en-IN {\"dateStyle\":\"medium\",\"timeStyle\":\"short\"}": ["2 Jan 2026, 3:04 PM","23 Sept 2026, 9:07 AM","31 Dec 1999, 12:00 AM","1 Jan 1970, 12:00 AM"],
  "en-IN {\"dateStyle\":\"short\",\"timeStyle\":\"medium\"}": ["02/01/26, 3:04:05 PM","23/09/26, 9:07:00 AM","31/12/99, 12:00:59 AM","01/01/70, 12:00:00 AM"],
  "en-IN {\"dateStyle\":\"full\",\"timeStyle\":\"long\"}": ["Friday, 2 January 2026 at 3:04:05 PM UTC","Wednesday, 23 September 2026 at 9:07:00 AM UTC","Friday, 31 December 1999 at 12:00:59 AM UTC","Thursday, 1 January 1970 at 12:00:00 AM UTC"],
  "en-IN {\"weekday\":\"short\",\"year\":\"numeric\",\"month\":\"short\",\"day\":\"numeric\"}": ["Fri, 2 Jan 2026","Wed, 23 Sept 2026","Fri, 31 Dec 1999","Thu, 1 Jan 1970"],
  "en-IN {\"hour\":\"numeric\",\"minute\":\"numeric\"}": ["3:04 PM","9:07 AM","12:00 AM","12:00 AM"],
  "en-IN {\"hour\":\"numeric\"}": ["3 PM","9 AM","12 AM","12 AM"],
  "en-IN {\"hour\":\"numeric\",\"minute\":\"2-digit\",\"hour12\":true}": ["3:04 PM","9:07 AM","12:00 AM","12:00 AM"],
  "en-IN {\"hour\":\"numeric\",\"minute\":\"2-digit\"}": ["3:04 PM","9:07 AM","12:00 AM","12:00 AM"],
  "en-IN {\"hour\":\"2-digit\",\"minute\":\"2-digit\"}": ["03:04 PM","09:07 AM","12:00 AM","12:00 AM"],
  "en-IN {\"hour\":\"2-digit\",\"minute\":\"2-digit\",\"second\":\"2-digit\"}": ["03:04:05 PM","09:07:00 AM","12:00:59 AM","12:00:00 AM"],
  "en-IN {\"hour\":\"numeric\",\"minute\":\"numeric\",\"second\":\"numeric\",\"fractionalSecondDigits\":3}": ["3:04:05.678 PM","9:07:00.000 AM","12:00:59.009 AM","12:00:00.000 AM"],
  "en-IN {\"year\":\"numeric\",\"month\":\"long\",\"day\":\"numeric\",\"hour\":\"numeric\",\"minute\":\"2-digit\"}": ["2 January 2026 at 3:04 PM","23 September 2026 at 9:07 AM","31 December 1999 at 12:00 AM","1 January 1970 at 12:00 AM"],
  "en-IN {\"year\":\"numeric\",\"month\":\"short\",\"day\":\"numeric\",\"hour\":\"2-digit\",\"minute\":\"2-digit\"}": ["2 Jan 2026, 03:04 PM","23 Sept 2026, 09:07 AM","31 Dec 1999, 12:00 AM","1 Jan 1970, 12:00 AM"],
  "en-IN {\"month\":\"short\",\"day\":\"numeric\",\"hour\":\"numeric\",\"minute\":\"2-digit\"}": ["2 Jan, 3:04 PM","23 Sept, 9:07 AM","31 Dec, 12:00 AM","1 Jan, 12:00 AM"],
  "en-IN date and time": ["2/1/2026","9:07:00 AM","Wed","09:07 AM"],
  "zone Asia/Tokyo longGeneric": ["1/3/2026, 12:04:05 AM Japan Time","9/23/2026, 6:07:00 PM Japan Time"],
  "zone America/Sao_Paulo shortGeneric": ["1/2/2026, 12:04:05 PM São Paulo Time","9/23/2026, 6:07:00 AM São Paulo Time"],
  "zone America/Sao_Paulo longGeneric": ["1/2/2026, 12:04:05 PM Brasilia Time","9/23/2026, 6:07:00 AM Brasilia Time"],
  "zone Europe/Kyiv shortGeneric": ["1/2/2026, 5:04:05 PM Kyiv Time","9/23/2026, 12:07:00 PM Kyiv Time"],
  "zone Pacific/Chatham shortGeneric": ["1/3/2026, 4:49:05 AM Chatham Islands Time","9/23/2026, 9:52:00 PM Chatham Islands Time"],
  "zone long Europe/London": ["3:04:05 PM GMT+0","10:07:00 AM GMT+1"],
  "calls": ["1/1/1970","TypeError: Method UnwrapDateTimeFormat called on incompatible receiver #<DateTimeFormat>","TypeError: Method Intl.DateTimeFormat.prototype.formatToParts called on incompatible receiver #<Object>","RangeError: Invalid time value","RangeError: Invalid time value","RangeError: Invalid time value","9/13/275760","Invalid Date","TypeError: Method Date.prototype.toLocaleString called on incompatible receiver #<Object>","TypeError: Method Date.prototype.toLocaleDateString called on incompatible receiver 5","TypeError: Invalid option : timeStyle","TypeError: Invalid option : dateStyle","1/1/1970, 12 AM","January 1, 1970 at 12:00:00 AM","1/1/6","RangeError: Invalid language tag: bad_"],
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
