//! The file in which limits and pauses are kept: JSON that a person can read.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Levels, LimitSet, Paused};
use crate::{
    object::limits::{AtLimit, Limit, Pause, Setting},
    project::HostPattern,
};

/// Why limits could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StandingFileError {
    /// The file system refused.
    #[error("cannot {action} {path}: {cause}", path = .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is not what this program writes.
    #[error(
        "{path} cannot be used: {why}. Mend it or remove it: without it all objects have the \
         limits that the server was started with, and none is paused",
        path = .path.display()
    )]
    Unsound {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Kept {
    limits: HashMap<String, KeptSet>,
    paused: HashMap<String, KeptPause>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct KeptSet {
    #[serde(skip_serializing_if = "Option::is_none")]
    outbound_hosts: Option<Vec<String>>,
    #[serde(flatten)]
    settings: HashMap<String, KeptSetting>,
}

#[derive(Serialize, Deserialize)]
struct KeptSetting {
    value: u64,
    at: String,
}

#[derive(Serialize, Deserialize)]
struct KeptPause {
    reason: String,
    wait_ms: u64,
    since_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

/// What stands in the file; nothing when there is none.
pub(super) fn read(path: &Path) -> Result<Levels, StandingFileError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Levels::default()),
        Err(cause) => return Err(failed("read", path, cause)),
    };
    let unsound = |why: String| StandingFileError::Unsound {
        path: path.into(),
        why,
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|error| unsound(error.to_string()))?;
    let mut levels = Levels::default();
    for (node, kept) in kept.limits {
        let set = limits(&kept).map_err(|why| unsound(format!("at \"{node}\": {why}")))?;
        levels.limits.insert(node, set);
    }
    for (node, kept) in kept.paused {
        let paused = Paused {
            pause: Arc::new(Pause {
                reason: kept.reason,
                wait: Duration::from_millis(kept.wait_ms),
            }),
            since_ms: kept.since_ms,
            by: kept.by,
        };
        levels.paused.insert(node, paused);
    }
    Ok(levels)
}

fn limits(kept: &KeptSet) -> Result<LimitSet, String> {
    let mut set = LimitSet::default();
    for (name, kept) in &kept.settings {
        let limit =
            Limit::from_name(name).ok_or_else(|| format!("there is no limit \"{name}\""))?;
        let at = AtLimit::from_name(&kept.at)
            .filter(|at| limit.actions().contains(at))
            .ok_or_else(|| format!("\"{}\" cannot happen at {name}", kept.at))?;
        let value = kept.value;
        set.settings.insert(limit, Setting { value, at });
    }
    if let Some(hosts) = &kept.outbound_hosts {
        let parse = |text: &String| {
            HostPattern::parse(text).map_err(|why| format!("the host \"{text}\" {why}"))
        };
        set.hosts = Some(hosts.iter().map(parse).collect::<Result<_, _>>()?);
    }
    Ok(set)
}

/// Writes everything anew, so that a crash leaves the old file or the new one.
pub(super) fn write(path: &Path, levels: &Levels) -> Result<(), StandingFileError> {
    let setting = |(limit, setting): (&Limit, &Setting)| {
        let kept = KeptSetting {
            value: setting.value,
            at: setting.at.name().into(),
        };
        (limit.name().to_string(), kept)
    };
    let set = |(node, set): (&String, &LimitSet)| {
        let hosts = set.hosts.as_ref();
        let kept = KeptSet {
            outbound_hosts: hosts.map(|hosts| hosts.iter().map(HostPattern::to_string).collect()),
            settings: set.settings.iter().map(setting).collect(),
        };
        (node.clone(), kept)
    };
    let pause = |(node, paused): (&String, &Paused)| {
        let kept = KeptPause {
            reason: paused.pause.reason.clone(),
            wait_ms: paused.pause.wait.as_millis() as u64,
            since_ms: paused.since_ms,
            by: paused.by.clone(),
        };
        (node.clone(), kept)
    };
    let kept = Kept {
        limits: levels.limits.iter().map(set).collect(),
        paused: levels.paused.iter().map(pause).collect(),
    };
    // sorted, so that people can compare two of them
    let sorted = serde_json::to_value(&kept).unwrap_or_default();
    let text = format!("{sorted:#}\n");
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|cause| failed("create", folder, cause))?;
    let draft = path.with_extension("new");
    let written = File::create(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|cause| failed("write", &draft, cause))?;
    fs::rename(&draft, path).map_err(|cause| failed("replace", path, cause))
}

fn failed(action: &'static str, path: &Path, cause: io::Error) -> StandingFileError {
    StandingFileError::Io {
        action,
        path: path.into(),
        cause,
    }
}
