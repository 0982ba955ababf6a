// Keys as PEM: DER in base64 between two lines that name it (RFC 7468).

import { latin1Decode, latin1Encode } from "../../native.js";
import { atob, btoa } from "../../web/encoding.js";

/** DER as PEM with `label`. */
export function toPem(label, der) {
  const lines = btoa(latin1Decode(der)).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** Label and DER of the first PEM in a text; undefined when there is none. */
export function fromPem(text) {
  const [, label, body] = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/.exec(text) ?? [];
  if (label === undefined) return undefined;
  try {
    return { label, der: latin1Encode(atob(body)) };
  } catch {
    return undefined;
  }
}
