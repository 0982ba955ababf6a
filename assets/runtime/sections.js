// Which critical section the running event belongs to; see workers/gate.js.

/** 0 for none. */
let current = 0;

/** What an operation or timer that begins now must remember, to be let in when it ends. */
export const currentSection = () => current;

export function setSection(section) {
  current = section;
}
