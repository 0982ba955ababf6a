/* The functions that the runtime's JavaScript gets from C, as `__native` on the global
 * object; assets/runtime/native.js takes them and removes the name. */

static JSValue lap_new_bytes(JSContext *ctx, const uint8_t *p, size_t len)
{
    return JS_NewUint8ArrayCopy(ctx, p, len);
}

/* utf8Encode(string) -> Uint8Array; lone surrogates become U+FFFD. */
static JSValue lap_utf8_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue flat = js_force_tostring(ctx, argv[0]), bytes;
    if (JS_IsException(flat))
        return flat;
    JSString *s = JS_VALUE_GET_STRING(flat);
    uint8_t *room = js_malloc(ctx, lap_string_room(s) + 1);
    if (!room) {
        JS_FreeValue(ctx, flat);
        return JS_EXCEPTION;
    }
    bytes = lap_new_bytes(ctx, room, lap_put_string(room, s, true) - room);
    js_free(ctx, room);
    JS_FreeValue(ctx, flat);
    return bytes;
}

/* utf8Decode(bytes, fatal, ignoreBOM) -> string */
static JSValue lap_utf8_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    const uint8_t *p = lap_view(ctx, argv[0], &len);
    if (!p)
        return JS_ThrowTypeError(ctx, "bytes expected");
    bool keep_bom = argc > 2 && JS_ToBool(ctx, argv[2]);
    if (!keep_bom && len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
        p += 3;
        len -= 3;
    }
    return lap_new_string(ctx, p, len, argc > 1 && JS_ToBool(ctx, argv[1]));
}

/* latin1Encode(string) -> Uint8Array of the low bytes of its code units. */
static JSValue lap_latin1_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue flat = js_force_tostring(ctx, argv[0]), bytes;
    if (JS_IsException(flat))
        return flat;
    JSString *s = JS_VALUE_GET_STRING(flat);
    uint32_t i, len = s->len;
    uint8_t *room = js_malloc(ctx, len + 1);
    if (!room) {
        JS_FreeValue(ctx, flat);
        return JS_EXCEPTION;
    }
    for (i = 0; i < len; i++)
        room[i] = s->is_wide_char ? str16(s)[i] : str8(s)[i];
    bytes = lap_new_bytes(ctx, room, len);
    js_free(ctx, room);
    JS_FreeValue(ctx, flat);
    return bytes;
}

static JSValue lap_latin1_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    const uint8_t *p = lap_view(ctx, argv[0], &len);
    if (!p)
        return JS_ThrowTypeError(ctx, "bytes expected");
    return js_new_string8_len(ctx, (const char *)p, len);
}

/* zip(names, values) -> object; what makes a row of a result cheap. */
static JSValue lap_zip(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue *names, *values;
    uint32_t n, m, i;
    if (!js_get_fast_array(ctx, unsafe_unconst(argv[0]), &names, &n) || !js_get_fast_array(ctx, unsafe_unconst(argv[1]), &values, &m) || m < n)
        return JS_ThrowTypeError(ctx, "names and values expected");
    JSValue object = JS_NewObject(ctx);
    for (i = 0; i < n; i++) {
        JSAtom atom = JS_ValueToAtom(ctx, names[i]);
        int defined = JS_DefinePropertyValue(ctx, object, atom, js_dup(values[i]), JS_PROP_C_W_E);
        JS_FreeAtom(ctx, atom);
        if (defined < 0) {
            JS_FreeValue(ctx, object);
            return JS_EXCEPTION;
        }
    }
    return object;
}

/* cloneWrite(value, hostWriter, flags) -> ArrayBuffer; see clone.h. */
static JSValue lap_native_clone_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t flags = 0;
    if (argc > 2 && JS_ToInt32(ctx, &flags, argv[2]))
        return JS_EXCEPTION;
    return lap_clone_write(ctx, argv[0], argc > 1 ? argv[1] : JS_UNDEFINED, flags);
}

static JSValue lap_native_clone_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    size_t len;
    const uint8_t *p = lap_view(ctx, argv[0], &len);
    if (!p)
        return JS_ThrowTypeError(ctx, "bytes expected");
    /* reading may run JavaScript that changes the buffer */
    uint8_t *copy = js_malloc(ctx, len + 1);
    if (!copy)
        return JS_EXCEPTION;
    memcpy(copy, p, len);
    JSValue value = lap_clone_read(ctx, copy, len, argc > 1 ? argv[1] : JS_UNDEFINED);
    js_free(ctx, copy);
    return value;
}

