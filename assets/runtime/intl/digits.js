// Exact decimals: `{ negative, digits, point }` is ±0.DIGITS × 10^point, without zeros at either end
// ("" is zero); `special` is "nan" or "infinity".

/** The decimal that a number, bigint, or text of a number is. */
export function toDecimal(value) {
  if (typeof value === "number") return Number.isFinite(value) ? parse(String(value), Object.is(value, -0)) : notFinite(value);
  if (typeof value === "bigint") return parse(String(value), false);
  if (typeof value === "string") {
    const text = value.trim();
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return parse(text, false);
    const number = Number(text);
    return Number.isFinite(number) ? parse(String(number), false) : notFinite(number);
  }
  if (typeof value === "object" && value !== null) {
    const primitive = value[Symbol.toPrimitive]?.("number") ?? value.valueOf();
    return toDecimal(typeof primitive === "object" ? String(value) : primitive);
  }
  return toDecimal(Number(value));
}

const notFinite = (number) => ({
  negative: number < 0, digits: "", point: 0, special: Number.isNaN(number) ? "nan" : "infinity",
});

function parse(text, isMinusZero) {
  let negative = isMinusZero;
  let start = 0;
  if (text[0] === "-" || text[0] === "+") {
    negative = text[0] === "-";
    start = 1;
  }
  let end = text.search(/e/i);
  let exponent = 0;
  if (end < 0) end = text.length;
  else exponent = Number(text.slice(end + 1));
  let dot = text.indexOf(".");
  if (dot < 0 || dot > end) dot = end;
  const whole = text.slice(start, dot);
  return trimmed(negative, whole + text.slice(dot + 1, end), whole.length + exponent);
}

function trimmed(negative, digits, point) {
  let first = 0;
  while (first < digits.length && digits[first] === "0") first++;
  let last = digits.length;
  while (last > first && digits[last - 1] === "0") last--;
  if (first === last) return { negative, digits: "", point: 0, special: undefined };
  return { negative, digits: digits.slice(first, last), point: point - first, special: undefined };
}

/** The decimal times 10^power. */
export const scaled = (decimal, power) =>
  decimal.digits === "" ? decimal : { ...decimal, point: decimal.point + power };

/** The power of ten of the first digit; 0 for zero. */
export const magnitude = (decimal) => (decimal.digits === "" ? 0 : decimal.point - 1);

/** Rounded to a multiple of `increment` × 10^-places. */
export function roundTo(decimal, places, mode, increment = 1) {
  const keep = decimal.point + places;
  if (decimal.digits === "" || (keep >= decimal.digits.length && increment === 1)) return decimal;
  const { digits, negative } = decimal;
  const head = keep > 0 ? digits.slice(0, keep).padEnd(keep, "0") : "0";
  const rest = keep >= 0 ? digits.slice(keep) : "0".repeat(Math.min(-keep, 400)) + digits;
  const step = BigInt(increment);
  const number = BigInt(head);
  let times = number / step;
  const over = number % step;
  const scale = 10n ** BigInt(rest.length);
  const left = over * scale + BigInt(rest || "0");
  if (left !== 0n && goesUp(mode, negative, left * 2n - step * scale, times % 2n === 1n)) times += 1n;
  const result = String(times * step);
  return trimmed(negative, result, result.length - places);
}

/** Whether what is left over rounds away from zero; `half` is above, at or below 0 as it is one half. */
function goesUp(mode, negative, half, isOdd) {
  switch (mode) {
    case "ceil": return !negative;
    case "floor": return negative;
    case "expand": return true;
    case "trunc": return false;
  }
  if (half !== 0n) return half > 0n;
  switch (mode) {
    case "halfCeil": return !negative;
    case "halfFloor": return negative;
    case "halfTrunc": return false;
    case "halfEven": return isOdd;
    default: return true;
  }
}

/** The decimal's whole and fraction, with at least so many digits. */
export function written(decimal, leastWhole, leastFraction) {
  const { digits, point } = decimal;
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "";
  const fraction = point >= 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  return [whole.padStart(leastWhole, "0"), fraction.padEnd(leastFraction, "0")];
}

/**
 * Rounded as a formatter's settings say, as [decimal, whole, fraction]. The settings: `kind`
 * ("fraction", "significant", "more", "less"), the four bounds, `increment`, `mode`, `leastWhole`,
 * `strips` (no zeros after a whole number).
 */
export function rounded(decimal, how) {
  const bySignificance = () => {
    const places = how.mostSignificant - 1 - magnitude(decimal);
    const value = roundTo(decimal, places, how.mode);
    const least = how.leastSignificant - 1 - magnitude(value);
    return [value, Math.max(least, 0), places];
  };
  const byFraction = () => [roundTo(decimal, how.mostFraction, how.mode, how.increment), how.leastFraction, how.mostFraction];
  let chosen;
  if (how.kind === "fraction") chosen = byFraction();
  else if (how.kind === "significant") chosen = bySignificance();
  else {
    const one = bySignificance();
    const two = byFraction();
    const prefersFirst = how.kind === "more" ? one[2] >= two[2] : one[2] <= two[2];
    chosen = prefersFirst ? one : two;
  }
  const [value, least] = chosen;
  let [whole, fraction] = written(value, how.leastWhole, least);
  if (how.strips && /^0*$/.test(fraction)) fraction = "";
  return [value, whole, fraction];
}
