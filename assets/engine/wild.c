/* Objects on which every name exists: properties and results of stubs, and stubs of what was
 * passed by reference. A name leads on; a call sends the names that led there. What they mean is
 * the affair of assets/runtime/workers/rpc/wild.js; they are made here because a call makes two
 * of them, and proxies cost several times as much.
 */

enum {
    WILD_PROPERTY, /* of a stub or a result: `callee` has a method `invoke` */
    WILD_RESULT,   /* of a call: `promise` settles with it */
    WILD_STUB,     /* of something passed by reference: as a property */
    WILD_MEMBER,   /* of a stub with a `fetch`: `callee` is that stub */
    WILD_KINDS,
};

#define LAP_MAX_LOCALS 24
/* Names that may lead from a stub to a property. */
#define LAP_MAX_NAMES 64

typedef struct {
    int kind;
    JSValue callee, promise;
    uint32_t count;
    JSAtom names[];
} LapWild;

static JSClassID lap_wild_class, lap_members_class;
static JSValue lap_wild_prototypes[WILD_KINDS];
/* Names that are the object's own business and no call: of stubs, and of all else. */
static JSAtom lap_wild_locals[2][LAP_MAX_LOCALS];
static int lap_wild_local_count[2];
static JSAtom lap_wild_invoke;
/* callOf(stub, names, args), calleeOfMember(stub), calleeOfResult(promise) */
static JSValue lap_member_invoke = JS_UNDEFINED;
static JSValue lap_member_callee = JS_UNDEFINED;
static JSValue lap_result_callee = JS_UNDEFINED;
/* A function: what all of them look like to who looks inside. */
static JSValue lap_wild_target = JS_UNDEFINED;

static LapWild *lap_wild(JSValueConst value)
{
    return JS_GetOpaque(value, lap_wild_class);
}

static void lap_wild_finalizer(JSRuntime *rt, JSValueConst value)
{
    LapWild *w = lap_wild(value);
    uint32_t i;
    if (!w)
        return;
    JS_FreeValueRT(rt, w->callee);
    JS_FreeValueRT(rt, w->promise);
    for (i = 0; i < w->count; i++)
        JS_FreeAtomRT(rt, w->names[i]);
    js_free_rt(rt, w);
}

static void lap_wild_mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *mark)
{
    LapWild *w = lap_wild(value);
    if (!w)
        return;
    JS_MarkValue(rt, w->callee, mark);
    JS_MarkValue(rt, w->promise, mark);
}

/* A new one, which takes `callee` and `promise` over; `before` names lead to it, then `name`. */
static JSValue lap_new_wild(JSContext *ctx, int kind, JSValue callee, JSValue promise,
                            const LapWild *before, JSAtom name)
{
    uint32_t led = before ? before->count : 0, count = led + (name != JS_ATOM_NULL), i;
    JSValue object = JS_NewObjectProtoClass(ctx, lap_wild_prototypes[kind], lap_wild_class);
    LapWild *w = JS_IsException(object) ? NULL : js_malloc(ctx, sizeof(*w) + count * sizeof(JSAtom));
    if (!w) {
        JS_FreeValue(ctx, object);
        JS_FreeValue(ctx, callee);
        JS_FreeValue(ctx, promise);
        return JS_EXCEPTION;
    }
    w->kind = kind;
    w->callee = callee;
    w->promise = promise;
    w->count = count;
    for (i = 0; i < led; i++)
        w->names[i] = JS_DupAtom(ctx, before->names[i]);
    if (count > led)
        w->names[led] = JS_DupAtom(ctx, name);
    JS_SetOpaqueInternal(object, w);
    return object;
}

/* What has the method `invoke` that calls of `w` go to. */
static JSValue lap_callee(JSContext *ctx, const LapWild *w)
{
    JSValueConst of = w->kind == WILD_RESULT ? w->promise : w->callee;
    switch (w->kind) {
    case WILD_RESULT:
        return JS_Call(ctx, lap_result_callee, JS_UNDEFINED, 1, &of);
    case WILD_MEMBER:
        return JS_Call(ctx, lap_member_callee, JS_UNDEFINED, 1, &of);
    default:
        return js_dup(of);
    }
}

static JSValue lap_wild_names(JSContext *ctx, const LapWild *w)
{
    JSValue names[LAP_MAX_NAMES + 1];
    uint32_t i;
    for (i = 0; i < w->count; i++)
        names[i] = JS_AtomToString(ctx, w->names[i]);
    return JS_NewArrayFrom(ctx, w->count, names);
}

/* Numbers are no names, so that nothing takes a stub for a list. */
static bool lap_is_index(JSContext *ctx, JSAtom atom)
{
    JSString *s;
    uint32_t i;
    if (__JS_AtomIsTaggedInt(atom))
        return true;
    s = ctx->rt->atom_array[atom];
    if (s->is_wide_char || s->len == 0 || (s->len > 1 && str8(s)[0] == '0'))
        return false;
    for (i = 0; i < s->len; i++) {
        if (str8(s)[i] < '0' || str8(s)[i] > '9')
            return false;
    }
    return true;
}

