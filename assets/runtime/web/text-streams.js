// TextEncoderStream and TextDecoderStream.

import { utf8Encode } from "../native.js";
import { TextDecoder } from "./encoding.js";
import { TransformStream } from "./transform.js";
import { requireBytes, webClass } from "./util.js";

class Encoding {
  // a high surrogate whose other half may come with the next chunk
  #half = "";
  transform(chunk, controller) {
    let text = this.#half + `${chunk}`;
    this.#half = "";
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last <= 0xdbff) {
      this.#half = text.slice(-1);
      text = text.slice(0, -1);
    }
    if (text !== "") controller.enqueue(utf8Encode(text));
  }
  flush(controller) {
    if (this.#half !== "") controller.enqueue(utf8Encode("\ufffd"));
  }
}

/** Encodes strings as UTF-8. */
export class TextEncoderStream {
  #stream = new TransformStream(new Encoding());
  get encoding() {
    return "utf-8";
  }
  get readable() {
    return this.#stream.readable;
  }
  get writable() {
    return this.#stream.writable;
  }
}
webClass(TextEncoderStream);

class Decoding {
  #decoder;
  constructor(decoder) {
    this.#decoder = decoder;
  }
  transform(chunk, controller) {
    const text = this.#decoder.decode(requireBytes(chunk, "TextDecoderStream"), { stream: true });
    if (text !== "") controller.enqueue(text);
  }
  flush(controller) {
    const text = this.#decoder.decode();
    if (text !== "") controller.enqueue(text);
  }
}

/** Decodes bytes to strings. */
export class TextDecoderStream {
  #decoder;
  #stream;
  constructor(label = "utf-8", options = undefined) {
    this.#decoder = new TextDecoder(label, options);
    this.#stream = new TransformStream(new Decoding(this.#decoder));
  }
  get encoding() {
    return this.#decoder.encoding;
  }
  get fatal() {
    return this.#decoder.fatal;
  }
  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }
  get readable() {
    return this.#stream.readable;
  }
  get writable() {
    return this.#stream.writable;
  }
}
webClass(TextDecoderStream);