/* setHooks(dispatch, resolve, source, rejection, DOMException, turnEnded) */
static JSValue lap_set_hooks(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    if (argc < 6)
        return JS_ThrowTypeError(ctx, "six hooks expected");
    lap_dispatcher = js_dup(argv[0]);
    lap_resolve = js_dup(argv[1]);
    lap_source = js_dup(argv[2]);
    lap_rejection = js_dup(argv[3]);
    lap_dom_exception = js_dup(argv[4]);
    lap_turn_ended = js_dup(argv[5]);
    return JS_UNDEFINED;
}

/* Asks for a call of `turnEnded` once this turn's jobs have run. */
static JSValue lap_await_turn_end(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    lap_awaits_end = true;
    return JS_UNDEFINED;
}

/* Code from strings: allowed while a worker starts, refused in handlers, as the reference does. */
static bool lap_eval_allowed = true;

/* Whether a function is part of the runtime. */
static bool lap_is_native(JSContext *ctx, JSFunctionBytecode *b)
{
    static const char head[] = "lapidary:runtime/";
    const char *file = JS_AtomToCString(ctx, b->filename);
    bool native = file && !strncmp(file, head, sizeof(head) - 1);
    JS_FreeCString(ctx, file);
    return native;
}

/* A class was called without `new`. The runtime makes classes whose constructor begins with a
   parameter `token`, and nobody else may. */
static void lap_throw_no_new(JSContext *ctx, JSFunctionBytecode *b, JSValueConst class)
{
    JSValue name = JS_GetPropertyStr(ctx, class, "name");
    const char *text = JS_IsException(name) ? NULL : JS_ToCString(ctx, name);
    const char *first = b->arg_count > 0 ? JS_AtomToCString(ctx, b->vardefs[0].var_name) : NULL;
    JS_FreeValue(ctx, name);
    if (!text)
        JS_FreeValue(ctx, JS_GetException(ctx));
    if (!lap_is_native(ctx, b))
        JS_ThrowTypeError(ctx, "Class constructor %s cannot be invoked without 'new'", text ? text : "");
    else if (first && !strcmp(first, "token"))
        JS_ThrowTypeError(ctx, "Illegal constructor");
    else
        JS_ThrowTypeError(ctx, "Failed to construct '%s': Please use the 'new' operator, this object constructor cannot be called as a function.", text ? text : "");
    JS_FreeCString(ctx, text);
    JS_FreeCString(ctx, first);
}

static JSValue lap_throw_eval_error(JSContext *ctx, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    JSValue thrown = JS_ThrowError(ctx, JS_EVAL_ERROR, fmt, args);
    va_end(args);
    return thrown;
}

static JSValue lap_eval_gate(JSContext *ctx, JSValueConst this_obj, const char *input, size_t len,
                             const char *filename, int line, int flags, int scope_idx)
{
    bool module = (flags & JS_EVAL_TYPE_MASK) == JS_EVAL_TYPE_MODULE;
    if (!module && !lap_eval_allowed)
        return lap_throw_eval_error(ctx, "Code generation from strings disallowed for this context");
    return __JS_EvalInternal(ctx, this_obj, input, len, filename, line, flags, scope_idx);
}

static JSValue lap_allow_eval(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    lap_eval_allowed = JS_ToBool(ctx, argv[0]);
    return JS_UNDEFINED;
}

/* mayCompile(): whether code may still be made of data. */
static JSValue lap_may_compile(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return js_bool(lap_eval_allowed);
}

