//! One version of a worker's code, and what it is bound to.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::target::{ClassRef, Target};
use crate::project::{Compatibility, OutboundRules};
use crate::sandbox::modules::{Compiled, Library, Refused};

/// How a module's source becomes a module; the names are those of the loader's module types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModuleKind {
    /// ES module.
    Js,
    /// CommonJS.
    Cjs,
    /// Default export is a string.
    Text,
    /// Default export is an ArrayBuffer.
    Data,
    /// Default export is the parsed value.
    Json,
    /// Default export is a compiled module.
    Wasm,
}

impl ModuleKind {
    /// The loader's name for it.
    pub fn name(self) -> &'static str {
        match self {
            ModuleKind::Js => "js",
            ModuleKind::Cjs => "cjs",
            ModuleKind::Text => "text",
            ModuleKind::Data => "data",
            ModuleKind::Json => "json",
            ModuleKind::Wasm => "wasm",
        }
    }

    /// The kind that the loader calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Js,
            Self::Cjs,
            Self::Text,
            Self::Data,
            Self::Json,
            Self::Wasm,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// One module.
#[derive(Clone, Debug)]
pub struct Module {
    /// What other modules and stack traces call it.
    pub name: String,
    /// How it is evaluated.
    pub kind: ModuleKind,
    /// Its bytes; UTF-8 but for [`ModuleKind::Data`] and [`ModuleKind::Wasm`].
    pub source: Bytes,
    /// Specifiers that were resolved beforehand: as written, and the module's name.
    pub imports: Vec<(String, String)>,
}

/// A durable object namespace.
#[derive(Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The worker that holds the class.
    pub worker: Arc<str>,
    /// The class.
    pub class: Arc<str>,
    /// Whether its objects have SQL.
    pub sqlite: bool,
}

impl Namespace {
    /// What ids are derived from.
    pub fn unique_key(&self) -> String {
        format!("{}-{}", self.worker, self.class)
    }
}

/// A value of a worker's `env`.
#[derive(Clone, Debug)]
pub enum Binding {
    /// A string variable.
    Text(String),
    /// A variable that is parsed JSON; holds the JSON text.
    Json(String),
    /// A durable object namespace.
    Namespace(Arc<Namespace>),
    /// A loader of dynamic workers; holds the name of the scope whose workers it shares.
    Loader(Arc<str>),
    /// What the host knows and may do, for the facets of the object that uses it.
    Supervisor,
    /// Another worker of this host.
    Service {
        /// Its name.
        service: String,
        /// Which export; `None` for the default.
        entrypoint: Option<String>,
        /// `ctx.props`.
        props: Option<Arc<Packed>>,
    },
}

/// A value that crossed from one worker to another: structured-clone bytes, and the stubs and
/// class handles that stood in it.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The clone; the n-th grant stands in it as the number n.
    pub bytes: Bytes,
    /// The bytes are JSON instead, as props in a configuration file are.
    pub json: bool,
    /// What the receiver may use.
    pub grants: Vec<Grant>,
}

/// Something that one worker gave to another.
#[derive(Clone, Debug)]
pub enum Grant {
    /// A stub.
    Fetcher(Target),
    /// A class for facets.
    Class(ClassRef),
}

/// A worker's `env`.
#[derive(Clone, Debug)]
pub enum Env {
    /// From the project's configuration.
    Bindings(Vec<(String, Binding)>),
    /// From whoever loaded the worker.
    Packed(Option<Packed>),
}

/// Where a worker's global `fetch` goes.
#[derive(Clone, Debug)]
pub enum Outbound {
    /// Nowhere.
    Blocked,
    /// Out of this machine, as the rules of its project allow.
    Internet(Arc<OutboundRules>),
    /// To a stub that its loader chose.
    Target(Box<Target>),
}

/// One version of a worker's code.
#[derive(Clone, Debug)]
pub struct Code {
    /// The worker's name; a dynamic worker's is its loader id, or empty.
    pub name: Arc<str>,
    /// Key of the main module.
    pub main: String,
    /// All modules.
    pub modules: Vec<Module>,
    /// Compatibility flags in force.
    pub compatibility: Compatibility,
    /// Its `env`.
    pub env: Env,
    /// Classes that have a namespace of their own, for `ctx.exports`.
    pub namespaces: Vec<Arc<Namespace>>,
    /// Where its global `fetch` goes.
    pub outbound: Outbound,
    /// Who is told of each of its invocations once that is over.
    pub tails: Arc<[Target]>,
    /// Whether it was loaded at run time.
    pub dynamic: bool,
    /// CPU time that its loader allows in one turn, milliseconds.
    pub cpu_limit_ms: Option<u64>,
    /// Requests that one invocation may send, if fewer than the host allows.
    pub subrequests: Option<u32>,
    /// The scope of the loader that brought it under an id, which is its name.
    pub scope: Option<Arc<str>>,
    /// First digits of `content`.
    pub version: Arc<str>,
    /// Hash of modules and main, 64 hex digits.
    pub content: Arc<str>,
    /// Hash of what its supervising class loads, when an operator put this in its place.
    pub replaces: Option<Arc<str>>,
    /// Its modules of wasm, once it has run.
    pub wasm: OnceLock<Vec<Result<Arc<Compiled>, Refused>>>,
}

impl Code {
    /// Its modules of wasm in order, compiled; slow the first time.
    pub fn compiled(&self, library: &Library) -> Vec<Result<Arc<Compiled>, Refused>> {
        let modules = self.modules.iter();
        let wasm = modules.filter(|module| module.kind == ModuleKind::Wasm);
        let compile = || wasm.map(|module| library.compile(&module.source)).collect();
        self.wasm.get_or_init(compile).clone()
    }
}

impl Code {
    /// Scope and id of a dynamic worker that has an id.
    pub fn identity(&self) -> Option<(&Arc<str>, &Arc<str>)> {
        Some((self.scope.as_ref()?, &self.name))
    }

    /// Whether it has a loader bound to `name`.
    pub fn has_loader(&self, name: &str) -> bool {
        let Env::Bindings(bindings) = &self.env else {
            return false;
        };
        let is_it =
            |bound: &str, binding: &Binding| bound == name && matches!(binding, Binding::Loader(_));
        bindings
            .iter()
            .any(|(bound, binding)| is_it(bound, binding))
    }

    /// Whether `deleteAll()` takes the alarm with it.
    pub fn delete_all_deletes_alarm(&self) -> bool {
        self.compatibility.has("delete_all_deletes_alarm")
    }
}

/// Names a version by what runs: the modules and which is the main one. 64 hex digits.
pub fn content_hash(main: &str, modules: &[Module]) -> Arc<str> {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(main.as_bytes());
    for module in modules {
        part(module.name.as_bytes());
        part(module.kind.name().as_bytes());
        part(&module.source);
    }
    hash.finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect::<String>()
        .into()
}
