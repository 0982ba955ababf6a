// node:assert/strict, which in the reference is node:assert.

export * from "./assert.js";
export { default } from "./assert.js";
