// What HTMLRewriter hands to handlers: elements, texts, comments and so on. Each lives as long as
// one call of a handler; what it stands for (its model) is shared by all calls for the same token.

import { ReadableStream } from "../readable.js";
import { Response } from "../response.js";
import { iteratorPrototype, INTERNAL } from "../util.js";

const ENDED = "This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler.";

// the numbers of the host's verbs
const [BEFORE, AFTER, PREPEND, APPEND, REPLACE, SET_INNER, REMOVE, REMOVE_AND_KEEP, SET, SET_ATTRIBUTE, REMOVE_ATTRIBUTE] = Array(11).keys();

/** Lets a subclass add its private fields to an object that is there already. */
class Same {
  constructor(object) {
    return object;
  }
}

/** One call of a handler: the model, and the changes that were asked for. */
class Call extends Same {
  #model;
  #edits = [];
  constructor(object, model) {
    super(object);
    this.#model = model;
  }
  static model(object) {
    const model = object.#model;
    if (model === null) throw new TypeError(ENDED);
    return model;
  }
  static edit(object, verb, text = "", more = "", html = false) {
    object.#edits.push([verb, text, more, html]);
  }
  static end(object) {
    object.#model = null;
    return object.#edits;
  }
}

const parserError = (text) => new TypeError(`Parser error: ${text}`);

function argument(type, method, args, index, what) {
  if (args.length > index) return args[index];
  throw new TypeError(`Failed to execute '${method}' on '${type}': parameter ${index + 1} is not of type '${what}'.`);
}

const textArgument = (type, method, args, index) => `${argument(type, method, args, index, "string")}`;

/** Tokens whose content must be text. */
const TEXT_ONLY = ["Comment", "DocumentEnd"];

/** Adds content: a string, or a stream whose text is read later. */
function insert(object, type, method, verb, args) {
  const content = argument(type, method, args, 0, "string or JsReadableStream or Response");
  const isLive = content instanceof ReadableStream || content instanceof Response;
  if (isLive && TEXT_ONLY.includes(type)) {
    throw new TypeError("Replacing content in HTML comments using a ReadableStream or Response object is not implemented. You must provide a string.");
  }
  const text = isLive ? content : `${content}`;
  const options = args[1];
  if (options !== undefined && options !== null && typeof options !== "object" && typeof options !== "function") {
    throw new TypeError(`Failed to execute '${method}' on '${type}': parameter 2 is not of type 'ContentOptions'.`);
  }
  const html = Boolean(options?.html);
  const model = Call.model(object);
  Call.edit(object, verb, text, "", html);
  return model;
}

function checkTagName(name) {
  if (name === "") throw parserError("Tag name can't be empty.");
  if (!/^[a-zA-Z]/.test(name)) throw parserError("The first character of the tag name should be an ASCII alphabetical character.");
  const bad = /[ \n\r\t\f/>]/.exec(name);
  if (bad !== null) throw parserError(`\`${bad[0]}\` character is forbidden in the tag name`);
}

function checkAttributeName(name) {
  if (name === "") throw parserError("Attribute name can't be empty.");
  const bad = /[ \n\r\t\f/>=]/.exec(name);
  if (bad !== null) throw parserError(`\`${bad[0]}\` character is forbidden in the attribute name`);
}

const lower = (text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());

/** Gives `Class` its name as a tag, enumerable methods, and a constructor that nobody can call. */
function tokenClass(Class) {
  for (const key of Object.getOwnPropertyNames(Class.prototype)) {
    if (key !== "constructor") Object.defineProperty(Class.prototype, key, { enumerable: true });
  }
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
}

/** Descriptors of properties that every token has as its own. */
function fields(descriptors) {
  for (const each of Object.values(descriptors)) Object.assign(each, { enumerable: true, configurable: true });
  return descriptors;
}

function start(object, token, model, own) {
  if (token !== INTERNAL) throw new TypeError("Illegal constructor");
  new Call(object, model);
  if (own !== undefined) Object.defineProperties(object, own);
}

const removed = { get() { return Call.model(this).removed; } };

