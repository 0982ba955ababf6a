//! Where the reference comes from.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// The release that is installed, so that two runs of this benchmark have the same opponent.
pub const VERSION: &str = "1.20261117.1";

/// workerd's binary: an installed one that `LAPIDARY_BENCH_WORKERD` names, or a new one from npm in a folder below
/// `work`. None without npm.
pub fn find(work: &Path) -> Outcome<Option<PathBuf>> {
    if let Some(installed) = std::env::var_os("LAPIDARY_BENCH_WORKERD") {
        return binary(Path::new(&installed)).map(Some);
    }
    if Command::new("npm").arg("--version").output().is_err() {
        return Ok(None);
    }
    let folder = work.join("npm");
    eprintln!("installing workerd {VERSION} from npm …");
    let output = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .arg("--prefix")
        .arg(&folder)
        .arg(format!("workerd@{VERSION}"))
        .output()
        .map_err(|error| format!("npm does not run: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("npm cannot install workerd: {}", words.trim()));
    }
    binary(&folder.join("node_modules/workerd")).map(Some)
}

/// The program itself inside an installed package. It lies in a package of its own for each platform, and the main
/// package may hold only a script that starts it.
fn binary(package: &Path) -> Outcome<PathBuf> {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "64",
    };
    let beside = format!("../@cloudflare/workerd-{system}-{processor}/bin/workerd");
    let candidates = [package.join(beside), package.join("bin/workerd")];
    let found = candidates.into_iter().find(|path| path.is_file());
    found.ok_or_else(|| {
        format!(
            "there is no workerd in {}. LAPIDARY_BENCH_WORKERD must name an installed node_modules/workerd",
            package.display()
        )
    })
}
