/* The guest side of the sandbox: QuickJS-ng plus the few functions that the host calls.
 *
 * The engine's source is included, not linked, because three things need its insides:
 * the stack limit (which upstream switches off on wasi), string representations (for
 * copying text without a detour), and structured clone.
 *
 *   host  --lap_buffer, lap_dispatch-->  guest      one event, run until no job is left
 *   guest --lapidary.call------------->  host       one synchronous host call
 *
 * Values cross in the wire format of wire.c. The first evaluation (lap_init) happens before
 * a snapshot of the memory is taken, so no state of it may depend on time or chance.
 */
#include "quickjs.c"

#include "clone.h"
#include "heap.c"

/* Native recursion must hit this limit before it hits wasmtime's own (see MAX_WASM_STACK in
 * src/sandbox): bytes of the 1 MiB shadow stack that JavaScript may use. */
#define SHADOW_STACK_LIMIT (320 * 1024)

/* Cycle collection touches every object and so copies every shared page. Facets that stay
 * below this many bytes of new objects never pay for one. */
#define GC_THRESHOLD_BYTES (6 * 1024 * 1024)

__attribute__((import_module("lapidary"), import_name("call")))
extern int32_t lap_host_call(const uint8_t *args, int32_t len, uint8_t *out, int32_t cap);
/* Copies the rest of an answer that did not fit into `out` of the last call. */
__attribute__((import_module("lapidary"), import_name("answer")))
extern void lap_host_answer(uint8_t *out, int32_t len);
__attribute__((import_module("lapidary"), import_name("random")))
extern int64_t lap_host_random(void);

static JSRuntime *lap_rt;
static JSContext *lap_ctx;
static JSValue lap_dispatcher = JS_UNDEFINED;
static JSValue lap_resolve = JS_UNDEFINED;
static JSValue lap_source = JS_UNDEFINED;
static JSValue lap_rejection = JS_UNDEFINED;
static JSValue lap_turn_ended = JS_UNDEFINED;
static JSValue lap_dom_exception = JS_UNDEFINED;
static bool lap_seeded;
/* Whether the runtime wants to hear of this turn's end. */
static bool lap_awaits_end;

