// What both kinds of path have in common.

import { validateObject } from "../validate.js";

/** Resolves "." and ".." in `path` and joins what is left; leading ".." stay if `above`. */
export function normalizeSegments(path, above, isSeparator, separator) {
  const kept = [];
  let segment = "";
  for (let at = 0; at <= path.length; at++) {
    if (at < path.length && !isSeparator(path[at])) {
      segment += path[at];
      continue;
    }
    if (segment === "..") {
      if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (above) kept.push("..");
    } else if (segment !== "" && segment !== ".") {
      kept.push(segment);
    }
    segment = "";
  }
  return kept.join(separator);
}

/** Start and end of the last segment behind `root`; separators at the end do not count. */
export function lastSegment(path, root, isSeparator) {
  let end = path.length;
  while (end > root && isSeparator(path[end - 1])) end--;
  let start = end;
  while (start > root && !isSeparator(path[start - 1])) start--;
  return [start, end];
}

/** From the last dot on, unless the name begins with it or is "..". */
export function extensionOf(name) {
  const dot = name.lastIndexOf(".");
  return dot <= 0 || name === ".." ? "" : name.slice(dot);
}

export const withoutSuffix = (name, suffix) =>
  (suffix !== undefined && suffix !== "" && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name);

export function formatPath(separator, parts) {
  validateObject(parts, "pathObject");
  const dir = parts.dir || parts.root;
  const dot = parts.ext && parts.ext[0] !== "." ? "." : "";
  const base = parts.base || `${parts.name || ""}${dot}${parts.ext || ""}`;
  if (!dir) return base;
  return dir === parts.root ? `${dir}${base}` : `${dir}${separator}${base}`;
}
