/* Modules of wasm that the host runs beside this engine, in the same store: their functions as
 * JavaScript's functions, JavaScript's functions as their imports, and their memories as
 * ArrayBuffers over regions of this engine's own memory. src/sandbox/modules is the other end;
 * assets/runtime/workers/webassembly.js the classes on top.
 *
 * Arguments and results cross in slots of 16 bytes, by a signature of letters ("il:d"; see
 * ValueType there). A reference to a JavaScript value crosses as its number in lap_borrowed. */

__attribute__((import_module("lapidary"), import_name("module")))
extern int32_t lap_host_module(const uint8_t *args, int32_t len, uint8_t *out, int32_t cap);
/* Runs a function: 0, 1 for an exception of JavaScript's that is pending, or a reason from 2. */
__attribute__((import_module("lapidary"), import_name("invoke")))
extern int32_t lap_host_invoke(uint32_t function, uint64_t *slots);
/* Where a memory lies: start and size in bytes. */
__attribute__((import_module("lapidary"), import_name("place")))
extern void lap_host_place(uint32_t memory, uint32_t *place);
__attribute__((import_module("lapidary"), import_name("release")))
extern void lap_host_release(uint32_t memory);
/* Sets a bit for every reference that tables and globals hold. */
__attribute__((import_module("lapidary"), import_name("references")))
extern void lap_host_references(uint8_t *bits, int32_t len);

#define LAP_FEW_SLOTS 8
#define LAP_SCRATCH_BYTES (64 * 1024)
/* Collect cycles after so many new pages of memories: an instance, its exports and its imports
 * are a cycle as a rule, and the collector does not see what hangs on it. */
#define LAP_PRESSURE_PAGES 256

static JSClassID lap_function_class, lap_owner_class, lap_holder_class;
/* Calls of the host's functions under way. */
static int lap_depth;
static JSValue lap_trap = JS_UNDEFINED;

/* -- references to JavaScript's values ------------------------------------------------- */

static JSValue *lap_borrowed;
/* For a free place: the next free one. */
static uint32_t *lap_next_free;
static uint32_t lap_reference_room, lap_reference_count, lap_first_free;
static uint32_t lap_reference_limit = 1024;

static bool lap_grow_references(JSContext *ctx)
{
    uint32_t room = lap_reference_room ? lap_reference_room * 2 : 64, i;
    JSValue *values = js_realloc(ctx, lap_borrowed, room * sizeof(*values));
    if (!values)
        return false;
    lap_borrowed = values;
    uint32_t *next = js_realloc(ctx, lap_next_free, room * sizeof(*next));
    if (!next)
        return false;
    lap_next_free = next;
    /* number 0 is null */
    for (i = lap_reference_room ? lap_reference_room : 1; i < room; i++) {
        values[i] = JS_UNINITIALIZED;
        next[i] = i + 1 < room ? i + 1 : 0;
    }
    lap_first_free = lap_reference_room ? lap_reference_room : 1;
    lap_reference_room = room;
    return true;
}

/* The number of a new reference; 0 is null's, and with an exception pending, failure's. */
static uint32_t lap_new_reference(JSContext *ctx, JSValueConst value)
{
    if (JS_IsNull(value))
        return 0;
    if (!lap_first_free && !lap_grow_references(ctx))
        return 0;
    uint32_t number = lap_first_free;
    lap_first_free = lap_next_free[number];
    lap_borrowed[number] = js_dup(value);
    lap_reference_count++;
    return number;
}

static JSValue lap_reference_value(JSContext *ctx, uint32_t number)
{
    if (number == 0)
        return JS_NULL;
    if (number >= lap_reference_room || JS_IsUninitialized(lap_borrowed[number]))
        return JS_ThrowInternalError(ctx, "a reference without a value");
    return js_dup(lap_borrowed[number]);
}

/* Forgets references that no table or global holds, once they are many. While no function runs,
 * there is no other place for them. */
