//! From a project on disk to code that can run.

use std::sync::Arc;

use bytes::Bytes;

use super::worker::Worker;
use crate::{
    ledger::{Level, Source},
    object::{
        Binding, Code, Context, Env, Module, ModuleKind, Namespace, Outbound, Packed, Target,
        WorkerRef, content_hash,
    },
    project::{self, ClassStorage, Config, Project},
    storage::Durability,
};

/// A worker for `project`. Code that cannot run at all is reported when it is first used.
pub(super) fn worker(context: &Arc<Context>, project: Project) -> Worker {
    let durability = match project.config.lapidary.durability {
        project::Durability::Full => Durability::Full,
        project::Durability::Normal => Durability::Normal,
    };
    let source = Source {
        node: project.name().into(),
        label: project.name().into(),
    };
    for warning in &project.warnings {
        context
            .logs
            .write(&source, Level::Warn, true, &warning.to_string());
    }
    let folder = project.root.clone();
    let strict_compat = project.config.lapidary.strict_compat;
    Worker::new(context, code(&project), folder, durability, strict_compat)
}

/// The code of a project, bound as its configuration says.
pub(super) fn code(project: &Project) -> Code {
    let config = &project.config;
    let name: Arc<str> = config.name.as_str().into();
    let modules: Vec<Module> = project.modules.iter().map(module).collect();
    let content = content_hash(&project.main_module, &modules);
    Code {
        env: Env::Bindings(bindings(&name, config)),
        namespaces: own_namespaces(&name, config),
        scope: None,
        version: content[..8].into(),
        content,
        replaces: None,
        main: project.main_module.clone(),
        modules,
        compatibility: config.compatibility.clone(),
        outbound: Outbound::Internet(Arc::new(config.lapidary.outbound.clone())),
        tails: config.tail_consumers.iter().map(tail).collect(),
        dynamic: false,
        cpu_limit_ms: config.limits.cpu_ms.map(u64::from),
        subrequests: config.limits.subrequests,
        name,
        wasm: Default::default(),
    }
}

fn module(module: &project::Module) -> Module {
    let kind = match module.kind {
        project::ModuleKind::Es => ModuleKind::Js,
        project::ModuleKind::CommonJs => ModuleKind::Cjs,
        project::ModuleKind::Text => ModuleKind::Text,
        project::ModuleKind::Data => ModuleKind::Data,
        project::ModuleKind::Json => ModuleKind::Json,
        project::ModuleKind::Wasm => ModuleKind::Wasm,
    };
    Module {
        name: module.name.clone(),
        kind,
        source: Bytes::copy_from_slice(module.source.as_bytes()),
        imports: module
            .imports
            .iter()
            .map(|i| (i.specifier.clone(), i.module.clone()))
            .collect(),
    }
}

/// Classes of the worker that have storage: those that migrations or bindings name.
fn own_namespaces(worker: &Arc<str>, config: &Config) -> Vec<Arc<Namespace>> {
    let mut classes: Vec<&str> = config
        .classes
        .iter()
        .map(|class| class.name.as_str())
        .collect();
    let bound = config
        .durable_objects
        .iter()
        .filter(|bound| is_own(worker, bound.script_name.as_deref()));
    for bound in bound {
        if !classes.contains(&bound.class_name.as_str()) {
            classes.push(&bound.class_name);
        }
    }
    classes
        .into_iter()
        .map(|class| namespace(worker, class, config))
        .collect()
}

fn is_own(worker: &str, script: Option<&str>) -> bool {
    script.is_none_or(|script| script == worker)
}

fn namespace(worker: &Arc<str>, class: &str, config: &Config) -> Arc<Namespace> {
    let declared = config
        .classes
        .iter()
        .find(|declared| declared.name == class);
    let sqlite = declared.is_none_or(|declared| declared.storage == ClassStorage::Sqlite);
    Arc::new(Namespace {
        worker: worker.clone(),
        class: class.into(),
        sqlite,
    })
}

/// The default export of a worker that hears of another one's invocations.
fn tail(consumer: &project::TailConsumer) -> Target {
    Target::Entry {
        worker: WorkerRef::Project(consumer.service.as_str().into()),
        entry: None,
        props: None,
    }
}

/// Props as a configuration file has them.
fn json_props(props: &serde_json::Map<String, serde_json::Value>) -> Packed {
    let json = serde_json::Value::Object(props.clone()).to_string();
    Packed {
        bytes: json.into(),
        json: true,
        grants: Vec::new(),
    }
}

fn bindings(worker: &Arc<str>, config: &Config) -> Vec<(String, Binding)> {
    let mut all = Vec::new();
    for (name, value) in &config.vars {
        let binding = match value.as_str() {
            Some(text) => Binding::Text(text.into()),
            None => Binding::Json(value.to_string()),
        };
        all.push((name.clone(), binding));
    }
    for bound in &config.durable_objects {
        let namespace = if is_own(worker, bound.script_name.as_deref()) {
            namespace(worker, &bound.class_name, config)
        } else {
            let script = bound.script_name.as_deref().unwrap_or_default();
            Arc::new(Namespace {
                worker: script.into(),
                class: bound.class_name.as_str().into(),
                sqlite: true,
            })
        };
        all.push((bound.name.clone(), Binding::Namespace(namespace)));
    }
    for loader in &config.worker_loaders {
        all.push((
            loader.binding.clone(),
            Binding::Loader(format!("{worker}/{}", loader.binding).into()),
        ));
    }
    for service in &config.services {
        let binding = Binding::Service {
            service: service.service.clone(),
            entrypoint: service.entrypoint.clone(),
            props: service
                .props
                .as_ref()
                .map(|props| Arc::new(json_props(props))),
        };
        all.push((service.binding.clone(), binding));
    }
    if let Some(name) = &config.lapidary.supervisor {
        all.push((name.clone(), Binding::Supervisor));
    }
    all
}
