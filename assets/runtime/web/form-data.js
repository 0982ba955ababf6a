// FormData, and its two encodings in bodies.

import { latin1Decode, latin1Encode, utf8Decode, utf8Encode } from "../native.js";
import { Blob, blobBytes, File, fileOver } from "./blob.js";
import { parseUrlEncoded } from "./url.js";
import { concatBytes, pairIterable, usv, webClass } from "./util.js";

function entryValue(value, filename) {
  if (!(value instanceof Blob)) {
    return usv(value);
  }
  if (value instanceof File && filename === undefined) return value;
  return fileOver(blobBytes(value), filename === undefined ? "blob" : usv(filename), value.type);
}

let entriesOf;

function requireArguments(given, method) {
  if (given === 0) throw new TypeError(`Failed to execute '${method}' on 'FormData': parameter 1 is not of type 'string'.`);
  if (given === 1) throw new TypeError(`Failed to execute '${method}' on 'FormData': parameter 2 is not of type 'File or Blob or string'.`);
}

/** The fields of a form, in order. */
export class FormData {
  // [name, string or File] pairs
  #entries = [];
  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError("FormData: parameter 1 is not of type 'HTMLFormElement'.");
  }
  append(name, value, filename = undefined) {
    requireArguments(arguments.length, "append");
    this.#entries.push([usv(name), entryValue(value, filename)]);
  }
  delete(name) {
    const wanted = usv(name);
    this.#entries = this.#entries.filter((entry) => entry[0] !== wanted);
  }
  get(name) {
    const wanted = usv(name);
    return this.#entries.find((entry) => entry[0] === wanted)?.[1] ?? null;
  }
  getAll(name) {
    const wanted = usv(name);
    return this.#entries.filter((entry) => entry[0] === wanted).map((entry) => entry[1]);
  }
  has(name) {
    const wanted = usv(name);
    return this.#entries.some((entry) => entry[0] === wanted);
  }
  set(name, value, filename = undefined) {
    requireArguments(arguments.length, "set");
    const wanted = usv(name);
    const fresh = entryValue(value, filename);
    const at = this.#entries.findIndex((entry) => entry[0] === wanted);
    if (at < 0) {
      this.#entries.push([wanted, fresh]);
      return;
    }
    this.#entries = this.#entries.filter((entry, index) => index <= at || entry[0] !== wanted);
    this.#entries[at] = [wanted, fresh];
  }
  static {
    entriesOf = (form) => form.#entries;
    pairIterable(FormData, (form, index) => form.#entries[index]);
  }
}
webClass(FormData);

function escapeName(name) {
  return name.replace(/\r\n?|\n/g, "\r\n").replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

function newBoundary() {
  let digits = "";
  while (digits.length < 24) digits += Math.random().toString(36).slice(2);
  return `----formdata-${digits.slice(0, 24)}`;
}

/** A form as multipart/form-data: `{source, type}`; the source is a string when no file is in it. */
export function encodeMultipart(form) {
  const boundary = newBoundary();
  const chunks = [];
  let total = 0;
  let text = "";
  const flush = () => {
    const bytes = utf8Encode(text);
    chunks.push(bytes);
    total += bytes.byteLength;
    text = "";
  };
  for (const [name, value] of entriesOf(form)) {
    text += `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"`;
    if (typeof value === "string") {
      text += `\r\n\r\n${value.replace(/\r\n?|\n/g, "\r\n")}\r\n`;
      continue;
    }
    text += `; filename="${escapeName(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}\r\n\r\n`;
    flush();
    const bytes = blobBytes(value);
    chunks.push(bytes);
    total += bytes.byteLength;
    text = "\r\n";
  }
  text += `--${boundary}--\r\n`;
  const type = `multipart/form-data; boundary=${boundary}`;
  if (chunks.length === 0) return { source: text, type };
  flush();
  return { source: concatBytes(chunks, total), type };
}

function unescapeName(raw) {
  return utf8Decode(latin1Encode(raw), false, true)
    .replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
}

const DISPOSITION = /^content-disposition:[ \t]*form-data(?=[ \t]*;)/i;
const PARAMETER = /;[ \t]*([^\s;="]+)=(?:"([^"]*)"|([^\s;"]*))/g;
const PART_TYPE = /^content-type:(.*)$/i;

/** The name, file name and type that the header lines of a part give. */
function readPartHeaders(lines) {
  let name, filename, type = "text/plain";
  for (const line of lines.split("\r\n")) {
    if (DISPOSITION.test(line)) {
      for (const [, key, quoted, bare] of line.matchAll(PARAMETER)) {
        const value = unescapeName(quoted ?? bare);
        if (key.toLowerCase() === "name") name = value;
        else if (key.toLowerCase() === "filename") filename = value;
      }
    } else {
      type = PART_TYPE.exec(line)?.[1].trim() ?? type;
    }
  }
  if (name === undefined) throw new TypeError("A part of the multipart body has no Content-Disposition header with a name.");
  return { name, filename, type };
}

/** Parses a multipart/form-data body. Throws a TypeError when it is malformed. */
function parseMultipart(bytes, boundary) {
  const form = new FormData();
  const raw = latin1Decode(bytes);
  const mark = `--${boundary}`;
  let at = raw.startsWith(mark) ? 0 : raw.indexOf(`\r\n${mark}`) + 2;
  if (at === 1) throw new TypeError("The multipart body does not contain its boundary.");
  for (;;) {
    at += mark.length;
    if (raw.startsWith("--", at)) return form;
    if (!raw.startsWith("\r\n", at)) throw new TypeError("A boundary of the multipart body is not followed by a line break.");
    const start = at + 2;
    const headersEnd = raw.indexOf("\r\n\r\n", start);
    const end = raw.indexOf(`\r\n${mark}`, headersEnd + 2);
    if (headersEnd < 0 || end < 0) throw new TypeError("The multipart body is truncated: its last boundary is missing.");
    const { name, filename, type } = readPartHeaders(raw.slice(start, headersEnd));
    const content = bytes.slice(headersEnd + 4, Math.max(end, headersEnd + 4));
    entriesOf(form).push([name, filename === undefined ? utf8Decode(content, false, false) : fileOver(content, filename, type)]);
    at = end + 2;
  }
}

/** Parses the bytes of a body by its Content-Type. Throws a TypeError when that is impossible. */
export function parseForm(bytes, contentType) {
  if (contentType === null) throw new TypeError("Parsing a Body as FormData requires a Content-Type header.");
  const [essence] = contentType.split(";", 1);
  const kind = essence.trim().toLowerCase();
  if (kind === "application/x-www-form-urlencoded") {
    const form = new FormData();
    const list = parseUrlEncoded(utf8Decode(bytes, false, false));
    for (let i = 0; i < list.length; i += 2) entriesOf(form).push([list[i], list[i + 1]]);
    return form;
  }
  if (kind !== "multipart/form-data") {
    throw new TypeError("Unrecognized Content-Type header value. FormData can only parse the following MIME types: multipart/form-data, application/x-www-form-urlencoded");
  }
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i.exec(contentType);
  const text = boundary?.[1] ?? boundary?.[2] ?? "";
  if (text === "") throw new TypeError("No boundary string in Content-Type header. The multipart/form-data MIME type requires a boundary parameter, e.g. 'Content-Type: multipart/form-data; boundary=\"abcd\"'.");
  return parseMultipart(bytes, text);
}