static bool lap_is_local(int kind, JSAtom atom)
{
    int stub = kind == WILD_STUB, i;
    for (i = 0; i < lap_wild_local_count[stub]; i++) {
        if (lap_wild_locals[stub][i] == atom)
            return true;
    }
    return false;
}

static JSValue lap_wild_get(JSContext *ctx, JSValueConst object, JSAtom atom, JSValueConst receiver)
{
    LapWild *w = lap_wild(object);
    if (!is_string_atom(ctx, atom) || lap_is_local(w->kind, atom)) {
        JSObject *prototype = JS_VALUE_GET_OBJ(object)->shape->proto;
        if (!prototype)
            return JS_UNDEFINED;
        return JS_GetPropertyInternal(ctx, JS_MKPTR(JS_TAG_OBJECT, prototype), atom, receiver, false);
    }
    if (lap_is_index(ctx, atom))
        return JS_UNDEFINED;
    if (w->count > LAP_MAX_NAMES)
        return JS_ThrowTypeError(ctx, "RPC pipelined property path is too deep (max %d).", LAP_MAX_NAMES);
    if (w->kind == WILD_MEMBER)
        return lap_new_wild(ctx, WILD_MEMBER, js_dup(w->callee), JS_UNDEFINED, w, atom);
    JSValue callee = lap_callee(ctx, w);
    if (JS_IsException(callee))
        return callee;
    return lap_new_wild(ctx, WILD_PROPERTY, callee, JS_UNDEFINED, w, atom);
}

static int lap_wild_has(JSContext *ctx, JSValueConst object, JSAtom atom)
{
    JSObject *prototype = JS_VALUE_GET_OBJ(object)->shape->proto;
    if (is_string_atom(ctx, atom))
        return true;
    return prototype ? JS_HasProperty(ctx, JS_MKPTR(JS_TAG_OBJECT, prototype), atom) : false;
}

/* Nothing can be changed on them; trying to is no error, but for definitions. */
static int lap_wild_set(JSContext *ctx, JSValueConst object, JSAtom atom, JSValueConst value,
                        JSValueConst receiver, int flags)
{
    return true;
}

static int lap_wild_delete(JSContext *ctx, JSValueConst object, JSAtom atom)
{
    return true;
}

static int lap_wild_define(JSContext *ctx, JSValueConst object, JSAtom atom, JSValueConst value,
                           JSValueConst getter, JSValueConst setter, int flags)
{
    return JS_ThrowTypeErrorOrFalse(ctx, flags, "proxy: defineProperty exception");
}

static const JSClassExoticMethods lap_wild_methods = {
    .get_property = lap_wild_get,
    .has_property = lap_wild_has,
    .set_property = lap_wild_set,
    .delete_property = lap_wild_delete,
    .define_own_property = lap_wild_define,
};

static JSValue lap_wild_call(JSContext *ctx, JSValueConst object, JSValueConst this_val,
                             int argc, JSValueConst *argv, int flags)
{
    LapWild *w = lap_wild(object);
    JSValue callee, promise, args[3] = { JS_UNDEFINED, lap_wild_names(ctx, w), js_create_array(ctx, argc, argv) };
    promise = JS_EXCEPTION;
    if (JS_IsException(args[1]) || JS_IsException(args[2]))
        goto done;
    if (w->kind == WILD_MEMBER) {
        args[0] = js_dup(w->callee);
        promise = JS_Call(ctx, lap_member_invoke, JS_UNDEFINED, 3, vc(args));
    } else {
        callee = lap_callee(ctx, w);
        if (!JS_IsException(callee))
            promise = JS_Invoke(ctx, callee, lap_wild_invoke, 2, vc(args + 1));
        JS_FreeValue(ctx, callee);
    }
done:
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    JS_FreeValue(ctx, args[2]);
    if (JS_IsException(promise))
        return promise;
    return lap_new_wild(ctx, WILD_RESULT, JS_UNDEFINED, promise, NULL, JS_ATOM_NULL);
}

/* What is behind everything that a stub with a `fetch` has: using that costs nothing, and any
 * other name is a member of what the stub leads to. */
static bool lap_is_own_member(JSContext *ctx, JSObject *base, JSAtom atom)
{
    return !is_string_atom(ctx, atom) || atom == JS_ATOM_then || atom == JS_ATOM_toJSON
        || JS_HasProperty(ctx, JS_MKPTR(JS_TAG_OBJECT, base), atom) != 0;
}

static JSValue lap_members_get(JSContext *ctx, JSValueConst object, JSAtom atom, JSValueConst receiver)
{
    JSObject *base = JS_VALUE_GET_OBJ(object)->shape->proto;
    if (!base)
        return JS_UNDEFINED;
    if (lap_is_own_member(ctx, base, atom))
        return JS_GetPropertyInternal(ctx, JS_MKPTR(JS_TAG_OBJECT, base), atom, receiver, false);
    if (lap_is_index(ctx, atom))
        return JS_UNDEFINED;
    return lap_new_wild(ctx, WILD_MEMBER, js_dup(receiver), JS_UNDEFINED, NULL, atom);
}

