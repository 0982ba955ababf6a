// Destroying a stream when a signal aborts.

import { AbortError, ERR_INVALID_ARG_TYPE } from "../errors.js";
import { addAbortListener } from "../events/waiting.js";
import { finished } from "./finished.js";
import { isNodeStream, isWebStream } from "./predicates.js";

export function addAbortSignal(signal, stream) {
  if (signal === null || typeof signal !== "object" || !("aborted" in signal)) throw new ERR_INVALID_ARG_TYPE("signal", "AbortSignal", signal);
  if (!isNodeStream(stream) && !isWebStream(stream)) throw new ERR_INVALID_ARG_TYPE("stream", ["ReadableStream", "WritableStream", "Stream"], stream);
  const onAbort = () => stream.destroy?.(new AbortError(undefined, { cause: signal.reason }));
  if (signal.aborted) {
    onAbort();
  } else {
    const listening = addAbortListener(signal, onAbort);
    finished(stream, () => listening[Symbol.dispose]());
  }
  return stream;
}
