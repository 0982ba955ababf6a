/* Lasting objects: what the snapshot holds is there for as long as a sandbox is, so its
 * references need no counting. Not counting them matters, because a count is a write, and the
 * first write to a page of the snapshot gives the sandbox a copy of its own: without this, an
 * idle facet had some fifty pages more.
 *
 * A lasting object's count is LAP_LASTING; build.rs makes all counting of quickjs.c leave such
 * counts alone. Whatever is missed here is merely counted as before.
 *
 * For the same reason new objects do not go where the snapshot has room between old ones.
 */

/* Bytes. */
#define LAP_FIRST_ARENA 1000

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

/* Whether the snapshot is made, and arenas since then, by size of their objects. */
static bool lap_arenas_left;
static uint8_t lap_new_arenas[JS_ARENA_BLOCK_SIZE_COUNT];

/* The size of a new arena, in bytes. A sandbox makes a few objects of nearly every size, and an
 * arena is written to from end to end when it is made: so the first ones are small. */
static size_t lap_arena_size(int size_index)
{
    if (!lap_arenas_left || lap_new_arenas[size_index] == 2)
        return JS_ARENA_SIZE;
    size_t few = sizeof(JSArena) + 4 * arena_block_sizes[size_index];
    size_t size = LAP_FIRST_ARENA << lap_new_arenas[size_index]++;
    return size < few ? few : size;
}

/* Lets no new object into the arenas that exist now. */
static void lap_leave_arenas(JSRuntime *rt)
{
    struct list_head *el, *next;
    int i;
    for (i = 0; i < JS_ARENA_BLOCK_SIZE_COUNT; i++) {
        list_for_each_safe(el, next, &rt->arena_state.free_arena_list[i])
            /* the arena takes itself out of its list when its last object goes */
            init_list_head(el);
        init_list_head(&rt->arena_state.free_arena_list[i]);
    }
    lap_arenas_left = true;
}
