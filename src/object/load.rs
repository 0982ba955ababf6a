//! The first event of an instance: everything its runtime must know about the worker.

use std::sync::Arc;

use super::{
    actor::{Kind, StartSpec},
    code::{Binding, Code, Env, Grant, Module, ModuleKind, Namespace, Outbound, Packed},
    live::Live,
    message::CallError,
    target::IdView,
};
use crate::sandbox::wire::Writer;

/// The namespaces that a sandbox may name, by number: its own worker's, then its bindings'.
pub(super) fn spaces(code: &Code) -> Vec<Arc<Namespace>> {
    let mut all = code.namespaces.clone();
    if let Env::Bindings(bindings) = &code.env {
        for (_, binding) in bindings {
            if let Binding::Namespace(namespace) = binding
                && !all.contains(namespace)
            {
                all.push(namespace.clone());
            }
        }
    }
    all
}

const BUILTIN_ERRORS: [&str; 8] = [
    "Error",
    "TypeError",
    "RangeError",
    "SyntaxError",
    "ReferenceError",
    "EvalError",
    "URIError",
    "CompileError",
];

/// An error of loading as the caller of the worker sees it.
pub(super) fn start_failure(error: &CallError) -> CallError {
    // the reference names classes of the author's own in the message
    let class = if BUILTIN_ERRORS.contains(&error.name.as_str()) {
        ""
    } else {
        "Error: "
    };
    let mut text = format!(
        "Failed to start Worker:\nUncaught {class}{}: {}",
        error.name, error.message
    );
    for line in error
        .stack
        .lines()
        .filter(|line| !line.trim().is_empty())
        .take(8)
    {
        text.push_str("\n  ");
        text.push_str(line.trim());
    }
    CallError::new(text)
}

/// Writes a packed value as `[bytes, kinds of its grants]`, or null.
pub(super) fn packed(event: &mut Writer, value: Option<&Packed>) {
    let Some(Packed {
        bytes,
        json,
        grants,
    }) = value
    else {
        event.null();
        return;
    };
    event.list(2);
    if *json {
        event.raw_text(bytes)
    } else {
        event.bytes(bytes)
    };
    event.list(grants.len());
    for grant in grants {
        event.text(match grant {
            Grant::Fetcher(_) => "fetcher",
            Grant::Class(_) => "class",
        });
    }
}

/// Compatibility flags that the runtime's JavaScript acts on; the others it asks for when a worker
/// looks at `Cloudflare.compatibilityFlags`.
const ACTED_ON: [&str; 5] = [
    "nodejs_compat",
    "nodejs_compat_v2",
    "nodejs_compat_populate_process_env",
    "enable_nodejs_global_timers",
    "websocket_standard_binary_type",
];

/// Writes the event "load"; `assets/runtime/workers/start.js` reads it.
pub(super) fn event(event: &mut Writer, live: &Live, spec: &StartSpec) {
    let code = &live.code;
    event.clear();
    event.text("load").map(12);
    event.key("main").text(&code.main);
    event.key("dynamic").bool(code.dynamic);
    event.key("tails").bool(!code.tails.is_empty());
    let flags = ACTED_ON.iter().filter(|flag| code.compatibility.has(flag));
    event.key("flags").list(flags.clone().count());
    for flag in flags {
        event.text(flag);
    }
    event.key("modules").list(code.modules.len());
    let mut wasm = 0;
    for module in &code.modules {
        write_module(event, module, &mut wasm);
    }
    event.key("outbound");
    match code.outbound {
        Outbound::Blocked => event.null(),
        _ => event.list(1).text("outbound"),
    };
    let (bindings, env) = match &code.env {
        Env::Bindings(bindings) => (bindings.as_slice(), None),
        Env::Packed(env) => (&[][..], env.as_ref()),
    };
    event.key("packedEnv");
    packed(event, env);
    event.key("bindings").list(bindings.len());
    write_bindings(event, bindings, &live.spaces);
    event.key("namespaces").list(code.namespaces.len());
    for (index, namespace) in code.namespaces.iter().enumerate() {
        event.list(2).text(&namespace.class).int(index as i64);
    }
    event.key("props");
    packed(event, spec.props.as_deref());
    event.key("limits").map(2).key("loaderTimeoutMs");
    event.number(live.actor.context.limits.loader_timeout_ms as f64);
    event
        .key("alarmMs")
        .number(live.actor.context.limits.alarm_ms as f64);
    event.key("object");
    write_object(event, live, spec);
}

/// `wasm` counts the modules of wasm, which the sandbox knows by number.
fn write_module(event: &mut Writer, module: &Module, wasm: &mut i64) {
    event.list(4).text(&module.name).text(module.kind.name());
    match module.kind {
        ModuleKind::Data => event.bytes(&module.source),
        ModuleKind::Wasm => {
            *wasm += 1;
            event.int(*wasm - 1)
        }
        _ => event.raw_text(&module.source),
    };
    event.list(module.imports.len());
    for (specifier, name) in &module.imports {
        event.list(2).text(specifier).text(name);
    }
}

fn write_bindings(event: &mut Writer, bindings: &[(String, Binding)], spaces: &[Arc<Namespace>]) {
    let (mut loaders, mut services) = (0, 0);
    for (name, binding) in bindings {
        event.list(3).text(name);
        match binding {
            Binding::Text(text) => event.text("text").text(text),
            Binding::Json(json) => event.text("json").text(json),
            Binding::Namespace(namespace) => {
                let index = spaces
                    .iter()
                    .position(|known| known == namespace)
                    .unwrap_or_default();
                event.text("namespace").int(index as i64)
            }
            Binding::Loader(_) => {
                loaders += 1;
                event.text("loader").int(loaders - 1)
            }
            Binding::Supervisor => event.text("supervisor").null(),
            Binding::Service { .. } => {
                services += 1;
                event.text("service").int(services - 1)
            }
        };
    }
}

fn write_object(event: &mut Writer, live: &Live, spec: &StartSpec) {
    let (Kind::Object(place), Some(class), Some(id)) = (&live.actor.kind, &spec.class, &spec.id)
    else {
        event.null();
        return;
    };
    event.map(4);
    event.key("className").text(class);
    event.key("level").int(i64::from(place.level));
    event.key("sqlite").bool(place.sqlite);
    event.key("id");
    match id {
        IdView::Text(text) => event.list(2).text("text").text(text),
        IdView::Id { hex, name } => event
            .list(3)
            .text("id")
            .text(hex)
            .optional_text(name.as_deref()),
    };
}
