// Intl.Collator.

import { host } from "../native.js";
import { matcherOption, optionsObject, resolvedObject, resolveLocale, service, stateOf, textOption, truthOption, typeOption } from "./service.js";

const SERVICE = "Intl.Collator";
const states = new WeakMap();

/** What a collator knows. */
export function collatorState(locales, given) {
  const options = optionsObject(given, SERVICE);
  const usage = textOption(options, "usage", ["sort", "search"], "sort", SERVICE);
  matcherOption(options, SERVICE);
  typeOption(options, "collation");
  const numeric = truthOption(options, "numeric", undefined);
  const caseFirst = textOption(options, "caseFirst", ["upper", "lower", "false"], undefined, SERVICE);
  const found = resolveLocale(locales, {
    kf: (value) => ["upper", "lower", "false"].includes(value),
    kn: (value) => value === "true" || value === "false",
  }, { kn: numeric === undefined ? undefined : String(numeric), kf: caseFirst });
  const sensitivity = textOption(options, "sensitivity", ["base", "accent", "case", "variant"], "variant", SERVICE);
  const ignorePunctuation = truthOption(options, "ignorePunctuation", found.data.startsWith("th"));
  return {
    locale: found.locale, data: found.data, usage, sensitivity, ignorePunctuation, numeric: found.kn === "true",
    caseFirst: found.kf ?? "false", bound: undefined,
  };
}

/** -1, 0 or 1. */
export function compareTexts(state, left, right) {
  if (left === right) return 0;
  return host("intl.compare", state.data, left, right, state.sensitivity, state.ignorePunctuation, state.numeric, state.caseFirst);
}

export function Collator(locales = undefined, options = undefined) {
  const self = new.target === undefined ? Object.create(Collator.prototype) : this;
  states.set(self, collatorState(locales, options));
  return self;
}

service("Collator", Collator, {
  resolvedOptions() {
    const { locale, usage, sensitivity, ignorePunctuation, numeric, caseFirst } =
      stateOf(states, this, "Intl.Collator.prototype.resolvedOptions");
    return resolvedObject({ locale, usage, sensitivity, ignorePunctuation, collation: "default", numeric, caseFirst });
  },
  get compare() {
    const state = stateOf(states, this, "get Intl.Collator.prototype.compare");
    return (state.bound ??= (left, right) => compareTexts(state, String(left), String(right)));
  },
});