const elementFields = fields({
  namespaceURI: { get() { return Call.model(this).namespace; } },
  removed,
  attributes: { get() { return new AttributesIterator(INTERNAL, Call.model(this), this); } },
  tagName: {
    get() { return Call.model(this).name; },
    set(value) {
      const name = `${value}`;
      const model = Call.model(this);
      checkTagName(name);
      model.name = lower(name);
      model.isRenamed = true;
      Call.edit(this, SET, name);
    },
  },
});

/** A start tag. */
class Element {
  constructor(token, model) {
    start(this, token, model, elementFields);
  }
  getAttribute(...args) {
    const name = lower(textArgument("Element", "getAttribute", args, 0));
    return Call.model(this).attributes.find((each) => each[0] === name)?.[1] ?? null;
  }
  hasAttribute(...args) {
    const name = lower(textArgument("Element", "hasAttribute", args, 0));
    return Call.model(this).attributes.some((each) => each[0] === name);
  }
  setAttribute(...args) {
    const name = textArgument("Element", "setAttribute", args, 0);
    const value = textArgument("Element", "setAttribute", args, 1);
    const model = Call.model(this);
    const { attributes } = model;
    checkAttributeName(name);
    model.version++;
    const known = attributes.find((each) => each[0] === lower(name));
    if (known === undefined) attributes.push([lower(name), value]);
    else known[1] = value;
    Call.edit(this, SET_ATTRIBUTE, name, value);
    return this;
  }
  removeAttribute(...args) {
    const name = textArgument("Element", "removeAttribute", args, 0);
    const model = Call.model(this);
    const { attributes } = model;
    model.version++;
    const index = attributes.findIndex((each) => each[0] === lower(name));
    if (index >= 0) attributes.splice(index, 1);
    Call.edit(this, REMOVE_ATTRIBUTE, name);
    return this;
  }
  before(...args) {
    insert(this, "Element", "before", BEFORE, args);
    return this;
  }
  after(...args) {
    insert(this, "Element", "after", AFTER, args);
    return this;
  }
  prepend(...args) {
    insert(this, "Element", "prepend", PREPEND, args);
    return this;
  }
  append(...args) {
    insert(this, "Element", "append", APPEND, args);
    return this;
  }
  replace(...args) {
    const model = insert(this, "Element", "replace", REPLACE, args);
    model.removed = model.isEmptied = true;
    return this;
  }
  remove() {
    const model = Call.model(this);
    model.removed = model.isEmptied = true;
    Call.edit(this, REMOVE);
    return this;
  }
  removeAndKeepContent() {
    Call.model(this).removed = true;
    Call.edit(this, REMOVE_AND_KEEP);
    return this;
  }
  setInnerContent(...args) {
    insert(this, "Element", "setInnerContent", SET_INNER, args).isEmptied = true;
    return this;
  }
  onEndTag(...args) {
    const handler = args[0];
    if (typeof handler !== "function") throw new TypeError("Failed to execute 'onEndTag' on 'Element': parameter 1 is not of type 'function'.");
    const model = Call.model(this);
    if (!model.open) throw parserError("No end tag.");
    model.onEndTag = handler;
  }
}
tokenClass(Element);

