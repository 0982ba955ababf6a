// flags: nodejs_compat
// Buffer: reading and writing numbers.

import { Buffer } from "node:buffer";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const table = (name, inputs, run) => {
  cases[name] = stateless(async () => {
    const all = [];
    for (const input of inputs) all.push(await outcome(() => run(...input)));
    return all;
  });
};
const BYTES = [0x81, 0x02, 0xf3, 0x04, 0x85, 0x06, 0xf7, 0x08, 0x89, 0x0a];
const names = Object.keys(Buffer.prototype);
const PLACES = [[], [0], [1], [2], [9], [10], [11], [-1], [1.5], ["1"], [null], [undefined], [NaN], [Infinity], [{}], [true], [3n]];

for (const name of names.filter((name) => /^read/.test(name) && !/Int[LB]E$/i.test(name))) {
  table(name, PLACES.filter(([at]) => typeof at !== "bigint" || !name.includes("Big")), (...args) => Buffer.from(BYTES)[name](...args));
  table(`${name} of little`, [[0, []], [0, [1]], [0, [1, 2]], [0, [0xff, 0xff, 0xff, 0xff]], [0, [0, 0, 0x80, 0x3f]], [0, [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]], [0, [0x7f, 0xc0, 0, 0, 0, 0, 0, 0]], [0, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]], [1, [1]], [2, [1]]], (at, bytes) => Buffer.from(bytes)[name](at));
}
for (const name of names.filter((name) => /^read(U?Int|Uint)[LB]E$/.test(name))) {
  table(name, [[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6], [4, 6], [5, 6], [9, 1], [10, 1], [0, 0], [0, 7], [0, 1.5], [0, "2"], [undefined, 2], [0], ["0", 2], [-1, 2], [1.5, 2], [null, 2], [6, 5], [8, 3], [8, 4], [0, NaN], [0, -1]], (...args) => Buffer.from(BYTES)[name](...args));
  table(`${name} of little`, [[0, 6], [0, 3], [0, 4], [1, 3], [0, 1]], (...args) => Buffer.from([0xff, 0x80, 0x01])[name](...args));
}
const NUMBERS = [[0], [1], [-1], [127], [128], [255], [256], [-128], [-129], [32767], [32768], [65535], [65536], [-32769], [2147483647], [2147483648], [4294967295], [4294967296], [-2147483649], [1e20], [1.9], [-1.9], ["5"], ["x"], [null], [undefined], [NaN], [Infinity], [1, 1], [1, 9], [1, 10], [1, 11], [1, -1], [1, 1.5], [1, "1"], [1, null], [true], [{}], [1, NaN]];
for (const name of names.filter((name) => /^write(U?Int|Uint)\d/.test(name))) {
  table(name, NUMBERS, (...args) => { const to = Buffer.alloc(10); return [to[name](...args), to.toString("hex")]; });
}
for (const name of names.filter((name) => /^write(U?Int|Uint)[LB]E$/.test(name))) {
  table(name, [[1, 0, 1], [258, 0, 2], [-2, 0, 2], [70000, 0, 3], [-70000, 1, 3], [2 ** 31, 0, 4], [2 ** 32, 0, 4], [2 ** 39, 0, 5], [-(2 ** 39), 0, 5], [2 ** 40, 0, 5], [2 ** 47, 0, 6], [2 ** 48, 0, 6], [-(2 ** 47) - 1, 0, 6], [-(2 ** 47), 0, 6], [1, 5, 6], [1, 4, 6], [1, 0, 0], [1, 0, 7], [1, undefined, 2], [1, 0], [1, "0", 2], [256, 0, 1], [-129, 0, 1], [2 ** 24, 0, 3], [1.7, 0, 2], ["9", 0, 2], [NaN, 0, 4], [1, -1, 2], [1, 9, 2]], (...args) => { const to = Buffer.alloc(10); return [to[name](...args), to.toString("hex")]; });
}
for (const name of names.filter((name) => /^writeBig/.test(name))) {
  table(name, [[0n], [1n], [-1n], [2n ** 63n], [2n ** 63n - 1n], [-(2n ** 63n)], [-(2n ** 63n) - 1n], [2n ** 64n - 1n], [2n ** 64n], [0x0102030405060708n, 1], [1n, 2], [1n, 3], [1n, 10], [1n, 11], [1n, -1], [1n, 1.5], [1n, "1"], [true, 0]].filter((args) => typeof args[0] === "bigint"), (...args) => { const to = Buffer.alloc(10); return [to[name](...args), to.toString("hex")]; });
  cases[`${name} of what is no bigint`] = stateless(async () => Promise.all([5, "5", null, undefined, 1.5].map(async (value) => (await outcome(() => Buffer.alloc(8)[name](value))).threw?.$ ?? "gave")));
}
for (const name of names.filter((name) => /^write(Float|Double)/.test(name))) {
  table(name, [[0], [-0], [1.5], [-1.1], [1e40], [1e-46], [NaN], [Infinity], [-Infinity], ["2.5"], ["x"], [null], [1, 1], [1, 2], [1, 3], [1, 6], [1, 7], [1, 10], [1, -1], [1, 0.5], [1, "1"], [1, undefined], [3.4028234663852886e38], [Number.MIN_VALUE]], (...args) => { const to = Buffer.alloc(10); return [to[name](...args), to.toString("hex")]; });
}

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";
