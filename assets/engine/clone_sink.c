/* Structured clone: what the writer writes to. The growing buffer and its primitives, the ids of
 * objects already written, and the errors for what cannot be. Included by clone.c. */

#define FEW_OBJECTS 16 /* up to this many a linear search beats a hash table */

typedef struct CloneWriter {
    JSContext *ctx;
    JSValueConst host_writer;
    int flags;
    int depth;
    bool taken;        /* the host writer took a value */
    bool failed;       /* out of memory: sticky, later output is dropped, thrown by write_root */
    uint8_t *buf;      /* few_bytes, or from js_realloc_rt */
    size_t len, cap;
    /* Object id -> object. Each is kept alive, or a getter's temporary could be freed and its
     * address taken by the next one, which would then pass for a reference to the first. */
    JSObject **objects;
    uint32_t object_count, object_cap;
    uint32_t *slots;   /* hash table of object id + 1, 0 = free; NULL up to FEW_OBJECTS */
    uint32_t slot_mask;
    JSObject *few_objects[FEW_OBJECTS];
    uint8_t few_bytes[512];
} CloneWriter;

static void writer_init(CloneWriter *w, JSContext *ctx, JSValueConst host_writer, int flags)
{
    w->ctx = ctx;
    w->host_writer = host_writer;
    w->flags = flags;
    w->depth = 0;
    w->taken = false;
    w->failed = false;
    w->buf = w->few_bytes;
    w->len = 0;
    w->cap = sizeof(w->few_bytes);
    w->objects = w->few_objects;
    w->object_count = 0;
    w->object_cap = FEW_OBJECTS;
    w->slots = NULL;
    w->slot_mask = 0;
}

static void writer_free(CloneWriter *w)
{
    JSRuntime *rt = w->ctx->rt;
    uint32_t i;

    for (i = 0; i < w->object_count; i++) {
        if (w->objects[i])
            JS_FreeValueRT(rt, JS_MKPTR(JS_TAG_OBJECT, w->objects[i]));
    }
    if (w->objects != w->few_objects)
        js_free_rt(rt, w->objects);
    if (w->buf != w->few_bytes)
        js_free_rt(rt, w->buf);
    js_free_rt(rt, w->slots);
}

/* ---- bytes ---- */

static no_inline bool writer_grow(CloneWriter *w, size_t extra)
{
    size_t cap = w->cap * 2;
    uint8_t *buf;

    if (w->failed)
        return false;
    if (cap < w->len + extra)
        cap = w->len + extra + 64; /* the tags that follow a large block should not move it again */
    buf = js_realloc_rt(w->ctx->rt, w->buf == w->few_bytes ? NULL : w->buf, cap);
    if (!buf) {
        w->failed = true;
        return false;
    }
    if (w->buf == w->few_bytes)
        memcpy(buf, w->few_bytes, w->len);
    w->buf = buf;
    w->cap = cap;
    return true;
}

/* Room for `n` more bytes, or NULL when memory ran out. The caller advances w->len. */
static inline uint8_t *room(CloneWriter *w, size_t n)
{
    if (unlikely(w->cap - w->len < n) && !writer_grow(w, n))
        return NULL;
    return w->buf + w->len;
}

static inline void put_byte(CloneWriter *w, uint8_t byte)
{
    uint8_t *at = room(w, 1);
    if (at) {
        *at = byte;
        w->len++;
    }
}

static inline int varint_size(uint32_t value)
{
    int size = 1;
    while (value >>= 7)
        size++;
    return size;
}

static inline void put_varint(CloneWriter *w, uint32_t value)
{
    uint8_t *start = room(w, 5), *at = start;
    if (!at)
        return;
    for (; value >= 0x80; value >>= 7)
        *at++ = value | 0x80;
    *at++ = value;
    w->len += at - start;
}

static void put_bytes(CloneWriter *w, const void *bytes, size_t n)
{
    uint8_t *at = room(w, n);
    if (at && n) {
        memcpy(at, bytes, n);
        w->len += n;
    }
}

static inline void put_int(CloneWriter *w, int32_t value)
{
    put_byte(w, TAG_INT32);
    put_varint(w, ((uint32_t)value << 1) ^ (uint32_t)(value >> 31));
}

static void put_tagged_double(CloneWriter *w, uint8_t tag, double value)
{
    put_byte(w, tag);
    put_bytes(w, &value, sizeof(value));
}

