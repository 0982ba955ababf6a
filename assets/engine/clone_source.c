/* Structured clone: what the reader reads from. The bytes, which are not trusted, their primitives,
 * and the objects read so far by id. Included by clone.c. */

#define FEW_READ_OBJECTS 32

typedef struct CloneReader {
    JSContext *ctx;
    const uint8_t *pos, *end;
    uint32_t version;
    int depth;
    JSValueConst host_reader;
    JSValue *objects; /* by object id, owned; JS_UNINITIALIZED while the object is still unmade */
    uint32_t object_count, object_cap;
    JSValue few_objects[FEW_READ_OBJECTS];
} CloneReader;

static void reader_init(CloneReader *r, JSContext *ctx, const uint8_t *buf, size_t len,
                        JSValueConst host_reader)
{
    r->ctx = ctx;
    r->pos = buf;
    r->end = buf + len;
    r->version = 0;
    r->depth = 0;
    r->host_reader = host_reader;
    r->objects = r->few_objects;
    r->object_count = 0;
    r->object_cap = FEW_READ_OBJECTS;
}

static void reader_free(CloneReader *r)
{
    uint32_t i;

    for (i = 0; i < r->object_count; i++)
        JS_FreeValue(r->ctx, r->objects[i]);
    if (r->objects != r->few_objects)
        js_free(r->ctx, r->objects);
}

static JSValue throw_bad_data(CloneReader *r)
{
    return JS_ThrowPlainError(r->ctx, "Unable to deserialize cloned data.");
}

/* Frees an unfinished value and passes the pending exception on. */
static JSValue drop(CloneReader *r, JSValue v)
{
    JS_FreeValue(r->ctx, v);
    return JS_EXCEPTION;
}

static JSValue drop_bad_data(CloneReader *r, JSValue v)
{
    JS_FreeValue(r->ctx, v);
    return throw_bad_data(r);
}

/* ---- bytes ---- */

static inline size_t left(CloneReader *r)
{
    return r->end - r->pos;
}

static bool get_varint(CloneReader *r, uint32_t *value)
{
    uint32_t shift, v = 0;
    uint8_t byte;

    for (shift = 0; shift < 35; shift += 7) {
        if (r->pos == r->end)
            return false;
        byte = *r->pos++;
        v |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *value = v;
            return true;
        }
    }
    return false;
}

/* A varint length and that many bytes. */
static bool get_counted(CloneReader *r, const uint8_t **bytes, uint32_t *n)
{
    if (!get_varint(r, n) || *n > left(r))
        return false;
    *bytes = r->pos;
    r->pos += *n;
    return true;
}

static bool get_double(CloneReader *r, double *value)
{
    if (left(r) < sizeof(*value))
        return false;
    memcpy(value, r->pos, sizeof(*value));
    r->pos += sizeof(*value);
    if (isnan(*value)) /* other NaN bits would be taken for a pointer where values are NaN-boxed */
        *value = NAN;
    return true;
}

/* The next tag, left in place; -1 at the end. */
static inline int peek_tag(CloneReader *r)
{
    while (r->pos < r->end && *r->pos == TAG_PADDING)
        r->pos++;
    return r->pos < r->end ? *r->pos : -1;
}

static bool take_tag(CloneReader *r, int tag)
{
    if (peek_tag(r) != tag)
        return false;
    r->pos++;
    return true;
}

/* ---- object identity ---- */

/* Reserves the next object id. Returns -1 when out of memory. */
static int64_t reserve_id(CloneReader *r)
{
    if (r->object_count == r->object_cap) {
        bool few = r->objects == r->few_objects;
        JSValue *objects = js_realloc(r->ctx, few ? NULL : r->objects, sizeof(*objects) * r->object_cap * 2);
        if (!objects)
            return -1;
        if (few)
            memcpy(objects, r->few_objects, sizeof(r->few_objects));
        r->objects = objects;
        r->object_cap *= 2;
    }
    r->objects[r->object_count] = JS_UNINITIALIZED;
    return r->object_count++;
}