static void lap_sweep_references(JSContext *ctx)
{
    uint32_t i, len = (lap_reference_room + 7) / 8;
    if (lap_depth > 0 || lap_reference_count < lap_reference_limit)
        return;
    uint8_t *bits = heap_alloc_zeroed(1, len);
    if (!bits)
        return;
    lap_host_references(bits, len);
    for (i = 1; i < lap_reference_room; i++) {
        if (JS_IsUninitialized(lap_borrowed[i]) || bits[i / 8] & 1 << i % 8)
            continue;
        JSValue value = lap_borrowed[i];
        lap_borrowed[i] = JS_UNINITIALIZED;
        lap_next_free[i] = lap_first_free;
        lap_first_free = i;
        lap_reference_count--;
        /* last, because it may run a finalizer */
        JS_FreeValue(ctx, value);
    }
    heap_free(bits);
    lap_reference_limit = lap_reference_count * 2 < 1024 ? 1024 : lap_reference_count * 2;
}

/* -- memories --------------------------------------------------------------------------- */

typedef struct {
    /* The ArrayBuffer over it, if there is one; not counted. */
    JSObject *buffer;
    /* Objects that keep it. */
    uint32_t holders;
} LapMemory;

static LapMemory *lap_memories;
static uint32_t lap_memory_room, lap_new_pages;

static bool lap_know_memory(JSContext *ctx, uint32_t id)
{
    if (id < lap_memory_room)
        return true;
    uint32_t room = lap_memory_room * 2 > id + 8 ? lap_memory_room * 2 : id + 8;
    LapMemory *memories = js_realloc(ctx, lap_memories, room * sizeof(*memories));
    if (!memories)
        return false;
    memset(memories + lap_memory_room, 0, (room - lap_memory_room) * sizeof(*memories));
    lap_memories = memories;
    lap_memory_room = room;
    return true;
}

static void lap_release_memory(uint32_t id)
{
    if (!lap_memories[id].buffer && !lap_memories[id].holders)
        lap_host_release(id);
}

/* What an ArrayBuffer calls when it lets go of a region, and never to resize one. */
static void *lap_region_realloc(JSRuntime *rt, void *opaque, void *ptr, size_t size)
{
    uint32_t id = (uint32_t)(uintptr_t)opaque;
    if (size == 0) {
        lap_memories[id].buffer = NULL;
        lap_release_memory(id);
    }
    return NULL;
}

/* memoryBuffer(id) -> the ArrayBuffer over the memory as it is now */
static JSValue lap_memory_buffer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t id, place[2];
    if (JS_ToUint32(ctx, &id, argv[0]) || !lap_know_memory(ctx, id))
        return JS_EXCEPTION;
    if (lap_memories[id].buffer)
        return js_dup(JS_MKPTR(JS_TAG_OBJECT, lap_memories[id].buffer));
    lap_host_place(id, place);
    /* an empty one needs an address too */
    uint8_t *start = (uint8_t *)(uintptr_t)(place[0] ? place[0] : 16);
    JSValue buffer = JS_NewArrayBuffer(ctx, start, place[1], 0, lap_region_realloc, (void *)(uintptr_t)id, false);
    if (!JS_IsException(buffer))
        lap_memories[id].buffer = JS_VALUE_GET_OBJ(buffer);
    return buffer;
}

/* The memory has grown, and may lie elsewhere. */
__attribute__((export_name("lap_memory_moved")))
void lap_memory_moved(uint32_t id)
{
    if (id < lap_memory_room && lap_memories[id].buffer)
        JS_DetachArrayBuffer(lap_ctx, JS_MKPTR(JS_TAG_OBJECT, lap_memories[id].buffer));
}