/** Walks an element's attributes as they are. */
class AttributesIterator {
  #model;
  #version;
  #owner;
  #index = 0;
  constructor(token, model, owner) {
    if (token !== INTERNAL) throw new TypeError("Illegal constructor");
    this.#model = model;
    this.#version = model.version;
    this.#owner = owner;
  }
  next() {
    Call.model(this.#owner);
    if (this.#model.version !== this.#version) {
      throw new Error("The attributes of this element have been modified during iteration. You must create a new iterator after modifying attributes.");
    }
    const attribute = this.#model.attributes[this.#index++];
    return attribute === undefined ? { done: true, value: undefined } : { done: false, value: [...attribute] };
  }
}
tokenClass(AttributesIterator);
Object.setPrototypeOf(AttributesIterator.prototype, iteratorPrototype);

const endTagFields = fields({
  name: {
    get() { return Call.model(this).name; },
    set(value) {
      const name = `${value}`;
      Call.model(this).name = lower(name);
      Call.edit(this, SET, name);
    },
  },
});

/** An end tag. */
class EndTag {
  constructor(token, model) {
    start(this, token, model, endTagFields);
  }
  before(...args) {
    insert(this, "EndTag", "before", BEFORE, args);
    return this;
  }
  after(...args) {
    insert(this, "EndTag", "after", AFTER, args);
    return this;
  }
  remove() {
    Call.model(this);
    Call.edit(this, REMOVE);
    return this;
  }
}
tokenClass(EndTag);

/** What texts and comments can do. */
function textual(type) {
  return {
    before(...args) {
      insert(this, type, "before", BEFORE, args);
      return this;
    },
    after(...args) {
      insert(this, type, "after", AFTER, args);
      return this;
    },
    replace(...args) {
      insert(this, type, "replace", REPLACE, args).removed = true;
      return this;
    },
    remove() {
      Call.model(this).removed = true;
      Call.edit(this, REMOVE);
      return this;
    },
  };
}

/** Puts `methods` before the constructor, as a class that was written so would have them. */
function withMethods(Class, methods) {
  delete Class.prototype.constructor;
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Class.prototype, name, { value, writable: true, configurable: true });
  }
  Object.defineProperty(Class.prototype, "constructor", { value: Class, writable: true, configurable: true });
  tokenClass(Class);
}

const commentFields = fields({
  removed: { ...removed },
  text: {
    get() { return Call.model(this).text; },
    set(value) {
      const text = `${value}`;
      const model = Call.model(this);
      if (/-->|--!>|^-?>/.test(text)) throw parserError("Comment text shouldn't contain a comment-closing sequence.");
      model.text = text;
      Call.edit(this, SET, text);
    },
  },
});

/** A comment. */
class Comment {
  constructor(token, model) {
    start(this, token, model, commentFields);
  }
}
withMethods(Comment, textual("Comment"));

const textFields = fields({
  removed: { ...removed },
  lastInTextNode: { get() { return Call.model(this).last; } },
  text: { get() { return Call.model(this).text; } },
});

/** A part of a text. */
class Text {
  constructor(token, model) {
    start(this, token, model, textFields);
  }
}
withMethods(Text, textual("Text"));

const doctypeFields = fields({
  systemId: { get() { return Call.model(this).systemId; } },
  publicId: { get() { return Call.model(this).publicId; } },
  name: { get() { return Call.model(this).name; } },
});

/** The document's type. */
class Doctype {
  constructor(token, model) {
    start(this, token, model, doctypeFields);
  }
}
tokenClass(Doctype);

/** The document's end. */
class DocumentEnd {
  constructor(token, model) {
    start(this, token, model, undefined);
  }
  append(...args) {
    insert(this, "DocumentEnd", "append", APPEND, args);
    return this;
  }
}
tokenClass(DocumentEnd);

const KINDS = [undefined, Element, Text, Comment, Doctype, EndTag, DocumentEnd];

/** The model of a token from the host: its kind, then what the kind has. */
export function modelOf(kind, parts) {
  switch (kind) {
    case 1: {
      const [name, namespace, open, flat] = parts;
      const attributes = [];
      for (let i = 0; i < flat.length; i += 2) attributes.push([flat[i], flat[i + 1]]);
      return { kind, name, namespace, open, attributes, version: 0, removed: false, isEmptied: false, isRenamed: false, onEndTag: undefined };
    }
    case 2:
      return { kind, text: parts[0], last: parts[1], removed: false };
    case 3:
      return { kind, text: parts[0], removed: false };
    case 4:
      return { kind, name: parts[0], publicId: parts[1], systemId: parts[2] };
    case 5:
      return { kind, element: parts[0], name: parts[1] };
    default:
      return { kind };
  }
}

/** The object that a handler gets. */
export const tokenOf = (model) => new KINDS[model.kind](INTERNAL, model);

/** Ends the call that `token` was made for; gives its changes. */
export const endCall = (token) => Call.end(token);
