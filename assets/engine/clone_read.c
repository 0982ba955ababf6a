/* Structured clone, reading. Included by clone.c. Functions return the value or JS_EXCEPTION, or
 * 0 or -1. Every length is checked against what is left before anything is allocated for it, and
 * each nested level counts against the depth limit. The host reader runs JavaScript that may reach
 * objects still being filled, so their state is checked again before each store. */

static JSValue read_value(CloneReader *r);
static JSValue read_error(CloneReader *r, bool extended);

/* ---- properties ---- */

/* Consumes a string. QuickJS reports no exception when there is no memory for an atom. */
static JSAtom atom_of_string(JSContext *ctx, JSValue string)
{
    JSAtom atom;

    if (JS_IsException(string))
        return JS_ATOM_NULL;
    atom = JS_NewAtomStr(ctx, JS_VALUE_GET_STRING(string));
    if (atom == JS_ATOM_NULL)
        JS_ThrowOutOfMemory(ctx);
    return atom;
}

/* A property key as an atom, or JS_ATOM_NULL with an exception pending. */
static JSAtom read_key(CloneReader *r)
{
    const uint8_t *bytes;
    uint32_t n;
    JSAtom atom;
    JSValue key;

    switch (peek_tag(r)) {
    case TAG_ONE_BYTE_STRING:
        r->pos++;
        if (!get_counted(r, &bytes, &n))
            break;
        /* digits may be an index, whose atom is a number */
        if (n == 0 || !is_num(bytes[0])) {
            atom = __JS_FindAtom(r->ctx->rt, (const char *)bytes, n, JS_ATOM_TYPE_STRING);
            if (atom != JS_ATOM_NULL)
                return atom;
        }
        return atom_of_string(r->ctx, js_new_string8_len(r->ctx, (const char *)bytes, n));
    case TAG_TWO_BYTE_STRING:
    case TAG_UTF8_STRING:
        return atom_of_string(r->ctx, read_inner_string(r));
    case TAG_INT32:
    case TAG_UINT32:
    case TAG_DOUBLE:
        key = read_number(r, *r->pos++);
        if (JS_IsException(key))
            return JS_ATOM_NULL;
        return JS_ValueToAtom(r->ctx, key); /* a number needs no freeing */
    default:
        break;
    }
    throw_bad_data(r);
    return JS_ATOM_NULL;
}

/* Defines one new own property. Consumes `value`. A key that exists already is bad data. */
static int define_new(CloneReader *r, JSObject *p, JSAtom atom, JSValue value, int flags)
{
    JSContext *ctx = r->ctx;
    JSProperty *slot;
    int found;

    if (p->class_id == JS_CLASS_OBJECT && p->extensible) {
        if (find_own_property1(p, atom))
            goto bad;
        slot = add_property(ctx, p, atom, flags);
        if (!slot) {
            JS_FreeValue(ctx, value);
            return -1;
        }
        slot->u.value = value;
        return 0;
    }
    found = JS_GetOwnPropertyInternal(ctx, NULL, p, atom);
    if (found == 0)
        found = JS_DefinePropertyValue(ctx, JS_MKPTR(JS_TAG_OBJECT, p), atom, value, flags | JS_PROP_THROW);
    else
        goto bad;
    return found < 0 ? -1 : 0;
bad:
    JS_FreeValue(ctx, value);
    throw_bad_data(r);
    return -1;
}

/* Keys and values up to `end_tag` and their count. */
static int read_properties(CloneReader *r, JSObject *p, int end_tag)
{
    uint32_t expected, count = 0;
    JSValue value;
    JSAtom atom;
    int status;

    while (!take_tag(r, end_tag)) {
        atom = read_key(r);
        if (atom == JS_ATOM_NULL)
            return -1;
        value = read_value(r);
        status = -1;
        if (!JS_IsException(value))
            status = define_new(r, p, atom, value, JS_PROP_C_W_E);
        JS_FreeAtom(r->ctx, atom);
        if (status)
            return -1;
        count++;
    }
    if (!get_varint(r, &expected) || expected != count) {
        throw_bad_data(r);
        return -1;
    }
    return 0;
}

static JSValue read_plain_object(CloneReader *r)
{
    JSValue object = with_id(r, JS_NewObject(r->ctx));

    if (JS_IsException(object))
        return object;
    if (read_properties(r, JS_VALUE_GET_OBJ(object), TAG_OBJECT_END))
        return drop(r, object);
    return object;
}

