// Which critical section is open. What a section begins (timers, operations) carries its number,
// and so can be told from what began outside and has to wait until the section is over.

let last = 0;
let open = 0;

/** The number of the open section; 0 when none is. */
export const openSection = () => open;

/** Nothing is open from here on. */
export function closeSection() {
  open = 0;
}

/** A new section is open from here on. */
export function beginSection() {
  open = ++last;
}
