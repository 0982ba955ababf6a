// What the old way to parse URLs knows of schemes and characters.

import { URL } from "../../web/url.js";
import { toUnicode } from "../punycode.js";

const SLASHED = ["http", "https", "ftp", "gopher", "file", "ws", "wss"];

const plain = (protocol) => (protocol?.endsWith(":") ? protocol.slice(0, -1) : protocol);
/** Schemes whose URLs have "//" behind them. */
export const isSlashed = (protocol) => SLASHED.includes(plain(protocol));
/** Schemes that never have a host. */
export const isHostless = (protocol) => plain(protocol) === "javascript";

/** A host as the Web writes it; "" when it is none. */
export function domainToASCII(domain) {
  const text = `${domain}`;
  if (/[/?#@:\\]/.test(text)) return "";
  try {
    return new URL(`ws://${text}`).hostname;
  } catch {
    return "";
  }
}

export function domainToUnicode(domain) {
  return toUnicode(domainToASCII(domain));
}

const escapeOne = (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

/** Escapes what a URL must not hold as it is. */
export const autoEscape = (text) => text.replace(/[\t\n\r "'<>\\^`{|}]/g, escapeOne);

/** Cuts a host name at the first letter that it must not have: the name, and what comes after it. */
export function validHostname(name) {
  const end = name.search(/[^a-zA-Z0-9.\-+_\u0080-\uffff]/);
  return end < 0 ? [name, ""] : [name.slice(0, end), `/${name.slice(end)}`];
}
