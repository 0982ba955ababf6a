// Intl: what there is of it, and the methods of other classes that use it.
//
//   service.js  what every part shares       digits.js  exact decimals and rounding
//   number-*    NumberFormat, units.js       date-*     DateTimeFormat
//   words.js    plurals, lists, distances in time
//   texts.js    segments, names              locale.js  Intl.Locale
//   collator.js                              methods.js toLocaleString and its kind

import { host } from "../native.js";
import { Collator } from "./collator.js";
import { DateTimeFormat } from "./date-format.js";
import { formerName } from "./date-options.js";
import { installMethods } from "./methods.js";
import { Locale } from "./locale.js";
import { NumberFormat } from "./number-format.js";
import { canonicalList } from "./service.js";
import { DisplayNames, Segmenter } from "./texts.js";
import { allUnits } from "./units.js";
import { ListFormat, PluralRules, RelativeTimeFormat } from "./words.js";

// What is supported, as far as it is a short list.
const VALUES = {
  calendar: () => ["gregory", "iso8601"],
  collation: () => [],
  numberingSystem: () => "adlm arab arabext bali beng deva fullwide gujr guru hanidec khmr knda laoo latn limb mlym mong mymr orya tamldec telu thai tibt".split(" "),
  unit: allUnits,
  timeZone: () => [...new Set(host("intl.zones", "").map(formerName))].sort(),
  currency: () => ("AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XDR XOF XPF XSU YER ZAR ZMW ZWL").split(" "),
};

const functions = {
  getCanonicalLocales(locales) {
    return canonicalList(locales);
  },
  supportedValuesOf(key) {
    const values = VALUES[String(key)];
    if (values === undefined || !Object.hasOwn(VALUES, String(key))) throw new RangeError(`Invalid key : ${key}`);
    return values();
  },
};

/** Puts `Intl` and the methods into `global`. */
export function installIntl(global) {
  const intl = {};
  const members = { ...functions, DateTimeFormat, NumberFormat, Collator, PluralRules, RelativeTimeFormat, ListFormat, Locale, DisplayNames, Segmenter };
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(intl, name, { value, writable: true, enumerable: false, configurable: true });
  }
  Object.defineProperty(intl, Symbol.toStringTag, { value: "Intl", configurable: true });
  Object.defineProperty(global, "Intl", { value: intl, writable: true, enumerable: false, configurable: true });
  installMethods();
}
