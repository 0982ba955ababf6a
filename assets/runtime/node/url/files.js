// Between URLs of files and paths.

import { URL } from "../../web/url.js";
import { ERR_INVALID_ARG_TYPE, builtinError, plainError } from "../errors.js";
import { posix } from "../path/posix.js";
import { win32 } from "../path/win32.js";
import { validateString } from "../validate.js";

const ERR_INVALID_URL_SCHEME = plainError("ERR_INVALID_URL_SCHEME", (scheme) => `The URL must be of scheme ${scheme}`);
const ERR_INVALID_FILE_URL_HOST = builtinError(TypeError, "ERR_INVALID_FILE_URL_HOST", (platform) => `File URL host must be "localhost" or empty on ${platform}`);
const ERR_INVALID_FILE_URL_PATH = builtinError(TypeError, "ERR_INVALID_FILE_URL_PATH", (why) => `File URL path ${why}`);

export const isUrl = (value) => Boolean(value?.href && value.protocol && value.auth === undefined && value.path === undefined);

function windowsPath({ hostname, pathname: given }) {
  if (/%(?:2f|5c)/i.test(given)) throw new ERR_INVALID_FILE_URL_PATH("must not include encoded \\ or / characters");
  const pathname = decodeURIComponent(given.replaceAll("/", "\\"));
  if (hostname !== "") return `\\\\${hostname}${pathname}`;
  if (!/^\\[a-z]:/i.test(pathname)) throw new ERR_INVALID_FILE_URL_PATH("must be absolute");
  return pathname.slice(1);
}

export function fileURLToPath(path, options = undefined) {
  const url = typeof path === "string" ? new URL(path) : path;
  if (!isUrl(url)) throw new ERR_INVALID_ARG_TYPE("path", ["string", "URL"], path);
  if (url.protocol !== "file:") throw new ERR_INVALID_URL_SCHEME("file");
  if (options?.windows) return windowsPath(url);
  if (url.hostname !== "") throw new ERR_INVALID_FILE_URL_HOST("linux");
  if (/%2f/i.test(url.pathname)) throw new ERR_INVALID_FILE_URL_PATH("must not include encoded / characters");
  return decodeURIComponent(url.pathname);
}

const ESCAPES = { "%": "%25", "\\": "%5C", "\n": "%0A", "\r": "%0D", "\t": "%09", "?": "%3F", "#": "%23" };

export function pathToFileURL(filepath, options = undefined) {
  validateString(filepath, "path");
  const windows = options?.windows;
  if (windows && filepath.startsWith("\\\\")) {
    const [host, ...rest] = filepath.slice(2).split("\\");
    const url = new URL(`file://${host}`);
    url.pathname = rest.join("/").replace(/[%\n\r\t]/g, (letter) => ESCAPES[letter]);
    return url;
  }
  let resolved = windows ? win32.resolve(filepath) : posix.resolve(filepath);
  if (/[/\\]$/.test(filepath) && !/[/\\]$/.test(resolved) && (windows || filepath.endsWith("/"))) resolved += "/";
  const escaped = windows
    ? `/${resolved.replaceAll("\\", "/").replace(/[%\n\r\t?#]/g, (letter) => ESCAPES[letter])}`
    : resolved.replace(/[%\\\n\r\t?#]/g, (letter) => ESCAPES[letter]);
  return new URL(`file://${escaped}`);
}

export const toPathIfFileURL = (value) => (isUrl(value) && typeof value === "object" ? fileURLToPath(value) : value);
