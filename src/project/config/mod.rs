//! The wrangler configuration of a project: `wrangler.jsonc`, `wrangler.json` or `wrangler.toml`.

mod bindings;
mod migrations;
mod outbound;
mod reader;
#[cfg(test)]
mod tests;
mod tree;

use std::path::Path;

use super::{
    compatibility::{self, Compatibility, FlagError},
    diagnostic::Diagnostic,
    outbound::OutboundRules,
};
use migrations::Migrated;
use reader::{Field, Keys, Reader, Table};

/// The compatibility date of a project that names none: the newest one that changes what the
/// Workers API does.
pub const NEWEST_COMPATIBILITY_DATE: &str = "2026-08-04";

/// Characters a project's name has at most. It names a folder.
const NAME_MAX_CHARS: usize = 255;

/// A project's configuration, checked and with defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The worker's name: lower-case letters, digits, `-` and `_`; it starts with none of `-`.
    pub name: String,
    /// The main module's path as written, relative to the project's folder.
    pub main: String,
    /// `YYYY-MM-DD`.
    pub compatibility_date: String,
    /// Compatibility flags as written.
    pub compatibility_flags: Vec<String>,
    /// The flags that these and the date put in force.
    pub compatibility: Compatibility,
    /// Namespaces in `env`.
    pub durable_objects: Vec<DurableObjectBinding>,
    /// Classes that exist after all migrations, oldest first.
    pub classes: Vec<DurableClass>,
    /// Classes that a migration deleted, and with them all their objects.
    pub deleted_classes: Vec<String>,
    /// The tag of the last migration.
    pub migration_tag: Option<String>,
    /// Worker loaders in `env`.
    pub worker_loaders: Vec<WorkerLoaderBinding>,
    /// Values in `env`: strings and JSON.
    pub vars: serde_json::Map<String, serde_json::Value>,
    /// Other workers in `env`.
    pub services: Vec<ServiceBinding>,
    /// Workers that hear of this one's invocations.
    pub tail_consumers: Vec<TailConsumer>,
    /// Limits of one invocation.
    pub limits: Limits,
    /// The settings that only this program has, in the table `lapidary`.
    pub lapidary: LapidarySettings,
}

/// `durable_objects.bindings[]`: a namespace of Durable Objects in `env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurableObjectBinding {
    /// The name in `env`.
    pub name: String,
    /// The exported class.
    pub class_name: String,
    /// The worker whose class it is; None for this one.
    pub script_name: Option<String>,
}

/// A Durable Object class by the migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurableClass {
    /// Its present name.
    pub name: String,
    /// What it was created with.
    pub storage: ClassStorage,
    /// The names it had before, oldest first: objects made under them are its objects.
    pub former_names: Vec<String>,
}

/// What a class's objects store their data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassStorage {
    /// From `new_sqlite_classes`: SQL and key-value.
    Sqlite,
    /// From `new_classes`: key-value only, `ctx.storage.sql` throws.
    KeyValue,
}

/// `worker_loaders[]`: a loader of dynamic workers in `env`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerLoaderBinding {
    /// The name in `env`.
    pub binding: String,
}

/// `services[]`: another worker in `env`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceBinding {
    /// The name in `env`.
    pub binding: String,
    /// The other worker's name.
    pub service: String,
    /// The exported entrypoint; None for the default one.
    pub entrypoint: Option<String>,
    /// What the entrypoint sees as `ctx.props`.
    pub props: Option<serde_json::Map<String, serde_json::Value>>,
}

/// `tail_consumers[]`: another worker, whose `tail()` hears of this one's invocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailConsumer {
    /// The other worker's name.
    pub service: String,
    /// What to say if no worker of that name is served.
    pub unknown: Diagnostic,
}

/// `limits`: what one invocation may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// CPU time in milliseconds.
    pub cpu_ms: Option<u32>,
    /// Requests that the invocation may send.
    pub subrequests: Option<u32>,
}

/// The table `lapidary`, which wrangler does not know:
///
/// ```jsonc
/// "lapidary": {
///   "durability": "full",     // or "normal"
///   "strict_compat": false,   // true: behave as Cloudflare does even where that is a restriction
///   "supervisor": "SUPERVISOR", // a binding that knows and limits the facets of whoever uses it
///   "outbound": {             // where the code may connect to
///     "allow": ["api.example.com", "*.example.org:8443"],
///     "allow_private": ["localhost:5432"]   // or true, or false
///   }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LapidarySettings {
    /// When an answer may leave after a write.
    pub durability: Durability,
    /// Leave out what this program offers beyond Cloudflare, so that what works here works there.
    pub strict_compat: bool,
    /// Name in `env` of the binding through which code asks about its facets, and limits them.
    pub supervisor: Option<String>,
    /// Where the code may connect to.
    pub outbound: OutboundRules,
}

