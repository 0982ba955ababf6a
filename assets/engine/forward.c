/* Answers that only pass through. A handler that returns a stub's answer untouched, as most
 * supervising classes do, leaves behind a chain of promises with nothing but each other as
 * listeners. When nobody else can see any of them, the host may carry the answer on itself and
 * spare the sandbox a turn. */

/* Links of a chain: the handler's own async functions, one inside the other. */
#define LAP_MAX_LINKS 8

/* What hears of `promise`: its one reaction, when there is exactly one. */
static JSPromiseReactionData *lap_only_reaction(JSPromiseData *s, int which)
{
    struct list_head *list = &s->promise_reactions[which];
    if (list_empty(list) || list->next->next != list)
        return NULL;
    return list_entry(list->next, JSPromiseReactionData, link);
}

/* The promise that a resolving function settles, or NULL for any other value. */
static JSObject *lap_resolved_by(JSValueConst function, JSClassID class_id)
{
    JSPromiseFunctionData *s = JS_GetOpaque(function, class_id);
    return s && JS_IsObject(s->promise) ? JS_VALUE_GET_OBJ(s->promise) : NULL;
}

static int lap_references(JSValueConst object)
{
    return JS_REF_COUNT(JS_VALUE_GET_PTR(object));
}

/* feeds(operation, answer): whether settling `operation` does nothing but settle `answer`, and
 * `answer` is only listened to by the runtime. Expected holders: the runtime's record of each
 * (1), the pair of functions that settle the answer (2), and the argument of this call (1). */
static JSValue lap_feeds(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSObject *at = JS_VALUE_GET_OBJ(argv[0]), *end = JS_VALUE_GET_OBJ(argv[1]);
    int links, same = at == end;
    if (lap_references(argv[0]) > (same ? 4 : 2) || lap_references(argv[1]) > 4)
        return JS_FALSE;
    for (links = 0; links <= LAP_MAX_LINKS; links++) {
        JSPromiseData *s = JS_GetOpaque(JS_MKPTR(JS_TAG_OBJECT, at), JS_CLASS_PROMISE);
        JSPromiseReactionData *fulfilled, *rejected;
        JSObject *next;
        if (!s || s->promise_state != JS_PROMISE_PENDING)
            return JS_FALSE;
        fulfilled = lap_only_reaction(s, 0);
        rejected = lap_only_reaction(s, 1);
        if (!fulfilled || !rejected)
            return JS_FALSE;
        if (at == end)
            return JS_TRUE;
        next = lap_resolved_by(fulfilled->handler, JS_CLASS_PROMISE_RESOLVE_FUNCTION);
        if (!next || next != lap_resolved_by(rejected->handler, JS_CLASS_PROMISE_REJECT_FUNCTION))
            return JS_FALSE;
        /* a link in between is held by its two settling functions alone */
        if (next != end && JS_REF_COUNT(next) > 2)
            return JS_FALSE;
        at = next;
    }
    return JS_FALSE;
}
