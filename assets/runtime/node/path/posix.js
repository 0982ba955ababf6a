// Paths with "/".

import { ERR_METHOD_NOT_IMPLEMENTED } from "../errors.js";
import { validateString } from "../validate.js";
import { extensionOf, formatPath, lastSegment, normalizeSegments, withoutSuffix } from "./common.js";

const isSeparator = (letter) => letter === "/";

function segmentOf(path) {
  return lastSegment(path, path.startsWith("/") ? 1 : 0, isSeparator);
}

export const posix = {
  resolve(...paths) {
    let resolved = "";
    let absolute = false;
    for (let at = paths.length - 1; at >= -1 && !absolute; at--) {
      const path = at >= 0 ? paths[at] : "/";
      validateString(path, `paths[${at}]`);
      if (path === "") continue;
      resolved = `${path}/${resolved}`;
      absolute = path.startsWith("/");
    }
    const plain = normalizeSegments(resolved, !absolute, isSeparator, "/");
    return absolute ? `/${plain}` : plain || ".";
  },
  normalize(path) {
    validateString(path, "path");
    if (path === "") return ".";
    const absolute = path.startsWith("/");
    const trailing = path.endsWith("/");
    const plain = normalizeSegments(path, !absolute, isSeparator, "/");
    if (plain === "") return absolute ? "/" : trailing ? "./" : ".";
    return `${absolute ? "/" : ""}${plain}${trailing ? "/" : ""}`;
  },
  isAbsolute(path) {
    validateString(path, "path");
    return path.startsWith("/");
  },
  join(...paths) {
    for (const path of paths) validateString(path, "path");
    const joined = paths.filter((path) => path !== "").join("/");
    return joined === "" ? "." : posix.normalize(joined);
  },
  relative(from, to) {
    validateString(from, "from");
    validateString(to, "to");
    if (from === to) return "";
    const [start, goal] = [posix.resolve(from), posix.resolve(to)].map((path) => path.split("/").filter(Boolean));
    let same = 0;
    while (same < start.length && start[same] === goal[same]) same++;
    return [...start.slice(same).map(() => ".."), ...goal.slice(same)].join("/");
  },
  toNamespacedPath: (path) => path,
  dirname(path) {
    validateString(path, "path");
    if (path === "") return ".";
    const [start] = segmentOf(path);
    const root = path.startsWith("/");
    if (start <= (root ? 1 : 0)) return root ? "/" : ".";
    return root && start === 2 ? "//" : path.slice(0, start - 1);
  },
  basename(path, suffix) {
    if (suffix !== undefined) validateString(suffix, "ext");
    validateString(path, "path");
    if (suffix === path) return "";
    return withoutSuffix(path.slice(...lastSegment(path, 0, isSeparator)), suffix);
  },
  extname(path) {
    validateString(path, "path");
    return extensionOf(path.slice(...lastSegment(path, 0, isSeparator)));
  },
  format: (parts) => formatPath("/", parts),
  parse(path) {
    validateString(path, "path");
    const root = path.startsWith("/") ? "/" : "";
    const [start, end] = segmentOf(path);
    const base = path.slice(start, end);
    // Node takes the second dot of "/.." for an ending
    const ext = path === "/.." ? "." : extensionOf(base);
    const dir = base !== "" && start > root.length ? path.slice(0, start - 1) : root;
    return { root, dir, base, ext, name: base.slice(0, base.length - ext.length) };
  },
  matchesGlob() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("path.matchesGlob");
  },
  sep: "/",
  delimiter: ":",
  win32: null,
  posix: null,
};