/* ---- arrays ---- */

static int store_element(CloneReader *r, JSObject *p, uint32_t index, JSValue value)
{
    if (p->fast_array && p->extensible && p->u.array.count == index) {
        if (index >= p->u.array.u1.size && expand_fast_array(r->ctx, p, index + 1)) {
            JS_FreeValue(r->ctx, value);
            return -1;
        }
        p->u.array.u.values[index] = value;
        p->u.array.count = index + 1;
        return 0;
    }
    /* after a hole */
    return JS_DefinePropertyValue(r->ctx, JS_MKPTR(JS_TAG_OBJECT, p), __JS_AtomFromUInt32(index), value,
                                  JS_PROP_C_W_E | JS_PROP_THROW) < 0 ? -1 : 0;
}

static int read_elements(CloneReader *r, JSObject *p, uint32_t length)
{
    JSValue value;
    uint32_t i;

    /* bounded, because nested arrays could each claim all the bytes that are left */
    if (length > 0 && expand_fast_array(r->ctx, p, min_uint32(length, 256)))
        return -1;
    for (i = 0; i < length; i++) {
        if (take_tag(r, TAG_HOLE))
            continue;
        value = read_value(r);
        if (JS_IsException(value) || store_element(r, p, i, value))
            return -1;
    }
    return 0;
}

static JSValue read_array(CloneReader *r, bool dense)
{
    uint32_t length, expected;
    JSValue array;
    JSObject *p;

    /* an element takes at least a byte */
    if (!get_varint(r, &length) || (dense && (length > left(r) || length > INT32_MAX)))
        return throw_bad_data(r);
    array = with_id(r, JS_NewArray(r->ctx));
    if (JS_IsException(array))
        return array;
    p = JS_VALUE_GET_OBJ(array);
    p->prop[0].u.value = js_uint32(length);
    if (dense && read_elements(r, p, length))
        return drop(r, array);
    if (read_properties(r, p, dense ? TAG_DENSE_ARRAY_END : TAG_SPARSE_ARRAY_END))
        return drop(r, array);
    if (!get_varint(r, &expected) || expected != length)
        return drop_bad_data(r, array);
    return array;
}

/* ---- built-in classes ---- */

static int collection_put(JSContext *ctx, JSMapState *map, JSValue key, JSValue value)
{
    JSMapRecord *record;

    key = map_normalize_key(ctx, key);
    record = map_find_record(ctx, map, key);
    if (record) {
        JS_FreeValue(ctx, record->value);
    } else {
        record = map_add_record(ctx, map, key);
        if (!record) {
            JS_FreeValue(ctx, key);
            JS_FreeValue(ctx, value);
            return -1;
        }
    }
    record->value = value;
    JS_FreeValue(ctx, key);
    return 0;
}

static JSValue read_collection(CloneReader *r, bool is_map)
{
    JSContext *ctx = r->ctx;
    JSValue object, key, value = JS_UNDEFINED;
    uint32_t expected, count = 0;

    object = with_id(r, js_map_constructor(ctx, JS_UNDEFINED, 0, NULL, is_map ? 0 : MAGIC_SET));
    if (JS_IsException(object))
        return object;
    while (!take_tag(r, is_map ? TAG_MAP_END : TAG_SET_END)) {
        key = read_value(r);
        if (JS_IsException(key))
            return drop(r, object);
        if (is_map)
            value = read_value(r);
        if (JS_IsException(value)) {
            JS_FreeValue(ctx, key);
            return drop(r, object);
        }
        if (collection_put(ctx, JS_VALUE_GET_OBJ(object)->u.map_state, key, value))
            return drop(r, object);
        count += is_map ? 2 : 1;
    }
    if (!get_varint(r, &expected) || expected != count)
        return drop_bad_data(r, object);
    return object;
}

static JSValue read_date(CloneReader *r)
{
    double ms;

    if (!get_double(r, &ms))
        return throw_bad_data(r);
    return with_id(r, JS_NewDate(r->ctx, ms));
}

