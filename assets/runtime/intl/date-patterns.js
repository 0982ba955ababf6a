// From the options of DateTimeFormat to a pattern: a list of fields [letter, width] and literal texts.

import { host } from "../native.js";

const MONTHS = { numeric: "M", "2-digit": "MM", short: "MMM", long: "MMMM", narrow: "MMMMM" };
const DIGITS = { numeric: 1, "2-digit": 2 };
const TEXTS = { short: 3, long: 4, narrow: 5 };
const ZONES = { short: "z", long: "zzzz", shortOffset: "O", longOffset: "OOOO", shortGeneric: "v", longGeneric: "vvvv" };
const HOURS = { h11: "K", h12: "h", h23: "H", h24: "k" };
const CYCLES = { K: "h11", h: "h12", H: "h23", k: "h24" };

// Languages whose dates in digits have less zeros, or others, than their short dates, which is what
// ICU4X makes of them.
const NUMERIC_DATES = {
  de: { yMd: "d.M.y", Md: "d.M.", yM: "M/y" }, ja: { yMd: "y/M/d", Md: "M/d", yM: "y/M" },
  tr: { yMd: "dd.MM.y", Md: "d/M", yM: "MM/y" }, nl: { yMd: "d-M-y", Md: "d-M", yM: "M-y" },
  pl: { yMd: "d.MM.y", Md: "d.MM" }, sv: { Md: "d/M" }, "en-IN": { yMd: "d/M/y" },
};

// What the data of ICU4X has otherwise than the reference's, by language.
const OTHERWISE = {
  ko: [[/^(yy?)\/(MM?)\/(dd?)/, "$1. $2. $3."], [/^(y)\/(MM?)/, "$1. $2."]], hi: [["MMMM, y", "MMMM y"]],
  pl: [[/^dd\.MM\.y/, "d.MM.y"]], "en-IN": [["dd MMM", "d MMM"]], es: [["zzzz", "(zzzz)"]],
};

function correct(data, pattern) {
  for (const [from, to] of OTHERWISE[data] ?? OTHERWISE[data.split("-", 1)[0]] ?? []) pattern = pattern.replace(from, to);
  return pattern;
}

// Languages that write hours of one digit without a zero, which ICU4X's patterns do not tell.
const HOURS_ALONE = /^es(-|$)/;

/** Reads a pattern of UTS 35. */
export function parsePattern(pattern) {
  const pieces = [];
  const literal = (text) => {
    if (typeof pieces.at(-1) === "string") pieces[pieces.length - 1] += text;
    else pieces.push(text);
  };
  for (const [token] of pattern.matchAll(/'(?:[^']|'')*'|([a-zA-Z])\1*|[^a-zA-Z']+/g)) {
    if (token[0] === "'") literal(token === "''" ? "'" : token.slice(1, -1).replaceAll("''", "'"));
    else if (/[a-zA-Z]/.test(token[0])) pieces.push([token[0], token.length]);
    // as V8 has it: programs expect plain spaces
    else literal(token.replace(/[\u202f\u2009]/g, " "));
  }
  return pieces;
}

/** The pattern for a formatter's options, and the hour cycle that it shows, if any. */
export function makePattern(options) {
  const { data, fields, dateStyle, timeStyle, hour12 } = options;
  let cycle = options.cycle;
  if (hour12 === true) cycle = data.startsWith("ja") ? "h11" : "h12";
  else if (hour12 === false) cycle = "h23";
  const asked = cycle === "h24" ? "h23" : cycle ?? "";
  const pieces = dateStyle !== undefined || timeStyle !== undefined
    ? parsePattern(correct(data, host("intl.style", data, dateStyle ?? "", timeStyle ?? "", asked)))
    : fromFields(data, fields, asked);
  let shown;
  for (const piece of pieces) {
    if (typeof piece === "string" || !"hHkK".includes(piece[0])) continue;
    if (cycle !== undefined) piece[0] = HOURS[cycle];
    if (HOURS_ALONE.test(data) && piece[0] === "H" && (!fields.hour || fields.hour === "numeric")) piece[1] = 1;
    shown = CYCLES[piece[0]];
  }
  return { pieces, hourCycle: shown };
}

function fromFields(data, fields, cycle) {
  const special = withoutHours(fields);
  if (special !== undefined) return special;
  const month = fields.month;
  const isText = month in TEXTS;
  if (fields.timeZoneName && !fields.hour && (fields.year || fields.month || fields.day || fields.weekday)) {
    const zone = ZONES[fields.timeZoneName];
    return [...fromFields(data, { ...fields, timeZoneName: undefined }, cycle), ", ", [zone[0], zone.length]];
  }
  let pieces = parsePattern(find(data, skeletonOf(fields, MONTHS[month]), cycle));
  const given = pieces.find((piece) => typeof piece !== "string" && "ML".includes(piece[0]));
  // some languages write their middle length in digits: the long pattern, shortened, is what is asked
  if (isText && given?.[1] < 3) pieces = parsePattern(inWords(data, fields, cycle));
  const loose = loosens(fields) && (cycle !== "h23" || host("intl.skeleton", data, "j", "").includes("H"));
  for (const piece of pieces) if (typeof piece !== "string") adjust(piece, fields, loose);
  return pieces;
}

