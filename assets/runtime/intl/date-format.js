// Intl.DateTimeFormat: patterns and names come from the host, the fields are filled in here.

import { host } from "../native.js";
import { dateOptions } from "./date-options.js";
import { makePattern } from "./date-patterns.js";
import { localDigits, symbolsOf } from "./number-format.js";
import { optionsObject, partObjects, remembered, resolvedObject, service, stateOf, textOfParts } from "./service.js";

const states = new WeakMap();
const nameLists = new Map();
const LARGEST_TIME = 8.64e15;
const WIDTHS = { 3: "short", 4: "long", 5: "narrow" };
const DIGIT_WIDTHS = { 1: "numeric", 2: "2-digit" };
const ZONE_NAMES = { z: "short", zzzz: "long", O: "shortOffset", OOOO: "longOffset", v: "shortGeneric", vvvv: "longGeneric" };
const TYPES = {
  G: "era", y: "year", M: "month", L: "month", d: "day", E: "weekday", c: "weekday", a: "dayPeriod", b: "dayPeriod",
  B: "dayPeriod", h: "hour", H: "hour", k: "hour", K: "hour", m: "minute", s: "second", S: "fractionalSecond",
  z: "timeZoneName", O: "timeZoneName", v: "timeZoneName", V: "timeZoneName",
};

/** What a formatter knows. */
export function dateState(locales, options, required, defaults) {
  const read = dateOptions(locales, options, required, defaults);
  const { pieces, hourCycle } = makePattern(read);
  const symbols = symbolsOf(read.data, read.system);
  const part = pieces.findIndex((piece) => typeof piece !== "string" && piece[0] === "S");
  if (part > 0 && pieces[part - 1] === ".") pieces[part - 1] = symbols.decimal;
  return { ...read, pieces, hourCycle, symbols, bound: undefined };
}

export function DateTimeFormat(locales = undefined, options = undefined) {
  const self = new.target === undefined ? Object.create(DateTimeFormat.prototype) : this;
  states.set(self, dateState(locales, optionsObject(options, "Intl.DateTimeFormat"), "any", "date"));
  return self;
}

const members = {
  resolvedOptions() {
    const state = stateOf(states, this, "UnwrapDateTimeFormat");
    const { hourCycle } = state;
    return resolvedObject({
      locale: state.locale, calendar: state.calendar, numberingSystem: state.symbols.system, timeZone: state.timeZone,
      hourCycle, hour12: hourCycle === undefined ? undefined : hourCycle === "h11" || hourCycle === "h12",
      ...(state.dateStyle || state.timeStyle ? {} : shownFields(state)),
      dateStyle: state.dateStyle, timeStyle: state.timeStyle,
    });
  },
  formatToParts(date) {
    return partObjects(dateParts(stateOf(states, this, "Intl.DateTimeFormat.prototype.formatToParts"), timeOf(date)));
  },
  get format() {
    const state = stateOf(states, this, "UnwrapDateTimeFormat");
    return (state.bound ??= (date) => formatDate(state, timeOf(date)));
  },
  formatRange(start, end) {
    return textOfParts(rangeParts(stateOf(states, this, "Intl.DateTimeFormat.prototype.formatRange"), start, end).flat());
  },
  formatRangeToParts(start, end) {
    const pieces = rangeParts(stateOf(states, this, "Intl.DateTimeFormat.prototype.formatRangeToParts"), start, end);
    if (pieces.length === 1) return partObjects(pieces[0], { source: "shared" });
    const sources = ["startRange", "shared", "endRange", "shared"];
    return pieces.flatMap((flat, index) => partObjects(flat, { source: sources[index] }));
  },
};

service("DateTimeFormat", DateTimeFormat, members);

const timeOf = (date) => (date === undefined ? Date.now() : Number(date));
export const formatDate = (state, time) => textOfParts(dateParts(state, time));

/** The fields as the pattern shows them, in the order of resolvedOptions. */
function shownFields({ pieces, fields }) {
  const found = {};
  for (const piece of pieces) {
    if (typeof piece === "string") continue;
    const [letter, width] = piece;
    const type = TYPES[letter];
    if (type === "dayPeriod") continue;
    if (type === "timeZoneName") found[type] = ZONE_NAMES[letter.repeat(width)];
    else if (type === "fractionalSecond") found.fractionalSecondDigits = width;
    else if ("GEcML".includes(letter) && width >= 3) found[type] = WIDTHS[width];
    else if (type === "era" || type === "weekday") found[type] = "short";
    else found[type] = DIGIT_WIDTHS[width] ?? "numeric";
  }
  const order = ["weekday", "era", "year", "month", "day", "dayPeriod", "hour", "minute", "second", "fractionalSecondDigits", "timeZoneName"];
  if (fields.dayPeriod && found.hour) found.dayPeriod = fields.dayPeriod;
  return Object.fromEntries(order.map((name) => [name, found[name]]));
}

/** The names that a field picks from. */
const namesOf = (locale, letter, width) =>
  remembered(nameLists, `${locale} ${letter} ${width}`, () => {
    const shortest = letter === "G" || letter === "E" || letter === "a" ? 1 : 3;
    return host("intl.names", locale, letter.repeat(width === 3 ? shortest : width));
  });

