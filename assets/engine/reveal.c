/* What only the engine knows of a value; util.inspect and util.types show it. */

/* classOf(value) -> the engine's name for the kind of object, whatever its properties claim;
 * undefined for anything that is no object. */
static JSValue lap_class_of(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSClassID id;
    if (!JS_IsObject(argv[0]))
        return JS_UNDEFINED;
    id = JS_VALUE_GET_OBJ(argv[0])->class_id;
    if (id == JS_CLASS_MODULE_NS)
        return JS_NewString(ctx, "Module");
    if (id == JS_CLASS_PROXY || id == lap_wild_class)
        return JS_NewString(ctx, "Proxy");
    return JS_AtomToString(ctx, ctx->rt->class_array[id].class_name);
}

static JSValue lap_pair(JSContext *ctx, JSValueConst first, JSValueConst second)
{
    JSValueConst both[2] = { first, second };
    return js_create_array(ctx, 2, both);
}

/* What an iterator of a map or set has still to give: a list of items, or of pairs. */
static JSValue lap_rest_of(JSContext *ctx, JSMapIteratorData *it, bool is_set)
{
    JSValue list = JS_NewArray(ctx), both;
    bool pairs = it->kind == JS_ITERATOR_KIND_KEY_AND_VALUE;
    uint32_t n = 0;
    struct list_head *el;
    JSMapState *s;
    if (JS_IsUndefined(it->obj))
        goto done;
    s = JS_GetOpaque(it->obj, is_set ? JS_CLASS_SET : JS_CLASS_MAP);
    for (el = it->cur_record ? it->cur_record->link.next : s->records.next; el != &s->records; el = el->next) {
        JSMapRecord *mr = list_entry(el, JSMapRecord, link);
        JSValueConst value = is_set ? mr->key : mr->value;
        JSValue item;
        if (mr->empty)
            continue;
        if (pairs)
            item = lap_pair(ctx, mr->key, value);
        else
            item = js_dup(it->kind == JS_ITERATOR_KIND_KEY ? mr->key : value);
        if (JS_DefinePropertyValueUint32(ctx, list, n++, item, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, list);
            return JS_EXCEPTION;
        }
    }
done:
    both = lap_pair(ctx, list, js_bool(pairs));
    JS_FreeValue(ctx, list);
    return both;
}

/* reveal(value) -> of a promise [state, result], of a proxy [target, handler] (both null when it
 * is revoked), of an iterator of a map or set [items, whether they are pairs]. */
static JSValue lap_reveal(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSObject *p;
    if (!JS_IsObject(argv[0]))
        return JS_UNDEFINED;
    p = JS_VALUE_GET_OBJ(argv[0]);
    if (lap_is_wild(argv[0]))
        return lap_pair(ctx, lap_wild_target, JS_UNDEFINED);
    switch (p->class_id) {
    case JS_CLASS_PROMISE: {
        JSPromiseData *s = p->u.opaque;
        return lap_pair(ctx, js_int32(s->promise_state), s->promise_result);
    }
    case JS_CLASS_PROXY: {
        JSProxyData *s = p->u.opaque;
        return s->is_revoked ? lap_pair(ctx, JS_NULL, JS_NULL) : lap_pair(ctx, s->target, s->handler);
    }
    case JS_CLASS_MAP_ITERATOR:
    case JS_CLASS_SET_ITERATOR:
        return lap_rest_of(ctx, p->u.map_iterator_data, p->class_id == JS_CLASS_SET_ITERATOR);
    default:
        return JS_UNDEFINED;
    }
}