/* Gives `v` the next id and returns it; passes an exception through. */
static JSValue with_id(CloneReader *r, JSValue v)
{
    int64_t id;

    if (JS_IsException(v))
        return v;
    id = reserve_id(r);
    if (id < 0)
        return drop(r, v);
    r->objects[id] = js_dup(v);
    return v;
}

static JSValue read_reference(CloneReader *r)
{
    uint32_t id;

    if (!get_varint(r, &id) || id >= r->object_count || JS_IsUninitialized(r->objects[id]))
        return throw_bad_data(r);
    return js_dup(r->objects[id]);
}

/* ---- primitives ---- */

static JSValue read_number(CloneReader *r, int tag)
{
    uint32_t bits;
    double number;

    switch (tag) {
    case TAG_INT32:
        if (!get_varint(r, &bits))
            return throw_bad_data(r);
        return js_int32((int32_t)((bits >> 1) ^ -(bits & 1)));
    case TAG_UINT32:
        return get_varint(r, &bits) ? js_uint32(bits) : throw_bad_data(r);
    default:
        return get_double(r, &number) ? js_number(number) : throw_bad_data(r);
    }
}

static JSValue new_wide_string(JSContext *ctx, const uint8_t *bytes, uint32_t n)
{
    uint32_t i, len = n / 2;
    uint8_t high = 0;
    JSString *s;

    if (len == 0)
        return js_empty_string(ctx->rt);
    for (i = 1; i < n; i += 2)
        high |= bytes[i];
    s = js_alloc_string(ctx, len, high != 0);
    if (!s)
        return JS_EXCEPTION;
    if (high) {
        memcpy(str16(s), bytes, n);
    } else { /* QuickJS keeps Latin-1 text in bytes */
        for (i = 0; i < len; i++)
            str8(s)[i] = bytes[2 * i];
        str8(s)[len] = '\0';
    }
    return JS_MKPTR(JS_TAG_STRING, s);
}

static JSValue read_string(CloneReader *r, int tag)
{
    const uint8_t *bytes;
    uint32_t n;

    if (!get_counted(r, &bytes, &n) || (tag == TAG_TWO_BYTE_STRING && n % 2) || n > JS_STRING_LEN_MAX)
        return throw_bad_data(r);
    if (n == 0)
        return js_empty_string(r->ctx->rt);
    switch (tag) {
    case TAG_ONE_BYTE_STRING:
        return js_new_string8_len(r->ctx, (const char *)bytes, n);
    case TAG_TWO_BYTE_STRING:
        return new_wide_string(r->ctx, bytes, n);
    default:
        return JS_NewStringLen(r->ctx, (const char *)bytes, n);
    }
}

/* A string with its own tag, where the format allows nothing else. */
static JSValue read_inner_string(CloneReader *r)
{
    int tag = peek_tag(r);

    if (tag != TAG_ONE_BYTE_STRING && tag != TAG_TWO_BYTE_STRING && tag != TAG_UTF8_STRING)
        return throw_bad_data(r);
    r->pos++;
    return read_string(r, tag);
}

static JSValue read_bigint(CloneReader *r)
{
    uint32_t bitfield, n, i;
    js_dlimb_t carry;
    JSBigInt *big;

    if (!get_varint(r, &bitfield) || (n = bitfield >> 1) > left(r) ||
        n / sizeof(js_limb_t) >= JS_BIGINT_MAX_SIZE)
        return throw_bad_data(r);
    big = js_bigint_new(r->ctx, n / sizeof(js_limb_t) + 2); /* partial limb, and room for the sign */
    if (!big)
        return JS_EXCEPTION;
    memset(big->tab, 0, big->len * sizeof(js_limb_t));
    memcpy(big->tab, r->pos, n);
    r->pos += n;
    if (bitfield & 1) {
        carry = 1;
        for (i = 0; i < big->len; i++) {
            carry += (js_limb_t)~big->tab[i];
            big->tab[i] = (js_limb_t)carry;
            carry >>= JS_LIMB_BITS;
        }
    }
    return JS_CompactBigInt(r->ctx, js_bigint_normalize(r->ctx, big));
}
