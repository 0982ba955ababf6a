// The module "node:path/posix".

import path from "./path.js";

export const {
  resolve, normalize, isAbsolute, join, relative, toNamespacedPath, dirname, basename, extname, format, parse, matchesGlob, sep, delimiter,
  posix, win32,
} = path;
export default path;
