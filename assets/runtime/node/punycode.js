// The module "node:punycode" (RFC 3492).

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 128;
const MAX_INT = 2147483647;

export const version = "2.1.0";

export const ucs2 = {
  decode: (text) => Array.from(text, (letter) => letter.codePointAt(0)),
  encode: (codes) => String.fromCodePoint(...codes),
};

function adapt(delta, points, isFirst) {
  let left = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  left += Math.floor(left / points);
  let k = 0;
  for (; left > ((BASE - T_MIN) * T_MAX) >> 1; k += BASE) left = Math.floor(left / (BASE - T_MIN));
  return Math.floor(k + ((BASE - T_MIN + 1) * left) / (left + SKEW));
}

const threshold = (k, bias) => (k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias);
const digit = (value) => String.fromCharCode(value < 26 ? value + 97 : value + 22);

function valueOf(code) {
  if (code >= 0x30 && code < 0x3a) return code - 22;
  if (code >= 0x41 && code < 0x5b) return code - 0x41;
  if (code >= 0x61 && code < 0x7b) return code - 0x61;
  return BASE;
}

export function decode(text) {
  const split = Math.max(0, text.lastIndexOf("-"));
  const output = [];
  for (let at = 0; at < split; at++) {
    if (text.charCodeAt(at) >= 0x80) throw new RangeError("Illegal input >= 0x80 (not a basic code point)");
    output.push(text.charCodeAt(at));
  }
  let [n, i, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  for (let at = split > 0 ? split + 1 : 0; at < text.length;) {
    const before = i;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const value = at < text.length ? valueOf(text.charCodeAt(at++)) : BASE;
      if (value >= BASE) throw new RangeError("Invalid input");
      if (value > Math.floor((MAX_INT - i) / weight)) throw new RangeError("Overflow: input needs wider integers to process");
      i += value * weight;
      const t = threshold(k, bias);
      if (value < t) break;
      weight *= BASE - t;
    }
    const count = output.length + 1;
    bias = adapt(i - before, count, before === 0);
    n += Math.floor(i / count);
    i %= count;
    output.splice(i++, 0, n);
  }
  return String.fromCodePoint(...output);
}

export function encode(text) {
  const codes = ucs2.decode(text);
  let output = codes.filter((code) => code < 0x80).map((code) => String.fromCharCode(code)).join("");
  const basic = output.length;
  let handled = basic;
  if (basic > 0) output += "-";
  let [n, delta, bias] = [INITIAL_N, 0, INITIAL_BIAS];
  while (handled < codes.length) {
    const next = codes.reduce((least, code) => (code >= n && code < least ? code : least), MAX_INT);
    delta += (next - n) * (handled + 1);
    n = next;
    for (const code of codes) {
      if (code < n && ++delta > MAX_INT) throw new RangeError("Overflow: input needs wider integers to process");
      if (code !== n) continue;
      let q = delta;
      for (let k = BASE; ; k += BASE) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += digit(t + ((q - t) % (BASE - t)));
        q = Math.floor((q - t) / (BASE - t));
      }
      output += digit(q);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled++;
    }
    delta++;
    n++;
  }
  return output;
}

/** Maps the labels of a domain, also one behind the "@" of an address. */
function mapLabels(domain, map) {
  const at = domain.lastIndexOf("@");
  const labels = domain.slice(at + 1).replace(/[\u3002\uff0e\uff61]/g, ".").split(".");
  return domain.slice(0, at + 1) + labels.map(map).join(".");
}

export const toASCII = (domain) => mapLabels(domain, (label) => (/[^\0-\x7f]/.test(label) ? `xn--${encode(label)}` : label));
export const toUnicode = (domain) => mapLabels(domain, (label) => (label.startsWith("xn--") ? decode(label.slice(4).toLowerCase()) : label));

export default { version, ucs2, decode, encode, toASCII, toUnicode };