/* memoryHolder(id) -> an object that keeps the memory */
static JSValue lap_memory_holder(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t id;
    if (JS_ToUint32(ctx, &id, argv[0]) || !lap_know_memory(ctx, id))
        return JS_EXCEPTION;
    JSValue holder = JS_NewObjectClass(ctx, lap_holder_class);
    if (!JS_IsException(holder)) {
        lap_memories[id].holders++;
        JS_SetOpaque(holder, (void *)(uintptr_t)(id + 1));
    }
    return holder;
}

static void lap_holder_finalizer(JSRuntime *rt, JSValueConst value)
{
    uintptr_t id = (uintptr_t)JS_GetOpaque(value, lap_holder_class);
    if (id-- == 0)
        return;
    lap_memories[id].holders--;
    lap_release_memory(id);
}

/* memoryPressure(pages): so many pages are about to be taken. */
static JSValue lap_memory_pressure(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t pages;
    if (JS_ToUint32(ctx, &pages, argv[0]))
        return JS_EXCEPTION;
    if (pages < LAP_PRESSURE_PAGES && lap_new_pages + pages < LAP_PRESSURE_PAGES) {
        lap_new_pages += pages;
    } else {
        JS_RunGC(ctx->rt);
        lap_new_pages = 0;
    }
    return JS_UNDEFINED;
}

/* ArrayBuffer.prototype.transfer and its like: a memory's buffer cannot be taken away. */
static JSValue lap_buffer_transfer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic)
{
    JSArrayBuffer *buffer = JS_GetOpaque(this_val, JS_CLASS_ARRAY_BUFFER);
    if (buffer && buffer->realloc_func == lap_region_realloc)
        return JS_ThrowTypeError(ctx, "Cannot perform ArrayBuffer.prototype.transfer on a WebAssembly.Memory");
    return js_array_buffer_transfer(ctx, this_val, argc, argv, magic);
}

