//! Walking from the main module along its imports.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::requests::{Request, Surface, surface};
use super::resolve::{Target, resolve};
use super::{Import, Module, ModuleKind, ModuleSource, link};
use crate::project::diagnostic::Diagnostic;
use crate::project::error::{MODULES_MAX_BYTES, ProjectError};
use crate::project::typescript::{TypeOnlyNames, strip_types_knowing};

/// A module while the graph is built.
pub(super) struct Draft {
    pub(super) module: Module,
    /// The file's name for messages.
    pub(super) file: String,
    /// The TypeScript it was, for messages and for another look.
    pub(super) typescript: Option<Arc<str>>,
    pub(super) surface: Surface,
    pub(super) type_only: TypeOnlyNames,
}

impl Draft {
    /// A fault at a byte of the module's JavaScript, shown where it is in the user's file.
    pub(super) fn fault(&self, offset: usize, message: impl Into<String>) -> ProjectError {
        let javascript = self.module.source.as_text().unwrap_or_default();
        let fault = Diagnostic::at(&self.file, javascript, offset, message);
        ProjectError::Source(Box::new(match &self.typescript {
            Some(source) => fault.in_source(source),
            None => fault,
        }))
    }

    /// Reads the JavaScript again after what is known of other modules' types has grown.
    pub(super) fn strip_again(&mut self) -> Result<(), ProjectError> {
        let Some(source) = &self.typescript else {
            return Ok(());
        };
        let (javascript, surface) =
            compile(&self.file, &self.module.name, source, &self.type_only)?;
        self.module.source = ModuleSource::Text(javascript.into());
        self.surface = surface;
        Ok(())
    }
}

/// Loads the module at `main` (relative to `root`) and all it imports; the main module is first.
/// `root` is the project's folder as the user named it.
pub(in crate::project) fn load(root: &Path, main: &str) -> Result<Vec<Module>, ProjectError> {
    let real_root = canonical(root)?;
    let mut loader = Loader {
        root,
        real_root,
        drafts: Vec::new(),
        by_path: HashMap::new(),
        bytes: 0,
    };
    let main_path = canonical(&root.join(main))?;
    if !main_path.starts_with(&loader.real_root) {
        let message = "the main module lies outside the project's folder; move it inside";
        let file = root.join(main).display().to_string();
        return Err(source_fault(Diagnostic::whole_file(&file, message)));
    }
    loader.add(&main_path)?;
    let mut next = 0;
    while next < loader.drafts.len() {
        loader.follow_imports(next)?;
        next += 1;
    }
    link::check(loader.drafts)
}

struct Loader<'p> {
    root: &'p Path,
    real_root: PathBuf,
    drafts: Vec<Draft>,
    /// Index into `drafts` by real path.
    by_path: HashMap<PathBuf, usize>,
    /// Bytes of all files read.
    bytes: u64,
}

impl Loader<'_> {
    /// The index of the module at a real path inside the root; it is read if it is new.
    fn add(&mut self, path: &Path) -> Result<usize, ProjectError> {
        if let Some(&index) = self.by_path.get(path) {
            return Ok(index);
        }
        let name = self.module_name(path)?;
        let file = self.root.join(&name).display().to_string();
        let size = fs::metadata(path).map_err(|error| unreadable(path, error))?;
        self.bytes = self.bytes.saturating_add(size.len());
        if self.bytes > MODULES_MAX_BYTES {
            return Err(ProjectError::TooLarge {
                root: self.root.to_owned(),
                module: name,
                bytes: self.bytes,
            });
        }
        let bytes = fs::read(path).map_err(|error| unreadable(path, error))?;
        let draft = draft(name, file, path, bytes)?;
        if self.drafts.is_empty() && draft.module.kind != ModuleKind::Es {
            let message = "the main module must be an ES module: .js, .mjs, .ts or .mts";
            return Err(source_fault(Diagnostic::whole_file(&draft.file, message)));
        }
        self.drafts.push(draft);
        self.by_path.insert(path.to_owned(), self.drafts.len() - 1);
        Ok(self.drafts.len() - 1)
    }

    /// A real path inside the root as a module's name.
    fn module_name(&self, path: &Path) -> Result<String, ProjectError> {
        let inside = path.strip_prefix(&self.real_root).unwrap_or(path);
        let parts: Option<Vec<&str>> = inside.iter().map(|part| part.to_str()).collect();
        parts.map(|parts| parts.join("/")).ok_or_else(|| {
            let file = inside.display().to_string();
            let message = "the file's name is not Unicode; rename it";
            source_fault(Diagnostic::whole_file(&file, message))
        })
    }

    fn follow_imports(&mut self, index: usize) -> Result<(), ProjectError> {
        let requests = self.drafts[index].surface.requests.clone();
        for request in requests {
            if let Some(import) = self.follow(index, &request)? {
                self.drafts[index].module.imports.push(import);
            }
        }
        Ok(())
    }

    fn follow(&mut self, from: usize, request: &Request) -> Result<Option<Import>, ProjectError> {
        let draft = &self.drafts[from];
        let folder = draft.module.path.parent().unwrap_or(&self.real_root);
        let specifier = &request.specifier;
        let module = match resolve(folder, specifier) {
            Ok(Target::Runtime(name)) if name == *specifier => return Ok(None),
            Ok(Target::Runtime(name)) => name,
            Ok(Target::File(path)) => {
                let path = canonical(&path)?;
                if !path.starts_with(&self.real_root) {
                    let message = format!(
                        "\"{specifier}\" lies outside the project's folder {}; move it inside",
                        self.root.display()
                    );
                    return Err(draft.fault(request.offset, message));
                }
                if kind_of(&path).is_none() {
                    return Err(draft.fault(request.offset, unknown_kind(&path)));
                }
                let index = self.add(&path)?;
                self.drafts[index].module.name.clone()
            }
            // A `require` may stand where it is never reached, and fails only when it is.
            Err(_) if draft.module.kind == ModuleKind::CommonJs && !specifier.starts_with('.') => {
                return Ok(None);
            }
            Err(message) => return Err(draft.fault(request.offset, message)),
        };
        Ok(Some(Import {
            specifier: specifier.clone(),
            module,
        }))
    }
}

