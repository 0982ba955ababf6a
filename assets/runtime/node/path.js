// The module "node:path".

import { posix } from "./path/posix.js";
import { win32 } from "./path/win32.js";

Object.assign(posix, { posix, win32 });
Object.assign(win32, { posix, win32 });

export { posix, win32 };
export const {
  resolve, normalize, isAbsolute, join, relative, toNamespacedPath, dirname, basename, extname, format, parse, matchesGlob, sep, delimiter,
} = posix;
export default posix;