static JSValue lap_throw_dom(JSContext *ctx, const char *name, const char *message)
{
    JSValue args[2], error;
    if (!JS_IsFunction(ctx, lap_dom_exception))
        return JS_ThrowTypeError(ctx, "%s", message);
    args[0] = JS_NewString(ctx, message);
    args[1] = JS_NewString(ctx, name);
    error = JS_CallConstructor(ctx, lap_dom_exception, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    if (JS_IsException(error))
        return error;
    return JS_Throw(ctx, error);
}

static bool lap_is_wild(JSValueConst value);
#include "clone.c"
#include "text.c"
#include "wire.c"
#include "modules.c"
#include "forward.c"
#include "lasting.c"
#include "shapes.c"
#include "borrowed.c"
#include "frame.c"
#include "wild.c"
#include "pending.c"
#include "reveal.c"
#include "native.c"

/* Runs jobs until none is left. A job that throws is the job's own affair: promise
 * reactions turn it into a rejection before it gets here. */
static void lap_run_jobs(void)
{
    JSContext *ctx;
    int status;
    while ((status = JS_ExecutePendingJob(lap_rt, &ctx)) != 0) {
        if (status < 0)
            JS_FreeValue(ctx, JS_GetException(ctx));
    }
}

static void *lap_alloc(void *opaque, size_t size)
{
    return heap_alloc(size);
}

static void *lap_alloc_zeroed(void *opaque, size_t count, size_t size)
{
    return heap_alloc_zeroed(count, size);
}

static void *lap_realloc(void *opaque, void *content, size_t size)
{
    return heap_realloc(content, size);
}

static void lap_free(void *opaque, void *content)
{
    heap_free(content);
}

static const JSMallocFunctions lap_heap = { lap_alloc_zeroed, lap_alloc, lap_free, lap_realloc, heap_room };

static void lap_rejection_tracker(JSContext *ctx, JSValueConst promise, JSValueConst reason,
                                  bool is_handled, void *opaque)
{
    JSValueConst args[3] = { promise, reason, is_handled ? JS_TRUE : JS_FALSE };
    lap_awaits_end = true;
    if (JS_IsFunction(ctx, lap_rejection))
        JS_FreeValue(ctx, JS_Call(ctx, lap_rejection, JS_UNDEFINED, 3, args));
}

/* Evaluates the runtime's JavaScript; the host snapshots the memory afterwards. */
__attribute__((export_name("lap_init")))
void lap_init(void)
{
    JSValue result;
    lap_rt = JS_NewRuntime2(&lap_heap, NULL);
    lap_rt->stack_limit = lap_rt->stack_top - SHADOW_STACK_LIMIT;
    lap_ctx = JS_NewContext(lap_rt);
    JS_SetModuleLoaderFunc(lap_rt, lap_module_name, lap_module_load, NULL);
    JS_SetHostPromiseRejectionTracker(lap_rt, lap_rejection_tracker, NULL);
    lap_define_wild(lap_rt);
    lap_define_native(lap_ctx);
    result = lap_boot(lap_ctx);
    lap_run_jobs();
    if (JS_IsException(result) || JS_PromiseState(lap_ctx, result) != JS_PROMISE_FULFILLED)
        lap_report_boot_failure(lap_ctx, result);
    JS_FreeValue(lap_ctx, result);
    JS_RunGC(lap_rt);
    lap_make_lasting(lap_rt);
    lap_has_snapshot = true;
    lap_make_room_for_shapes(lap_rt);
    JS_SetGCThreshold(lap_rt, lap_rt->malloc_state.malloc_size + GC_THRESHOLD_BYTES);
    lap_leave_arenas(lap_rt);
    heap_seal();
}

/* Room for an event of `len` bytes; stays valid until the next call of it. */
__attribute__((export_name("lap_buffer")))
uint8_t *lap_buffer(int32_t len)
{
    static uint8_t *buffer;
    static int32_t capacity;
    /* a large event must not pin its memory for ever */
    if (len > capacity || (capacity > 256 * 1024 && len < capacity / 4)) {
        heap_free(buffer);
        capacity = len < 4096 ? 4096 : len;
        buffer = heap_alloc(capacity);
        if (!buffer)
            capacity = 0;
    }
    return buffer;
}

/* Delivers the event in `lap_buffer` (a wire list) and runs until nothing is left to do.
 * Returns 0, or 1 when even the dispatcher failed (out of memory, as a rule). */
__attribute__((export_name("lap_dispatch")))
int32_t lap_dispatch(const uint8_t *event, int32_t len)
{
    JSValue argv[LAP_MAX_ARGS], result;
    int argc, failed, i;
    if (!lap_seeded) {
        lap_seeded = true;
        lap_ctx->random_state = (uint64_t)lap_host_random() | 1;
    }
    argc = lap_read_args(lap_ctx, event, len, argv);
    if (argc < 0) {
        JS_FreeValue(lap_ctx, JS_GetException(lap_ctx));
        return 1;
    }
    lap_clear_frame(lap_ctx);
    result = JS_Call(lap_ctx, lap_dispatcher, JS_UNDEFINED, argc, (JSValueConst *)argv);
    for (i = 0; i < argc; i++)
        JS_FreeValue(lap_ctx, argv[i]);
    failed = JS_IsException(result);
    if (failed)
        JS_FreeValue(lap_ctx, JS_GetException(lap_ctx));
    JS_FreeValue(lap_ctx, result);
    lap_run_jobs();
    while (lap_awaits_end) {
        lap_awaits_end = false;
        JS_FreeValue(lap_ctx, JS_Call(lap_ctx, lap_turn_ended, JS_UNDEFINED, 0, NULL));
        /* it may have let in an event that waited */
        lap_run_jobs();
    }
    return failed;
}