/// Makes a module of a file's bytes.
fn draft(name: String, file: String, path: &Path, bytes: Vec<u8>) -> Result<Draft, ProjectError> {
    let Some(kind) = kind_of(path) else {
        return Err(source_fault(Diagnostic::whole_file(
            &file,
            unknown_kind(path),
        )));
    };
    let mut typescript = None;
    let mut exports = Surface::default();
    let source = match kind {
        ModuleKind::Data => ModuleSource::Bytes(bytes.into()),
        ModuleKind::Wasm => {
            if !bytes.starts_with(b"\0asm") {
                let message = "this is not a WebAssembly module: it does not start with `\\0asm`";
                return Err(source_fault(Diagnostic::whole_file(&file, message)));
            }
            ModuleSource::Bytes(bytes.into())
        }
        ModuleKind::Text => ModuleSource::Text(text(&file, bytes)?.into()),
        ModuleKind::Json => {
            let text = text(&file, bytes)?;
            check_json(&file, &text)?;
            ModuleSource::Text(text.into())
        }
        ModuleKind::Es if is_typescript(path) => {
            let source: Arc<str> = text(&file, bytes)?.into();
            let (javascript, found) = compile(&file, &name, &source, &TypeOnlyNames::new())?;
            exports = found;
            typescript = Some(source);
            ModuleSource::Text(javascript.into())
        }
        ModuleKind::Es | ModuleKind::CommonJs => {
            let text = text(&file, bytes)?;
            exports = surface(&file, &name, &text).map_err(source_fault)?;
            ModuleSource::Text(text.into())
        }
    };
    Ok(Draft {
        module: Module {
            name,
            kind,
            source,
            imports: Vec::new(),
            path: path.to_owned(),
        },
        file,
        typescript,
        surface: exports,
        type_only: TypeOnlyNames::new(),
    })
}

/// TypeScript to JavaScript and its surface.
fn compile(
    file: &str,
    name: &str,
    source: &str,
    type_only: &TypeOnlyNames,
) -> Result<(String, Surface), ProjectError> {
    let javascript = strip_types_knowing(file, source, type_only).map_err(source_fault)?;
    let found =
        surface(file, name, &javascript).map_err(|fault| source_fault(fault.in_source(source)))?;
    Ok((javascript, found))
}

fn kind_of(path: &Path) -> Option<ModuleKind> {
    let name = path.file_name()?.to_str()?;
    if name.ends_with(".d.ts") || name.ends_with(".d.mts") {
        return None;
    }
    ModuleKind::of_ending(path.extension()?.to_str()?)
}

fn unknown_kind(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let cure = if name.ends_with(".cts") {
        "CommonJS in TypeScript is not supported; make it an ES module in a .ts file"
    } else if name.ends_with(".d.ts") || name.ends_with(".d.mts") {
        "declarations have no code; import from them with `import type`"
    } else {
        "known endings are .js .mjs .ts .mts .cjs (code), .txt .html .sql .md .css (text), .json, \
         .bin (bytes) and .wasm"
    };
    format!("`{name}` cannot be a module: {cure}")
}

fn is_typescript(path: &Path) -> bool {
    let ending = path.extension().and_then(|it| it.to_str());
    matches!(ending, Some("ts" | "mts" | "tsx"))
}

/// A file's text, without a byte order mark.
fn text(file: &str, bytes: Vec<u8>) -> Result<String, ProjectError> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
        let message = "the file is not UTF-8 from here on; save it as UTF-8";
        source_fault(Diagnostic::at(file, &before, before.len(), message))
    })?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

fn check_json(file: &str, text: &str) -> Result<(), ProjectError> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Ok(()),
        Err(error) => {
            let line_start: usize = text
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1))
                .map(str::len)
                .sum();
            let offset = line_start + error.column().saturating_sub(1);
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            Err(source_fault(Diagnostic::at(file, text, offset, message)))
        }
    }
}

fn canonical(path: &Path) -> Result<PathBuf, ProjectError> {
    fs::canonicalize(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, source: std::io::Error) -> ProjectError {
    ProjectError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

fn source_fault(fault: Diagnostic) -> ProjectError {
    ProjectError::Source(Box::new(fault))
}
