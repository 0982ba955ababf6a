//! The machine, as far as it matters to the figures.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::time::Instant;

use crate::Outcome;
use crate::contest::percentile;

/// One line. `work` is where both sides store: its disk is tried.
pub fn describe(work: &Path) -> Outcome<String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "processor".into());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map_or(String::new(), |kib| {
            format!(", {} GiB", (kib + (1 << 19)) >> 20)
        });
    let sync = sync_microseconds(work).map_err(|error| format!("cannot try the disk: {error}"))?;
    Ok(format!(
        "{processor}, {cores} cores shared by the servers and the client{memory}, {} {}, storage on {} (write and fsync of 4 KiB: {sync:.0} µs)",
        std::env::consts::OS,
        std::env::consts::ARCH,
        file_system(work).unwrap_or_else(|| "disk".into()),
    ))
}

/// The first value of `name` in one of the system's "name: value" files.
fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

/// Name of the file system that holds `path`.
fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/mounts").ok()?;
    let holding = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        path.starts_with(place).then_some((place.len(), kind))
    });
    holding
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind.to_string())
}

/// What one durable write costs: the median of many.
fn sync_microseconds(work: &Path) -> std::io::Result<f64> {
    let mut file = File::create(work.join("sync-trial"))?;
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = Instant::now();
        file.rewind()?;
        file.write_all(&[1; 4096])?;
        file.sync_all()?;
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    Ok(percentile(&mut times, 0.5))
}
