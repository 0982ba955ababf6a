// Segmenter and DisplayNames.

import { host } from "../native.js";
import { canonicalTag, matcherOption, optionsObject, requireNew, resolvedObject, resolveLocale, service, stateOf, textOption } from "./service.js";

const segmenters = new WeakMap();
const names = new WeakMap();

export function Segmenter(locales = undefined, options = undefined) {
  requireNew(new.target, "Segmenter");
  const name = "Intl.Segmenter";
  const given = optionsObject(options, name);
  matcherOption(given, name);
  const { locale } = resolveLocale(locales);
  segmenters.set(this, { locale, granularity: textOption(given, "granularity", ["grapheme", "word", "sentence"], "grapheme", name) });
}

/** Where `text` is cut, in its own units, as [from, to, isWord] each. */
function pieces(granularity, text) {
  const cuts = host("intl.boundaries", granularity, text);
  const found = [];
  let at = 0;
  let bytes = 0;
  for (let index = 0; index < cuts.length; index += 2) {
    const from = at;
    while (bytes < cuts[index]) {
      const code = text.codePointAt(at);
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      at += code > 0xffff ? 2 : 1;
    }
    if (at > from) found.push([from, at, cuts[index + 1]]);
  }
  return found;
}

const segment = (state, text, [from, to, isWord]) => ({
  segment: text.slice(from, to), index: from, input: text,
  ...(state.granularity === "word" ? { isWordLike: isWord } : {}),
});

const SegmentIterator = Object.assign(Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))), {});
Object.defineProperty(SegmentIterator, Symbol.toStringTag, { value: "Segmenter String Iterator", configurable: true });
const positions = new WeakMap();
Object.defineProperty(SegmentIterator, "next", {
  value: {
    next() {
      const state = stateOf(positions, this, "%SegmentIterator.prototype%.next");
      if (state.at >= state.all.length) return { value: undefined, done: true };
      return { value: segment(state.of, state.text, state.all[state.at++]), done: false };
    },
  }.next,
  writable: true, configurable: true,
});

class Segments {
  #state;
  #text;
  #all;
  constructor(state, text) {
    this.#state = state;
    this.#text = text;
  }
  get #pieces() {
    return (this.#all ??= pieces(this.#state.granularity, this.#text));
  }
  containing(index = undefined) {
    const at = Math.trunc(Number(index)) || 0;
    if (at < 0 || at >= this.#text.length) return undefined;
    const found = this.#pieces.find(([from, to]) => at >= from && at < to);
    return segment(this.#state, this.#text, found);
  }
  [Symbol.iterator]() {
    const iterator = Object.create(SegmentIterator);
    positions.set(iterator, { of: this.#state, text: this.#text, all: this.#pieces, at: 0 });
    return iterator;
  }
}
delete Segments.prototype.constructor;

service("Segmenter", Segmenter, {
  resolvedOptions() {
    const { locale, granularity } = stateOf(segmenters, this, "Intl.Segmenter.prototype.resolvedOptions");
    return { locale, granularity };
  },
  segment(text) {
    const state = stateOf(segmenters, this, "Intl.Segmenter.prototype.segment");
    return new Segments(state, String(text).toWellFormed());
  },
});

export function DisplayNames(locales, options) {
  requireNew(new.target, "DisplayNames");
  const name = "Intl.DisplayNames";
  if (options === undefined) throw new TypeError("invalid_argument");
  const given = optionsObject(options, name);
  matcherOption(given, name);
  const { locale, data } = resolveLocale(locales);
  const style = textOption(given, "style", ["narrow", "short", "long"], "long", name);
  const type = textOption(given, "type", ["language", "region", "script", "currency", "calendar", "dateTimeField"], undefined, name);
  if (type === undefined) throw new TypeError("invalid_argument");
  const fallback = textOption(given, "fallback", ["code", "none"], "code", name);
  const languageDisplay = textOption(given, "languageDisplay", ["dialect", "standard"], "dialect", name);
  names.set(this, { locale, data, style, type, fallback, languageDisplay: type === "language" ? languageDisplay : undefined });
}

const FORMS = {
  region: [/^([a-z]{2}|\d{3})$/i, (code) => code.toUpperCase()],
  script: [/^[a-z]{4}$/i, (code) => code[0].toUpperCase() + code.slice(1).toLowerCase()],
  currency: [/^[a-z]{3}$/i, (code) => code.toUpperCase()],
  language: [/^[a-z]{2,8}(-[a-z0-9]{2,8})*$/i, (code) => canonicalTag(code)],
  calendar: [/^[a-z0-9]{3,8}(-[a-z0-9]{3,8})*$/i, (code) => code.toLowerCase()],
  dateTimeField: [/^(era|year|quarter|month|weekOfYear|weekday|day|dayPeriod|hour|minute|second|timeZoneName)$/, (code) => code],
};

function nameOf(state, code) {
  if (state.type === "calendar" || state.type === "dateTimeField") return null;
  if (state.type !== "currency") {
    return host("intl.name", state.data, state.type, state.style, state.languageDisplay === "dialect", code);
  }
  if (state.style === "long") {
    return host("intl.name", state.data, "currency", "long", true, code);
  }
  return host("intl.currency", state.data, code, state.style === "short" ? "symbol" : "narrowSymbol").plain.replace("{0}", "").trim();
}

service("DisplayNames", DisplayNames, {
  resolvedOptions() {
    const { locale, style, type, fallback, languageDisplay } = stateOf(names, this, "Intl.DisplayNames.prototype.resolvedOptions");
    return resolvedObject({ locale, style, type, fallback, languageDisplay });
  },
  of(code) {
    const state = stateOf(names, this, "Intl.DisplayNames.prototype.of");
    const [form, canonical] = FORMS[state.type];
    const text = String(code);
    if (!form.test(text)) throw new RangeError("invalid_argument");
    const proper = canonical(text);
    const found = nameOf(state, proper);
    if (found !== null && found !== proper) return found;
    return found ?? (state.fallback === "code" ? proper : undefined);
  },
});
