//! Very many objects on disk: memory, start, lists.

use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use lapidary::{
    control::{Control as _, Local},
    host::{Host, Options},
    ledger::Logs,
    object::id,
    project,
    storage::DataDir,
};
use serde_json::json;

use crate::{
    Outcome,
    server::{Server, lapidary, memory_mib},
    share_ms,
};

/// Names of the same length, so that one object's files serve for all.
const TEMPLATE: &str = "room-000000";

pub fn run(count: usize) -> Outcome<()> {
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let data = work.path().join("data");
    let begun = Instant::now();
    store(&data, count).map_err(|error| format!("objects cannot be stored: {error}"))?;
    println!(
        "known: {count} objects, each with a facet, stored in {:.1?}",
        begun.elapsed()
    );
    first_start(&data, count)?;
    for round in 1..=3 {
        start(&data, count, round)?;
    }
    pictures(&data)
}

/// Makes one object the usual way, and all others of its files.
fn store(data: &Path, count: usize) -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all(data)?;
    let (server, _) = Server::start(data, &format!("/{TEMPLATE}/write"))?;
    server.stop()?;
    let space = data.join("supervised/Room");
    let template = space.join(id::from_name("supervised-Room", TEMPLATE));
    let mut files = Vec::new();
    for entry in fs::read_dir(&template)? {
        let entry = entry?;
        files.push((entry.file_name(), fs::read(entry.path())?));
    }
    for number in 1..count {
        let name = format!("room-{number:06}");
        let folder = space.join(id::from_name("supervised-Room", &name));
        fs::create_dir(&folder)?;
        for (file, content) in &files {
            let renamed = replaced(content, TEMPLATE.as_bytes(), name.as_bytes());
            fs::write(folder.join(file), renamed)?;
        }
    }
    let stored = DataDir::open(data)?;
    let some = stored
        .namespace("supervised", "Room")?
        .ok_or("no namespace")?;
    let last = some.ids()?.last().map(|id| some.read(*id));
    if last.is_none_or(|object| object.facets.iter().all(|facet| !facet.has_database)) {
        return Err("what was stored is not read as it should be".into());
    }
    Ok(())
}

fn replaced(content: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    for at in 0..content.len().saturating_sub(old.len() - 1) {
        if &content[at..at + old.len()] == old {
            content[at..at + old.len()].copy_from_slice(new);
        }
    }
    content
}

/// The ledger does not know any of them yet.
fn first_start(data: &Path, count: usize) -> Outcome<()> {
    let (server, answered) = Server::start(data, "/other/ping")?;
    let listed = until_listed(&server, count)?;
    println!(
        "  first start: answer after {:.0} ms, all listed {:.0} ms later",
        answered.as_secs_f64() * 1e3,
        listed.as_secs_f64() * 1e3
    );
    std::thread::sleep(Duration::from_secs(12));
    let (pss, own) = server.memory_mib()?;
    println!("  12 s later: {pss:.1} MiB Pss, {own:.1} MiB of it anonymous");
    server.stop()
}

fn start(data: &Path, count: usize, round: u32) -> Outcome<()> {
    let (server, answered) = Server::start(data, "/other/ping")?;
    let listed = until_listed(&server, count)?;
    std::thread::sleep(Duration::from_secs(3));
    let (pss, own) = server.memory_mib()?;
    let mut control = server.control()?;
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..5 {
        let begun = Instant::now();
        bytes = control.ask(&json!({"show": "nodes"}))?.len();
        times.push(begun.elapsed().as_secs_f64());
    }
    let begun = Instant::now();
    lapidary()
        .args(["ps", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| error.to_string())?;
    let command = begun.elapsed();
    println!(
        "  start {round}: answer after {:.0} ms, all listed {:.0} ms later; {pss:.1} MiB Pss \
         before any list ({own:.1} anonymous); a list over the control socket {:.0} ms \
         ({:.1} MiB), `lapidary ps` {:.0} ms",
        answered.as_secs_f64() * 1e3,
        listed.as_secs_f64() * 1e3,
        share_ms(&mut times, 0.5),
        bytes as f64 / 1048576.0,
        command.as_secs_f64() * 1e3,
    );
    server.stop()
}

/// How long it takes from now on until all objects are known, seen without making a list.
fn until_listed(server: &Server, count: usize) -> Outcome<Duration> {
    let begun = Instant::now();
    let mut control = server.control()?;
    loop {
        let counted = control.ask(&json!({"show": "count"}))?;
        let digits: String = counted.chars().filter(char::is_ascii_digit).collect();
        if digits.parse::<usize>().is_ok_and(|known| known >= count) {
            return Ok(begun.elapsed());
        }
        if begun.elapsed() > Duration::from_secs(60) {
            return Err(format!("only so many are listed after a minute: {counted}"));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The console's pictures of all of them, in this process.
fn pictures(data: &Path) -> Outcome<()> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let host = Host::start(
        Options::new(data),
        Arc::new(Logs::new(1_000, 1 << 20, false)),
        runtime.handle().clone(),
    )
    .map_err(|error| error.to_string())?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/supervision/project");
    let loaded = project::Project::load(&folder).map_err(|error| format!("{error:?}"))?;
    host.add(loaded);
    std::thread::sleep(Duration::from_secs(5));
    let _inside = runtime.enter();
    let control = Local::new(host.clone(), "http://127.0.0.1:1", runtime.handle().clone());
    let before = memory_mib("self")?.1;
    let mut times = Vec::new();
    let mut rows = 0;
    let mut last = None;
    for _ in 0..20 {
        // nobody looks in between, so each look is given a new picture
        let begun = Instant::now();
        let overview = control.overview();
        times.push(begun.elapsed().as_secs_f64());
        rows = overview.borrow().rows.len();
        last = Some(overview.borrow().clone());
    }
    let first = times.remove(0);
    println!(
        "  the console's first picture: {rows} rows in {:.0} ms; each after it: {:.1} ms; all rows \
         take {:.1} MiB",
        first * 1e3,
        share_ms(&mut times, 0.5),
        memory_mib("self")?.1 - before,
    );
    drop(last);
    host.stop(Duration::from_secs(5));
    Ok(())
}
