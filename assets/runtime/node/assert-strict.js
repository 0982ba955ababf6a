// node:assert/strict.

export * from "./assert.js";
export { strict as default } from "./assert.js";
