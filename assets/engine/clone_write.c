/* Structured clone, writing. Included by clone.c. Functions return 0, or -1 with an exception
 * pending. Getters and the host writer run JavaScript at any nested value, so nothing about an
 * object is trusted across a nested write: shapes are held, elements and properties re-checked. */

static int write_value(CloneWriter *w, JSValueConst v);
static int write_error(CloneWriter *w, JSObject *p);

/* ---- properties ---- */

/* The value of an own property, running its getter. Returns 1, 0 when it is gone, -1 on error. */
static int get_own_value(JSContext *ctx, JSObject *p, JSAtom atom, JSValue *value)
{
    JSPropertyDescriptor desc;
    int found = JS_GetOwnPropertyInternal(ctx, &desc, p, atom);

    if (found <= 0)
        return found;
    *value = desc.value;
    if (desc.flags & JS_PROP_GETSET) {
        *value = JS_UNDEFINED;
        if (!JS_IsUndefined(desc.getter))
            *value = JS_Call(ctx, desc.getter, JS_MKPTR(JS_TAG_OBJECT, p), 0, NULL);
        JS_FreeValue(ctx, desc.getter);
        JS_FreeValue(ctx, desc.setter);
    }
    return JS_IsException(*value) ? -1 : 1;
}

static void put_key(CloneWriter *w, JSAtom atom)
{
    uint32_t index;

    if (__JS_AtomIsTaggedInt(atom))
        put_int(w, __JS_AtomToUInt32(atom));
    else if (JS_AtomIsArrayIndex(w->ctx, &index, atom))
        put_tagged_double(w, TAG_DOUBLE, index); /* an index beyond int32 */
    else
        put_string(w, w->ctx->rt->atom_array[atom]);
}

/* Writes key and value of the own property `atom`, if it is still there. */
static int write_property(CloneWriter *w, JSObject *p, JSAtom atom, uint32_t *written)
{
    JSValue value;
    int status = get_own_value(w->ctx, p, atom, &value);

    if (status <= 0)
        return status;
    put_key(w, atom);
    status = write_value(w, value);
    JS_FreeValue(w->ctx, value);
    ++*written;
    return status;
}

/* Writes the properties names[from..count). */
static int write_named(CloneWriter *w, JSObject *p, JSPropertyEnum *names, uint32_t from,
                       uint32_t count, uint32_t *written)
{
    uint32_t i;

    for (i = from; i < count; i++) {
        if (write_property(w, p, names[i].atom, written))
            return -1;
    }
    return 0;
}

static int own_names(CloneWriter *w, JSObject *p, JSPropertyEnum **names, uint32_t *count)
{
    return JS_GetOwnPropertyNamesInternal(w->ctx, names, count, p, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY);
}

static inline bool is_string_atom(JSContext *ctx, JSAtom atom)
{
    return __JS_AtomIsTaggedInt(atom) || ctx->rt->atom_array[atom]->atom_type == JS_ATOM_TYPE_STRING;
}

/* True when the order of the shape is the order of enumeration and the shape cannot change under
 * us: a hashed shape that is held elsewhere is replaced, never edited. Index keys come first in
 * enumeration but not in the shape. */
static bool shape_is_ordered(JSContext *ctx, JSShape *sh)
{
    JSShapeProperty *prop = get_shape_prop(sh);
    uint32_t index;
    int i;

    if (!sh->is_hashed)
        return false;
    for (i = 0; i < sh->prop_count; i++) {
        if (prop[i].atom != JS_ATOM_NULL && JS_AtomIsArrayIndex(ctx, &index, prop[i].atom))
            return false;
    }
    return true;
}

static int write_shape_properties(CloneWriter *w, JSObject *p, JSShape *sh, uint32_t *written)
{
    JSShapeProperty *prop = get_shape_prop(sh);
    JSContext *ctx = w->ctx;
    JSValue value;
    int i, status;

    for (i = 0; i < sh->prop_count; i++) {
        if (!(prop[i].flags & JS_PROP_ENUMERABLE) || !is_string_atom(ctx, prop[i].atom))
            continue;
        if (p->shape == sh && (prop[i].flags & JS_PROP_TMASK) == JS_PROP_NORMAL) {
            value = js_dup(p->prop[i].u.value);
            put_string(w, ctx->rt->atom_array[prop[i].atom]);
            status = write_value(w, value);
            JS_FreeValue(ctx, value);
            ++*written;
        } else {
            status = write_property(w, p, prop[i].atom, written);
        }
        if (status)
            return -1;
    }
    return 0;
}