/** The pattern with the month as in a long date; date and time are still joined as in a middling one. */
function inWords(data, fields, cycle) {
  const date = { ...fields, hour: undefined, minute: undefined, second: undefined, fractionalSecondDigits: undefined, timeZoneName: undefined };
  const long = find(data, skeletonOf(date, "MMMM"), cycle);
  if (!fields.hour) return long;
  return find(data, skeletonOf(fields, MONTHS[fields.month]), cycle).replace(find(data, skeletonOf(date, MONTHS[fields.month]), cycle), long);
}

function find(data, skeleton, cycle) {
  const numeric = /^(yMd|Md|yM)(j.*)?$/.exec(skeleton.replace("yy", "y"));
  const language = data.split("-", 1)[0];
  const own = numeric === null ? undefined : (NUMERIC_DATES[data] ?? NUMERIC_DATES[language])?.[numeric[1]];
  const pattern = host("intl.skeleton", data, skeleton, cycle);
  if (language === "fr" && pattern === "HH") return "HH 'h'";
  if ((language === "ru" || language === "it") && pattern === "HH") return "H";
  if (own === undefined) return correct(data, pattern);
  if (numeric[2] === undefined) return own;
  return pattern.replace(host("intl.skeleton", data, numeric[1], cycle), own);
}

function skeletonOf(fields, month) {
  let skeleton = "";
  if (fields.era) skeleton += { short: "G", long: "GGGG", narrow: "GGGGG" }[fields.era];
  if (fields.year || fields.era) skeleton += fields.year === "2-digit" ? "yy" : "y";
  if (month) skeleton += month;
  if (fields.weekday) skeleton += { short: "E", long: "EEEE", narrow: "EEEEE" }[fields.weekday];
  const isText = month?.length > 2;
  if (fields.day) skeleton += isText ? "d" : "d".repeat(DIGITS[fields.day]);
  // two digits are seen to later: asked for here, they would spread to the date
  if (fields.hour) skeleton += "j";
  if (fields.minute || (fields.second && fields.hour)) skeleton += "m";
  if (fields.second) skeleton += "s";
  if (fields.fractionalSecondDigits && fields.second) skeleton += "S".repeat(fields.fractionalSecondDigits);
  if (fields.timeZoneName) skeleton += ZONES[fields.timeZoneName];
  return skeleton;
}

/** Times without hours, which no language writes otherwise. */
function withoutHours(fields) {
  const { hour, minute, second, fractionalSecondDigits: part, weekday, year, month, day, era, timeZoneName } = fields;
  if (hour || weekday || year || month || day || era || timeZoneName || !(minute || second || part)) return undefined;
  const pieces = [];
  if (minute) pieces.push(["m", second ? 2 : 1]);
  if (second) {
    if (minute) pieces.push(":");
    pieces.push(["s", minute ? 2 : DIGITS[second]]);
  }
  if (part) {
    if (second) pieces.push(".");
    pieces.push(["S", part]);
  }
  return pieces;
}

/** Whether the widths asked for are such that the hour, too, gets its own: ICU's way with skeletons. */
const loosens = ({ minute, second, fractionalSecondDigits }) =>
  fractionalSecondDigits === undefined && (minute === "2-digit" || second === "2-digit");

/** Gives a field the width that was asked for. */
function adjust(piece, fields, loose) {
  switch (piece[0]) {
    case "y": piece[1] = DIGITS[fields.year] ?? piece[1]; break;
    case "M": case "L":
      // a language that counts its months does so at any length
      if (fields.month in TEXTS) piece[1] = piece[1] < 3 ? piece[1] : TEXTS[fields.month];
      else if (fields.month === "2-digit") piece[1] = 2;
      break;
    case "d": if (fields.day === "2-digit") piece[1] = 2; break;
    case "E": case "c": piece[1] = TEXTS[fields.weekday] ?? piece[1]; break;
    case "G": piece[1] = TEXTS[fields.era] ?? piece[1]; break;
    case "h": case "H": case "k": case "K":
      if (fields.hour === "2-digit") piece[1] = 2;
      else if (loose) piece[1] = 1;
      break;
    case "a": case "b": case "B":
      if (fields.dayPeriod) [piece[0], piece[1]] = ["B", TEXTS[fields.dayPeriod]];
  }
}
