// The errors of streams.

import { builtinError, plainError } from "../errors.js";

const named = (name) => (typeof name === "symbol" ? name.description : name);

export const ERR_STREAM_CANNOT_PIPE = plainError("ERR_STREAM_CANNOT_PIPE", () => "Cannot pipe, not readable");
export const ERR_STREAM_DESTROYED = plainError("ERR_STREAM_DESTROYED", (name) => `Cannot call ${named(name)} after a stream was destroyed`);
export const ERR_STREAM_ALREADY_FINISHED = plainError("ERR_STREAM_ALREADY_FINISHED", (name) => `Cannot call ${named(name)} after a stream was finished`);
export const ERR_STREAM_WRITE_AFTER_END = plainError("ERR_STREAM_WRITE_AFTER_END", () => "write after end");
export const ERR_STREAM_PUSH_AFTER_EOF = plainError("ERR_STREAM_PUSH_AFTER_EOF", () => "stream.push() after EOF");
export const ERR_STREAM_UNSHIFT_AFTER_END_EVENT = plainError("ERR_STREAM_UNSHIFT_AFTER_END_EVENT", () => "stream.unshift() after end event");
export const ERR_STREAM_NULL_VALUES = builtinError(TypeError, "ERR_STREAM_NULL_VALUES", () => "May not write null values to stream");
export const ERR_STREAM_PREMATURE_CLOSE = builtinError(TypeError, "ERR_STREAM_PREMATURE_CLOSE", () => "Premature close");
