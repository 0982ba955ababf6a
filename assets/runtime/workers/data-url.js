// Requests for addresses that lead nowhere: `data:` holds its own answer, and all but HTTP is
// refused.

import { latin1Decode, latin1Encode, utf8Encode } from "../native.js";
import { atob } from "../web/encoding.js";
import { makeResponse } from "../web/response.js";

const PLAIN = "text/plain;charset=US-ASCII";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether a request for `url` leaves this sandbox. */
export const isHttp = (url) => url.startsWith("http://") || url.startsWith("https://");

/** The response to a request for a URL that is not HTTP's. */
export function localResponse({ method, url }) {
  const parts = url.startsWith("data:") ? parse(url) : undefined;
  if (parts === undefined) throw new TypeError(`Fetch API cannot load: ${url}`);
  return makeResponse(200, "", ["content-type", parts.type], method === "GET" ? parts.bytes : null);
}

function parse(url) {
  const comma = url.indexOf(",");
  if (comma < 0) return undefined;
  const hash = url.indexOf("#", comma);
  const bytes = percentDecode(url.slice(comma + 1, hash < 0 ? undefined : hash));
  const written = url.slice("data:".length, comma).trim();
  const type = written.replace(/; *base64$/i, "");
  return { type: mimeType(type), bytes: type === written ? bytes : fromBase64(bytes) };
}

function percentDecode(text) {
  const bytes = utf8Encode(text);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const pair = bytes[i] === 0x25 ? String.fromCharCode(bytes[i + 1], bytes[i + 2]) : "";
    if (/^[0-9a-f]{2}$/i.test(pair)) {
      bytes[length++] = parseInt(pair, 16);
      i += 2;
    } else {
      bytes[length++] = bytes[i];
    }
  }
  return bytes.slice(0, length);
}

/** Lenient as the reference is: what is no base64 is passed over. */
function fromBase64(bytes) {
  const letters = latin1Decode(bytes).replace(/[^A-Za-z0-9+/]/g, "");
  return latin1Encode(atob(letters.length % 4 === 1 ? letters.slice(0, -1) : letters));
}

/** A media type in its usual form; the default one for what is none. */
function mimeType(text) {
  const [essence, ...rest] = (text.startsWith(";") ? `text/plain${text}` : text).split(";");
  const [type, subtype, more] = essence.trim().toLowerCase().split("/");
  if (!TOKEN.test(type) || !TOKEN.test(subtype ?? "") || more !== undefined) return PLAIN;
  let whole = `${type}/${subtype}`;
  for (const parameter of rest) {
    const equals = parameter.indexOf("=");
    const name = parameter.slice(0, equals).trim().toLowerCase();
    if (equals < 0 || !TOKEN.test(name)) continue;
    const value = parameter.slice(equals + 1).trim().replace(/^"([^"]*)"?$/, "$1");
    if (value === "") continue;
    whole += `;${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }
  return whole;
}
