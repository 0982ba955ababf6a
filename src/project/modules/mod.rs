//! The modules of a project: its main module and all that it imports, as the runtime takes them.

mod graph;
mod link;
mod requests;
mod resolve;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

pub(super) use graph::load;

/// One module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its path relative to the project's folder, with forward slashes: `src/index.ts`.
    pub name: String,
    /// What importing it gives.
    pub kind: ModuleKind,
    /// What the runtime loads: TypeScript is JavaScript by now, on the same lines.
    pub source: ModuleSource,
    /// What the specifiers in it mean. Those of the runtime's own modules that stand as they are
    /// called (`cloudflare:workers`) are not listed.
    pub imports: Vec<Import>,
    /// Its file, with symbolic links resolved.
    pub path: PathBuf,
}

/// What one specifier in a module means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// As the source has it: `./room`.
    pub specifier: String,
    /// The name of the module that it means: `src/room.ts`, or `node:fs` for a bare `fs`.
    pub module: String,
}

/// What importing a module gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModuleKind {
    /// An ES module: `.js`, `.mjs`, `.jsx`, `.ts`, `.mts`, `.tsx`.
    Es,
    /// CommonJS, `module.exports` as default export: `.cjs`.
    CommonJs,
    /// A string as default export: `.txt`, `.html`, `.sql`, `.md`, `.css`.
    Text,
    /// An `ArrayBuffer` as default export: `.bin`.
    Data,
    /// The parsed value as default export: `.json`. It is known to parse.
    Json,
    /// A `WebAssembly.Module` as default export: `.wasm`.
    Wasm,
}

impl ModuleKind {
    /// The kind of a file by the ending of its name, without the dot.
    fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending {
            "js" | "mjs" | "jsx" | "ts" | "mts" | "tsx" => Self::Es,
            "cjs" => Self::CommonJs,
            "txt" | "html" | "sql" | "md" | "css" => Self::Text,
            "bin" => Self::Data,
            "json" => Self::Json,
            "wasm" => Self::Wasm,
            _ => return None,
        })
    }
}

/// A module's content; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleSource {
    /// Of the kinds `Es`, `CommonJs`, `Text` and `Json`.
    Text(Arc<str>),
    /// Of the kinds `Data` and `Wasm`.
    Bytes(Arc<[u8]>),
}

impl ModuleSource {
    /// The content's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The content as text, of the kinds that are text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bytes(_) => None,
        }
    }
}