static int write_plain_object(CloneWriter *w, JSObject *p)
{
    JSPropertyEnum *names;
    JSShape *sh = p->shape;
    uint32_t count, written = 0;
    int status;

    put_byte(w, TAG_OBJECT);
    if (shape_is_ordered(w->ctx, sh)) {
        js_dup_shape(sh);
        status = write_shape_properties(w, p, sh, &written);
        js_free_shape(w->ctx->rt, sh);
    } else {
        if (own_names(w, p, &names, &count))
            return -1;
        status = write_named(w, p, names, 0, count, &written);
        js_free_prop_enum(w->ctx, names, count);
    }
    put_byte(w, TAG_OBJECT_END);
    put_varint(w, written);
    return status;
}

/* ---- arrays ---- */

static int write_elements(CloneWriter *w, JSObject *p, uint32_t length)
{
    JSValue value;
    uint32_t i;
    int status;

    for (i = 0; i < length; i++) {
        if (p->fast_array && i < p->u.array.count) {
            value = js_dup(p->u.array.u.values[i]);
        } else {
            status = get_own_value(w->ctx, p, __JS_AtomFromUInt32(i), &value);
            if (status < 0)
                return -1;
            if (status == 0) { /* a getter removed it */
                put_byte(w, TAG_HOLE);
                continue;
            }
        }
        status = write_value(w, value);
        JS_FreeValue(w->ctx, value);
        if (status)
            return -1;
    }
    return 0;
}

static int write_array(CloneWriter *w, JSObject *p)
{
    JSContext *ctx = w->ctx;
    JSPropertyEnum *names = NULL;
    uint32_t length, index, count = 0, written = 0, first = 0;
    bool dense;
    int status = 0;

    JS_ToUint32(ctx, &length, p->prop[0].u.value); /* an array's length is always a uint32 */
    dense = p->fast_array && p->u.array.count == length;
    if (!dense || p->shape->prop_count > 1) {
        if (own_names(w, p, &names, &count))
            return -1;
        /* the names begin with the indices in order: is none of 0..length missing? */
        if (!dense)
            dense = count >= length && length > 0 && length <= INT32_MAX &&
                    JS_AtomIsArrayIndex(ctx, &index, names[length - 1].atom) && index == length - 1;
        first = dense ? length : 0;
    }
    put_byte(w, dense ? TAG_DENSE_ARRAY : TAG_SPARSE_ARRAY);
    put_varint(w, length);
    if (dense)
        status = write_elements(w, p, length);
    if (status == 0 && names)
        status = write_named(w, p, names, first, count, &written);
    if (names)
        js_free_prop_enum(ctx, names, count);
    put_byte(w, dense ? TAG_DENSE_ARRAY_END : TAG_SPARSE_ARRAY_END);
    put_varint(w, written);
    put_varint(w, length);
    return status;
}

/* ---- built-in classes ---- */

/* Map and Set. The entries are copied first, since getters may change the collection. */
static int write_collection(CloneWriter *w, JSObject *p)
{
    JSContext *ctx = w->ctx;
    JSMapState *map = p->u.map_state;
    bool is_map = p->class_id == JS_CLASS_MAP;
    struct list_head *el;
    JSValue *values;
    uint32_t i, n = 0;
    int status = 0;

    values = js_malloc(ctx, sizeof(*values) * (2 * (size_t)map->record_count + 1));
    if (!values)
        return -1;
    list_for_each(el, &map->records) {
        JSMapRecord *record = list_entry(el, JSMapRecord, link);
        if (record->empty)
            continue;
        values[n++] = js_dup(record->key);
        if (is_map)
            values[n++] = js_dup(record->value);
    }
    put_byte(w, is_map ? TAG_MAP : TAG_SET);
    for (i = 0; i < n; i++) {
        if (status == 0)
            status = write_value(w, values[i]);
        JS_FreeValue(ctx, values[i]);
    }
    js_free(ctx, values);
    put_byte(w, is_map ? TAG_MAP_END : TAG_SET_END);
    put_varint(w, n);
    return status;
}

static int write_regexp(CloneWriter *w, JSObject *p)
{
    int i, qjs_flags = lre_get_flags(str8(p->u.regexp.bytecode));
    uint32_t flags = 0;
    JSValue source = js_regexp_get_source(w->ctx, JS_MKPTR(JS_TAG_OBJECT, p));

    if (JS_IsException(source))
        return -1;
    for (i = 0; i < countof(clone_regexp_flags); i++) {
        if (qjs_flags & clone_regexp_flags[i].qjs_bit)
            flags |= clone_regexp_flags[i].v8_bit;
    }
    put_byte(w, TAG_REGEXP);
    put_string(w, JS_VALUE_GET_STRING(source));
    put_varint(w, flags);
    JS_FreeValue(w->ctx, source);
    return 0;
}