static JSValue read_boxed(CloneReader *r, int tag)
{
    JSValue inner;

    switch (tag) {
    case TAG_NUMBER_OBJECT:
        inner = read_number(r, TAG_DOUBLE);
        break;
    case TAG_BIGINT_OBJECT:
        inner = read_bigint(r);
        break;
    case TAG_STRING_OBJECT:
        inner = read_inner_string(r);
        break;
    default:
        inner = js_bool(tag == TAG_TRUE_OBJECT);
        break;
    }
    if (JS_IsException(inner))
        return inner;
    return with_id(r, JS_ToObjectFree(r->ctx, inner));
}

static JSValue read_regexp(CloneReader *r)
{
    JSContext *ctx = r->ctx;
    JSValue pattern, flags, bytecode;
    char letters[countof(clone_regexp_flags)];
    uint32_t bits, n = 0;
    int i;

    pattern = read_inner_string(r);
    if (JS_IsException(pattern))
        return pattern;
    if (!get_varint(r, &bits))
        return drop_bad_data(r, pattern);
    for (i = 0; i < countof(clone_regexp_flags); i++) {
        if (bits & clone_regexp_flags[i].v8_bit)
            letters[n++] = clone_regexp_flags[i].letter;
        bits &= ~(uint32_t)clone_regexp_flags[i].v8_bit;
    }
    if (bits)
        return drop_bad_data(r, pattern);
    flags = js_new_string8_len(ctx, letters, n);
    if (JS_IsException(flags))
        return drop(r, pattern);
    bytecode = js_compile_regexp(ctx, pattern, flags);
    JS_FreeValue(ctx, flags);
    if (JS_IsException(bytecode)) /* replaces the SyntaxError */
        return drop_bad_data(r, pattern);
    return with_id(r, js_regexp_constructor_internal(ctx, JS_UNDEFINED, pattern, bytecode));
}

static JSValue read_array_buffer(CloneReader *r, bool resizable)
{
    uint32_t length, maximum;
    uint64_t max_length;
    JSValue buffer;

    if (!get_varint(r, &length))
        return throw_bad_data(r);
    maximum = length;
    if (resizable && !get_varint(r, &maximum))
        return throw_bad_data(r);
    if (length > left(r) || length > maximum || maximum > INT32_MAX)
        return throw_bad_data(r);
    max_length = maximum;
    buffer = js_array_buffer_constructor2(r->ctx, JS_UNDEFINED, length, resizable ? &max_length : NULL,
                                          JS_CLASS_ARRAY_BUFFER);
    if (JS_IsException(buffer))
        return buffer;
    memcpy(JS_VALUE_GET_OBJ(buffer)->u.array_buffer->data, r->pos, length);
    r->pos += length;
    return with_id(r, buffer);
}

static JSValue new_data_view(CloneReader *r, JSValue buffer, uint32_t offset, uint32_t length, bool tracks)
{
    JSValueConst args[3] = { buffer, js_uint32(offset), js_uint32(length) };
    JSValue view = js_dataview_constructor(r->ctx, JS_UNDEFINED, tracks ? 2 : 3, args);

    JS_FreeValue(r->ctx, buffer);
    return with_id(r, view);
}

/* The view on `buffer`, which it consumes; its tag has been taken. */
static JSValue read_view(CloneReader *r, JSValue buffer)
{
    JSArrayBuffer *abuf = JS_VALUE_GET_OBJ(buffer)->u.array_buffer;
    uint32_t kind, offset, length, flags = 0, size_log2;
    bool resizable = array_buffer_is_resizable(abuf), tracks;
    JSValue view;
    int i, class_id = 0;

    if (!get_varint(r, &kind) || !get_varint(r, &offset) || !get_varint(r, &length) ||
        (r->version >= 14 && !get_varint(r, &flags)))
        return drop_bad_data(r, buffer);
    for (i = 0; i < countof(clone_view_kinds); i++) {
        if (clone_view_kinds[i].tag == kind)
            class_id = clone_view_kinds[i].class_id;
    }
    tracks = flags & VIEW_TRACKS_LENGTH;
    if (!class_id || abuf->detached || offset > abuf->byte_length || length > abuf->byte_length - offset ||
        resizable != !!(flags & VIEW_OF_RESIZABLE) || (tracks && !resizable))
        return drop_bad_data(r, buffer);
    if (class_id == JS_CLASS_DATAVIEW)
        return new_data_view(r, buffer, offset, length, tracks);
    size_log2 = typed_array_size_log2(class_id);
    if (((offset | length) & ((1u << size_log2) - 1)) != 0)
        return drop_bad_data(r, buffer);
    if (tracks)
        length = abuf->byte_length - offset;
    view = js_create_from_ctor(r->ctx, JS_UNDEFINED, class_id);
    if (JS_IsException(view))
        return drop(r, buffer);
    if (typed_array_init(r->ctx, view, buffer, offset, length >> size_log2, tracks)) /* takes buffer */
        return drop(r, view);
    return with_id(r, view);
}