static void lap_guard_transfer(JSContext *ctx, JSValueConst proto, const char *name, int magic)
{
    JSValue function = JS_NewCFunctionMagic(ctx, lap_buffer_transfer, name, 0, JS_CFUNC_generic_magic, magic);
    JS_DefinePropertyValueStr(ctx, proto, name, function, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
}

/* -- functions of the host's ----------------------------------------------------------- */

typedef struct {
    uint32_t id;
    uint32_t params, results;
    /* Keeps alive what it is part of. */
    JSValue owner;
    /* "il:d" */
    char *signature;
} LapFunction;

/* The function object of each function, while there is one; not counted. */
static JSObject **lap_functions;
static uint32_t lap_function_room;

static JSValue lap_incompatible(JSContext *ctx)
{
    return JS_ThrowTypeError(ctx, "type incompatibility when transforming from/to JS");
}

/* Keeps an owner for ever. */
static void lap_pin(JSValueConst owner);

static bool lap_to_slot(JSContext *ctx, uint64_t *slot, char type, JSValueConst value)
{
    int32_t i;
    int64_t l;
    double d;
    slot[0] = slot[1] = 0;
    switch (type) {
    case 'i':
        if (JS_ToInt32(ctx, &i, value))
            return false;
        slot[0] = (uint32_t)i;
        return true;
    case 'l':
        if (JS_ToBigInt64(ctx, &l, value))
            return false;
        slot[0] = l;
        return true;
    case 'f':
    case 'd':
        if (JS_ToFloat64(ctx, &d, value))
            return false;
        if (type == 'f') {
            float f = d;
            memcpy(slot, &f, sizeof(f));
        } else {
            memcpy(slot, &d, sizeof(d));
        }
        return true;
    case 'e':
        slot[0] = lap_new_reference(ctx, value);
        return slot[0] != 0 || JS_IsNull(value);
    case 'a': {
        LapFunction *function = JS_GetOpaque(value, lap_function_class);
        if (!function && !JS_IsNull(value)) {
            lap_incompatible(ctx);
            return false;
        }
        /* it may be put into a table there */
        if (function)
            lap_pin(function->owner);
        slot[0] = function ? function->id + 1 : 0;
        return true;
    }
    default:
        lap_incompatible(ctx);
        return false;
    }
}

static JSValue lap_function_of(JSContext *ctx, uint32_t id, JSValueConst owner);

/* `owner` is what a function among the values is taken to be part of. */
static JSValue lap_from_slot(JSContext *ctx, const uint64_t *slot, char type, JSValueConst owner)
{
    float f;
    double d;
    switch (type) {
    case 'i':
        return JS_NewInt32(ctx, (int32_t)slot[0]);
    case 'l':
        return JS_NewBigInt64(ctx, (int64_t)slot[0]);
    case 'f':
        memcpy(&f, slot, sizeof(f));
        return JS_NewFloat64(ctx, f);
    case 'd':
        memcpy(&d, slot, sizeof(d));
        return JS_NewFloat64(ctx, d);
    case 'e':
        return lap_reference_value(ctx, (uint32_t)slot[0]);
    case 'a':
        return slot[0] ? lap_function_of(ctx, (uint32_t)slot[0] - 1, owner) : JS_NULL;
    default:
        return lap_incompatible(ctx);
    }
}

/* The values of `count` slots: none, one, or an array. */
static JSValue lap_results(JSContext *ctx, const uint64_t *slots, const char *types, uint32_t count, JSValueConst owner)
{
    uint32_t i;
    if (count == 0)
        return JS_UNDEFINED;
    if (count == 1)
        return lap_from_slot(ctx, slots, types[0], owner);
    JSValue array = JS_NewArray(ctx);
    for (i = 0; i < count && !JS_IsException(array); i++) {
        JSValue value = lap_from_slot(ctx, slots + 2 * i, types[i], owner);
        if (JS_IsException(value) || JS_DefinePropertyValueUint32(ctx, array, i, value, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, array);
            array = JS_EXCEPTION;
        }
    }
    return array;
}

static JSValue lap_throw_trap(JSContext *ctx, int reason)
{
    JSValue number = JS_NewInt32(ctx, reason);
    return JS_Call(ctx, lap_trap, JS_UNDEFINED, 1, (JSValueConst *)&number);
}

static JSValue lap_function_call(JSContext *ctx, JSValueConst func, JSValueConst this_val,
                                 int argc, JSValueConst *argv, int flags)
{
    LapFunction *function = JS_GetOpaque(func, lap_function_class);
    uint64_t few[2 * LAP_FEW_SLOTS], *slots = few;
    uint32_t count = max_uint32(function->params, function->results), i;
    JSValue result = JS_UNDEFINED;
    if (flags & JS_CALL_FLAG_CONSTRUCTOR)
        return JS_ThrowTypeError(ctx, "not a constructor");
    if (strchr(function->signature, 'v'))
        return lap_incompatible(ctx);
    if (js_check_stack_overflow(ctx->rt, 0))
        return JS_ThrowStackOverflow(ctx);
    if (count > LAP_FEW_SLOTS) {
        slots = js_malloc(ctx, count * 16);
        if (!slots)
            return JS_EXCEPTION;
    }
    /* no sweep while arguments are on their way */
    lap_depth++;
    for (i = 0; i < function->params && !JS_IsException(result); i++) {
        JSValueConst value = i < (uint32_t)argc ? argv[i] : JS_UNDEFINED;
        if (!lap_to_slot(ctx, slots + 2 * i, function->signature[i], value))
            result = JS_EXCEPTION;
    }
    if (!JS_IsException(result)) {
        int status = lap_host_invoke(function->id, slots);
        if (status == 0)
            result = lap_results(ctx, slots, function->signature + function->params + 1, function->results, function->owner);
        else
            result = status == 1 ? JS_EXCEPTION : lap_throw_trap(ctx, status);
    }
    lap_depth--;
    if (slots != few)
        js_free(ctx, slots);
    lap_sweep_references(ctx);
    return result;
}

static void lap_function_finalizer(JSRuntime *rt, JSValueConst value)
{
    LapFunction *function = JS_GetOpaque(value, lap_function_class);
    if (!function)
        return;
    lap_functions[function->id] = NULL;
    JS_FreeValueRT(rt, function->owner);
    js_free_rt(rt, function->signature);
    js_free_rt(rt, function);
}

static void lap_function_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark)
{
    LapFunction *function = JS_GetOpaque(value, lap_function_class);
    if (function)
        JS_MarkValue(rt, function->owner, mark);
}

