// Plain connections out of this machine, as the module "cloudflare:sockets" makes them.

import { host, utf8Encode } from "../native.js";
import { op, start } from "../ops.js";
import { byteStream } from "../web/readable.js";
import { assertNotGlobalScope } from "../web/scope.js";
import { URL } from "../web/url.js";
import { viewBytes } from "../web/util.js";
import { WritableStream } from "../web/writable.js";
import { argumentError, describe } from "./errors.js";
import { whereOut } from "./fetcher.js";

const KEY = Symbol("key");
const LOST = "Network connection lost.";
const CLOSED = "This socket has been closed.";
const SECURE = ["off", "on", "starttls"];

const withResolvers = Promise.withResolvers.bind(Promise);

/** A connection, or one that is being made. */
export class Socket {
  #number;
  #in;
  #out;
  #readable;
  #writable;
  #opened;
  #closed = withResolvers();
  #options;
  #upgraded = false;
  // why nothing can be written any more
  #failure = undefined;
  #isOver = false;

  constructor(key, options, number, streams, opening) {
    if (key !== KEY) throw new TypeError("Illegal constructor");
    this.#options = options;
    this.#number = number;
    [this.#in, this.#out] = streams;
    this.#readable = byteStream(this.#source(), 0);
    this.#writable = new WritableStream(this.#sink());
    this.#opened = opening.then(() => ({ remoteAddress: options.address }));
    this.#opened.catch((error) => this.#fail(error));
    // who is interested looks at them
    this.#closed.promise.catch(() => {});
  }

  get readable() {
    return this.#readable;
  }
  get writable() {
    return this.#writable;
  }
  get closed() {
    return this.#closed.promise;
  }
  get opened() {
    return this.#opened;
  }
  get upgraded() {
    return this.#upgraded;
  }
  get secureTransport() {
    return this.#options.secureTransport;
  }

  close() {
    if (!this.#isOver) {
      this.#release(new TypeError("This WritableStream belongs to an object that is closing."));
      host("stream.fail", this.#in, "TypeError", CLOSED);
      host("stream.close", this.#out);
      this.#closed.resolve();
    }
    return this.#closed.promise;
  }

  startTls(options) {
    const { secureTransport } = this.#options;
    if (secureTransport === "on") throw new TypeError("Cannot startTls on a TLS socket.");
    if (secureTransport !== "starttls") {
      throw new TypeError("The `secureTransport` socket option must be set to 'starttls' for startTls to be used.");
    }
    if (this.#isOver) throw new TypeError("The connection was closed before startTls could be started.");
    const name = options?.expectedServerHostname;
    const [streams, opening] = start("tcp.secure", this.#number, name === undefined ? null : `${name}`);
    this.#upgraded = true;
    this.#release(new TypeError("The connection has been upgraded to TLS: use the socket that startTls() gave."));
    host("stream.cancel", this.#in);
    host("stream.close", this.#out);
    this.#closed.resolve();
    return new Socket(KEY, { ...this.#options, secureTransport: "on" }, this.#number, streams, opening);
  }

  #source() {
    const number = this.#in;
    return {
      pull: (controller) => op("stream.pull", number).then(
        (chunk) => {
          if (chunk !== null && chunk !== undefined) return controller.enqueue(viewBytes(chunk));
          // a connection that never was has no end, but a reason
          return this.#opened.then(() => {
            controller.end();
            if (!this.#options.allowHalfOpen && !this.#isOver) this.close();
          });
        },
        (error) => {
          this.#lose(error);
          throw error;
        },
      ),
      cancel: () => host("stream.cancel", number),
    };
  }

  #sink() {
    const number = this.#out;
    return {
      write: (chunk) => {
        if (this.#failure !== undefined) throw this.#failure;
        const bytes = typeof chunk === "string" ? utf8Encode(chunk) : viewBytes(chunk);
        if (bytes === null) throw new TypeError("A socket takes bytes: ArrayBuffers, their views, and strings.");
        return op("stream.write", number, bytes).catch(() => { throw this.#failure ?? new Error(LOST); });
      },
      close: () => host("stream.close", number),
      abort: (reason) => host("stream.abort", number, describe(reason)[1]),
    };
  }

  /** There is no connection, for this reason. */
  #fail(error) {
    if (this.#isOver) return;
    this.#release(error);
    const [name, message] = describe(error);
    host("stream.fail", this.#in, name, message);
    host("stream.close", this.#out);
    this.#closed.reject(error);
  }

  /** The other side has gone without a word. */
  #lose(error) {
    if (this.#isOver) return;
    this.#release(error);
    host("stream.close", this.#out);
    this.#closed.resolve();
  }

  #release(failure) {
    this.#isOver = true;
    this.#failure = failure;
    if (!this.#upgraded) host("tcp.release", this.#number);
  }
}
Object.defineProperty(Socket.prototype, Symbol.toStringTag, { value: "Socket", configurable: true });

function parseAddress(text) {
  const url = `tcp://${text}`;
  if (text === "" || !URL.canParse(url) || text.includes("/")) throw problemWith(text);
  const { hostname, port } = new URL(url);
  if (port === "") throw missingPort();
  return [hostname, Number(port)];
}

const missingPort = () => new TypeError("Specified address is missing port.");

function problemWith(text) {
  if (text === "") return new TypeError("Specified address is missing hostname.");
  return URL.canParse(`tcp://${text}`) ? missingPort() : new TypeError("Specified address could not be parsed.");
}

function readAddress(address) {
  if (address === undefined || address === null) {
    throw new TypeError("Cannot initialize SocketAddress with required members from an undefined or null value.");
  }
  if (typeof address !== "object") return parseAddress(`${address}`);
  const port = Number(address.port);
  if (!Number.isInteger(port)) throw new TypeError("The value cannot be converted because it is not an integer.");
  if (port < 0) throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
  if (port > 65535) throw new TypeError("Value out of range. Must be less than or equal to 65535.");
  return [`${address.hostname}`, port];
}

/** Connects to an address: "host:port", or an object with `hostname` and `port`. */
export function connect(address, options) {
  const [hostname, port] = readAddress(address);
  if (options !== undefined && (typeof options !== "object" || options === null)) {
    throw argumentError("connect", "SocketsModule", 2, "SocketOptions");
  }
  const secureTransport = options?.secureTransport === undefined ? "off" : `${options.secureTransport}`;
  if (!SECURE.includes(secureTransport)) {
    throw new TypeError(`Unsupported value in secureTransport socket option: ${secureTransport}`);
  }
  assertNotGlobalScope();
  const [[number, ...streams], opening] = start("tcp.open", whereOut(), hostname, port, secureTransport);
  const kept = { secureTransport, allowHalfOpen: options?.allowHalfOpen === true, address: `${hostname}:${port}` };
  return new Socket(KEY, kept, number, streams, opening);
}
