//! A project as it lies on the disk: its wrangler configuration, its modules, and TypeScript made
//! into JavaScript.
//!
//! [`Project::load`] reads one folder, [`discover`] a folder of projects. What comes out is all
//! that a runtime needs: the checked [`Config`] and the [`Module`]s with their imports resolved.
//! Nothing here runs code or knows of the other rooms.

mod compatibility;
mod config;
mod diagnostic;
mod error;
mod modules;
mod outbound;
mod stack;
#[cfg(test)]
mod tests;
mod typescript;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub use compatibility::{Compatibility, FlagError};
pub use config::{
    ClassStorage, Config, Durability, DurableClass, DurableObjectBinding, LapidarySettings, Limits,
    NEWEST_COMPATIBILITY_DATE, ServiceBinding, TailConsumer, WorkerLoaderBinding,
};
pub use diagnostic::Diagnostic;
pub use error::{MODULES_MAX_BYTES, ProjectError};
pub use modules::{Import, Module, ModuleKind, ModuleSource};
pub use outbound::{HostPattern, OutboundRules, PrivateHosts};
pub use typescript::{check_syntax, strip_types};

/// Names of configuration files, the first one found counts.
pub const CONFIG_FILES: [&str; 3] = ["wrangler.jsonc", "wrangler.json", "wrangler.toml"];

/// A loaded project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder, as it was named to [`Project::load`].
    pub root: PathBuf,
    /// Its configuration file.
    pub config_path: PathBuf,
    /// The checked configuration, with the worker's name.
    pub config: Config,
    /// The name of the main module, one of `modules`.
    pub main_module: String,
    /// The main module first, then all it imports.
    pub modules: Vec<Module>,
    /// SHA-256 over the configuration and all modules, in hexadecimal: it differs when what would
    /// run differs.
    pub version: String,
    /// What was ignored or looks wrong but does not hinder running.
    pub warnings: Vec<Diagnostic>,
}

impl Project {
    /// Loads the project in a folder that has a `wrangler.jsonc`, `wrangler.json` or
    /// `wrangler.toml`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and a cure.
    pub fn load(folder: &Path) -> Result<Self, ProjectError> {
        if !folder.is_dir() {
            return Err(ProjectError::NotAFolder {
                path: folder.to_owned(),
            });
        }
        let mut present = CONFIG_FILES
            .iter()
            .map(|name| folder.join(name))
            .filter(|path| path.is_file());
        let Some(config_path) = present.next() else {
            return Err(ProjectError::NoConfig {
                folder: folder.to_owned(),
            });
        };
        let text = fs::read_to_string(&config_path).map_err(|source| ProjectError::Unreadable {
            path: config_path.clone(),
            source,
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let file = config_path.display().to_string();
        let (config, mut warnings) =
            config::read(folder, &file, text).map_err(|it| ProjectError::Config(Box::new(it)))?;
        for ignored in present {
            let message = format!("ignored, because {file} is there too; delete one of the two");
            let ignored = ignored.display().to_string();
            warnings.push(Diagnostic::whole_file(&ignored, message));
        }
        let modules = stack::with_large_stack(|| modules::load(folder, &config.main))?;
        let main = modules.first().map(|module| module.name.clone());
        Ok(Self {
            root: folder.to_owned(),
            main_module: main.unwrap_or_default(),
            version: version_of(text, &modules),
            config_path,
            config,
            modules,
            warnings,
        })
    }

    /// The worker's name.
    pub fn name(&self) -> &str {
        &self.config.name
    }
}

/// Loads the project in `path`, or, if that folder has no configuration file, the projects in its
/// direct subfolders, sorted by folder name. Hidden folders and `node_modules` are passed over.
///
/// # Errors
/// If there is no project, if two have one name, or the first thing that is wrong in one.
pub fn discover(path: &Path) -> Result<Vec<Project>, ProjectError> {
    match Project::load(path) {
        Err(ProjectError::NoConfig { .. }) => {}
        found => return found.map(|project| vec![project]),
    }
    let mut projects: Vec<Project> = Vec::new();
    let mut by_name: HashMap<String, PathBuf> = HashMap::new();
    for folder in subfolders(path)? {
        let project = match Project::load(&folder) {
            Err(ProjectError::NoConfig { .. }) => continue,
            found => found?,
        };
        let name = project.config.name.clone();
        if let Some(first) = by_name.insert(name.clone(), project.config_path.clone()) {
            return Err(ProjectError::DuplicateName {
                name,
                first,
                second: project.config_path,
            });
        }
        projects.push(project);
    }
    if projects.is_empty() {
        return Err(ProjectError::NothingFound {
            folder: path.to_owned(),
        });
    }
    Ok(projects)
}

/// The first thing that is wrong with `config` when the workers called `served` run together.
///
/// # Errors
/// If it names a tail worker that is none of them.
pub fn check_together<'a>(
    config: &Config,
    served: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), ProjectError> {
    let missing = |consumer: &&TailConsumer| !served.clone().any(|name| name == consumer.service);
    match config.tail_consumers.iter().find(missing) {
        Some(consumer) => Err(ProjectError::Config(Box::new(consumer.unknown.clone()))),
        None => Ok(()),
    }
}

fn subfolders(path: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let unreadable = |source| ProjectError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut folders = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if !hidden && name != "node_modules" && entry.path().is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// SHA-256 over the configuration's text and each module's name, kind and source, every part
/// preceded by its length so that no two projects run together.
fn version_of(config: &str, modules: &[Module]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(config.as_bytes());
    for module in modules {
        part(module.name.as_bytes());
        part(format!("{:?}", module.kind).as_bytes());
        part(module.source.as_bytes());
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
