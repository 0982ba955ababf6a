/* Promises of what the host is asked for, and the functions that settle promises. */

/* The shape of the functions that settle a promise; made with the first of them. */
static JSShape *lap_settler_shape;

/* A function that settles a promise, with the properties `length` and `name`. The engine makes
 * two for every promise, and defining each property by itself takes longer than all the rest. */
static JSValue lap_new_settler(JSContext *ctx, JSClassID class_id)
{
    JSValue function;
    JSProperty properties[2];
    if (!lap_settler_shape) {
        function = JS_NewObjectProtoClass(ctx, ctx->function_proto, class_id);
        if (JS_IsException(function))
            return function;
        js_function_set_properties(ctx, function, JS_ATOM_empty_string, 1);
        lap_settler_shape = js_dup_shape(JS_VALUE_GET_OBJ(function)->shape);
        return function;
    }
    properties[0].u.value = js_int32(1);
    properties[1].u.value = js_empty_string(ctx->rt);
    return JS_NewObjectFromShape(ctx, js_dup_shape(lap_settler_shape), class_id, properties);
}

/* pending() -> a promise that only `settle` settles. */
static JSValue lap_pending(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue promise = JS_NewObjectProtoClass(ctx, ctx->class_proto[JS_CLASS_PROMISE], JS_CLASS_PROMISE);
    JSPromiseData *s;
    if (JS_IsException(promise))
        return promise;
    s = js_mallocz(ctx, sizeof(*s));
    if (!s) {
        JS_FreeValue(ctx, promise);
        return JS_EXCEPTION;
    }
    s->promise_state = JS_PROMISE_PENDING;
    init_list_head(&s->promise_reactions[0]);
    init_list_head(&s->promise_reactions[1]);
    s->promise_result = JS_UNDEFINED;
    JS_SetOpaqueInternal(promise, s);
    return promise;
}

/* settle(promise, value): once, with a value or with what a thenable comes to. */
static JSValue lap_settle(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue then, error;
    if (!JS_IsObject(argv[1])) {
        fulfill_or_reject_promise(ctx, argv[0], argv[1], false);
        return JS_UNDEFINED;
    }
    then = JS_GetProperty(ctx, argv[1], JS_ATOM_then);
    if (JS_IsException(then)) {
        error = JS_GetException(ctx);
        fulfill_or_reject_promise(ctx, argv[0], error, true);
        JS_FreeValue(ctx, error);
    } else if (JS_IsFunction(ctx, then)) {
        JSValueConst args[3] = { argv[0], argv[1], then };
        JS_EnqueueJob(ctx, js_promise_resolve_thenable_job, 3, args);
    } else {
        fulfill_or_reject_promise(ctx, argv[0], argv[1], false);
    }
    JS_FreeValue(ctx, then);
    return JS_UNDEFINED;
}

/* refuse(promise, error) */
static JSValue lap_refuse(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    fulfill_or_reject_promise(ctx, argv[0], argv[1], true);
    return JS_UNDEFINED;
}