/// When an answer may leave after a write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the write is on the disk: it survives a power cut.
    #[default]
    Full,
    /// When the operating system has the write: it survives the end of this program, but the last
    /// moments before a power cut may be lost.
    Normal,
}

/// Keys of the top level.
const KEYS: Keys<'static> = Keys {
    read: &[
        "$schema",
        "name",
        "main",
        "compatibility_date",
        "compatibility_flags",
        "durable_objects",
        "migrations",
        "worker_loaders",
        "vars",
        "services",
        "tail_consumers",
        "limits",
        "lapidary",
    ],
    not_yet: &[
        "ai",
        "ai_search",
        "ai_search_namespaces",
        "alias",
        "analytics_engine_datasets",
        "artifacts",
        "assets",
        "base_dir",
        "browser",
        "build",
        "cloudchamber",
        "containers",
        "d1_databases",
        "data_blobs",
        "define",
        "dispatch_namespaces",
        "env",
        "exports",
        "find_additional_modules",
        "flagship",
        "hyperdrive",
        "images",
        "kv_namespaces",
        "media",
        "mtls_certificates",
        "pages_build_output_dir",
        "pipelines",
        "python_modules",
        "queues",
        "r2_buckets",
        "ratelimits",
        "rules",
        "secrets",
        "secrets_store_secrets",
        "send_email",
        "site",
        "stream",
        "streaming_tail_consumers",
        "text_blobs",
        "triggers",
        "unsafe",
        "unsafe_hello_world",
        "vectorize",
        "version_metadata",
        "vpc_networks",
        "vpc_services",
        "wasm_modules",
        "workflows",
    ],
    elsewhere: &[
        "account_id",
        "compliance_region",
        "dev",
        "first_party_worker",
        "jsx_factory",
        "jsx_fragment",
        "keep_names",
        "keep_vars",
        "legacy_env",
        "logfwdr",
        "logpush",
        "minify",
        "no_bundle",
        "observability",
        "placement",
        "preserve_file_names",
        "preview_urls",
        "previews",
        "route",
        "routes",
        "send_metrics",
        "tsconfig",
        "upload_source_maps",
        "usage_model",
        "workers_dev",
        "zone_id",
    ],
};

/// Reads and checks a configuration file of the project in `root`. `file` is its name for
/// messages; a name ending `.toml` is TOML, all else JSON with comments.
pub(super) fn read(
    root: &Path,
    file: &str,
    text: &str,
) -> Result<(Config, Vec<Diagnostic>), Diagnostic> {
    let tree = if file.ends_with(".toml") {
        tree::read_toml(file, text)?
    } else {
        tree::read_jsonc(file, text)?
    };
    let mut reader = Reader::new(file, text);
    let top = Field {
        path: String::new(),
        node: &tree,
    };
    let table = reader.table(&top, &KEYS)?;
    let config = top_level(&mut reader, &table, root)?;
    Ok((config, reader.warnings))
}

fn top_level(
    reader: &mut Reader<'_>,
    table: &Table<'_>,
    root: &Path,
) -> Result<Config, Diagnostic> {
    let name = name(reader, table)?;
    let main = main_module(reader, table, root)?;
    let compatibility_date = compatibility_date(reader, table)?;
    let compatibility_flags = match table.get("compatibility_flags") {
        Some(field) => reader.strings(&field)?,
        None => Vec::new(),
    };
    let compatibility = compatibility(reader, table, &compatibility_date, &compatibility_flags)?;
    let migrated = match table.get("migrations") {
        Some(field) => migrations::read(reader, &field)?,
        None => Migrated::default(),
    };
    let bound = bindings::read(reader, table, &name, &migrated)?;
    Ok(Config {
        name,
        main,
        compatibility_date,
        compatibility_flags,
        compatibility,
        durable_objects: bound.durable_objects,
        classes: migrated.classes,
        deleted_classes: migrated.deleted,
        migration_tag: migrated.last_tag,
        worker_loaders: bound.worker_loaders,
        vars: bound.vars,
        services: bound.services,
        tail_consumers: bound.tail_consumers,
        limits: limits(reader, table)?,
        lapidary: lapidary(reader, table)?,
    })
}

