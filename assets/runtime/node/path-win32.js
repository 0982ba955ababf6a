// The module "node:path/win32".

import path from "./path.js";

export const {
  resolve, normalize, isAbsolute, join, relative, toNamespacedPath, dirname, basename, extname, format, parse, matchesGlob, sep, delimiter,
  posix, win32,
} = path.win32;
export default path.win32;
