// Writable streams in messages: the receiver writes into a stream of the host, and the sender
// passes on to its own stream what comes out of it.

import { host } from "../../native.js";
import { op } from "../../ops.js";
import { WritableStream } from "../../web/writable.js";
import { describe } from "../errors.js";

/** Starts to pass on what the receiver will write; gives the number of the host's stream. */
export function drainInto(stream) {
  const writer = stream.getWriter();
  const id = host("stream.reverse");
  drain(id, writer);
  return id;
}

async function drain(id, writer) {
  try {
    for (let chunk; (chunk = await op("stream.pull", id)) !== null && chunk !== undefined;) await writer.write(chunk);
    await writer.close();
  } catch (error) {
    host("stream.cancel", id);
    writer.abort(error).catch(() => {});
  }
}

const bytesOf = (chunk) => {
  if (chunk instanceof ArrayBuffer || ArrayBuffer.isView(chunk)) return chunk;
  throw new TypeError("WritableStream received over RPC only supports writing bytes (ArrayBuffers and views of them).");
};

/** The receiver's end. */
export function hostSink(id) {
  return new WritableStream({
    write: (chunk) => op("stream.write", id, bytesOf(chunk)),
    close: () => host("stream.close", id),
    abort: (reason) => host("stream.abort", id, describe(reason)[1]),
  });
}
