// Intl.Locale.

import { host } from "../native.js";
import { canonicalTag, optionsObject, requireNew, service, stateOf, takeApart, textOption, truthOption } from "./service.js";

const states = new WeakMap();
const SERVICE = "locale";

function properTag(tag) {
  try {
    return canonicalTag(tag);
  } catch {
    throw new RangeError("Incorrect locale information provided");
  }
}

/** The subtags of a tag's base name. */
function subtags(base) {
  const [language, ...rest] = base.split("-");
  const found = { language, script: undefined, region: undefined, variants: [] };
  for (const part of rest) {
    if (part.length === 4 && /^[a-z]/i.test(part) && found.region === undefined && found.variants.length === 0) found.script = part;
    else if (/^([a-z]{2}|\d{3})$/i.test(part) && found.variants.length === 0) found.region = part;
    else found.variants.push(part);
  }
  return found;
}

export function Locale(tag, options = undefined) {
  requireNew(new.target, "Locale");
  if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) {
    throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
  }
  const given = optionsObject(options, SERVICE);
  const written = states.get(tag)?.text ?? String(tag);
  if (written === "") throw new RangeError("First argument to Intl.Locale constructor can't be empty or missing");
  const { base, keywords } = takeApart(properTag(written));
  const parts = subtags(base);
  for (const [name, form] of [["language", /^([a-z]{2,3}|[a-z]{5,8})$/i], ["script", /^[a-z]{4}$/i], ["region", /^([a-z]{2}|\d{3})$/i]]) {
    const value = given[name];
    if (value === undefined) continue;
    if (!form.test(String(value))) throw new RangeError("Incorrect locale information provided");
    parts[name] = String(value);
  }
  const set = (key, value) => {
    if (value !== undefined) keywords[key] = value === "true" ? "" : value;
  };
  const type = (name) => {
    const value = given[name];
    if (value === undefined) return undefined;
    if (!/^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i.test(String(value))) throw new RangeError("Incorrect locale information provided");
    return String(value).toLowerCase();
  };
  set("ca", type("calendar"));
  set("co", type("collation"));
  set("hc", textOption(given, "hourCycle", ["h11", "h12", "h23", "h24"], undefined, SERVICE));
  set("kf", textOption(given, "caseFirst", ["upper", "lower", "false"], undefined, SERVICE));
  const numeric = truthOption(given, "numeric", undefined);
  set("kn", numeric === undefined ? undefined : String(numeric));
  set("nu", type("numberingSystem"));
  const name = [parts.language, parts.script, parts.region, ...parts.variants].filter((part) => part !== undefined).join("-");
  const extension = Object.keys(keywords).sort().map((key) => `-${key}${keywords[key] === "" ? "" : `-${keywords[key]}`}`).join("");
  states.set(this, stateFrom(extension === "" ? name : `${name}-u${extension}`));
}

function stateFrom(tag) {
  const text = canonicalTag(tag);
  const { base, keywords } = takeApart(text);
  return { text, base, keywords, ...subtags(base) };
}

const read = (self, name) => stateOf(states, self, `get Intl.Locale.prototype.${name}`);
const likely = (self, fuller) => {
  const { text } = stateOf(states, self, `Intl.Locale.prototype.${fuller ? "maximize" : "minimize"}`);
  if (text === "und") return new Locale(fuller ? "en-Latn-US" : "en");
  return new Locale(host("intl.likely", text, fuller));
};
const keyword = (self, name, key) => read(self, name).keywords[key];

service("Locale", Locale, {
  toString() { return stateOf(states, this, "Intl.Locale.prototype.toString").text; },
  maximize() { return likely(this, true); },
  minimize() { return likely(this, false); },
  get language() { return read(this, "language").language; },
  get script() { return read(this, "script").script; },
  get region() { return read(this, "region").region; },
  get variants() { return read(this, "variants").variants.join("-") || undefined; },
  get baseName() { return read(this, "baseName").base; },
  get calendar() { return keyword(this, "calendar", "ca"); },
  get caseFirst() { return keyword(this, "caseFirst", "kf"); },
  get collation() { return keyword(this, "collation", "co"); },
  get firstDayOfWeek() { return keyword(this, "firstDayOfWeek", "fw"); },
  get hourCycle() { return keyword(this, "hourCycle", "hc"); },
  get numeric() { return ["", "true"].includes(keyword(this, "numeric", "kn")); },
  get numberingSystem() { return keyword(this, "numberingSystem", "nu"); },
  getTextInfo() {
    const { text } = stateOf(states, this, "Intl.Locale.prototype.getTextInfo");
    const { script } = subtags(takeApart(host("intl.likely", text, true)).base);
    return { direction: /^(Arab|Hebr|Thaa|Syrc|Nkoo|Adlm|Rohg)$/.test(script) ? "rtl" : "ltr" };
  },
}, false);