/* A whole number is written as V8 writes its small integers, however QuickJS came to hold it. */
static void put_number(CloneWriter *w, double value)
{
    if (value >= INT32_MIN && value <= INT32_MAX && value == (int32_t)value &&
        !(value == 0 && signbit(value)))
        put_int(w, (int32_t)value);
    else
        put_tagged_double(w, TAG_DOUBLE, value);
}

static void put_string(CloneWriter *w, JSString *s)
{
    if (!s->is_wide_char) {
        put_byte(w, TAG_ONE_BYTE_STRING);
        put_varint(w, s->len);
        put_bytes(w, str8(s), s->len);
    } else {
        uint32_t bytes = s->len * 2;
        /* V8 reads the characters in place, so they start at an even offset */
        if ((w->len + 1 + varint_size(bytes)) & 1)
            put_byte(w, TAG_PADDING);
        put_byte(w, TAG_TWO_BYTE_STRING);
        put_varint(w, bytes);
        put_bytes(w, str16(s), bytes);
    }
}

static int write_string_value(CloneWriter *w, JSValueConst v)
{
    JSValue flat;

    if (JS_VALUE_GET_TAG(v) == JS_TAG_STRING) {
        put_string(w, JS_VALUE_GET_STRING(v));
        return 0;
    }
    flat = js_linearize_string_rope(w->ctx, v);
    if (JS_IsException(flat))
        return -1;
    put_string(w, JS_VALUE_GET_STRING(flat));
    JS_FreeValue(w->ctx, flat);
    return 0;
}

static void put_bigint(CloneWriter *w, uint8_t tag, JSValueConst v)
{
    JSBigIntBuf small;
    JSBigInt *big;
    uint8_t *magnitude;
    uint64_t carry;
    uint32_t i, limb, used = 0;
    bool negative;

    if (JS_VALUE_GET_TAG(v) == JS_TAG_SHORT_BIG_INT)
        big = js_bigint_set_short(&small, v);
    else
        big = JS_VALUE_GET_PTR(v);
    negative = js_bigint_sign(big);

    put_byte(w, tag);
    /* build the magnitude where the length will not overwrite it, then move it down */
    magnitude = room(w, 5 + (big->len + 1) * sizeof(limb));
    if (!magnitude)
        return;
    magnitude += 5;
    carry = negative;
    for (i = 0; i < big->len; i++) {
        carry += negative ? (js_limb_t)~big->tab[i] : big->tab[i];
        limb = (uint32_t)carry;
        carry >>= 32;
        memcpy(magnitude + i * sizeof(limb), &limb, sizeof(limb));
        if (limb)
            used = i + 1;
    }
    if (used & 1) { /* a digit is two limbs */
        memset(magnitude + used * sizeof(limb), 0, sizeof(limb));
        used++;
    }
    put_varint(w, used * sizeof(limb) * 2 + (negative ? 1 : 0));
    memmove(w->buf + w->len, magnitude, used * sizeof(limb));
    w->len += used * sizeof(limb);
}

/* ---- object identity ---- */

static inline uint32_t object_slot(CloneWriter *w, JSObject *p)
{
    uint32_t i = ((uintptr_t)p >> 3) * 2654435761u & w->slot_mask;
    while (w->slots[i] && w->objects[w->slots[i] - 1] != p)
        i = (i + 1) & w->slot_mask;
    return i;
}

/* The id of an object already written, or -1. */
static inline int64_t find_object(CloneWriter *w, JSObject *p)
{
    uint32_t i;

    if (w->slots)
        return (int64_t)w->slots[object_slot(w, p)] - 1;
    for (i = 0; i < w->object_count; i++) {
        if (w->objects[i] == p)
            return i;
    }
    return -1;
}

static no_inline bool grow_objects(CloneWriter *w)
{
    JSRuntime *rt = w->ctx->rt;
    uint32_t i, cap = w->object_cap * 4;
    JSObject **objects;
    uint32_t *slots;

    objects = js_realloc_rt(rt, w->objects == w->few_objects ? NULL : w->objects, cap * sizeof(*objects));
    if (!objects)
        return false;
    if (w->objects == w->few_objects)
        memcpy(objects, w->few_objects, w->object_count * sizeof(*objects));
    w->objects = objects;
    slots = js_calloc_rt(rt, cap * 2, sizeof(*slots));
    if (!slots)
        return false;
    js_free_rt(rt, w->slots);
    w->slots = slots;
    w->slot_mask = cap * 2 - 1;
    w->object_cap = cap;
    for (i = 0; i < w->object_count; i++) {
        if (objects[i])
            slots[object_slot(w, objects[i])] = i + 1;
    }
    return true;
}

