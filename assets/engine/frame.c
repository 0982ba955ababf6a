/* The async context: a value that follows the flow of asynchronous code. `lap_frame` is the
 * current one. build.rs makes each promise reaction and each job keep the frame in which it was
 * made and run in it; what the frame holds is the affair of assets/runtime/async-context.js.
 * Without a context it is undefined, and nothing is counted. */

/* frame() -> the current frame */
static JSValue lap_native_frame(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return js_dup(lap_frame);
}

/* setFrame(frame): makes it the current one until the running job or event ends. */
static JSValue lap_native_set_frame(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    JSValue old = lap_frame;
    lap_frame = js_dup(argv[0]);
    JS_FreeValue(ctx, old);
    return JS_UNDEFINED;
}

/* Events from the host begin outside of any context. */
static void lap_clear_frame(JSContext *ctx)
{
    JSValue old = lap_frame;
    lap_frame = JS_UNDEFINED;
    JS_FreeValue(ctx, old);
}
