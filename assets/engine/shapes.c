/* Shapes that are kept. The engine forgets a shape with the last object that has it, and so makes
 * most shapes anew for every object: a literal with three properties took three new shapes.
 *
 * What is made while the runtime warms up (assets/runtime/warm.js) becomes part of the snapshot.
 * Afterwards the newest few are kept, of objects whose prototype is the snapshot's: to keep one
 * keeps its prototype, which otherwise may be anything.
 */

#define LAP_KEPT_SHAPES 64
/* Objects with more are likely to be tables. */
#define LAP_KEPT_PROPERTIES 12

static bool lap_keeps_shapes, lap_has_snapshot;
static JSShape *lap_kept_shapes[LAP_KEPT_SHAPES];
static uint32_t lap_next_kept;

static void lap_keep_shape(JSRuntime *rt, JSShape *shape)
{
    JSShape *oldest;
    if (!lap_keeps_shapes || !shape->is_hashed || shape->prop_count > LAP_KEPT_PROPERTIES)
        return;
    if (!lap_has_snapshot) {
        js_dup_shape(shape);
        return;
    }
    if (shape->proto && JS_REF_COUNT(shape->proto) < LAP_LASTING)
        return;
    oldest = lap_kept_shapes[lap_next_kept];
    lap_kept_shapes[lap_next_kept] = js_dup_shape(shape);
    lap_next_kept = (lap_next_kept + 1) % LAP_KEPT_SHAPES;
    if (oldest)
        js_free_shape(rt, oldest);
}

/* Shapes that a worker may well come to have beside those of the snapshot. */
#define LAP_EXPECTED_SHAPES 256

/* Makes the table of shapes large enough: to make it larger writes to every shape of the snapshot,
 * which would give a sandbox copies of all their pages. */
static void lap_make_room_for_shapes(JSRuntime *rt)
{
    while (2 * (rt->shape_hash_count + LAP_EXPECTED_SHAPES) > rt->shape_hash_size) {
        if (resize_shape_hash(rt, rt->shape_hash_bits + 1))
            return;
    }
}

/* keepShapes(): from now on. */
static JSValue lap_keep_shapes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    lap_keeps_shapes = true;
    return JS_UNDEFINED;
}
