// TextEncoder, TextDecoder, atob and btoa.

import { host, utf8Decode, utf8Encode } from "../native.js";
import { DOMException } from "./dom-exception.js";
import { requireBytes, webClass } from "./util.js";

/** UTF-8 encoder. */
export class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(input = "") {
    return utf8Encode(typeof input === "string" ? input : `${input}`);
  }
  encodeInto(source, destination) {
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError("encodeInto: parameter 2 is not of type 'Uint8Array'.");
    }
    // each UTF-16 unit takes at least one byte, so more units can never fit
    const text = `${source}`.slice(0, destination.length);
    const bytes = utf8Encode(text);
    if (bytes.length <= destination.length) {
      destination.set(bytes);
      return { read: text.length, written: bytes.length };
    }
    let written = destination.length;
    while (written > 0 && (bytes[written] & 0xc0) === 0x80) written--;
    let read = 0;
    for (let i = 0; i < written; i++) {
      const byte = bytes[i];
      if ((byte & 0xc0) !== 0x80) read += byte >= 0xf0 ? 2 : 1;
    }
    destination.set(bytes.subarray(0, written));
    return { read, written };
  }
}
webClass(TextEncoder);

const NO_BYTES = new Uint8Array(0);

/** How many bytes at the end of `bytes` begin a UTF-8 sequence that may still be completed. */
function utf8Tail(bytes) {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const need = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc2 && byte < 0xe0 ? 2 : 0;
    if (need <= back) return 0;
    if (back > 1) {
      const second = bytes[length - back + 1];
      if ((byte === 0xe0 && second < 0xa0) || (byte === 0xed && second > 0x9f) ||
          (byte === 0xf0 && second < 0x90) || (byte === 0xf4 && second > 0x8f)) return 0;
    }
    return back;
  }
  return 0;
}

function append(head, tail) {
  if (head.length === 0) return tail;
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}

const utf8 = {
  tail: utf8Tail,
  decode: (_, bytes, fatal, keepBom) => utf8Decode(bytes, fatal, keepBom),
};

const utf16 = {
  tail(bytes, bigEndian) {
    const odd = bytes.length & 1;
    const last = bytes.length - odd - 2;
    if (last < 0) return odd;
    const high = bytes[last + (bigEndian ? 0 : 1)];
    return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
  },
  decode(name, bytes, fatal, keepBom) {
    const high = name === "utf-16be" ? 0 : 1;
    let text = "";
    for (let at = 0; at < bytes.length; at += 4096) {
      const units = [];
      for (let i = at; i + 1 < bytes.length && i < at + 4096; i += 2) {
        units.push((bytes[i + high] << 8) | bytes[i + 1 - high]);
      }
      text += String.fromCharCode.apply(null, units);
    }
    const broken = (bytes.length & 1) === 1 || !text.isWellFormed();
    if (broken && fatal) throw new TypeError("Failed to decode input.");
    if (broken) text = text.toWellFormed() + (bytes.length & 1 ? "\ufffd" : "");
    return !keepBom && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  },
};

// Encodings the host decodes: one byte per character needs no state between chunks, the
// others are collected until the last chunk.
const SINGLE_BYTE = /^(?:windows-|iso-8859-|koi8-|macintosh|x-mac-|ibm866|x-user-defined)/;
const legacy = {
  tail: (bytes, _, name) => (SINGLE_BYTE.test(name) ? 0 : bytes.length),
  decode(name, bytes, fatal, keepBom) {
    const text = host("text.decode", name, bytes, fatal, keepBom);
    if (text === null) throw new TypeError("Failed to decode input.");
    return text;
  },
};

/** The canonical name for a label, or throws a RangeError. */
function encodingName(label) {
  const known = label.trim().toLowerCase();
  if (known === "utf-8" || known === "utf8") return "utf-8";
  const name = host("text.label", label);
  if (name === null || name.toLowerCase() === "replacement") {
    throw new RangeError(`"${label}" is not a valid encoding.`);
  }
  return name.toLowerCase();
}

/** Decoder for every encoding of the Encoding Standard. */
export class TextDecoder {
  #name;
  #fatal;
  #ignoreBOM;
  #codec;
  #pending = NO_BYTES;
  #started = false;
  constructor(label = "utf-8", options = undefined) {
    this.#name = encodingName(`${label}`);
    this.#fatal = !!options?.fatal;
    this.#ignoreBOM = !!options?.ignoreBOM;
    this.#codec = this.#name === "utf-8" ? utf8 : this.#name.startsWith("utf-16") ? utf16 : legacy;
  }
  get encoding() {
    return this.#name;
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }
  decode(input = undefined, options = undefined) {
    let bytes = input === undefined ? NO_BYTES : requireBytes(input, "Failed to execute 'decode' on 'TextDecoder': parameter 1 is not of type 'Array'.");
    const stream = options != null && !!options.stream;
    if (!stream && !this.#started && this.#pending === NO_BYTES) {
      return this.#codec.decode(this.#name, bytes, this.#fatal, this.#ignoreBOM);
    }
    bytes = append(this.#pending, bytes);
    const keepBom = this.#ignoreBOM || this.#started;
    this.#pending = NO_BYTES;
    this.#started = false;
    if (stream) {
      const tail = this.#codec.tail(bytes, this.#name === "utf-16be", this.#name);
      const cut = bytes.length - tail;
      const started = keepBom && !this.#ignoreBOM;
      // slice: the caller may reuse its buffer
      const rest = tail === 0 ? NO_BYTES : bytes.slice(cut);
      const text = cut === 0 ? "" : this.#codec.decode(this.#name, bytes.subarray(0, cut), this.#fatal, keepBom);
      this.#pending = rest;
      this.#started = started || cut > 0;
      return text;
    }
    return this.#codec.decode(this.#name, bytes, this.#fatal, keepBom);
  }
}
webClass(TextDecoder);

// The engine's own functions do the work; only their error class is replaced.
const engineAtob = globalThis.atob;
const engineBtoa = globalThis.btoa;

/** Decodes base64 to a string of bytes. */
export function atob(data) {
  if (arguments.length === 0) throw new TypeError("Failed to execute 'atob' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'String'.");
  const text = `${data}`;
  try {
    return engineAtob(text);
  } catch {
    throw new DOMException("atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', alphanumeric ASCII, and up to two terminal '=' signs when the input data length is divisible by 4 are allowed.)", "InvalidCharacterError");
  }
}

/** Encodes a string of bytes as base64. */
export function btoa(data) {
  if (arguments.length === 0) throw new TypeError("Failed to execute 'btoa' on 'ServiceWorkerGlobalScope': parameter 1 is not of type 'String'.");
  const text = `${data}`;
  try {
    return engineBtoa(text);
  } catch {
    throw new DOMException("btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range.", "InvalidCharacterError");
  }
}