fn name(reader: &Reader<'_>, table: &Table<'_>) -> Result<String, Diagnostic> {
    let field = reader.required(table, "name", "name \"my-worker\"")?;
    let name = reader.string(&field)?;
    let valid = name
        .chars()
        .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_'));
    if valid && !name.is_empty() && !name.starts_with('-') && name.len() <= NAME_MAX_CHARS {
        return Ok(name.to_owned());
    }
    Err(reader.error(
        &field,
        format!(
            "`{name}` is not a worker's name; use 1 to {NAME_MAX_CHARS} lower-case letters, \
             digits, `-` and `_`, and no `-` first"
        ),
    ))
}

fn main_module(reader: &Reader<'_>, table: &Table<'_>, root: &Path) -> Result<String, Diagnostic> {
    let field = reader.required(table, "main", "main \"src/index.ts\"")?;
    let main = reader.string(&field)?;
    if root.join(main).is_file() {
        return Ok(main.to_owned());
    }
    Err(reader.error(
        &field,
        format!(
            "there is no file `{main}` in {}; name the module that exports the worker",
            root.display()
        ),
    ))
}

fn compatibility_date(reader: &mut Reader<'_>, table: &Table<'_>) -> Result<String, Diagnostic> {
    let Some(field) = table.get("compatibility_date") else {
        reader.warn(
            &table.field,
            format!("`compatibility_date` is missing; {NEWEST_COMPATIBILITY_DATE} is used"),
        );
        return Ok(NEWEST_COMPATIBILITY_DATE.to_owned());
    };
    let date = reader.string(&field)?;
    if is_date(date) {
        return Ok(date.to_owned());
    }
    Err(reader.error(
        &field,
        format!("`{date}` is not a date; write YYYY-MM-DD, such as {NEWEST_COMPATIBILITY_DATE}"),
    ))
}

/// The flags in force; an error stands at the flag that cannot be given.
fn compatibility(
    reader: &Reader<'_>,
    table: &Table<'_>,
    date: &str,
    flags: &[String],
) -> Result<Compatibility, Diagnostic> {
    // what is experimental there is only unknown here, and harms nobody
    Compatibility::new(date, flags, true).map_err(|error| {
        let hint = match &error {
            FlagError::Unknown(flag) => match reader::nearest(flag, compatibility::names()) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => String::new(),
            },
            _ => "; leave one out".to_owned(),
        };
        let list = table.get("compatibility_flags");
        let places = list
            .as_ref()
            .and_then(|list| reader.list(list).ok())
            .unwrap_or_default();
        let at = flags
            .iter()
            .rposition(|flag| flag == error.flag())
            .and_then(|at| places.get(at))
            .unwrap_or(&table.field);
        reader.error(at, format!("{error}{hint}"))
    })
}

/// Whether a text is a day of the calendar as `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |part: &str, digits: usize| {
        let plain = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn limits(reader: &mut Reader<'_>, table: &Table<'_>) -> Result<Limits, Diagnostic> {
    let Some(field) = table.get("limits") else {
        return Ok(Limits::default());
    };
    let limits = reader.table(&field, &Keys::only(&["cpu_ms", "subrequests"]))?;
    let count = |key| limits.get(key).map(|it| reader.count(&it)).transpose();
    Ok(Limits {
        cpu_ms: count("cpu_ms")?,
        subrequests: count("subrequests")?,
    })
}

fn lapidary(reader: &mut Reader<'_>, table: &Table<'_>) -> Result<LapidarySettings, Diagnostic> {
    let mut settings = LapidarySettings::default();
    let Some(field) = table.get("lapidary") else {
        return Ok(settings);
    };
    let known = Keys::only(&["durability", "strict_compat", "outbound", "supervisor"]);
    let own = reader.table(&field, &known)?;
    if let Some(field) = own.get("durability") {
        settings.durability = match reader.string(&field)? {
            "full" => Durability::Full,
            "normal" => Durability::Normal,
            other => {
                let message = format!("expected \"full\" or \"normal\", found \"{other}\"");
                return Err(reader.error(&field, message));
            }
        };
    }
    if let Some(field) = own.get("strict_compat") {
        settings.strict_compat = reader.boolean(&field)?;
    }
    if let Some(field) = own.get("supervisor") {
        let name = reader.string(&field)?;
        if name.is_empty() {
            let message = "expected a name for the binding, such as \"SUPERVISOR\"";
            return Err(reader.error(&field, message));
        }
        settings.supervisor = Some(name.to_string());
    }
    if let Some(field) = own.get("outbound") {
        settings.outbound = outbound::read(reader, &field)?;
    }
    Ok(settings)
}
