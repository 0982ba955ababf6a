/* The wire format: how values cross between guest and host. One tag byte, then:
 *
 *   0 undefined   1 null   2 false   3 true
 *   4 int32       4 bytes, little-endian as all numbers here
 *   5 double      8 bytes
 *   6 string      u32 length, UTF-8 (lone surrogates keep three bytes)
 *   7 bytes       u32 length, the bytes; an ArrayBuffer on the guest's side
 *   8 list        u32 count, the values
 *   9 map         u32 count, then per entry: u32 length + key, value
 *  10 error       two strings: name and message; only at the top of an answer, where the
 *                 guest throws it
 *  11 clone       u32 length, a structured clone without host objects; only to the guest, which
 *                 gets what it is a clone of, or `lap_undecodable` when that cannot be had
 *
 * Arguments are values one after the other until the end. The same format is implemented in
 * src/sandbox/wire.rs.
 */
enum {
    WIRE_UNDEFINED, WIRE_NULL, WIRE_FALSE, WIRE_TRUE, WIRE_INT, WIRE_DOUBLE, WIRE_STRING,
    WIRE_BYTES, WIRE_LIST, WIRE_MAP, WIRE_ERROR, WIRE_CLONE,
};

static JSValue lap_undecodable = JS_UNDEFINED;

#define LAP_MAX_ARGS 16
/* Nesting that neither side exceeds. */
#define LAP_MAX_DEPTH 64

typedef struct {
    uint8_t *data;
    size_t len, cap;
} LapBuffer;

/* The argument buffer, kept between calls. */
static LapBuffer lap_args;
/* A buffer larger than this is given back after its call. */
#define LAP_KEEP_BYTES (256 * 1024)
/* Beyond this size it grows by a quarter, as memory is scarce. */
#define LAP_DOUBLE_BYTES (1024 * 1024)

