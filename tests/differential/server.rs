//! The server under test: each program as a project of its own, all served by one process.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a start may take: the first one compiles the engine.
const START: Duration = Duration::from_secs(120);

/// A running server; dropping it ends it.
pub struct Server {
    /// File names of the programs, sorted.
    pub programs: Vec<String>,
    address: SocketAddr,
    process: Child,
    _folder: TempDir,
}

impl Server {
    /// Serves every program in `folder`.
    pub fn start(folder: &Path) -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        let programs = write_projects(folder, place.path()).expect("the projects");
        let mut process = Command::new(env!("CARGO_BIN_EXE_lapidary"))
            .arg("serve")
            .args(folders(place.path()))
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(place.path().join("data"))
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stderr = process.stderr.take().expect("its log");
        let (tell, told) = mpsc::channel();
        // read to the end, so that the server never waits for room in the pipe
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some((_, address)) = line.split_once(" on http://") {
                    drop(tell.send(address.trim().to_string()));
                } else if std::env::var_os("LAPIDARY_TEST_LOG").is_some() {
                    eprintln!("{line}");
                }
            }
        });
        let address = told
            .recv_timeout(START)
            .expect("the server says where it listens");
        let address = address.parse().expect("an address");
        Self {
            programs,
            address,
            process,
            _folder: place,
        }
    }

    /// What program `file` answers.
    pub fn get(&self, file: &str, path: &str) -> String {
        super::client::get(
            self.address,
            &format!("{}.localhost", project_name(file)),
            path,
        )
    }

    /// What case `name` of program `file` answers; `request` is null for one that observes.
    pub fn answer(&self, file: &str, name: &str, request: &Value) -> String {
        let host = format!("{}.localhost", project_name(file));
        if request.is_null() {
            let path = format!("/?case={}", super::client::encode(name));
            return super::client::get(self.address, &host, &path);
        }
        super::client::exchange(self.address, &host, request, name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // the test is over, whatever becomes of its server
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// All folders in `place` that hold a project.
fn folders(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).expect("the projects");
    let mut all: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("wrangler.json").is_file())
        .collect();
    all.sort();
    all
}

fn project_name(file: &str) -> &str {
    file.trim_end_matches(".js")
}

/// A folder for each program: the program, what it imports, and its configuration. With
/// `LAPIDARY_PROGRAM` set, for that program alone.
fn write_projects(folder: &Path, place: &Path) -> std::io::Result<Vec<String>> {
    let setup: Value = serde_json::from_str(&fs::read_to_string(folder.join("setup.json"))?)?;
    let mut programs = Vec::new();
    for entry in fs::read_dir(folder.join("programs"))? {
        let file = entry?.file_name().to_string_lossy().into_owned();
        let left_out = std::env::var("LAPIDARY_PROGRAM").is_ok_and(|only| only != file);
        if !file.ends_with(".js") || left_out {
            continue;
        }
        let source = fs::read_to_string(folder.join("programs").join(&file))?;
        let project = place.join(project_name(&file));
        fs::create_dir_all(project.join("programs"))?;
        fs::write(project.join("programs").join(&file), &source)?;
        fs::copy(folder.join("suite.js"), project.join("suite.js"))?;
        fs::write(
            project.join("wrangler.json"),
            configuration(&file, &source, &setup).to_string(),
        )?;
        if is_tailed(&source) {
            write_tail_worker(&project, &file, &source, &setup)?;
        }
        programs.push(file);
    }
    programs.sort();
    Ok(programs)
}

/// Whether a second worker of the same text is to hear of the program's invocations.
fn is_tailed(source: &str) -> bool {
    source.lines().any(|line| line == "// tailed")
}

/// That second worker, in the folder beside the program's.
fn write_tail_worker(
    project: &Path,
    file: &str,
    source: &str,
    setup: &Value,
) -> std::io::Result<()> {
    let name = format!("{}-tail", project_name(file));
    let folder = project.with_file_name(&name);
    fs::create_dir_all(folder.join("programs"))?;
    for part in [format!("programs/{file}"), "suite.js".into()] {
        fs::copy(project.join(&part), folder.join(&part))?;
    }
    let mut config = configuration(file, source, setup);
    config["name"] = name.as_str().into();
    fs::write(folder.join("wrangler.json"), config.to_string())?;
    let mut config = configuration(file, source, setup);
    config["tail_consumers"] = json!([{ "service": name }]);
    if let Some(bindings) = config["durable_objects"]["bindings"].as_array_mut() {
        bindings.push(json!({ "name": "HEARD", "class_name": "Subject", "script_name": name }));
    }
    fs::write(project.join("wrangler.json"), config.to_string())
}

/// The same bindings as `record.mjs` gives the reference.
fn configuration(file: &str, source: &str, setup: &Value) -> Value {
    let flags = source
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// flags:"));
    let flags: Vec<&str> = flags.unwrap_or_default().split_whitespace().collect();
    let binding = |name: &str, class: &str| json!({ "name": name, "class_name": class });
    json!({
        "name": project_name(file),
        "main": format!("programs/{file}"),
        "compatibility_date": setup["compatibilityDate"],
        "compatibility_flags": flags,
        "durable_objects": {
            "bindings": [binding("PLACES", "Place"), binding("SUBJECTS", "Subject"), binding("PLAINS", "Plain")],
        },
        "migrations": [{ "tag": "v1", "new_sqlite_classes": ["Place", "Subject"], "new_classes": ["Plain"] }],
        "worker_loaders": [{ "binding": "LOADER" }],
        "vars": setup["vars"],
    })
}