static int write_array_buffer(CloneWriter *w, JSObject *p)
{
    JSArrayBuffer *abuf = p->u.array_buffer;

    if (abuf->detached) {
        lap_throw_dom(w->ctx, "DataCloneError", "An ArrayBuffer is detached and could not be cloned.");
        return -1;
    }
    put_byte(w, array_buffer_is_resizable(abuf) ? TAG_RESIZABLE_ARRAY_BUFFER : TAG_ARRAY_BUFFER);
    put_varint(w, abuf->byte_length);
    if (array_buffer_is_resizable(abuf))
        put_varint(w, abuf->max_byte_length);
    put_bytes(w, abuf->data, abuf->byte_length);
    return 0;
}

/* A typed array or DataView; write_object has just written its buffer. */
static int write_view(CloneWriter *w, JSObject *p)
{
    JSTypedArray *ta = p->u.typed_array;
    uint32_t flags = 0;
    int i;

    if (p->class_id == JS_CLASS_DATAVIEW ? dataview_is_oob(p) : typed_array_is_oob(p))
        return throw_not_cloneable(w, JS_MKPTR(JS_TAG_OBJECT, p));
    if (array_buffer_is_resizable(ta->buffer->u.array_buffer))
        flags = VIEW_OF_RESIZABLE | (ta->track_rab ? VIEW_TRACKS_LENGTH : 0);
    put_byte(w, TAG_VIEW);
    for (i = 0; i < countof(clone_view_kinds); i++) {
        if (clone_view_kinds[i].class_id == p->class_id)
            put_byte(w, clone_view_kinds[i].tag);
    }
    put_varint(w, ta->offset);
    put_varint(w, ta->track_rab ? 0 : ta->length);
    put_varint(w, flags);
    return 0;
}

static int write_boxed(CloneWriter *w, JSObject *p)
{
    JSValueConst inner = p->u.object_data;
    double number;

    switch (p->class_id) {
    case JS_CLASS_BOOLEAN:
        put_byte(w, JS_VALUE_GET_BOOL(inner) ? TAG_TRUE_OBJECT : TAG_FALSE_OBJECT);
        return 0;
    case JS_CLASS_STRING:
        put_byte(w, TAG_STRING_OBJECT);
        return write_string_value(w, inner);
    case JS_CLASS_BIG_INT:
        put_bigint(w, TAG_BIGINT_OBJECT, inner);
        return 0;
    default: /* Number and Date hold a number, whose conversion cannot fail */
        JS_ToFloat64(w->ctx, &number, inner);
        put_tagged_double(w, p->class_id == JS_CLASS_DATE ? TAG_DATE : TAG_NUMBER_OBJECT, number);
        return 0;
    }
}

/* ---- dispatch ---- */

/* Offers a value to the host writer. Returns 1 when it was taken and written, 0 when declined. */
static int offer_to_host(CloneWriter *w, JSValueConst v)
{
    JSContext *ctx = w->ctx;
    JSValue tag;
    int status;

    if (JS_IsUndefined(w->host_writer))
        return 0;
    tag = JS_Call(ctx, w->host_writer, JS_UNDEFINED, 1, &v);
    if (JS_IsException(tag))
        return -1;
    if (JS_IsUndefined(tag))
        return 0;
    if (JS_IsError(tag)) {
        JS_FreeValue(ctx, tag);
        JS_ThrowTypeError(ctx, "A host writer's tag must be plain data, not an Error.");
        return -1;
    }
    w->taken = true;
    put_byte(w, TAG_HOST_OBJECT);
    status = write_value(w, tag);
    JS_FreeValue(ctx, tag);
    return status ? -1 : 1;
}

/* An ordinary object: plain, or an instance of a class. */
static int write_ordinary(CloneWriter *w, JSObject *p)
{
    JSContext *ctx = w->ctx;
    int taken;

    if (p->shape->proto != JS_VALUE_GET_OBJ(ctx->class_proto[JS_CLASS_OBJECT])) {
        taken = offer_to_host(w, JS_MKPTR(JS_TAG_OBJECT, p));
        if (taken)
            return taken < 0 ? -1 : 0;
        if (w->flags & LAP_CLONE_RPC)
            return throw_unsupported_type(w, p);
    } else if (p == JS_VALUE_GET_OBJ(ctx->global_obj)) {
        return throw_not_cloneable(w, JS_MKPTR(JS_TAG_OBJECT, p));
    }
    return write_plain_object(w, p);
}

