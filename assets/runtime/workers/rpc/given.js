// What this sandbox gave away by reference, by number, until nobody holds it any more.

let last = 0;
const given = new Map();

/** Keeps `target` for whoever will hold it; gives its number. */
export function give(target) {
  given.set(++last, target);
  return last;
}

/** What was given away as `number`. */
export const givenAs = (number) => given.get(number);

/** Nobody holds `number` any more: an RpcTarget may clean up. */
export function takeBack(number) {
  const target = given.get(number);
  given.delete(number);
  const dispose = typeof target === "object" ? target?.[Symbol.dispose] : undefined;
  if (typeof dispose === "function") dispose.call(target);
}
