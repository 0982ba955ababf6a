// flags: nodejs_compat
// node:path, both kinds.

import * as namespace from "node:path";
import path from "node:path";
import posix from "node:path/posix";
import win32 from "node:path/win32";
import { outcome, program, stateless } from "../suite.js";

const cases = {};
const add = (name, run) => { cases[name] = stateless(run); };
/** One case of many inputs: what `run` gave or threw for each. */
const table = (name, inputs, run) => add(name, async () => {
  const all = [];
  for (const input of inputs) all.push(await outcome(() => run(...(Array.isArray(input) ? input : [input]))));
  return all;
});

const PATHS = ["", ".", "..", "/", "//", "///", "a", "a/", "/a", "//a", "///a", "a/b", "a//b", "a/./b", "a/../b", "../a", "../../a", "/../a", "/..", "a/..", "a/b/../..", "a/b/../../..", "./a", "./", "../", "/a/b/c/", "/a/b/../c/./d/..", "a.b", "a.b.c", ".a", ".a.b", "a.", "a..", "..a", "...", "/a.b/c", "/a.b/", "a b/c d", "é/ü.txt", "a\\b", "\\a\\b", "C:", "C:\\", "C:/", "C:a", "C:\\a", "C:\\a\\..\\b", "c:/a/b.txt", "C:..\\a", "C:\\..\\a", "\\\\server\\share", "\\\\server\\share\\", "\\\\server\\share\\a\\b.c", "//server/share/a", "\\\\server", "\\\\server\\", "\\\\\\a", "\\\\?\\C:\\a", "\\\\.\\pipe\\x", "\\", "\\a", "a\\..\\..\\b", "./C:x", "a/b/c/../../../../d", "/foo/bar//baz/asdf/quux/..", "file.ext/", "/file.ext//", "dir/.hidden", "x".repeat(300)];
const BAD = [5, null, undefined, {}, true];
for (const [kind, which] of [["posix", posix], ["win32", win32]]) {
  for (const method of ["normalize", "isAbsolute", "dirname", "basename", "extname", "parse", "toNamespacedPath"]) {
    table(`${kind}.${method}`, PATHS, (text) => which[method](text));
    table(`${kind}.${method} of what is no path`, BAD, (value) => which[method](value));
  }
  table(`${kind}: parse and format`, PATHS, (text) => which.format(which.parse(text)));
  table(`${kind}.basename with a suffix`, [["a.js", ".js"], ["a.js", "a.js"], ["/a.js", "a.js"], ["a.js/", ".js"], ["a.js", "js"], ["a.js", ""], ["a.js", "b.js"], ["a", "aa"], ["/x/a.js.js", ".js"], ["a.js", 5], ["a.js", null], ["", ".js"], ["C:\\a.js", ".js"], ["C:a.js", ".js"], ["a\\b.js", ".js"], ["aaa\\bbb", "bb"], ["/aaa/bbb", "bbb"]], (...args) => which.basename(...args));
  const JOINS = [[], [""], ["", ""], ["a"], ["a", "b"], ["a", "", "b"], ["a", ".."], ["a", "..", ".."], ["/", "a"], ["/a", "/b"], ["a/", "/b"], [".", "a"], ["..", "a"], ["a", "../../b"], ["", "a"], ["/", "..", "a"], ["a", "./b/../c/"], [" ", "a"], ["//", "a"], ["//a", "b"], ["C:", "a"], ["C:\\", "a"], ["C:", "\\a"], ["\\\\server", "share"], ["\\\\server\\share", "a"], ["\\", "\\server", "share"], ["a", 5], [null], ["a", undefined], [{}], ["c:.", "file"], ["c:", "/"], ["a\\b", "../c"], ["//server", "share"], ["/foo", "bar", "baz/asdf", "quux", ".."]];
  table(`${kind}.join`, JOINS, (...args) => which.join(...args));
  const RESOLVES = [["/a"], ["/a", "b"], ["/a", "/b"], ["/a", "..", "b"], ["/a/b", "../../.."], ["/a", "", "c"], ["/var/lib", "../", "file/"], ["/", ".."], ["/a/", "./b/"], ["C:\\a"], ["C:\\a", "b"], ["C:\\a", "D:b", "c"], ["C:\\a", "\\b"], ["c:/blah\\blah", "d:/games", "c:../a"], ["c:/ignore", "c:/some/file"], ["d:/ignore", "d:some/dir//"], ["//server/share", "..", "relative\\"], ["c:/", "//"], ["c:/", "//dir"], ["c:/", "//server/share"], ["c:/", "///some//dir"], ["C:\\foo\\tmp.3\\", "..\\tmp.3\\cycles\\root.js"], ["/a", 5], [5], [null]];
  table(`${kind}.resolve`, RESOLVES, (...args) => which.resolve(...args));
  const RELATIVES = [["/a/b/c", "/a/b/d"], ["/a/b", "/a/b"], ["/a/b", "/a/b/c/d"], ["/a/b/c/d", "/a/b"], ["/", "/a"], ["/a", "/"], ["/a/b", "/c/d"], ["/a/bc", "/a/b"], ["/a/b/", "/a/b"], ["/a/./b/../c", "/a/d"], ["/", "/"], ["C:\\a\\b", "C:\\a\\c"], ["C:\\a", "D:\\b"], ["c:\\A", "C:\\a"], ["C:\\", "C:\\a"], ["\\\\s\\h\\a", "\\\\s\\h\\b"], ["\\\\s\\h", "\\\\s\\i"], ["c:/blah\\blah", "d:/games"], ["c:/aaaa/bbbb", "c:/cccc"], ["C:\\foo\\bar\\baz-quux", "C:\\foo\\bar\\baz"], ["C:\\foo\\test", "C:\\foo\\test\\bar\\package.json"], ["\\\\foo\\bar\\baz", "C:\\baz"], ["c:\\a\\a\\c", "c:\\a\\b"], [5, "/a"], ["/a", 5], [null, null], ["/Users/a/web/b/test/mails", "/Users/a/web/b"]];
  table(`${kind}.relative`, RELATIVES, (...args) => which.relative(...args));
  table(`${kind}.format`, [{ dir: "/a", base: "b" }, { root: "/", base: "b" }, { root: "/", name: "n", ext: ".e" }, { root: "/", name: "n", ext: "e" }, { name: "n" }, { ext: ".e" }, {}, { dir: "/a", root: "/a", base: "b" }, { dir: "a", name: "n", ext: ".e", base: "x" }, { dir: "", base: "b" }, { dir: 5, base: 6 }, 5, null, undefined, "x", [[]]], (parts) => which.format(parts));
  add(`${kind}: separators`, () => [which.sep, which.delimiter, which.posix === posix, which.win32 === win32, Object.keys(which)]);
}
table("relative paths", [["a"], ["./a", "b"], [""], []], (...args) => path.resolve(...args));
add("the directory", () => [path.resolve(), path.relative("", "a"), path.relative("/", ""), win32.resolve(), win32.resolve("C:a"), win32.relative("a", "b"), win32.toNamespacedPath("a")]);
add("the module", () => [path === posix, path.posix === path, Object.keys(namespace), path.win32 === win32, path.join.name, path.resolve.length, path.basename.length]);

const { worker, Place } = program(cases);
export default worker;
export { Place };
export { Actor as Subject, Actor as Plain } from "../suite.js";