function offsetOf(zone, time) {
  if (zone === "UTC") return 0;
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  if (fixed === null) return host("intl.offset", zone, time) * 1000;
  const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
  return (fixed[1] === "-" ? -minutes : minutes) * 60_000;
}

/** The moment as flat parts [type, text, …]. */
export function dateParts(state, time) {
  if (!(Math.abs(time) <= LARGEST_TIME)) throw new RangeError("Invalid time value");
  time = Math.trunc(time);
  const local = new Date(time + offsetOf(state.timeZone, time));
  const parts = [];
  for (const piece of state.pieces) {
    if (typeof piece === "string") parts.push("literal", piece);
    else parts.push(TYPES[piece[0]] ?? "literal", fieldText(state, piece, local, time));
  }
  return parts;
}

function fieldText(state, [letter, width], local, time) {
  const digits = (number, least = width) => localDigits(String(number).padStart(least, "0"), state.symbols);
  const name = (index) => namesOf(state.data, letter, width)[index];
  const year = local.getUTCFullYear();
  const hour = local.getUTCHours();
  switch (letter) {
    case "G": return name(year > 0 ? 1 : 0);
    case "y": {
      const shown = year > 0 ? year : 1 - year;
      return width === 2 ? digits(shown % 100) : digits(shown);
    }
    case "M": case "L": return width < 3 ? digits(local.getUTCMonth() + 1) : name(local.getUTCMonth());
    case "d": return digits(local.getUTCDate());
    case "E": case "c": return namesOf(state.data, letter, Math.max(width, 3))[local.getUTCDay()];
    case "a": case "b": return namesOf(state.data, "a", Math.max(width, 3))[hour];
    case "B": return state.data.startsWith("en") ? partOfDay(hour, local.getUTCMinutes(), width) : namesOf(state.data, "a", 3)[hour];
    case "h": return digits(hour % 12 || 12);
    case "K": return digits(hour % 12);
    case "H": return digits(hour);
    case "k": return digits(hour || 24);
    case "m": return digits(local.getUTCMinutes());
    case "s": return digits(local.getUTCSeconds());
    case "S": return digits(String(local.getUTCMilliseconds()).padStart(3, "0").slice(0, width), 0);
    default: return zoneText(state, letter.repeat(width), time);
  }
}

/** The parts of the day in English; the data of ICU4X has none yet. */
function partOfDay(hour, minute, width) {
  if (hour === 12 && minute === 0) return width === 5 ? "n" : "noon";
  if (hour === 0 || (hour >= 6 && hour < 12)) return "in the morning";
  if (hour >= 12 && hour < 18) return "in the afternoon";
  return hour >= 18 && hour < 21 ? "in the evening" : "at night";
}

function zoneText(state, letters, time) {
  const style = ZONE_NAMES[letters] ?? "short";
  if (state.timeZone === "UTC") {
    if (style === "short") return "UTC";
    if (style !== "long") return style.startsWith("short") ? "GMT+0" : "GMT+00:00";
  }
  return host("intl.zoneName", state.data, state.timeZone, time, style);
}

/** Two moments as pieces: start, between, end; one piece when they look the same. */
function rangeParts(state, start, end) {
  if (start === undefined || end === undefined) throw new TypeError("Invalid time value");
  const [from, to] = [Number(start), Number(end)];
  const dayOf = (time) => Math.floor((time + offsetOf(state.timeZone, time)) / 86_400_000);
  const isDated = state.pieces.some((piece) => typeof piece !== "string" && "GyMLdEc".includes(piece[0]));
  if (!isDated && Math.abs(from) <= LARGEST_TIME && Math.abs(to) <= LARGEST_TIME && dayOf(from) !== dayOf(to)) {
    // times on different days need their days
    const { pieces } = makePattern({ data: state.data, fields: { year: "numeric", month: "numeric", day: "numeric" } });
    state = { ...state, pieces: [...pieces, ", ", ...state.pieces] };
  }
  const [one, two] = [dateParts(state, from), dateParts(state, to)];
  if (textOfParts(one) === textOfParts(two)) return [one];
  const between = ["literal", " – "];
  const valueOf = (parts, type) => parts[parts.indexOf(type) + 1];
  const same = (...types) => types.every((type) => valueOf(one, type) === valueOf(two, type));
  const month = one.indexOf("month");
  const isWordy = month >= 0 && !/\d/.test(one[month + 1]);
  const types = one.filter((_, index) => index % 2 === 0 && one[index] !== "literal").join(" ");
  // what both ends share is written once, as English does
  if (state.data.startsWith("en") && isWordy && types === "month day year" && same("year")) {
    const tail = one.slice(one.indexOf("day") + 2);
    const second = two.slice(0, two.indexOf("day") + 2);
    if (same("month")) second.splice(0, second.indexOf("day"));
    return [one.slice(0, one.indexOf("day") + 2), between, second, tail];
  }
  if (state.data.startsWith("en") && /^hour( minute)?( second)? dayPeriod$/.test(types) && same("dayPeriod")) {
    return [one.slice(0, one.indexOf("dayPeriod") - 2), between, two];
  }
  return [one, between, two];
}
