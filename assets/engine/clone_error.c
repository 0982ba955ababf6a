/* Structured clone of errors, both ways. Included by clone.c.
 *
 * An error is V8's record: its kind, which follows from its `name`, then message, stack and cause.
 * With LAP_CLONE_ERROR_PROPS, one that has more to carry is the host-object tag, the same record,
 * then keys and values up to the end-of-object tag. No host writer's tag begins with an error
 * record, so the two are told apart. */

/* ---- writing ---- */

/* Fetches an own data property; leaves JS_UNINITIALIZED where there is none. */
static int get_own_data(JSContext *ctx, JSObject *p, JSAtom atom, JSValue *value)
{
    JSPropertyDescriptor desc;
    int found = JS_GetOwnPropertyInternal(ctx, &desc, p, atom);

    *value = JS_UNINITIALIZED;
    if (found <= 0)
        return found;
    if (desc.flags & JS_PROP_GETSET)
        js_free_desc(ctx, &desc);
    else
        *value = desc.value;
    return 0;
}

static bool is_basic_error_key(JSAtom atom)
{
    return atom == JS_ATOM_name || atom == JS_ATOM_message || atom == JS_ATOM_stack || atom == JS_ATOM_cause;
}

static bool is_ascii_text(JSValueConst v, const char *text)
{
    JSString *s;

    if (JS_VALUE_GET_TAG(v) != JS_TAG_STRING)
        return false;
    s = JS_VALUE_GET_STRING(v);
    return !s->is_wide_char && s->len == strlen(text) && memcmp(str8(s), text, s->len) == 0;
}

/* Message, stack, cause and end, in V8's order: the cause comes last because it may refer back. */
static int write_error_fields(CloneWriter *w, JSObject *p)
{
    JSContext *ctx = w->ctx;
    JSValue v;
    int status;

    if (get_own_data(ctx, p, JS_ATOM_message, &v))
        return -1;
    if (!JS_IsUninitialized(v)) {
        v = JS_ToStringFree(ctx, v);
        if (JS_IsException(v))
            return -1;
        put_byte(w, ERROR_MESSAGE);
        status = write_string_value(w, v);
        JS_FreeValue(ctx, v);
        if (status)
            return -1;
    }
    v = JS_GetProperty(ctx, JS_MKPTR(JS_TAG_OBJECT, p), JS_ATOM_stack);
    if (JS_IsException(v))
        return -1;
    if (JS_IsString(v)) {
        put_byte(w, ERROR_STACK);
        if (write_string_value(w, v)) {
            JS_FreeValue(ctx, v);
            return -1;
        }
    }
    JS_FreeValue(ctx, v);
    if (get_own_data(ctx, p, JS_ATOM_cause, &v))
        return -1;
    if (!JS_IsUninitialized(v)) {
        put_byte(w, ERROR_CAUSE);
        status = write_value(w, v);
        JS_FreeValue(ctx, v);
        if (status)
            return -1;
    }
    put_byte(w, ERROR_END);
    return 0;
}

/* What the plain record loses: a custom name, AggregateError's hidden `errors`, own properties. */
static int write_error_extras(CloneWriter *w, JSObject *p, JSValueConst custom_name,
                              JSPropertyEnum *names, uint32_t count)
{
    uint32_t i, written = 0;

    if (!JS_IsUndefined(custom_name)) {
        put_key(w, JS_ATOM_name);
        if (write_string_value(w, custom_name))
            return -1;
        written++;
    }
    if (write_property(w, p, JS_ATOM_errors, &written))
        return -1;
    for (i = 0; i < count; i++) {
        if (!is_basic_error_key(names[i].atom) && names[i].atom != JS_ATOM_errors &&
            write_property(w, p, names[i].atom, &written))
            return -1;
    }
    put_byte(w, TAG_OBJECT_END);
    put_varint(w, written);
    return 0;
}

