// Url: the old way to parse, write and resolve URLs.

import { ERR_INVALID_ARG_TYPE } from "../errors.js";
import { escape as escapeText, parse as parseQuery, stringify } from "../querystring.js";
import { validateString } from "../validate.js";
import { autoEscape, domainToASCII, isHostless, isSlashed, validHostname } from "./parts.js";
import { resolveObject } from "./resolve.js";

/** Characters of a host name at most. */
const MAX_HOSTNAME = 255;
const SIMPLE_PATH = /^(\/\/?(?!\/)[^?\s]*)(\?[^\s]*)?$/;
const NO_HOST = /[\t\n\r "%';<>\\^`{|}]/;

export function Url() {
  for (const name of ["protocol", "slashes", "auth", "host", "port", "hostname", "hash", "search", "query", "pathname", "path", "href"]) {
    this[name] = null;
  }
}

export function parse(url, parseQueryString, slashesDenoteHost) {
  if (url instanceof Url) return url;
  const made = new Url();
  made.parse(url, parseQueryString, slashesDenoteHost);
  return made;
}

/** White space around it is none of it; "\" means "/" before the query. */
function cleaned(url) {
  const text = url.replace(/^[\s\ufeff]+|[\s\ufeff]+$/g, "");
  const end = text.search(/[?#]/);
  return end < 0 ? text.replaceAll("\\", "/") : text.slice(0, end).replaceAll("\\", "/") + text.slice(end);
}

/** Where credentials, host and the rest of `text` divide. */
function hostOf(text) {
  let end = -1;
  let at = -1;
  let stop = -1;
  for (let i = 0; i < text.length && stop < 0; i++) {
    if ("#/?".includes(text[i])) {
      if (end < 0) end = i;
      stop = i;
    } else if (text[i] === "@") {
      at = i;
      end = -1;
    } else if (end < 0 && NO_HOST.test(text[i])) {
      end = i;
    }
  }
  const last = end < 0 ? text.length : end;
  return { auth: at < 0 ? null : decodeURIComponent(text.slice(0, at)), host: text.slice(at + 1, last), rest: text.slice(last) };
}

Url.prototype.parse = function (url, parseQueryString, slashesDenoteHost) {
  validateString(url, "url");
  let rest = cleaned(url);
  if (!slashesDenoteHost && !/[#@]/.test(rest)) {
    const simple = SIMPLE_PATH.exec(rest);
    if (simple !== null) {
      this.path = this.href = rest;
      this.pathname = simple[1];
      if (simple[2]) {
        this.search = simple[2];
        this.query = parseQueryString ? parseQuery(this.search.slice(1)) : this.search.slice(1);
      } else if (parseQueryString) {
        this.query = Object.create(null);
      }
      return this;
    }
  }
  const scheme = /^[a-z0-9.+-]+:/i.exec(rest)?.[0];
  const protocol = scheme?.toLowerCase();
  if (scheme) {
    this.protocol = protocol;
    rest = rest.slice(scheme.length);
  }
  let slashes = false;
  if (slashesDenoteHost || scheme || /^\/\/[^@/]+@[^@/]+/.test(rest)) {
    slashes = rest.startsWith("//");
    if (slashes && !(protocol && isHostless(protocol))) {
      rest = rest.slice(2);
      this.slashes = true;
    }
  }
  if (!isHostless(protocol) && (slashes || (scheme && !isSlashed(protocol)))) rest = this.takeHost(rest);
  if (!isHostless(protocol)) rest = autoEscape(rest);
  this.takeRest(rest, parseQueryString);
  if (isSlashed(protocol) && this.hostname && !this.pathname) this.pathname = "/";
  if (this.pathname || this.search) this.path = (this.pathname || "") + (this.search || "");
  this.href = this.format();
  return this;
};

function method(name, value) {
  Object.defineProperty(Url.prototype, name, { value, configurable: true, writable: true });
}

method("takeHost", function (text) {
  const { auth, host, rest } = hostOf(text);
  if (auth !== null) this.auth = auth;
  this.host = host;
  this.parseHost();
  let remainder = rest;
  let hostname = this.hostname || "";
  const ipv6 = hostname.startsWith("[") && hostname.endsWith("]");
  if (!ipv6) {
    let cut;
    [hostname, cut] = validHostname(hostname);
    remainder = cut + rest;
  }
  hostname = hostname.length > MAX_HOSTNAME ? "" : hostname.toLowerCase();
  if (!ipv6 && /[^\0-\x7f]/.test(hostname)) hostname = domainToASCII(hostname);
  this.host = hostname + (this.port ? `:${this.port}` : "");
  this.hostname = ipv6 ? hostname.slice(1, -1) : hostname;
  return ipv6 && remainder[0] !== "/" ? `/${remainder}` : remainder;
});

method("takeRest", function (text, parseQueryString) {
  const hash = text.indexOf("#");
  const plain = hash < 0 ? text : text.slice(0, hash);
  if (hash >= 0) this.hash = text.slice(hash);
  const question = plain.indexOf("?");
  if (question >= 0) {
    this.search = plain.slice(question);
    this.query = parseQueryString ? parseQuery(this.search.slice(1)) : this.search.slice(1);
  } else if (parseQueryString) {
    this.query = Object.create(null);
  }
  const pathname = question < 0 ? plain : plain.slice(0, question);
  if (pathname !== "") this.pathname = pathname;
});

Url.prototype.parseHost = function () {
  let { host } = this;
  const port = /:[0-9]*$/.exec(host)?.[0];
  if (port !== undefined) {
    if (port !== ":") this.port = port.slice(1);
    host = host.slice(0, host.length - port.length);
  }
  if (host) this.hostname = host;
};

Url.prototype.format = function () {
  const auth = this.auth ? `${escapeText(this.auth).replace(/%3A/i, ":")}@` : "";
  let protocol = this.protocol || "";
  let pathname = this.pathname || "";
  let hash = this.hash || "";
  let host = "";
  if (this.host) {
    host = auth + this.host;
  } else if (this.hostname) {
    const bare = this.hostname.includes(":") && !this.hostname.startsWith("[");
    host = auth + (bare ? `[${this.hostname}]` : this.hostname) + (this.port ? `:${this.port}` : "");
  }
  const query = this.query !== null && typeof this.query === "object" ? stringify(this.query) : "";
  let search = this.search || (query && `?${query}`) || "";
  if (protocol && !protocol.endsWith(":")) protocol += ":";
  pathname = pathname.replaceAll("#", "%23").replaceAll("?", "%3F");
  if (this.slashes || isSlashed(protocol)) {
    if (this.slashes || host) {
      if (pathname && pathname[0] !== "/") pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol.startsWith("file")) {
      host = "//";
    }
  }
  search = search.replaceAll("#", "%23");
  if (hash && hash[0] !== "#") hash = `#${hash}`;
  if (search && search[0] !== "?") search = `?${search}`;
  return protocol + host + pathname + search + hash;
};

Url.prototype.resolve = function (relative) {
  return this.resolveObject(parse(relative, false, true)).format();
};

Url.prototype.resolveObject = function (relative) {
  return resolveObject(this, typeof relative === "string" ? parse(relative, false, true) : relative, new Url());
};

export const resolve = (source, relative) => parse(source, false, true).resolve(relative);
export const resolveUrlObject = (source, relative) => (source ? parse(source, false, true).resolveObject(relative) : relative);

export function requireUrlObject(object) {
  if (typeof object !== "object" || object === null) throw new ERR_INVALID_ARG_TYPE("urlObject", ["Object", "string"], object);
}
