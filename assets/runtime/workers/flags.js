// The compatibility flags in force that this runtime acts on; src/object/load.rs sends them.

let flags = [];

export function setFlags(list) {
  flags = list;
}

/** Whether the flag of that name is in force. */
export const hasFlag = (name) => flags.includes(name);