/* inherits(object, name): whether a class of `object` defines `name`, and it itself does not. */
static JSValue lap_inherits(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSObject *at, *end = JS_VALUE_GET_OBJ(ctx->class_proto[JS_CLASS_OBJECT]);
    JSAtom name = JS_ValueToAtom(ctx, argv[1]);
    JSValue prototype, next;
    int found;
    if (name == JS_ATOM_NULL)
        return JS_EXCEPTION;
    found = JS_GetOwnPropertyInternal(ctx, NULL, JS_VALUE_GET_OBJ(argv[0]), name);
    prototype = found ? JS_NULL : JS_GetPrototype(ctx, argv[0]);
    if (found > 0)
        found = 0;
    while (!found && JS_IsObject(prototype) && (at = JS_VALUE_GET_OBJ(prototype)) != end) {
        found = JS_GetOwnPropertyInternal(ctx, NULL, at, name);
        next = JS_GetPrototype(ctx, prototype);
        JS_FreeValue(ctx, prototype);
        prototype = next;
    }
    if (JS_IsException(prototype))
        found = -1;
    JS_FreeValue(ctx, prototype);
    JS_FreeAtom(ctx, name);
    return found < 0 ? JS_EXCEPTION : js_bool(found);
}

/* hide(object, key, value): a property that can be changed and is not enumerated. */
static JSValue lap_hide(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSAtom key = JS_ValueToAtom(ctx, argv[1]);
    int defined = JS_DefinePropertyValue(ctx, argv[0], key, js_dup(argv[2]), JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE | JS_PROP_THROW);
    JS_FreeAtom(ctx, key);
    return defined < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

/* markHandled(promise): nobody is told when it is rejected and nobody listens. */
static JSValue lap_mark_handled(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSPromiseData *s = JS_GetOpaque(argv[0], JS_CLASS_PROMISE);
    if (s)
        s->is_handled = true;
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry lap_native_functions[] = {
    JS_CFUNC_DEF("markHandled", 1, lap_mark_handled),
    JS_CFUNC_DEF("host", 1, lap_host),
    JS_CFUNC_DEF("hostClone", 4, lap_host_clone),
    JS_CFUNC_DEF("inherits", 2, lap_inherits),
    JS_CFUNC_DEF("utf8Encode", 1, lap_utf8_encode),
    JS_CFUNC_DEF("utf8Decode", 3, lap_utf8_decode),
    JS_CFUNC_DEF("latin1Encode", 1, lap_latin1_encode),
    JS_CFUNC_DEF("latin1Decode", 1, lap_latin1_decode),
    JS_CFUNC_DEF("zip", 2, lap_zip),
    JS_CFUNC_DEF("cloneWrite", 3, lap_native_clone_write),
    JS_CFUNC_DEF("cloneRead", 2, lap_native_clone_read),
    JS_CFUNC_DEF("setHooks", 6, lap_set_hooks),
    JS_CFUNC_DEF("awaitTurnEnd", 0, lap_await_turn_end),
    JS_CFUNC_DEF("feeds", 2, lap_feeds),
    JS_CFUNC_DEF("allowEval", 1, lap_allow_eval),
    JS_CFUNC_DEF("mayCompile", 0, lap_may_compile),
    JS_CFUNC_DEF("frame", 0, lap_native_frame),
    JS_CFUNC_DEF("setFrame", 1, lap_native_set_frame),
    JS_CFUNC_DEF("classOf", 1, lap_class_of),
    JS_CFUNC_DEF("reveal", 1, lap_reveal),
    JS_CFUNC_DEF("hide", 3, lap_hide),
    JS_CFUNC_DEF("keepShapes", 0, lap_keep_shapes),
    JS_CFUNC_DEF("wild", 2, lap_make_wild),
    JS_CFUNC_DEF("wildCallee", 1, lap_wild_callee),
    JS_CFUNC_DEF("wildNames", 1, lap_native_wild_names),
    JS_CFUNC_DEF("wildPromise", 1, lap_wild_promise),
    JS_CFUNC_DEF("setWild", 5, lap_set_wild),
    JS_CFUNC_DEF("setMembers", 2, lap_set_members),
    JS_CFUNC_DEF("membersOf", 1, lap_members),
    JS_CFUNC_DEF("pending", 0, lap_pending),
    JS_CFUNC_DEF("settle", 2, lap_settle),
    JS_CFUNC_DEF("refuse", 2, lap_refuse),
};

static void lap_define_native(JSContext *ctx)
{
    JSValue global = JS_GetGlobalObject(ctx), native = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, native, lap_native_functions, countof(lap_native_functions));
    lap_define_modules(ctx, global, native);
    lap_undecodable = JS_NewObject(ctx);
    JS_DefinePropertyValueStr(ctx, native, "undecodable", js_dup(lap_undecodable), JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, global, "__native", native, JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, global);
    ctx->eval_internal = lap_eval_gate;
}
