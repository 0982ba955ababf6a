// The options of DateTimeFormat.

import { host } from "../native.js";
import { isNumberingSystem } from "./number-options.js";
import { matcherOption, numberOption, resolveLocale, textOption, truthOption, typeOption } from "./service.js";

const SERVICE = "Intl.DateTimeFormat";
const TEXT = ["narrow", "short", "long"];
const DIGITS = ["2-digit", "numeric"];
const ZONE_NAMES = ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"];
const CYCLES = ["h11", "h12", "h23", "h24"];
const STYLES = ["full", "long", "medium", "short"];

// What the reference still calls zones that the database has renamed.
const FORMER_NAMES = {
  "Etc/UTC": "UTC", "Etc/GMT": "UTC", "Asia/Kolkata": "Asia/Calcutta", "Europe/Kyiv": "Europe/Kiev",
  "Asia/Ho_Chi_Minh": "Asia/Saigon", "Asia/Kathmandu": "Asia/Katmandu", "Asia/Yangon": "Asia/Rangoon",
  "America/Argentina/Buenos_Aires": "America/Buenos_Aires", "America/Argentina/Catamarca": "America/Catamarca",
  "America/Argentina/Cordoba": "America/Cordoba", "America/Argentina/Jujuy": "America/Jujuy",
  "America/Argentina/Mendoza": "America/Mendoza", "America/Indiana/Indianapolis": "America/Indianapolis",
  "America/Kentucky/Louisville": "America/Louisville", "America/Nuuk": "America/Godthab",
  "America/Atikokan": "America/Coral_Harbour", "Africa/Asmara": "Africa/Asmera", "Atlantic/Faroe": "Atlantic/Faeroe",
  "Pacific/Chuuk": "Pacific/Truk", "Pacific/Pohnpei": "Pacific/Ponape", "Pacific/Kanton": "Pacific/Enderbury",
};

/** The zone's name as resolvedOptions gives it; a RangeError for none. */
export function zoneOption(value) {
  if (value === undefined) return "UTC";
  const text = String(value);
  const offset = /^([+-])(\d\d)(?::?(\d\d))?$/.exec(text);
  if (offset !== null && Number(offset[2]) < 24 && Number(offset[3] ?? 0) < 60) {
    const minutes = offset[3] ?? "00";
    const sign = offset[2] === "00" && minutes === "00" ? "+" : offset[1];
    return `${sign}${offset[2]}:${minutes}`;
  }
  if (/^utc$/i.test(text)) return "UTC";
  const found = offset === null ? host("intl.zone", text) : null;
  if (found === null) throw new RangeError(`Invalid time zone specified: ${text}`);
  return formerName(found);
}

/** A zone's name as the reference has it. */
export const formerName = (name) => FORMER_NAMES[name] ?? name;

/**
 * Reads everything DateTimeFormat is given. `required` and `defaults` are ECMA-402's: "date", "time",
 * "any" and "date", "time", "all".
 */
export function dateOptions(locales, options, required, defaults) {
  matcherOption(options, SERVICE);
  const calendar = typeOption(options, "calendar");
  const system = typeOption(options, "numberingSystem");
  const hour12 = truthOption(options, "hour12", undefined);
  const hourCycle = textOption(options, "hourCycle", CYCLES, undefined, SERVICE);
  const keys = { ca: (value) => value === "gregory" || value === "iso8601", nu: isNumberingSystem, hc: (value) => CYCLES.includes(value) };
  const found = resolveLocale(locales, keys, { ca: calendar, nu: system, hc: hour12 === undefined ? hourCycle : undefined });
  const timeZone = zoneOption(options.timeZone);
  const fields = readFields(options);
  textOption(options, "formatMatcher", ["basic", "best fit"], "best fit", SERVICE);
  const dateStyle = textOption(options, "dateStyle", STYLES, undefined, SERVICE);
  const timeStyle = textOption(options, "timeStyle", STYLES, undefined, SERVICE);
  if (dateStyle !== undefined || timeStyle !== undefined) {
    const explicit = Object.keys(fields).find((name) => fields[name] !== undefined);
    if (explicit !== undefined) throw new TypeError("Invalid option : option");
    if (required === "date" && timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
    if (required === "time" && dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
  } else fillIn(fields, required, defaults);
  return {
    locale: found.locale, data: found.data, calendar: found.ca ?? "gregory", system: found.nu ?? "",
    cycle: hour12 === undefined ? found.hc : undefined, hour12, timeZone, fields, dateStyle, timeStyle,
  };
}

function readFields(options) {
  const text = (name, values) => textOption(options, name, values, undefined, SERVICE);
  return {
    weekday: text("weekday", TEXT), era: text("era", TEXT), year: text("year", DIGITS),
    month: text("month", [...DIGITS, ...TEXT]), day: text("day", DIGITS), dayPeriod: text("dayPeriod", TEXT),
    hour: text("hour", DIGITS), minute: text("minute", DIGITS), second: text("second", DIGITS),
    fractionalSecondDigits: numberOption(options, "fractionalSecondDigits", 1, 3, undefined),
    timeZoneName: text("timeZoneName", ZONE_NAMES),
  };
}

function fillIn(fields, required, defaults) {
  const has = (...names) => names.some((name) => fields[name] !== undefined);
  const hasDate = required !== "time" && has("weekday", "year", "month", "day");
  const hasTime = required !== "date" && has("dayPeriod", "hour", "minute", "second", "fractionalSecondDigits");
  if (hasDate || hasTime) return;
  if (defaults !== "time") fields.year = fields.month = fields.day = "numeric";
  if (defaults !== "date") fields.hour = fields.minute = fields.second = "numeric";
}
