/* Lasting objects: what the snapshot holds is there for as long as a sandbox is, so its
 * references need no counting. Not counting them matters, because a count is a write, and the
 * first write to a page of the snapshot gives the sandbox a copy of its own: without this, an
 * idle facet had some fifty pages more.
 *
 * A lasting object's count is LAP_LASTING; build.rs makes all counting of quickjs.c leave such
 * counts alone. Whatever is missed here is merely counted as before.
 */

static void lap_last(void *p)
{
    JS_REF_COUNT(p) = LAP_LASTING;
}

static void lap_last_value(JSValueConst v)
{
    if (JS_VALUE_GET_TAG(v) == JS_TAG_STRING)
        lap_last(JS_VALUE_GET_PTR(v));
}

/* The strings that an object's properties hold. */
static void lap_last_properties(JSObject *object)
{
    JSShapeProperty *property = get_shape_prop(object->shape);
    int i;
    for (i = 0; i < object->shape->prop_count; i++, property++) {
        if (property->atom != JS_ATOM_NULL && !(property->flags & JS_PROP_TMASK))
            lap_last_value(object->prop[i].u.value);
    }
    if (object->fast_array && object->class_id == JS_CLASS_ARRAY) {
        for (i = 0; i < (int)object->u.array.count; i++)
            lap_last_value(object->u.array.u.values[i]);
    }
}

/* The constants of a function. */
static void lap_last_constants(JSFunctionBytecode *function)
{
    int i;
    for (i = 0; i < function->cpool_count; i++)
        lap_last_value(function->cpool[i]);
}

/* Makes everything that exists now lasting. */
static void lap_make_lasting(JSRuntime *rt)
{
    struct list_head *el;
    uint32_t i;
    list_for_each(el, &rt->gc_obj_list) {
        JSGCObjectHeader *header = list_entry(el, JSGCObjectHeader, link);
        lap_last(header);
        switch (JS_GC_TYPE(header)) {
        case JS_GC_OBJ_TYPE_JS_OBJECT:
            lap_last_properties((JSObject *)header);
            break;
        case JS_GC_OBJ_TYPE_FUNCTION_BYTECODE:
            lap_last_constants((JSFunctionBytecode *)header);
            break;
        case JS_GC_OBJ_TYPE_VAR_REF:
            lap_last_value(*((JSVarRef *)header)->pvalue);
            break;
        default:
            break;
        }
    }
    for (i = 1; i < rt->atom_size; i++) {
        if (!atom_is_free(rt->atom_array[i]))
            lap_last(rt->atom_array[i]);
    }
}