/* Gives the object the state of function `id`. Takes nothing of `owner`. */
static bool lap_fill_function(JSContext *ctx, JSValueConst object, uint32_t id, JSValueConst signature, JSValueConst owner)
{
    if (id >= lap_function_room) {
        uint32_t room = lap_function_room * 2 > id + 64 ? lap_function_room * 2 : id + 64;
        JSObject **functions = js_realloc(ctx, lap_functions, room * sizeof(*functions));
        if (!functions)
            return false;
        memset(functions + lap_function_room, 0, (room - lap_function_room) * sizeof(*functions));
        lap_functions = functions;
        lap_function_room = room;
    }
    const char *text = JS_ToCString(ctx, signature);
    if (!text)
        return false;
    LapFunction *function = js_mallocz(ctx, sizeof(*function));
    char *copy = js_strdup(ctx, text);
    JS_FreeCString(ctx, text);
    const char *colon = copy ? strchr(copy, ':') : NULL;
    if (!function || !colon) {
        js_free(ctx, function);
        js_free(ctx, copy);
        return false;
    }
    *function = (LapFunction){ id, colon - copy, strlen(colon + 1), js_dup(owner), copy };
    JS_SetOpaque(object, function);
    lap_functions[id] = JS_VALUE_GET_OBJ(object);
    return true;
}

/* functionObject(id, signature, name, owner) -> the function, always the same one */
static JSValue lap_function_object(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t id;
    if (JS_ToUint32(ctx, &id, argv[0]))
        return JS_EXCEPTION;
    if (id < lap_function_room && lap_functions[id])
        return js_dup(JS_MKPTR(JS_TAG_OBJECT, lap_functions[id]));
    JSValue object = JS_NewObjectClass(ctx, lap_function_class);
    if (JS_IsException(object))
        return object;
    if (!lap_fill_function(ctx, object, id, argv[1], argv[3])) {
        JS_FreeValue(ctx, object);
        return JS_HasException(ctx) ? JS_EXCEPTION : JS_ThrowInternalError(ctx, "a malformed signature");
    }
    LapFunction *function = JS_GetOpaque(object, lap_function_class);
    JS_DefinePropertyValueStr(ctx, object, "length", JS_NewInt32(ctx, function->params), JS_PROP_CONFIGURABLE);
    JS_DefinePropertyValueStr(ctx, object, "name", js_dup(argv[2]), JS_PROP_CONFIGURABLE);
    return object;
}

/* The object of a function that wasm hands out; one that has none yet asks the host what it is. */
static JSValue lap_function_of(JSContext *ctx, uint32_t id, JSValueConst owner)
{
    JSValue args[2], form, result;
    if (id < lap_function_room && lap_functions[id])
        return js_dup(JS_MKPTR(JS_TAG_OBJECT, lap_functions[id]));
    args[0] = JS_NewInt32(ctx, 0);
    args[1] = JS_NewUint32(ctx, id);
    form = JS_Call(ctx, lap_trap, JS_UNDEFINED, 2, (JSValueConst *)args);
    if (JS_IsException(form))
        return form;
    JSValue parts[4] = { args[1], JS_GetPropertyUint32(ctx, form, 0), JS_GetPropertyUint32(ctx, form, 1), (JSValue)owner };
    result = lap_function_object(ctx, JS_UNDEFINED, 4, (JSValueConst *)parts);
    JS_FreeValue(ctx, parts[1]);
    JS_FreeValue(ctx, parts[2]);
    JS_FreeValue(ctx, form);
    return result;
}