static int write_error(CloneWriter *w, JSObject *p)
{
    JSContext *ctx = w->ctx;
    JSPropertyEnum *names = NULL;
    uint32_t i, count = 0;
    uint8_t kind = 0;
    bool keep_props = w->flags & LAP_CLONE_ERROR_PROPS, custom, extended = false;
    JSValue name;
    int status = offer_to_host(w, JS_MKPTR(JS_TAG_OBJECT, p));

    if (status)
        return status < 0 ? -1 : 0;
    status = -1;
    name = JS_ToStringFree(ctx, JS_GetProperty(ctx, JS_MKPTR(JS_TAG_OBJECT, p), JS_ATOM_name));
    if (JS_IsException(name))
        return -1;
    for (i = 0; i < countof(clone_error_kinds); i++) {
        if (is_ascii_text(name, clone_error_kinds[i].name))
            kind = clone_error_kinds[i].tag;
    }
    custom = !kind && !is_ascii_text(name, "Error");
    if (keep_props) {
        if (own_names(w, p, &names, &count))
            goto done;
        extended = custom || kind == ERROR_KIND_AGGREGATE || find_own_property1(p, JS_ATOM_errors) ||
                   find_own_property1(p, JS_ATOM_cause);
        for (i = 0; i < count; i++)
            extended |= !is_basic_error_key(names[i].atom);
    }
    if (kind == ERROR_KIND_AGGREGATE && !extended)
        kind = 0;
    if (extended)
        put_byte(w, TAG_HOST_OBJECT);
    put_byte(w, TAG_ERROR);
    if (kind)
        put_byte(w, kind);
    status = write_error_fields(w, p);
    if (status == 0 && extended)
        status = write_error_extras(w, p, custom ? name : JS_UNDEFINED, names, count);
done:
    if (names)
        js_free_prop_enum(ctx, names, count);
    JS_FreeValue(ctx, name);
    return status;
}

/* ---- reading ---- */

static JSValue new_error_of_kind(CloneReader *r, bool extended)
{
    JSContext *ctx = r->ctx;
    JSValueConst proto = ctx->class_proto[JS_CLASS_ERROR];
    int i;

    for (i = 0; i < countof(clone_error_kinds); i++) {
        if (r->pos < r->end && *r->pos == clone_error_kinds[i].tag &&
            (extended || *r->pos != ERROR_KIND_AGGREGATE)) {
            proto = ctx->native_error_proto[clone_error_kinds[i].proto];
            r->pos++;
            break;
        }
    }
    return with_id(r, JS_NewObjectProtoClass(ctx, proto, JS_CLASS_ERROR));
}

/* One field of an error record. Returns 1 at its end. */
static int read_error_field(CloneReader *r, JSObject *p, bool extended)
{
    uint8_t field = r->pos < r->end ? *r->pos++ : 0;
    JSValue v;

    switch (field) {
    case ERROR_END:
        return 1;
    case ERROR_MESSAGE:
    case ERROR_STACK:
        v = read_inner_string(r);
        break;
    case ERROR_CAUSE:
        v = read_value(r);
        break;
    default:
        v = throw_bad_data(r);
        break;
    }
    if (JS_IsException(v))
        return -1;
    if (field == ERROR_STACK) { /* the internal slot behind the `stack` accessor */
        set_value(r->ctx, &p->u.object_data, v);
        return 0;
    }
    /* as in the reference, an error that kept all it had shows its cause */
    return define_new(r, p, field == ERROR_CAUSE ? JS_ATOM_cause : JS_ATOM_message, v,
                      field == ERROR_CAUSE && extended ? JS_PROP_C_W_E : JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
}

static JSValue read_error(CloneReader *r, bool extended)
{
    JSValue error = new_error_of_kind(r, extended);
    JSObject *p;
    int done;

    if (JS_IsException(error))
        return error;
    p = JS_VALUE_GET_OBJ(error);
    do {
        done = read_error_field(r, p, extended);
    } while (done == 0);
    if (done < 0 || (extended && read_properties(r, p, TAG_OBJECT_END)))
        return drop(r, error);
    return error;
}