/* Whatever has no wire form: functions, proxies, promises, iterators, the shim's own classes. */
static int write_foreign(CloneWriter *w, JSObject *p)
{
    int taken = offer_to_host(w, JS_MKPTR(JS_TAG_OBJECT, p));

    if (taken)
        return taken < 0 ? -1 : 0;
    if (p->class_id >= JS_CLASS_INIT_COUNT && !lap_is_wild(JS_MKPTR(JS_TAG_OBJECT, p)))
        return throw_unsupported_type(w, p);
    return throw_not_cloneable(w, JS_MKPTR(JS_TAG_OBJECT, p));
}

static int write_by_class(CloneWriter *w, JSObject *p)
{
    switch (p->class_id) {
    case JS_CLASS_OBJECT:
        return write_ordinary(w, p);
    case JS_CLASS_ARRAY:
        return write_array(w, p);
    case JS_CLASS_MAP:
    case JS_CLASS_SET:
        return write_collection(w, p);
    case JS_CLASS_NUMBER:
    case JS_CLASS_BOOLEAN:
    case JS_CLASS_STRING:
    case JS_CLASS_BIG_INT:
    case JS_CLASS_DATE:
        return write_boxed(w, p);
    case JS_CLASS_REGEXP:
        return write_regexp(w, p);
    case JS_CLASS_ERROR:
        return write_error(w, p);
    case JS_CLASS_ARRAY_BUFFER:
        return write_array_buffer(w, p);
    default:
        return clone_is_view(p->class_id) ? write_view(w, p) : write_foreign(w, p);
    }
}

static int enter(CloneWriter *w)
{
    if (clone_is_too_deep(w->ctx, w->depth)) {
        JS_ThrowStackOverflow(w->ctx);
        return -1;
    }
    w->depth++;
    return 0;
}

static int write_object(CloneWriter *w, JSObject *p)
{
    int64_t id = find_object(w, p);
    int status;

    if (id >= 0) {
        put_byte(w, TAG_REFERENCE);
        put_varint(w, id);
        return 0;
    }
    /* the buffer goes before its view, in the bytes and in the ids */
    if (clone_is_view(p->class_id) && write_object(w, p->u.typed_array->buffer))
        return -1;
    if (record_object(w, p) || enter(w))
        return -1;
    status = write_by_class(w, p);
    w->depth--;
    return status;
}

static int write_symbol(CloneWriter *w, JSValueConst v)
{
    uint32_t id = w->object_count;
    int taken;

    /* the reader gives an id to every host object, and the tag's own objects come after it */
    if (record_object(w, NULL) || enter(w))
        return -1;
    taken = offer_to_host(w, v);
    w->depth--;
    if (taken > 0)
        return 0;
    w->object_count = id;
    return taken < 0 ? -1 : throw_not_cloneable(w, v);
}

static int write_value(CloneWriter *w, JSValueConst v)
{
    switch (JS_VALUE_GET_NORM_TAG(v)) {
    case JS_TAG_INT:
        put_int(w, JS_VALUE_GET_INT(v));
        return 0;
    case JS_TAG_FLOAT64:
        put_number(w, JS_VALUE_GET_FLOAT64(v));
        return 0;
    case JS_TAG_STRING:
        put_string(w, JS_VALUE_GET_STRING(v));
        return 0;
    case JS_TAG_STRING_ROPE:
        return write_string_value(w, v);
    case JS_TAG_OBJECT:
        return write_object(w, JS_VALUE_GET_OBJ(v));
    case JS_TAG_BOOL:
        put_byte(w, JS_VALUE_GET_BOOL(v) ? TAG_TRUE : TAG_FALSE);
        return 0;
    case JS_TAG_NULL:
        put_byte(w, TAG_NULL);
        return 0;
    case JS_TAG_UNDEFINED:
        put_byte(w, TAG_UNDEFINED);
        return 0;
    case JS_TAG_SHORT_BIG_INT:
    case JS_TAG_BIG_INT:
        put_bigint(w, TAG_BIGINT, v);
        return 0;
    case JS_TAG_SYMBOL:
        return write_symbol(w, v);
    default:
        return throw_not_cloneable(w, v);
    }
}

static int write_root(CloneWriter *w, JSValueConst v)
{
    put_byte(w, TAG_VERSION);
    put_byte(w, CLONE_VERSION);
    if (write_value(w, v))
        return -1;
    if (w->failed) {
        JS_ThrowOutOfMemory(w->ctx);
        return -1;
    }
    return 0;
}