/* functionNumber(value) -> its number, or undefined for anything but such a function */
static JSValue lap_function_number(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    LapFunction *function = JS_GetOpaque(argv[0], lap_function_class);
    return function ? JS_NewUint32(ctx, function->id) : JS_UNDEFINED;
}

/* functionOwner(function) -> what it was made with */
static JSValue lap_function_owner(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    LapFunction *function = JS_GetOpaque(argv[0], lap_function_class);
    return function ? js_dup(function->owner) : JS_UNDEFINED;
}

/* -- owners: an instance's imports -------------------------------------------------------- */

typedef struct {
    JSValue function;
    uint32_t params, results;
    char *signature;
} LapImport;

typedef struct {
    uint32_t id, count;
    bool pinned;
    /* The object that this is the state of; not counted. */
    JSObject *self;
    /* Whatever else must live as long. */
    JSValue keeps;
    LapImport imports[];
} LapOwner;

static LapOwner **lap_owners;
static uint32_t lap_owner_room;

static void lap_pin(JSValueConst value)
{
    LapOwner *owner = JS_GetOpaque(value, lap_owner_class);
    if (owner && !owner->pinned) {
        owner->pinned = true;
        js_dup(value);
    }
}

static void lap_free_owner(JSRuntime *rt, LapOwner *owner)
{
    uint32_t i;
    for (i = 0; i < owner->count; i++) {
        JS_FreeValueRT(rt, owner->imports[i].function);
        js_free_rt(rt, owner->imports[i].signature);
    }
    JS_FreeValueRT(rt, owner->keeps);
    js_free_rt(rt, owner);
}

static void lap_owner_finalizer(JSRuntime *rt, JSValueConst value)
{
    LapOwner *owner = JS_GetOpaque(value, lap_owner_class);
    if (!owner)
        return;
    lap_owners[owner->id] = NULL;
    lap_free_owner(rt, owner);
}

static void lap_owner_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark)
{
    LapOwner *owner = JS_GetOpaque(value, lap_owner_class);
    uint32_t i;
    if (!owner)
        return;
    JS_MarkValue(rt, owner->keeps, mark);
    for (i = 0; i < owner->count; i++)
        JS_MarkValue(rt, owner->imports[i].function, mark);
}

static bool lap_fill_owner(JSContext *ctx, LapOwner *owner, JSValueConst imports)
{
    uint32_t i;
    for (i = 0; i < owner->count; i++) {
        LapImport *import = &owner->imports[i];
        import->function = JS_GetPropertyUint32(ctx, imports, 2 * i);
        JSValue signature = JS_GetPropertyUint32(ctx, imports, 2 * i + 1);
        const char *text = JS_ToCString(ctx, signature);
        JS_FreeValue(ctx, signature);
        if (!text)
            return false;
        import->signature = js_strdup(ctx, text);
        JS_FreeCString(ctx, text);
        char *colon = import->signature ? strchr(import->signature, ':') : NULL;
        if (!colon)
            return false;
        import->params = colon - import->signature;
        import->results = strlen(colon + 1);
    }
    return true;
}