/* Gives the next id to `p`; NULL for a value that takes an id but cannot be referred to. */
static int record_object(CloneWriter *w, JSObject *p)
{
    if (w->object_count == w->object_cap && !grow_objects(w)) {
        JS_ThrowOutOfMemory(w->ctx);
        return -1;
    }
    if (p) {
        js_dup(JS_MKPTR(JS_TAG_OBJECT, p));
        if (w->slots)
            w->slots[object_slot(w, p)] = w->object_count + 1;
    }
    w->objects[w->object_count++] = p;
    return 0;
}

/* ---- refusals ---- */

static int throw_clone_error(CloneWriter *w, const char *before, JSValue what, const char *after)
{
    const char *message;

    if (JS_IsException(what))
        return -1;
    what = JS_ConcatString3(w->ctx, before, what, after);
    if (JS_IsException(what))
        return -1;
    message = JS_ToCString(w->ctx, what);
    JS_FreeValue(w->ctx, what);
    if (!message)
        return -1;
    lap_throw_dom(w->ctx, "DataCloneError", message);
    JS_FreeCString(w->ctx, message);
    return -1;
}

/* The name of the class that made `p`, found without running any JavaScript. */
static JSValue class_name_of(JSContext *ctx, JSObject *p)
{
    JSProperty *ctor, *name;
    JSShapeProperty *flags;
    JSObject *proto;

    for (proto = p->shape->proto; proto && proto->class_id != JS_CLASS_PROXY; proto = proto->shape->proto) {
        flags = find_own_property(&ctor, proto, JS_ATOM_constructor);
        if (!flags || (flags->flags & JS_PROP_TMASK) != JS_PROP_NORMAL || !JS_IsFunction(ctx, ctor->u.value))
            continue;
        flags = find_own_property(&name, JS_VALUE_GET_OBJ(ctor->u.value), JS_ATOM_name);
        if (flags && (flags->flags & JS_PROP_TMASK) == JS_PROP_NORMAL && JS_IsString(name->u.value))
            return js_dup(name->u.value);
    }
    return JS_AtomToString(ctx, ctx->rt->class_array[p->class_id].class_name);
}

/* "<what> could not be cloned." with V8's way of showing <what>. */
static int throw_not_cloneable(CloneWriter *w, JSValueConst v)
{
    static const char after[] = " could not be cloned.";
    JSContext *ctx = w->ctx;
    JSObject *p;

    if (JS_VALUE_GET_TAG(v) == JS_TAG_SYMBOL)
        return throw_clone_error(w, "", js_symbol_toString(ctx, v, 0, NULL), after);
    if (JS_VALUE_GET_TAG(v) != JS_TAG_OBJECT)
        return throw_clone_error(w, "", js_new_string8(ctx, "#<Object>"), after);
    while ((p = JS_VALUE_GET_OBJ(v))->class_id == JS_CLASS_PROXY && p->u.proxy_data->is_func &&
           !p->u.proxy_data->is_revoked)
        v = p->u.proxy_data->target;
    if (lap_is_wild(v))
        return throw_clone_error(w, "", js_new_string8(ctx, "() => {}"), after);
    if (JS_IsFunction(ctx, v) && p->class_id != JS_CLASS_PROXY)
        return throw_clone_error(w, "", js_function_toString(ctx, v, 0, NULL), after);
    switch (p->class_id) {
    case JS_CLASS_PROXY:
        return throw_clone_error(w, "", js_new_string8(ctx, "#<Object>"), after);
    case JS_CLASS_GENERATOR:
    case JS_CLASS_ASYNC_GENERATOR:
    case JS_CLASS_SYMBOL:
    case JS_CLASS_MODULE_NS:
        return throw_clone_error(w, "[object ", JS_AtomToString(ctx, ctx->rt->class_array[p->class_id].class_name),
                                 "] could not be cloned.");
    default:
        return throw_clone_error(w, "#<", class_name_of(ctx, p), "> could not be cloned.");
    }
}

static int throw_unsupported_type(CloneWriter *w, JSObject *p)
{
    return throw_clone_error(w, "Could not serialize object of type \"", class_name_of(w->ctx, p),
                             "\". This type does not support serialization.");
}
