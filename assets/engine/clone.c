/* Structured clone: the wire format's vocabulary and the entry points.
 * See clone.h for the contract; clone_write.c and clone_read.c are the two directions. */
#include "clone.h"

#define CLONE_VERSION 15
#define CLONE_OLDEST_READABLE_VERSION 13 /* the first with explicit host objects */

enum CloneTag {
    TAG_VERSION = 0xFF,
    TAG_PADDING = '\0',       /* aligns two-byte strings; skipped before any tag */
    TAG_OBJECT_COUNT = '?',   /* varint, ignored */
    TAG_HOLE = '-',           /* only among the elements of a dense array */
    TAG_UNDEFINED = '_',
    TAG_NULL = '0',
    TAG_TRUE = 'T',
    TAG_FALSE = 'F',
    TAG_INT32 = 'I',          /* zigzag varint */
    TAG_UINT32 = 'U',         /* varint */
    TAG_DOUBLE = 'N',         /* 8 bytes, little endian */
    TAG_BIGINT = 'Z',         /* varint (byte length * 2 + sign), magnitude in 8-byte digits */
    TAG_UTF8_STRING = 'S',    /* varint byte length, bytes */
    TAG_ONE_BYTE_STRING = '"',
    TAG_TWO_BYTE_STRING = 'c',
    TAG_REFERENCE = '^',      /* varint object id */
    TAG_OBJECT = 'o',         /* key, value, … */
    TAG_OBJECT_END = '{',     /* varint property count */
    TAG_SPARSE_ARRAY = 'a',   /* varint length; key, value, … */
    TAG_SPARSE_ARRAY_END = '@', /* varint property count, varint length */
    TAG_DENSE_ARRAY = 'A',    /* varint length; elements; key, value, … */
    TAG_DENSE_ARRAY_END = '$',
    TAG_DATE = 'D',           /* double, ms since the epoch */
    TAG_TRUE_OBJECT = 'y',
    TAG_FALSE_OBJECT = 'x',
    TAG_NUMBER_OBJECT = 'n',
    TAG_BIGINT_OBJECT = 'z',
    TAG_STRING_OBJECT = 's',
    TAG_REGEXP = 'R',         /* string, varint flags */
    TAG_MAP = ';',            /* key, value, … */
    TAG_MAP_END = ':',        /* varint 2 * size */
    TAG_SET = '\'',
    TAG_SET_END = ',',        /* varint size */
    TAG_ARRAY_BUFFER = 'B',   /* varint length, bytes */
    TAG_RESIZABLE_ARRAY_BUFFER = '~', /* varint length, varint maximum, bytes */
    TAG_VIEW = 'V',           /* after its buffer: kind, varint offset, varint length, varint flags */
    TAG_ERROR = 'r',          /* list of ERROR_* */
    TAG_HOST_OBJECT = '\\',   /* the host writer's tag; or an extended error, see clone_error.c */
};

enum CloneErrorTag {
    ERROR_KIND_EVAL = 'E',
    ERROR_KIND_RANGE = 'R',
    ERROR_KIND_REFERENCE = 'F',
    ERROR_KIND_SYNTAX = 'S',
    ERROR_KIND_TYPE = 'T',
    ERROR_KIND_URI = 'U',
    ERROR_KIND_AGGREGATE = 'A', /* only in extended errors: V8 has no such kind */
    ERROR_MESSAGE = 'm',
    ERROR_STACK = 's',
    ERROR_CAUSE = 'c',
    ERROR_END = '.',
};

static const struct {
    const char *name;
    uint8_t tag;
    JSErrorEnum proto;
} clone_error_kinds[] = {
    { "EvalError", ERROR_KIND_EVAL, JS_EVAL_ERROR },
    { "RangeError", ERROR_KIND_RANGE, JS_RANGE_ERROR },
    { "ReferenceError", ERROR_KIND_REFERENCE, JS_REFERENCE_ERROR },
    { "SyntaxError", ERROR_KIND_SYNTAX, JS_SYNTAX_ERROR },
    { "TypeError", ERROR_KIND_TYPE, JS_TYPE_ERROR },
    { "URIError", ERROR_KIND_URI, JS_URI_ERROR },
    { "AggregateError", ERROR_KIND_AGGREGATE, JS_AGGREGATE_ERROR },
};

