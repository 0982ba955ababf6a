/* Structured clone in the wire format of V8's value serializer, version 15 (header FF 0F), so that
 * values stored by one engine can be read by the other.
 *
 * These files are part of one translation unit: the shim includes quickjs.c, then clone.c.
 * The readers and writers use QuickJS internals (shapes, fast arrays, map records) for speed. */
#ifndef LAP_CLONE_H
#define LAP_CLONE_H

enum {
    /* Storage rules: an instance of a class is written as a plain object of its own enumerable
     * properties. */
    LAP_CLONE_STORAGE = 0,
    /* RPC rules: what is neither plain data nor taken by the host writer is a DataCloneError. */
    LAP_CLONE_RPC = 1 << 0,
    /* Keep an Error's own properties and its custom name, in an extension of the error record that
     * V8 itself cannot read. Without it errors carry what V8's do: kind, message, stack, cause. */
    LAP_CLONE_ERROR_PROPS = 1 << 1,
};

/* Values nested deeper than this raise the RangeError of a stack overflow, in both directions.
 * V8 gives up at a similar depth. */
#define LAP_CLONE_MAX_DEPTH 3000

/* Throws a DOMException with that name and UTF-8 message; returns JS_EXCEPTION. The shim defines it. */
static JSValue lap_throw_dom(JSContext *ctx, const char *name, const char *message);

/* Serialises `value` into a new ArrayBuffer.
 * `host_writer` is undefined or a function(value). It is called for every function, symbol, class
 * instance and engine object that has no wire form of its own, and returns undefined to decline or
 * a plain tag (string, number, array, plain object; no Error) that travels in the value's place. */
static JSValue lap_clone_write(JSContext *ctx, JSValueConst value, JSValueConst host_writer, int flags);

/* As lap_clone_write, without the ArrayBuffer: returns 0 and bytes to be released with js_free,
 * or -1 with an exception pending. */
static int lap_clone_write_bytes(JSContext *ctx, JSValueConst value, JSValueConst host_writer,
                                 int flags, uint8_t **bytes, size_t *len);

/* Rebuilds the value written in buf[0..len). `host_reader` is undefined or a function(tag) that
 * returns the value for a host writer's tag. Bytes that are not such a value raise the Error
 * "Unable to deserialize cloned data.". `buf` must stay valid while host_reader runs. */
static JSValue lap_clone_read(JSContext *ctx, const uint8_t *buf, size_t len, JSValueConst host_reader);

/* structuredClone(value): class instances become plain objects, host objects are refused. */
static JSValue lap_structured_clone(JSContext *ctx, JSValueConst value);

#endif
