//! From a specifier to a file, as esbuild does it for relative ones.

use std::path::{Path, PathBuf};

/// Endings tried, in this order, behind a specifier that names no file.
const ENDINGS: [&str; 8] = ["ts", "tsx", "mts", "js", "mjs", "jsx", "cjs", "json"];

/// What a specifier means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A module of the runtime, by the name it has there.
    Runtime(String),
    /// A file, not yet checked to lie inside the project.
    File(PathBuf),
}

/// What a specifier means in a module in `folder`; the error says why it means nothing.
pub(super) fn resolve(folder: &Path, specifier: &str) -> Result<Target, String> {
    if specifier.starts_with("cloudflare:") || specifier.starts_with("node:") {
        return Ok(Target::Runtime(specifier.to_owned()));
    }
    // a bundler's way to say what importing wasm gives anyhow
    let specifier = match specifier.strip_suffix("?module") {
        Some(file) if file.ends_with(".wasm") => file,
        _ => specifier,
    };
    let relative = matches!(specifier, "." | "..")
        || specifier.starts_with("./")
        || specifier.starts_with("../");
    if relative {
        return file_for(&folder.join(specifier))
            .map(Target::File)
            .ok_or_else(|| missing(specifier));
    }
    if specifier.starts_with('/') || specifier.contains(':') {
        return Err(format!(
            "\"{specifier}\" cannot be imported: modules come from the project's folder, by \
             specifiers that start with `./` or `../`, or from `cloudflare:` and `node:`"
        ));
    }
    if NODE_BUILTINS.contains(&specifier.split('/').next().unwrap_or(specifier)) {
        return Ok(Target::Runtime(format!("node:{specifier}")));
    }
    Err(format!(
        "package `{}` is not part of the project; bundle it in (`npx esbuild <main> --bundle \
         --format=esm --external:cloudflare:* --external:node:* --outfile=dist/index.js`) and set \
         \"main\" to \"dist/index.js\"",
        package_of(specifier)
    ))
}

fn missing(specifier: &str) -> String {
    format!(
        "there is no file \"{specifier}\", nor one with {} behind it, nor a folder of that name \
         with an index file",
        ENDINGS.map(|ending| format!(".{ending}")).join(", ")
    )
}

/// The file that a path without or with an ending means.
fn file_for(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    if path.file_name().is_some()
        && let Some(found) = with_endings(path).or_else(|| typescript_for(path))
    {
        return Some(found);
    }
    with_endings(&path.join("index"))
}

fn with_endings(path: &Path) -> Option<PathBuf> {
    ENDINGS.iter().find_map(|ending| {
        let mut name = path.file_name()?.to_owned();
        name.push(".");
        name.push(ending);
        let candidate = path.with_file_name(name);
        candidate.is_file().then_some(candidate)
    })
}

/// `./x.js` is how TypeScript writes an import of `./x.ts`.
fn typescript_for(path: &Path) -> Option<PathBuf> {
    let endings: &[&str] = match path.extension()?.to_str()? {
        "js" => &["ts", "tsx"],
        "jsx" => &["tsx"],
        "mjs" => &["mts"],
        _ => &[],
    };
    endings
        .iter()
        .map(|ending| path.with_extension(ending))
        .find(|candidate| candidate.is_file())
}

/// `a` of `a/b`, `@a/b` of `@a/b/c`.
fn package_of(specifier: &str) -> &str {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1);
    end.map_or(specifier, |(at, _)| &specifier[..at])
}

/// Modules of Node that code may import without `node:`.
const NODE_BUILTINS: &[&str] = &[
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "stream",
    "string_decoder",
    "sys",
    "timers",
    "tls",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "wasi",
    "worker_threads",
    "zlib",
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Target, package_of, resolve};

    #[test]
    fn packages_have_one_part_or_two() {
        assert_eq!(package_of("hono"), "hono");
        assert_eq!(package_of("hono/jsx/dom"), "hono");
        assert_eq!(package_of("@scope/name/sub/x"), "@scope/name");
        assert_eq!(package_of("@scope/name"), "@scope/name");
    }

    #[test]
    fn runtime_modules_stay_outside() {
        let at = Path::new("/nowhere");
        let runtime = |name: &str| Ok(Target::Runtime(name.to_owned()));
        assert_eq!(
            resolve(at, "cloudflare:workers"),
            runtime("cloudflare:workers")
        );
        assert_eq!(resolve(at, "fs/promises"), runtime("node:fs/promises"));
        assert!(resolve(at, "https://example.com/a.js").is_err());
        assert!(resolve(at, "/etc/passwd").is_err());
        assert!(resolve(at, "./gone.js").is_err());
    }
}