/* newOwner(number, [function, signature, …], keeps) -> an owner of that number */
static JSValue lap_new_owner(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t id;
    int64_t length;
    if (JS_ToUint32(ctx, &id, argv[0]) || JS_GetLength(ctx, argv[1], &length))
        return JS_EXCEPTION;
    if (id >= lap_owner_room) {
        uint32_t room = lap_owner_room * 2 > id + 16 ? lap_owner_room * 2 : id + 16;
        LapOwner **owners = js_realloc(ctx, lap_owners, room * sizeof(*owners));
        if (!owners)
            return JS_EXCEPTION;
        memset(owners + lap_owner_room, 0, (room - lap_owner_room) * sizeof(*owners));
        lap_owners = owners;
        lap_owner_room = room;
    }
    LapOwner *owner = js_mallocz(ctx, sizeof(*owner) + length / 2 * sizeof(LapImport));
    if (!owner)
        return JS_EXCEPTION;
    owner->id = id;
    owner->count = length / 2;
    owner->keeps = js_dup(argv[2]);
    for (uint32_t i = 0; i < owner->count; i++)
        owner->imports[i].function = JS_UNDEFINED;
    JSValue object = JS_NewObjectClass(ctx, lap_owner_class);
    if (JS_IsException(object) || !lap_fill_owner(ctx, owner, argv[1])) {
        JS_FreeValue(ctx, object);
        lap_free_owner(ctx->rt, owner);
        return JS_EXCEPTION;
    }
    JS_SetOpaque(object, owner);
    owner->self = JS_VALUE_GET_OBJ(object);
    lap_owners[id] = owner;
    return object;
}

/* Room for the slots of imports' calls, which the host hands out. */
__attribute__((export_name("lap_scratch")))
uint8_t *lap_scratch(void)
{
    static uint8_t *scratch;
    if (!scratch)
        scratch = heap_alloc(LAP_SCRATCH_BYTES);
    return scratch;
}

static bool lap_import_results(JSContext *ctx, LapImport *import, JSValueConst result, uint64_t *slots)
{
    const char *types = import->signature + import->params + 1;
    uint32_t i;
    if (import->results == 0)
        return true;
    if (import->results == 1)
        return lap_to_slot(ctx, slots, types[0], result);
    for (i = 0; i < import->results; i++) {
        JSValue value = JS_GetPropertyUint32(ctx, result, i);
        if (JS_IsException(value))
            return false;
        bool done = lap_to_slot(ctx, slots + 2 * i, types[i], value);
        JS_FreeValue(ctx, value);
        if (!done)
            return false;
    }
    return true;
}

/* Wasm calls the n-th function that owner `id` imports: 0, or 1 with an exception pending. */
__attribute__((export_name("lap_import")))
int32_t lap_import(uint32_t id, uint32_t nth, uint64_t *slots)
{
    JSContext *ctx = lap_ctx;
    JSValue few[LAP_FEW_SLOTS], *args = few, result = JS_UNDEFINED;
    LapOwner *owner = id < lap_owner_room ? lap_owners[id] : NULL;
    uint32_t count = 0, i;
    if (!owner || nth >= owner->count) {
        JS_ThrowInternalError(ctx, "an import without a function");
        return 1;
    }
    LapImport *import = &owner->imports[nth];
    if (strchr(import->signature, 'v')) {
        lap_incompatible(ctx);
        return 1;
    }
    if (js_check_stack_overflow(ctx->rt, 0)) {
        JS_ThrowStackOverflow(ctx);
        return 1;
    }
    if (import->params > LAP_FEW_SLOTS) {
        args = js_malloc(ctx, import->params * sizeof(*args));
        if (!args)
            return 1;
    }
    for (; count < import->params && !JS_IsException(result); count++) {
        args[count] = lap_from_slot(ctx, slots + 2 * count, import->signature[count], JS_MKPTR(JS_TAG_OBJECT, owner->self));
        if (JS_IsException(args[count]))
            result = JS_EXCEPTION;
    }
    if (!JS_IsException(result))
        result = JS_Call(ctx, import->function, JS_UNDEFINED, count, (JSValueConst *)args);
    bool done = !JS_IsException(result) && lap_import_results(ctx, import, result, slots);
    for (i = 0; i < count; i++)
        JS_FreeValue(ctx, args[i]);
    if (args != few)
        js_free(ctx, args);
    JS_FreeValue(ctx, result);
    return done ? 0 : 1;
}