static const struct {
    uint8_t tag;
    uint16_t class_id;
} clone_view_kinds[] = {
    { 'b', JS_CLASS_INT8_ARRAY },       { 'B', JS_CLASS_UINT8_ARRAY },
    { 'C', JS_CLASS_UINT8C_ARRAY },     { 'w', JS_CLASS_INT16_ARRAY },
    { 'W', JS_CLASS_UINT16_ARRAY },     { 'd', JS_CLASS_INT32_ARRAY },
    { 'D', JS_CLASS_UINT32_ARRAY },     { 'h', JS_CLASS_FLOAT16_ARRAY },
    { 'f', JS_CLASS_FLOAT32_ARRAY },    { 'F', JS_CLASS_FLOAT64_ARRAY },
    { 'q', JS_CLASS_BIG_INT64_ARRAY },  { 'Q', JS_CLASS_BIG_UINT64_ARRAY },
    { '?', JS_CLASS_DATAVIEW },
};

enum {
    VIEW_TRACKS_LENGTH = 1 << 0,  /* its length follows the resizable buffer's */
    VIEW_OF_RESIZABLE = 1 << 1,
};

/* V8's bits for RegExp flags; bit 6 is an experiment of V8's that is never set in stored data. */
static const struct {
    uint16_t v8_bit;
    uint16_t qjs_bit;
    char letter;
} clone_regexp_flags[] = {
    { 1 << 0, LRE_FLAG_GLOBAL, 'g' },      { 1 << 1, LRE_FLAG_IGNORECASE, 'i' },
    { 1 << 2, LRE_FLAG_MULTILINE, 'm' },   { 1 << 3, LRE_FLAG_STICKY, 'y' },
    { 1 << 4, LRE_FLAG_UNICODE, 'u' },     { 1 << 5, LRE_FLAG_DOTALL, 's' },
    { 1 << 7, LRE_FLAG_INDICES, 'd' },     { 1 << 8, LRE_FLAG_UNICODE_SETS, 'v' },
};

static inline bool clone_is_view(int class_id)
{
    return is_typed_array(class_id) || class_id == JS_CLASS_DATAVIEW;
}

/* In wasm a level takes some 500 bytes of the machine's stack, which cannot be measured, and next to
 * nothing of the shadow stack, which QuickJS's check measures. Each level is therefore counted as
 * this many bytes of shadow stack, so that a clone deep inside JavaScript calls fails in time too. */
#define CLONE_LEVEL_STACK 64

static inline bool clone_is_too_deep(JSContext *ctx, int depth)
{
    return depth >= LAP_CLONE_MAX_DEPTH || js_check_stack_overflow(ctx->rt, depth * CLONE_LEVEL_STACK);
}

#include "clone_sink.c"
#include "clone_source.c"
#include "clone_write.c"
#include "clone_read.c"
#include "clone_error.c"

static __maybe_unused JSValue lap_clone_write(JSContext *ctx, JSValueConst value,
                                              JSValueConst host_writer, int flags)
{
    CloneWriter w;
    JSValue result;

    writer_init(&w, ctx, host_writer, flags);
    if (write_root(&w, value)) {
        result = JS_EXCEPTION;
    } else if (w.buf == w.few_bytes) {
        result = JS_NewArrayBufferCopy(ctx, w.buf, w.len);
    } else {
        /* hand the buffer over; the realloc function frees it with the ArrayBuffer */
        result = JS_NewArrayBuffer(ctx, w.buf, w.len, 0, js_array_buffer_realloc, NULL, false);
        if (!JS_IsException(result))
            w.buf = w.few_bytes;
    }
    writer_free(&w);
    return result;
}

static __maybe_unused int lap_clone_write_bytes(JSContext *ctx, JSValueConst value,
                                                JSValueConst host_writer, int flags,
                                                uint8_t **bytes, size_t *len)
{
    CloneWriter w;
    int status;

    writer_init(&w, ctx, host_writer, flags);
    status = write_root(&w, value);
    *len = w.len;
    if (status == 0 && w.buf == w.few_bytes) {
        *bytes = js_malloc(ctx, w.len);
        if (*bytes)
            memcpy(*bytes, w.buf, w.len);
        else
            status = -1;
    } else if (status == 0) {
        *bytes = w.buf;
        w.buf = w.few_bytes;
    }
    writer_free(&w);
    return status;
}

static __maybe_unused JSValue lap_clone_read(JSContext *ctx, const uint8_t *buf, size_t len,
                                             JSValueConst host_reader)
{
    CloneReader r;
    JSValue value;

    reader_init(&r, ctx, buf, len, host_reader);
    value = read_root(&r);
    reader_free(&r);
    return value;
}

static __maybe_unused JSValue lap_structured_clone(JSContext *ctx, JSValueConst value)
{
    CloneWriter w;
    JSValue result = JS_EXCEPTION;

    writer_init(&w, ctx, JS_UNDEFINED, LAP_CLONE_STORAGE);
    if (write_root(&w, value) == 0)
        result = lap_clone_read(ctx, w.buf, w.len, JS_UNDEFINED);
    writer_free(&w);
    return result;
}
