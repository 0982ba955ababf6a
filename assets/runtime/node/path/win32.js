// Paths of Windows: "\" or "/", drives and shares.

import { ERR_METHOD_NOT_IMPLEMENTED } from "../errors.js";
import { validateString } from "../validate.js";
import { extensionOf, formatPath, lastSegment, normalizeSegments, withoutSuffix } from "./common.js";

const isSeparator = (letter) => letter === "\\" || letter === "/";
const SHARE = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/;

/** The device ("C:" or a share), whether the path is absolute, and where its segments begin. */
function rootOf(path) {
  const share = SHARE.exec(path);
  if (share !== null) {
    const end = share[0].length;
    return { device: `\\\\${share[1]}\\${share[2]}`, absolute: true, end, given: share[0], share: true };
  }
  const device = /^[A-Za-z]:/.test(path) ? path.slice(0, 2) : "";
  const absolute = path.length > device.length && isSeparator(path[device.length]);
  return { device, absolute, end: device.length + (absolute ? 1 : 0), given: path.slice(0, device.length + (absolute ? 1 : 0)), share: false };
}

/** Length of the root as `parse` and `dirname` see it: a share with the separator behind it. */
function rootLength(path) {
  const { end, share } = rootOf(path);
  return share && end < path.length ? end + 1 : end;
}

const plain = (path, above) => normalizeSegments(path, above, isSeparator, "\\");

export const win32 = {
  resolve(...paths) {
    let device = "";
    let tail = "";
    let absolute = false;
    for (let at = paths.length - 1; at >= -1; at--) {
      let path;
      if (at >= 0) {
        path = paths[at];
        validateString(path, `paths[${at}]`);
        if (path === "") continue;
      } else {
        path = "/";
        // a directory of another drive says nothing about this one
        if (device !== "" && path.slice(0, 2).toLowerCase() !== device.toLowerCase() && path[2] === "\\") path = `${device}\\`;
      }
      const root = rootOf(path);
      if (root.device !== "") {
        if (device !== "" && root.device.toLowerCase() !== device.toLowerCase()) continue;
        if (device === "") device = root.device;
      }
      if (!absolute) {
        tail = `${path.slice(root.end)}\\${tail}`;
        absolute = root.absolute;
      }
      if (absolute && device !== "") break;
    }
    const segments = plain(tail, !absolute);
    return absolute ? `${device}\\${segments}` : `${device}${segments}` || ".";
  },
  normalize(path) {
    validateString(path, "path");
    if (path === "") return ".";
    const { device, absolute, end, share } = rootOf(path);
    if (share && end === path.length) return `${device}\\`;
    let tail = plain(path.slice(end), !absolute);
    if (tail === "" && !absolute) tail = ".";
    if (tail !== "" && isSeparator(path.at(-1))) tail += "\\";
    return `${device}${absolute ? "\\" : ""}${tail}`;
  },
  isAbsolute(path) {
    validateString(path, "path");
    return /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path);
  },
  join(...paths) {
    for (const path of paths) validateString(path, "path");
    const parts = paths.filter((path) => path !== "");
    if (parts.length === 0) return ".";
    const joined = parts.join("\\");
    // only a first part that begins with exactly two separators can name a share
    const isShare = /^[\\/]{2}[^\\/]/.test(parts[0]);
    return win32.normalize(isShare ? joined : joined.replace(/^[\\/]{2,}/, "\\"));
  },
  relative(from, to) {
    validateString(from, "from");
    validateString(to, "to");
    if (from === to) return "";
    const [start, goal] = [win32.resolve(from), win32.resolve(to)];
    const trim = (path) => path.replace(/^\\+|\\+$/g, "");
    const [a, b] = [trim(start), trim(goal)];
    if (a.toLowerCase() === b.toLowerCase()) return "";
    const [ours, theirs] = [a, b].map((path) => (path === "" ? [] : path.split("\\")));
    let same = 0;
    while (same < ours.length && same < theirs.length && ours[same].toLowerCase() === theirs[same].toLowerCase()) same++;
    if (same === 0 && ours.length > 0 && theirs.length > 0) return goal;
    return [...ours.slice(same).map(() => ".."), ...theirs.slice(same)].join("\\");
  },
  toNamespacedPath(path) {
    if (typeof path !== "string" || path === "") return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (/^\\\\[^?.]/.test(resolved)) return `\\\\?\\UNC\\${resolved.slice(2)}`;
    return /^[A-Za-z]:\\/.test(resolved) ? `\\\\?\\${resolved}` : resolved;
  },
  dirname(path) {
    validateString(path, "path");
    if (path === "") return ".";
    const { end: deviceEnd, share, given } = rootOf(path);
    if (share && deviceEnd === path.length) return path;
    const root = rootLength(path);
    const [start] = lastSegment(path, root, isSeparator);
    if (start > root) return path.slice(0, start - 1);
    return given === "" ? "." : path.slice(0, root);
  },
  basename(path, suffix) {
    if (suffix !== undefined) validateString(suffix, "suffix");
    validateString(path, "path");
    const drive = /^[A-Za-z]:/.test(path) ? 2 : 0;
    if (suffix === path) return "";
    return withoutSuffix(path.slice(...lastSegment(path, drive, isSeparator)), suffix);
  },
  extname(path) {
    validateString(path, "path");
    const drive = /^[A-Za-z]:/.test(path) ? 2 : 0;
    return extensionOf(path.slice(...lastSegment(path, drive, isSeparator)));
  },
  format: (parts) => formatPath("\\", parts),
  parse(path) {
    validateString(path, "path");
    const length = rootLength(path);
    const root = path.slice(0, length);
    const [start, end] = lastSegment(path, length, isSeparator);
    const base = path.slice(start, end);
    const ext = extensionOf(base);
    const dir = base !== "" && start > length ? path.slice(0, start - 1) : root;
    return { root, dir, base, ext, name: base.slice(0, base.length - ext.length) };
  },
  matchesGlob() {
    throw new ERR_METHOD_NOT_IMPLEMENTED("path.matchesGlob");
  },
  sep: "\\",
  delimiter: ";",
  win32: null,
  posix: null,
};