/* ---- dispatch ---- */

static JSValue read_host_object(CloneReader *r)
{
    JSContext *ctx = r->ctx;
    JSValue tag, value;
    int64_t id;

    if (take_tag(r, TAG_ERROR))
        return read_error(r, true);
    if (!JS_IsFunction(ctx, r->host_reader))
        return throw_bad_data(r);
    id = reserve_id(r);
    if (id < 0)
        return JS_EXCEPTION;
    tag = read_value(r);
    if (JS_IsException(tag))
        return tag;
    value = JS_Call(ctx, r->host_reader, JS_UNDEFINED, 1, vc(&tag));
    JS_FreeValue(ctx, tag);
    if (!JS_IsException(value))
        r->objects[id] = js_dup(value);
    return value;
}

static JSValue read_nested(CloneReader *r, int tag)
{
    switch (tag) {
    case TAG_REFERENCE:
        return read_reference(r);
    case TAG_OBJECT:
        return read_plain_object(r);
    case TAG_DENSE_ARRAY:
    case TAG_SPARSE_ARRAY:
        return read_array(r, tag == TAG_DENSE_ARRAY);
    case TAG_DATE:
        return read_date(r);
    case TAG_TRUE_OBJECT:
    case TAG_FALSE_OBJECT:
    case TAG_NUMBER_OBJECT:
    case TAG_BIGINT_OBJECT:
    case TAG_STRING_OBJECT:
        return read_boxed(r, tag);
    case TAG_REGEXP:
        return read_regexp(r);
    case TAG_MAP:
    case TAG_SET:
        return read_collection(r, tag == TAG_MAP);
    case TAG_ARRAY_BUFFER:
    case TAG_RESIZABLE_ARRAY_BUFFER:
        return read_array_buffer(r, tag == TAG_RESIZABLE_ARRAY_BUFFER);
    case TAG_ERROR:
        return read_error(r, false);
    case TAG_HOST_OBJECT:
        return read_host_object(r);
    default:
        return throw_bad_data(r);
    }
}

static JSValue read_value(CloneReader *r)
{
    uint32_t ignored;
    JSValue v;
    int tag;

    while ((tag = peek_tag(r)) == TAG_OBJECT_COUNT) {
        r->pos++;
        if (!get_varint(r, &ignored))
            return throw_bad_data(r);
    }
    if (tag < 0)
        return throw_bad_data(r);
    r->pos++;
    switch (tag) {
    case TAG_UNDEFINED:
        return JS_UNDEFINED;
    case TAG_NULL:
        return JS_NULL;
    case TAG_TRUE:
        return JS_TRUE;
    case TAG_FALSE:
        return JS_FALSE;
    case TAG_INT32:
    case TAG_UINT32:
    case TAG_DOUBLE:
        return read_number(r, tag);
    case TAG_BIGINT:
        return read_bigint(r);
    case TAG_ONE_BYTE_STRING:
    case TAG_TWO_BYTE_STRING:
    case TAG_UTF8_STRING:
        return read_string(r, tag);
    default:
        break;
    }
    if (clone_is_too_deep(r->ctx, r->depth))
        return JS_ThrowStackOverflow(r->ctx);
    r->depth++;
    v = read_nested(r, tag);
    r->depth--;
    /* a view follows its buffer, or a reference to it, without a tag of its own before */
    if (JS_IsArrayBuffer(v) && take_tag(r, TAG_VIEW))
        v = read_view(r, v);
    return v;
}

static JSValue read_root(CloneReader *r)
{
    if (r->pos == r->end || *r->pos++ != TAG_VERSION || !get_varint(r, &r->version) ||
        r->version < CLONE_OLDEST_READABLE_VERSION || r->version > CLONE_VERSION)
        return JS_ThrowPlainError(r->ctx,
            "Unable to deserialize cloned data due to invalid or unsupported version.");
    return read_value(r);
}
