/* Modules: the runtime's own come from the host while the engine boots, the user's from a
 * table that the runtime's JavaScript keeps. Names of the runtime's modules start with
 * "lapidary:", which no user module's name can. */

#define LAP_BOOT_MODULE "lapidary:runtime/main.js"

/* Resolves `specifier` as written in module `base`: by the runtime's resolver once there is
 * one, before that as a relative path. */
static char *lap_module_name(JSContext *ctx, const char *base, const char *specifier, void *opaque)
{
    JSValue args[2], name;
    const char *text;
    char *copy;
    if (!JS_IsFunction(ctx, lap_resolve) || !strncmp(base, "lapidary:", 9))
        return js_default_module_normalize_name(ctx, base, specifier);
    args[0] = JS_NewString(ctx, base);
    args[1] = JS_NewString(ctx, specifier);
    name = JS_Call(ctx, lap_resolve, JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    if (JS_IsException(name))
        return NULL;
    text = JS_ToCString(ctx, name);
    JS_FreeValue(ctx, name);
    if (!text)
        return NULL;
    copy = js_strdup(ctx, text);
    JS_FreeCString(ctx, text);
    return copy;
}

static int lap_value_module_init(JSContext *ctx, JSModuleDef *m)
{
    return JS_SetModuleExport(ctx, m, "default", JS_GetModulePrivateValue(ctx, m));
}

/* A module whose default export is `value`: text, data, JSON. */
static JSModuleDef *lap_value_module(JSContext *ctx, const char *name, JSValue value)
{
    JSModuleDef *m = JS_NewCModule(ctx, name, lap_value_module_init);
    if (!m) {
        JS_FreeValue(ctx, value);
        return NULL;
    }
    JS_AddModuleExport(ctx, m, "default");
    JS_SetModulePrivateValue(ctx, m, value);
    return m;
}

static JSModuleDef *lap_compile_module(JSContext *ctx, const char *name, JSValueConst source)
{
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, source);
    JSModuleDef *m = NULL;
    JSValue function;
    if (!text)
        return NULL;
    function = JS_Eval(ctx, text, len, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    JS_FreeCString(ctx, text);
    if (!JS_IsException(function)) {
        m = JS_VALUE_GET_PTR(function);
        JS_FreeValue(ctx, function);
    }
    return m;
}

/* Asks the runtime's table (or, while booting, the host) for a module. It answers with the
 * source as a string, or with an object whose `value` becomes the default export. */
static JSModuleDef *lap_module_load(JSContext *ctx, const char *name, void *opaque)
{
    JSValue args[2], found;
    JSModuleDef *m;
    args[0] = JS_NewString(ctx, "boot.module");
    args[1] = JS_NewString(ctx, name);
    if (JS_IsFunction(ctx, lap_source))
        found = JS_Call(ctx, lap_source, JS_UNDEFINED, 1, (JSValueConst *)&args[1]);
    else
        found = lap_host(ctx, JS_UNDEFINED, 2, (JSValueConst *)args);
    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    if (JS_IsException(found))
        return NULL;
    if (JS_IsString(found))
        m = lap_compile_module(ctx, name, found);
    else
        m = lap_value_module(ctx, name, JS_GetPropertyStr(ctx, found, "value"));
    JS_FreeValue(ctx, found);
    return m;
}

/* Starts the runtime: evaluates `import "lapidary:runtime/main.js"`. */
static JSValue lap_boot(JSContext *ctx)
{
    static const char source[] = "import \"" LAP_BOOT_MODULE "\";";
    return JS_Eval(ctx, source, sizeof(source) - 1, "lapidary:boot.js", JS_EVAL_TYPE_MODULE);
}

/* Tells the host why the runtime did not start; only a fault of the runtime itself can. */
static void lap_report_boot_failure(JSContext *ctx, JSValueConst result)
{
    JSValue error = JS_IsException(result) ? JS_GetException(ctx) : JS_PromiseResult(ctx, result);
    JSValue args[3];
    args[0] = JS_NewString(ctx, "boot.failed");
    args[1] = JS_ToString(ctx, error);
    args[2] = JS_GetPropertyStr(ctx, error, "stack");
    lap_host(ctx, JS_UNDEFINED, 3, (JSValueConst *)args);
    abort();
}