/* -- what the runtime's JavaScript gets --------------------------------------------------- */

/* modules(verb, ...args): a synchronous call about modules. */
static JSValue lap_modules(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return lap_host_with(ctx, lap_host_module, argc, argv);
}

/* toReference(value, sweep = true) -> its number; not to be swept between two that belong together. */
static JSValue lap_to_reference(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    if (argc < 2 || JS_ToBool(ctx, argv[1]))
        lap_sweep_references(ctx);
    uint32_t number = lap_new_reference(ctx, argv[0]);
    if (number == 0 && !JS_IsNull(argv[0]))
        return JS_EXCEPTION;
    return JS_NewUint32(ctx, number);
}

static JSValue lap_from_reference(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    uint32_t number;
    if (JS_ToUint32(ctx, &number, argv[0]))
        return JS_EXCEPTION;
    return lap_reference_value(ctx, number);
}

/* setTrap(hook): hook(reason) throws what a function ended with; hook(0, id) answers with the
 * signature and the name of a function. */
static JSValue lap_set_trap(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    lap_trap = js_dup(argv[0]);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry lap_module_functions[] = {
    JS_CFUNC_DEF("modules", 1, lap_modules),
    JS_CFUNC_DEF("memoryBuffer", 1, lap_memory_buffer),
    JS_CFUNC_DEF("memoryHolder", 1, lap_memory_holder),
    JS_CFUNC_DEF("memoryPressure", 1, lap_memory_pressure),
    JS_CFUNC_DEF("functionObject", 4, lap_function_object),
    JS_CFUNC_DEF("functionNumber", 1, lap_function_number),
    JS_CFUNC_DEF("functionOwner", 1, lap_function_owner),
    JS_CFUNC_DEF("newOwner", 3, lap_new_owner),
    JS_CFUNC_DEF("toReference", 2, lap_to_reference),
    JS_CFUNC_DEF("fromReference", 1, lap_from_reference),
    JS_CFUNC_DEF("setTrap", 1, lap_set_trap),
};

static void lap_define_class(JSContext *ctx, JSClassID *id, const JSClassDef *definition)
{
    JS_NewClassID(ctx->rt, id);
    JS_NewClass(ctx->rt, *id, definition);
    JS_SetClassProto(ctx, *id, JS_NULL);
}

static void lap_define_modules(JSContext *ctx, JSValueConst global, JSValueConst native)
{
    static const JSClassDef function = {
        "Function", .finalizer = lap_function_finalizer, .gc_mark = lap_function_mark, .call = lap_function_call,
    };
    static const JSClassDef owner = { "Owner", .finalizer = lap_owner_finalizer, .gc_mark = lap_owner_mark };
    static const JSClassDef holder = { "Holder", .finalizer = lap_holder_finalizer };
    lap_define_class(ctx, &lap_function_class, &function);
    lap_define_class(ctx, &lap_owner_class, &owner);
    lap_define_class(ctx, &lap_holder_class, &holder);
    JS_SetClassProto(ctx, lap_function_class, js_dup(ctx->function_proto));
    JS_SetPropertyFunctionList(ctx, native, lap_module_functions, countof(lap_module_functions));
    JSValue buffer = JS_GetPropertyStr(ctx, global, "ArrayBuffer"), proto = JS_GetPropertyStr(ctx, buffer, "prototype");
    lap_guard_transfer(ctx, proto, "transfer", JS_ARRAY_BUFFER_TRANSFER);
    lap_guard_transfer(ctx, proto, "transferToFixedLength", JS_ARRAY_BUFFER_TRANSFER_TO_FIXED_LENGTH);
    lap_guard_transfer(ctx, proto, "transferToImmutable", JS_ARRAY_BUFFER_TRANSFER_TO_IMMUTABLE);
    JS_FreeValue(ctx, proto);
    JS_FreeValue(ctx, buffer);
}
