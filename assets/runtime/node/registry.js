// Which of Node's modules there are: names to where their code is and what it exports.
//
// The modules are part of the snapshot, so importing one costs nothing. `index.js` fills the table;
// this file knows none of them, so that modules which look others up need no circle of imports.

const table = new Map();

/** Whether Node's modules can be imported, and whether without "node:". */
const access = { prefixed: false, bare: false };

/** Adds module `name` (without "node:"), which lies in the file `file` of this folder. */
export function addModule(name, file, namespace) {
  table.set(name, { file: `lapidary:runtime/node/${file}`, namespace });
}

/** Says what the worker's compatibility flags allow. */
export function setAccess(prefixed, bare) {
  access.prefixed = prefixed;
  access.bare = bare;
}

/** The module that `specifier` means, if it may be used: `{ file, namespace }`. */
export function nodeModule(specifier) {
  if (specifier.startsWith("node:")) return access.prefixed ? table.get(specifier.slice(5)) : undefined;
  return access.bare ? table.get(specifier) : undefined;
}

/** Names of all modules, without "node:". */
export const moduleNames = () => [...table.keys()];

/** Whether Node's modules can be used by this worker. */
export const isOn = () => access.prefixed;
