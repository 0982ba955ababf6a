//! What can go wrong with a project.

use std::path::PathBuf;

use thiserror::Error;

use super::diagnostic::Diagnostic;

/// Why a project could not be loaded. Every message names the place and a cure.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// The folder has no configuration file.
    #[error(
        "{} has no wrangler.jsonc, wrangler.json or wrangler.toml; a minimal wrangler.jsonc is\n\n{}",
        .folder.display(),
        MINIMAL_CONFIG
    )]
    NoConfig {
        /// The folder.
        folder: PathBuf,
    },
    /// Neither the folder nor one of its direct subfolders has a configuration file.
    #[error(
        "neither {} nor a folder in it has a wrangler.jsonc, wrangler.json or wrangler.toml; \
         a minimal wrangler.jsonc is\n\n{}",
        .folder.display(),
        MINIMAL_CONFIG
    )]
    NothingFound {
        /// The folder.
        folder: PathBuf,
    },
    /// The path is not a folder.
    #[error("{} is not a folder; name the folder that holds the project", .path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The configuration is wrong at one place.
    #[error("{0}")]
    Config(Box<Diagnostic>),
    /// A module is wrong at one place.
    #[error("{0}")]
    Source(Box<Diagnostic>),
    /// The modules are too large together.
    #[error(
        "the modules of {} are larger than {} MiB together (with {module}, {bytes} bytes); \
         keep large data out of the code",
        .root.display(),
        MODULES_MAX_BYTES / (1024 * 1024)
    )]
    TooLarge {
        /// The project's folder.
        root: PathBuf,
        /// The module with which the limit is passed.
        module: String,
        /// Bytes of all modules up to and with it.
        bytes: u64,
    },
    /// Two projects have one name.
    #[error(
        "two projects are named \"{name}\": {} and {}; change \"name\" in one of them",
        .first.display(),
        .second.display()
    )]
    DuplicateName {
        /// The name.
        name: String,
        /// The configuration file of the one.
        first: PathBuf,
        /// The configuration file of the other.
        second: PathBuf,
    },
}

/// Bytes that all modules of a project have at most: Cloudflare's limit for a worker's code.
pub const MODULES_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What a newcomer can start from.
const MINIMAL_CONFIG: &str = r#"{
  "name": "my-worker",
  "main": "src/index.ts",
  "compatibility_date": "2026-08-04",
  "durable_objects": { "bindings": [{ "name": "ROOMS", "class_name": "Room" }] },
  "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] }]
}"#;
