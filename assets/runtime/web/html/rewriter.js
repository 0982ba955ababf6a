// HTMLRewriter. The host parses (src/platform/html); handlers run here, one after the other.

import { host, utf8Decode } from "../../native.js";
import { IdentityTransformStream } from "../byte-transform.js";
import { readAll, ReadableStream } from "../readable.js";
import { isResponseObject, Response } from "../response.js";
import { noop, viewBytes, webClass } from "../util.js";
import { endCall, modelOf, tokenOf } from "./tokens.js";

/** What the host takes at once, bytes. */
const PIECE = 64 << 10;

/** Documents that were forgotten before their end. */
const forgotten = new FinalizationRegistry((number) => host("html.close", number));

/** A document on its way through a rewriter. */
class Passage {
  #number;
  #handlers;
  // elements that may end with a handler, by token number
  #ends = new Map();
  // the element whose content is removed, if any
  #emptied = null;
  #model = null;
  constructor(encoding, wanted, handlers) {
    this.#number = host("html.open", encoding, wanted);
    this.#handlers = handlers;
    forgotten.register(this, this.#number, this);
  }
  close() {
    forgotten.unregister(this);
    host("html.close", this.#number);
  }
  /** Rewrites a piece, or the end (null); gives the output. */
  async feed(piece) {
    const events = host("html.read", this.#number, piece);
    const edits = [];
    for (const event of events) edits.push(await this.#call(event));
    for (const list of edits) for (const edit of list) if (typeof edit[1] !== "string") edit[1] = await textOf(edit[1]);
    return new Uint8Array(host("html.write", this.#number, piece, edits));
  }
  /** Runs one handler; gives the changes that it wants. */
  async #call([handler, token, kind, ...parts]) {
    if (kind !== 0) this.#model = this.#prepare(modelOf(kind, parts));
    const model = this.#model;
    const { run, self } = kind === 5 ? { run: model.onEndTag, self: globalThis } : this.#handlers[handler];
    if (run === undefined) return [];
    const object = tokenOf(model);
    let edits;
    try {
      const result = Reflect.apply(run, self, [object]);
      if (result !== undefined) await result;
    } finally {
      edits = endCall(object);
    }
    this.#note(token, model);
    return edits;
  }
  /** Remembers elements whose end tag will matter. */
  #note(token, model) {
    if (model.kind !== 1 || !model.open) return;
    if (model.isEmptied) this.#emptied ??= token;
    if (model.isEmptied || model.onEndTag !== undefined) this.#ends.set(token, model);
  }
  #prepare(model) {
    if (model.kind === 5) {
      const element = this.#ends.get(model.element);
      this.#ends.delete(model.element);
      if (this.#emptied === model.element) this.#emptied = null;
      if (element !== undefined) {
        if (element.isRenamed) model.name = element.name;
        model.onEndTag = element.onEndTag;
      }
    } else if (this.#emptied !== null && model.kind === 1) {
      model.removed = true;
    }
    return model;
  }
}

/** The text of content that came as a stream or a response. */
async function textOf(content) {
  const stream = content instanceof ReadableStream ? content : content.body;
  return stream === null ? "" : utf8Decode(await readAll(stream), false, false);
}

/** Rewrites what `reader` gives into `writer`, until one of them ends. */
async function pass(passage, reader, writer) {
  const feed = async (piece) => {
    const output = await passage.feed(piece);
    if (output.byteLength > 0) await writer.write(output);
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const bytes = typeof value === "string" ? null : viewBytes(value);
      if (bytes === null) throw new TypeError("This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.");
      for (let at = 0; at < bytes.byteLength; at += PIECE) await feed(bytes.subarray(at, at + PIECE));
    }
    await feed(null);
    await writer.close();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    writer.abort(error).catch(noop);
    reader.cancel(error).catch(noop);
  } finally {
    passage.close();
  }
}

/** The handlers of `fields` that `object` has. */
function handlersOf(object, type, method, index, fields) {
  if (object === undefined || (object !== null && typeof object !== "object" && typeof object !== "function")) {
    throw new TypeError(`Failed to execute '${method}' on 'HTMLRewriter': parameter ${index} is not of type '${type}'.`);
  }
  return fields.map((field) => {
    const run = object?.[field];
    if (run === undefined) return undefined;
    if (typeof run === "function") return { run, self: object };
    throw new TypeError(`Incorrect type for the '${field}' field on '${type}': the provided value is not of type 'function'.`);
  });
}

function encodingOf(response) {
  const found = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(response.headers.get("content-type") ?? "");
  return found?.[1] || found?.[2] || "utf-8";
}

/** Rewrites HTML with handlers for what selectors find. */
export class HTMLRewriter {
  #wanted = [];
  #handlers = [];
  on(...args) {
    if (args.length === 0) throw new TypeError("Failed to execute 'on' on 'HTMLRewriter': parameter 1 is not of type 'string'.");
    const selector = `${args[0]}`;
    const handlers = handlersOf(args[1], "ElementContentHandlers", "on", 2, ["element", "comments", "text"]);
    host("html.selector", selector);
    return this.#add(selector, handlers);
  }
  onDocument(...args) {
    return this.#add(null, handlersOf(args[0], "DocumentContentHandlers", "onDocument", 1, ["doctype", "comments", "text", "end"]));
  }
  transform(...args) {
    const [response] = args;
    if (!isResponseObject(response)) throw new TypeError("Failed to execute 'transform' on 'HTMLRewriter': parameter 1 is not of type 'Response'.");
    const { body } = response;
    if (body === null) return response;
    if (response.bodyUsed || body.locked) throw new TypeError("The ReadableStream has been locked to a reader.");
    const passage = new Passage(encodingOf(response), this.#wanted, [...this.#handlers]);
    const { readable, writable } = new IdentityTransformStream();
    pass(passage, body.getReader(), writable.getWriter());
    return new Response(readable, response);
  }
  #add(selector, handlers) {
    this.#wanted.push([selector, ...handlers.map((handler) => handler !== undefined)]);
    this.#handlers.push(...handlers.filter((handler) => handler !== undefined));
    return this;
  }
}
webClass(HTMLRewriter);