static int lap_members_has(JSContext *ctx, JSValueConst object, JSAtom atom)
{
    JSObject *base = JS_VALUE_GET_OBJ(object)->shape->proto;
    if (is_string_atom(ctx, atom))
        return atom != JS_ATOM_then;
    return base ? JS_HasProperty(ctx, JS_MKPTR(JS_TAG_OBJECT, base), atom) : false;
}

static const JSClassExoticMethods lap_members_methods = {
    .get_property = lap_members_get,
    .has_property = lap_members_has,
};

/* membersOf(prototype) -> the object to stand behind `prototype`. */
static JSValue lap_members(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    return JS_NewObjectProtoClass(ctx, argv[0], lap_members_class);
}

/* wild(kind, callee, name): a stub, or the first property of something; wild(1, promise): a result */
static JSValue lap_make_wild(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int32_t kind;
    if (JS_ToInt32(ctx, &kind, argv[0]))
        return JS_EXCEPTION;
    if (kind == WILD_RESULT)
        return lap_new_wild(ctx, kind, JS_UNDEFINED, js_dup(argv[1]), NULL, JS_ATOM_NULL);
    return lap_new_wild(ctx, kind, js_dup(argv[1]), JS_UNDEFINED, NULL, JS_ATOM_NULL);
}

/* wildCallee(value) -> what calls of it go to; undefined for anything else. */
static JSValue lap_wild_callee(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    LapWild *w = lap_wild(argv[0]);
    return w ? lap_callee(ctx, w) : JS_UNDEFINED;
}

/* wildNames(value) -> the names that led to it. */
static JSValue lap_native_wild_names(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    LapWild *w = lap_wild(argv[0]);
    return w ? lap_wild_names(ctx, w) : JS_UNDEFINED;
}

/* wildPromise(value) -> the promise of a result; undefined for anything else. */
static JSValue lap_wild_promise(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    LapWild *w = lap_wild(argv[0]);
    return w ? js_dup(w->promise) : JS_UNDEFINED;
}

static void lap_set_locals(JSContext *ctx, int which, JSValueConst list)
{
    JSValue *names;
    uint32_t n, i;
    if (!js_get_fast_array(ctx, unsafe_unconst(list), &names, &n))
        return;
    for (i = 0; i < n && i < LAP_MAX_LOCALS; i++)
        lap_wild_locals[which][i] = JS_ValueToAtom(ctx, names[i]);
    lap_wild_local_count[which] = i;
}

/* setWild(prototypes, locals, locals of stubs, calleeOfResult, what they look like) */
static JSValue lap_set_wild(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    int i;
    for (i = 0; i < WILD_KINDS; i++)
        lap_wild_prototypes[i] = JS_GetPropertyUint32(ctx, argv[0], i);
    lap_set_locals(ctx, 0, argv[1]);
    lap_set_locals(ctx, 1, argv[2]);
    lap_result_callee = js_dup(argv[3]);
    lap_wild_target = js_dup(argv[4]);
    lap_wild_invoke = JS_NewAtom(ctx, "invoke");
    return JS_UNDEFINED;
}

/* setMembers(invoke, calleeOf): how members of stubs with a `fetch` are called. */
static JSValue lap_set_members(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv)
{
    lap_member_invoke = js_dup(argv[0]);
    lap_member_callee = js_dup(argv[1]);
    return JS_UNDEFINED;
}

static void lap_define_wild(JSRuntime *rt)
{
    static const JSClassDef wild = {
        "Function", .finalizer = lap_wild_finalizer, .gc_mark = lap_wild_mark, .call = lap_wild_call,
        .exotic = (JSClassExoticMethods *)&lap_wild_methods,
    };
    static const JSClassDef members = { "Object", .exotic = (JSClassExoticMethods *)&lap_members_methods };
    JS_NewClassID(rt, &lap_wild_class);
    JS_NewClass(rt, lap_wild_class, &wild);
    JS_NewClassID(rt, &lap_members_class);
    JS_NewClass(rt, lap_members_class, &members);
}

/* Whether `value` is one of them. */
static bool lap_is_wild(JSValueConst value)
{
    return lap_wild(value) != NULL;
}

/* The promise that `await value` waits for: of a result its own, as if it were asked for its
 * `then`, without the promise, the functions and the jobs that asking takes. */
static JSValue lap_awaited(JSContext *ctx, JSValueConst value)
{
    LapWild *w = lap_wild(value);
    if (w && w->kind == WILD_RESULT && JS_GetOpaque(w->promise, JS_CLASS_PROMISE))
        return js_dup(w->promise);
    return js_promise_resolve(ctx, ctx->promise_ctor, 1, &value, 0);
}
