// The module "node:url".

import { URL, URLSearchParams } from "../web/url.js";
import { ERR_INVALID_ARG_TYPE } from "./errors.js";
import { fileURLToPath, pathToFileURL, toPathIfFileURL } from "./url/files.js";
import { Url, parse, requireUrlObject, resolve, resolveUrlObject } from "./url/legacy.js";
import { domainToASCII as toASCII, domainToUnicode as toUnicode } from "./url/parts.js";
import { validateObject } from "./validate.js";

export function domainToASCII(domain) {
  if (arguments.length === 0) throw new ERR_INVALID_ARG_TYPE("domain", "string", domain);
  return toASCII(domain);
}

export function domainToUnicode(domain) {
  if (arguments.length === 0) throw new ERR_INVALID_ARG_TYPE("domain", "string", domain);
  return toUnicode(domain);
}

function formatUrl(url, options) {
  const shown = { fragment: true, unicode: false, search: true, auth: true };
  if (options) {
    validateObject(options, "options");
    for (const name of Object.keys(shown)) {
      if (options[name] === undefined || options[name] === null) continue;
      shown[name] = Boolean(options[name]);
    }
  }
  const copy = new URL(url.href);
  if (!shown.fragment) copy.hash = "";
  if (!shown.search) copy.search = "";
  if (!shown.auth) copy.username = copy.password = "";
  return shown.unicode ? copy.href.replace(copy.host, `${toUnicode(copy.hostname)}${copy.port ? `:${copy.port}` : ""}`) : copy.href;
}

export function format(urlObject, options) {
  if (typeof urlObject === "string") return parse(urlObject).format();
  requireUrlObject(urlObject);
  if (urlObject instanceof URL) return formatUrl(urlObject, options);
  return Url.prototype.format.call(urlObject);
}

export function urlToHttpOptions(url) {
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname?.startsWith("[") ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ""}${search || ""}`,
    href: url.href,
  };
  if (port !== "") options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

export { URL, URLSearchParams, Url, fileURLToPath, parse, pathToFileURL, resolve, resolveUrlObject as resolveObject, toPathIfFileURL };
export default {
  domainToASCII, domainToUnicode, fileURLToPath, format, parse, pathToFileURL, resolve, resolveObject: resolveUrlObject, toPathIfFileURL,
  URL, URLSearchParams, Url, urlToHttpOptions,
};