static bool lap_reserve(JSContext *ctx, LapBuffer *b, size_t more)
{
    if (b->cap - b->len >= more)
        return true;
    size_t cap = b->cap ? b->cap : 1024;
    while (cap - b->len < more && cap < LAP_DOUBLE_BYTES)
        cap *= 2;
    if (cap - b->len < more)
        cap = b->len + more + (b->len + more) / 4;
    uint8_t *data = heap_realloc(b->data, cap);
    if (!data) {
        JS_ThrowOutOfMemory(ctx);
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

static bool lap_put_u32(JSContext *ctx, LapBuffer *b, uint8_t tag, uint32_t n)
{
    if (!lap_reserve(ctx, b, 5))
        return false;
    b->data[b->len] = tag;
    memcpy(b->data + b->len + 1, &n, 4);
    b->len += 5;
    return true;
}

static bool lap_put_tag(JSContext *ctx, LapBuffer *b, uint8_t tag)
{
    if (!lap_reserve(ctx, b, 1))
        return false;
    b->data[b->len++] = tag;
    return true;
}

/* Length and bytes of a string that is already flat; the tag stands before it already. */
static bool lap_put_text(JSContext *ctx, LapBuffer *b, JSString *s)
{
    if (!lap_reserve(ctx, b, 4 + lap_string_room(s)))
        return false;
    uint8_t *start = b->data + b->len + 4;
    uint32_t n = lap_put_string(start, s, false) - start;
    memcpy(b->data + b->len, &n, 4);
    b->len += 4 + n;
    return true;
}

static bool lap_put_js_string(JSContext *ctx, LapBuffer *b, JSValueConst v)
{
    JSValue flat = js_force_tostring(ctx, v);
    if (JS_IsException(flat))
        return false;
    bool ok = lap_put_text(ctx, b, JS_VALUE_GET_STRING(flat));
    JS_FreeValue(ctx, flat);
    return ok;
}

static bool lap_put_bytes(JSContext *ctx, LapBuffer *b, const uint8_t *p, size_t n)
{
    if (!lap_put_u32(ctx, b, WIRE_BYTES, n) || !lap_reserve(ctx, b, n))
        return false;
    memcpy(b->data + b->len, p, n);
    b->len += n;
    return true;
}

/* The memory behind an ArrayBuffer or a view of one; NULL when `v` is neither. */
static const uint8_t *lap_view(JSContext *ctx, JSValueConst v, size_t *len)
{
    static const uint8_t empty[1];
    const uint8_t *p;
    JSClassID id = JS_GetClassID(v);
    if (id == JS_CLASS_ARRAY_BUFFER || id == JS_CLASS_SHARED_ARRAY_BUFFER) {
        p = JS_GetArrayBuffer(ctx, len, v);
        return p ? p : empty;
    }
    if (id == JS_CLASS_DATAVIEW || (id >= JS_CLASS_UINT8C_ARRAY && id <= JS_CLASS_FLOAT64_ARRAY)) {
        JSObject *object = JS_VALUE_GET_OBJ(v);
        JSTypedArray *array = object->u.typed_array;
        JSArrayBuffer *buffer = array->buffer->u.array_buffer;
        if (buffer->detached || array->offset > buffer->byte_length) {
            *len = 0;
            return empty;
        }
        *len = array->track_rab ? buffer->byte_length - array->offset : array->length;
        if (*len > (size_t)buffer->byte_length - array->offset)
            *len = buffer->byte_length - array->offset;
        return buffer->data ? buffer->data + array->offset : empty;
    }
    return NULL;
}

static bool lap_put_value(JSContext *ctx, LapBuffer *b, JSValueConst v, int depth);

static bool lap_put_item(JSContext *ctx, LapBuffer *b, JSValueConst list, int64_t i, int depth)
{
    JSValue item = JS_GetPropertyInt64(ctx, list, i);
    bool ok = !JS_IsException(item) && lap_put_value(ctx, b, item, depth + 1);
    JS_FreeValue(ctx, item);
    return ok;
}

static bool lap_put_list(JSContext *ctx, LapBuffer *b, JSValueConst v, int depth)
{
    int64_t n, i = 0;
    JSValue *items;
    uint32_t count;
    if (js_get_length64(ctx, &n, v) || !lap_put_u32(ctx, b, WIRE_LIST, n))
        return false;
    if (js_get_fast_array(ctx, unsafe_unconst(v), &items, &count) && count == n) {
        /* encoding a plain value runs no JavaScript that could change the list */
        for (; i < n && JS_VALUE_GET_TAG(items[i]) != JS_TAG_OBJECT; i++) {
            if (!lap_put_value(ctx, b, items[i], depth + 1))
                return false;
        }
    }
    for (; i < n; i++) {
        if (!lap_put_item(ctx, b, v, i, depth))
            return false;
    }
    return true;
}

static bool lap_put_map(JSContext *ctx, LapBuffer *b, JSValueConst v, int depth)
{
    JSPropertyEnum *keys;
    uint32_t n, i;
    if (JS_GetOwnPropertyNames(ctx, &keys, &n, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY))
        return false;
    bool ok = lap_put_u32(ctx, b, WIRE_MAP, n);
    for (i = 0; ok && i < n; i++) {
        JSValue key = JS_AtomToString(ctx, keys[i].atom);
        JSValue item = JS_GetProperty(ctx, v, keys[i].atom);
        ok = !JS_IsException(key) && !JS_IsException(item) && lap_put_js_string(ctx, b, key)
            && lap_put_value(ctx, b, item, depth + 1);
        JS_FreeValue(ctx, key);
        JS_FreeValue(ctx, item);
    }
    JS_FreePropertyEnum(ctx, keys, n);
    return ok;
}

static bool lap_put_object(JSContext *ctx, LapBuffer *b, JSValueConst v, int depth)
{
    size_t len;
    const uint8_t *p;
    if (depth > LAP_MAX_DEPTH) {
        JS_ThrowRangeError(ctx, "value is nested too deeply");
        return false;
    }
    p = lap_view(ctx, v, &len);
    if (p)
        return lap_put_bytes(ctx, b, p, len);
    if (JS_IsArray(v))
        return lap_put_list(ctx, b, v, depth);
    return lap_put_map(ctx, b, v, depth);
}

static bool lap_put_value(JSContext *ctx, LapBuffer *b, JSValueConst v, int depth)
{
    double d;
    switch (JS_VALUE_GET_NORM_TAG(v)) {
    case JS_TAG_UNDEFINED:
        return lap_put_tag(ctx, b, WIRE_UNDEFINED);
    case JS_TAG_NULL:
        return lap_put_tag(ctx, b, WIRE_NULL);
    case JS_TAG_BOOL:
        return lap_put_tag(ctx, b, JS_VALUE_GET_BOOL(v) ? WIRE_TRUE : WIRE_FALSE);
    case JS_TAG_INT:
        return lap_put_u32(ctx, b, WIRE_INT, JS_VALUE_GET_INT(v));
    case JS_TAG_FLOAT64:
        d = JS_VALUE_GET_FLOAT64(v);
        if (!lap_reserve(ctx, b, 9))
            return false;
        b->data[b->len] = WIRE_DOUBLE;
        memcpy(b->data + b->len + 1, &d, 8);
        b->len += 9;
        return true;
    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE:
        return lap_put_tag(ctx, b, WIRE_STRING) && lap_put_js_string(ctx, b, v);
    case JS_TAG_OBJECT:
        return lap_put_object(ctx, b, v, depth);
    default:
        JS_ThrowTypeError(ctx, "a value of this type cannot cross to the host");
        return false;
    }
}

typedef struct {
    const uint8_t *p, *end;
} LapReader;

static JSValue lap_bad_wire(JSContext *ctx)
{
    return JS_ThrowInternalError(ctx, "malformed message from the host");
}

static bool lap_get_u32(LapReader *r, uint32_t *n)
{
    if (r->end - r->p < 4)
        return false;
    memcpy(n, r->p, 4);
    r->p += 4;
    return true;
}

/* A length that is also there. */
static bool lap_get_len(LapReader *r, uint32_t *n)
{
    return lap_get_u32(r, n) && (size_t)(r->end - r->p) >= *n;
}

static JSValue lap_get_value(JSContext *ctx, LapReader *r, int depth);

static JSValue lap_get_list(JSContext *ctx, LapReader *r, uint32_t n, int depth)
{
    JSValue small[16], *items = small, list;
    uint32_t i;
    /* every value takes a byte at least, so a count beyond the rest is a lie */
    if (n > (size_t)(r->end - r->p))
        return lap_bad_wire(ctx);
    if (n > countof(small) && !(items = js_malloc(ctx, n * sizeof(JSValue))))
        return JS_EXCEPTION;
    for (i = 0; i < n; i++) {
        items[i] = lap_get_value(ctx, r, depth + 1);
        if (JS_IsException(items[i]))
            break;
    }
    if (i == n) {
        /* takes the items over */
        list = JS_NewArrayFrom(ctx, n, items);
    } else {
        while (i-- > 0)
            JS_FreeValue(ctx, items[i]);
        list = JS_EXCEPTION;
    }
    if (items != small)
        js_free(ctx, items);
    return list;
}

static JSValue lap_get_map(JSContext *ctx, LapReader *r, uint32_t n, int depth)
{
    JSValue map = JS_NewObject(ctx);
    while (n-- > 0) {
        uint32_t len;
        if (!lap_get_len(r, &len)) {
            JS_FreeValue(ctx, map);
            return lap_bad_wire(ctx);
        }
        JSAtom key = JS_NewAtomLen(ctx, (const char *)r->p, len);
        r->p += len;
        JSValue item = lap_get_value(ctx, r, depth + 1);
        int defined = -1;
        if (!JS_IsException(item))
            defined = JS_DefinePropertyValue(ctx, map, key, item, JS_PROP_C_W_E);
        JS_FreeAtom(ctx, key);
        if (defined < 0) {
            JS_FreeValue(ctx, map);
            return JS_EXCEPTION;
        }
    }
    return map;
}

static JSValue lap_get_value(JSContext *ctx, LapReader *r, int depth)
{
    uint32_t n;
    double d;
    JSValue v;
    if (r->p >= r->end || depth > LAP_MAX_DEPTH)
        return lap_bad_wire(ctx);
    switch (*r->p++) {
    case WIRE_UNDEFINED:
        return JS_UNDEFINED;
    case WIRE_NULL:
        return JS_NULL;
    case WIRE_FALSE:
        return JS_FALSE;
    case WIRE_TRUE:
        return JS_TRUE;
    case WIRE_INT:
        return lap_get_u32(r, &n) ? JS_NewInt32(ctx, n) : lap_bad_wire(ctx);
    case WIRE_DOUBLE:
        if (r->end - r->p < 8)
            return lap_bad_wire(ctx);
        memcpy(&d, r->p, 8);
        r->p += 8;
        return JS_NewNumber(ctx, d);
    case WIRE_STRING:
        if (!lap_get_len(r, &n))
            return lap_bad_wire(ctx);
        v = lap_new_string(ctx, r->p, n, false);
        r->p += n;
        return v;
    case WIRE_BYTES:
        if (!lap_get_len(r, &n))
            return lap_bad_wire(ctx);
        v = JS_NewArrayBufferCopy(ctx, r->p, n);
        r->p += n;
        return v;
    case WIRE_CLONE:
        if (!lap_get_len(r, &n))
            return lap_bad_wire(ctx);
        v = lap_clone_read(ctx, r->p, n, JS_UNDEFINED);
        r->p += n;
        if (!JS_IsException(v))
            return v;
        JS_FreeValue(ctx, JS_GetException(ctx));
        return js_dup(lap_undecodable);
    case WIRE_LIST:
        return lap_get_u32(r, &n) ? lap_get_list(ctx, r, n, depth) : lap_bad_wire(ctx);
    case WIRE_MAP:
        return lap_get_u32(r, &n) ? lap_get_map(ctx, r, n, depth) : lap_bad_wire(ctx);
    default:
        return lap_bad_wire(ctx);
    }
}

static JSValue lap_throw_wire_error(JSContext *ctx, LapReader *r)
{
    JSValue name = lap_get_value(ctx, r, 0), message, ctor, global, error;
    if (JS_IsException(name))
        return name;
    message = lap_get_value(ctx, r, 0);
    if (JS_IsException(message)) {
        JS_FreeValue(ctx, name);
        return message;
    }
    global = JS_GetGlobalObject(ctx);
    JSAtom atom = JS_ValueToAtom(ctx, name);
    ctor = JS_GetProperty(ctx, global, atom);
    JS_FreeAtom(ctx, atom);
    if (JS_IsConstructor(ctx, ctor)) {
        error = JS_CallConstructor(ctx, ctor, 1, (JSValueConst *)&message);
    } else {
        /* a name without a class of its own is that of a DOMException */
        JSValueConst args[2] = { message, name };
        error = JS_CallConstructor(ctx, lap_dom_exception, 2, args);
    }
    JS_FreeValue(ctx, global);
    JS_FreeValue(ctx, ctor);
    JS_FreeValue(ctx, name);
    JS_FreeValue(ctx, message);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

/* Decodes an answer: a value, or an error that is thrown. */
static JSValue lap_read_answer(JSContext *ctx, const uint8_t *p, size_t len)
{
    LapReader r = { p, p + len };
    if (len == 0)
        return JS_UNDEFINED;
    if (*p == WIRE_ERROR) {
        r.p++;
        return lap_throw_wire_error(ctx, &r);
    }
    return lap_get_value(ctx, &r, 0);
}

/* Decodes values until the end; returns how many, or -1 with an exception pending. */
static int lap_read_args(JSContext *ctx, const uint8_t *p, size_t len, JSValue *argv)
{
    LapReader r = { p, p + len };
    int argc = 0;
    while (r.p < r.end && argc < LAP_MAX_ARGS) {
        argv[argc] = lap_get_value(ctx, &r, 0);
        if (JS_IsException(argv[argc])) {
            while (argc-- > 0)
                JS_FreeValue(ctx, argv[argc]);
            return -1;
        }
        argc++;
    }
    return argc;
}

typedef int32_t LapHostCall(const uint8_t *args, int32_t len, uint8_t *out, int32_t cap);

static JSValue lap_call_host(JSContext *ctx, LapHostCall *call, LapBuffer *args)
{
    static uint8_t answer[4096];
    int32_t len = call(args->data, args->len, answer, sizeof(answer));
    if (len <= (int32_t)sizeof(answer))
        return lap_read_answer(ctx, answer, len);
    uint8_t *big = heap_alloc(len);
    if (!big)
        return JS_ThrowOutOfMemory(ctx);
    lap_host_answer(big, len);
    JSValue result = lap_read_answer(ctx, big, len);
    heap_free(big);
    return result;
}

/* Keeps a call's buffer for the next one, unless it is large. */
static void lap_keep_args(LapBuffer *args)
{
    if (!args->data)
        return;
    heap_free(lap_args.data);
    if (args->cap > LAP_KEEP_BYTES) {
        heap_free(args->data);
        *args = (LapBuffer){ 0 };
    }
    lap_args = *args;
}

/* host(op, ...args): one synchronous call. Encoding may run getters, and they may call the
 * host themselves; so the shared buffer is taken away while it is in use. */
static JSValue lap_host_with(JSContext *ctx, LapHostCall *call, int argc, JSValueConst *argv)
{
    LapBuffer args = lap_args;
    JSValue result = JS_UNDEFINED;
    int i;
    lap_args = (LapBuffer){ 0 };
    args.len = 0;
    for (i = 0; i < argc; i++) {
        if (!lap_put_value(ctx, &args, argv[i], 0)) {
            result = JS_EXCEPTION;
            break;
        }
    }
    if (!JS_IsException(result))
        result = lap_call_host(ctx, call, &args);
    lap_keep_args(&args);
    return result;
}

/* hostClone(value, hostWriter, flags, op, ...args): a call whose last argument is the message
 * `[bytes, parts]` of `value`, when that has no parts and fits; otherwise there is no call, and
 * the answer is the clone. */
static JSValue lap_host_clone(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    LapBuffer args = { 0 };
    JSValue result = JS_EXCEPTION;
    CloneWriter w;
    int32_t flags;
    int i;
    if (JS_ToInt32(ctx, &flags, argv[2]))
        return JS_EXCEPTION;
    writer_init(&w, ctx, argv[1], flags);
    if (write_root(&w, argv[0]))
        goto done;
    if (w.taken || w.len > sizeof(w.few_bytes)) {
        result = JS_NewArrayBufferCopy(ctx, w.buf, w.len);
        goto done;
    }
    args = lap_args;
    args.len = 0;
    lap_args = (LapBuffer){ 0 };
    for (i = 3; i < argc; i++) {
        if (!lap_put_value(ctx, &args, argv[i], 0))
            goto done;
    }
    if (lap_put_u32(ctx, &args, WIRE_LIST, 2) && lap_put_bytes(ctx, &args, w.buf, w.len)
        && lap_put_u32(ctx, &args, WIRE_LIST, 0))
        result = lap_call_host(ctx, lap_host_call, &args);
done:
    writer_free(&w);
    lap_keep_args(&args);
    return result;
}

static JSValue lap_host(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return lap_host_with(ctx, lap_host_call, argc, argv);
}
