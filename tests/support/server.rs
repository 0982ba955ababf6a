//! The program, running without a console.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
};

use super::{Answer, Client, until};

/// The built program, with a cache of the compiled engine that all tests share.
pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lapidary"));
    program
        .env("LAPIDARY_CACHE", cache())
        .env("RUST_LOG", "info")
        .stdin(Stdio::null());
    program
}

fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine")
}

/// Holds back other tests while the first one has the engine compiled.
fn one_at_a_time_until_compiled() -> Option<File> {
    if cache().exists() {
        return None;
    }
    let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine.lock"))
        .expect("a lock file");
    lock.lock().expect("the lock");
    Some(lock)
}

/// A running server; it is killed when this is dropped.
pub struct Server {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    address: SocketAddr,
}

impl Server {
    /// Serves the projects in a folder and waits until it answers.
    pub fn start(projects: &Path, data: &Path, arguments: &[&str]) -> Self {
        let mut command = program();
        command
            .arg("serve")
            .arg(projects)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(arguments);
        Self::of(command)
    }

    /// Runs a command that ends up as a server, and waits until it answers.
    pub fn of(mut command: Command) -> Self {
        let compiling = one_at_a_time_until_compiled();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let stderr = child.stderr.take().expect("its log");
        follow(stderr, log.clone());
        let address = until("the server's address in its log", || {
            let log = log.lock().unwrap();
            if let Some(status) = child.try_wait().expect("its state") {
                panic!("the server ended with {status}:\n{}", log.join("\n"));
            }
            let line = log
                .iter()
                .find(|line| line.contains("serving ") && line.contains(" on http://"))?;
            line.rsplit("http://").next()?.trim().parse().ok()
        });
        drop(compiling);
        Self {
            child,
            log,
            address,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A new connection.
    #[track_caller]
    pub fn connect(&self) -> Client {
        Client::connect(self.address).expect("a connection")
    }

    /// `GET path` of the only project, on a connection of its own.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", "", path, None)
    }

    /// `POST path` of the only project.
    #[track_caller]
    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.ask("POST", "", path, Some(body))
    }

    /// A request on a connection of its own; `host` may be empty.
    #[track_caller]
    pub fn ask(&self, method: &str, host: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let mut client = self.connect();
        client
            .request(method, host, path, body)
            .expect("the request is sent");
        client
            .answer()
            .unwrap_or_else(|error| panic!("no answer to {method} {path}: {error}\n{}", self.log()))
    }

    /// All of its log so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Lines of its log that contain `text`, so far.
    pub fn count_logged(&self, text: &str) -> usize {
        self.log
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.contains(text))
            .count()
    }

    /// Waits for a line of its log that contains all of `texts`.
    #[track_caller]
    pub fn logged(&self, texts: &[&str]) -> String {
        let find = || {
            let log = self.log.lock().unwrap();
            log.iter()
                .find(|line| texts.iter().all(|text| line.contains(text)))
                .cloned()
        };
        until(
            &format!("a log line with {texts:?}; the log is\n{}", self.log()),
            find,
        )
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let pid = rustix::process::Pid::from_raw(self.child.id() as i32).expect("a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .expect("the signal is sent");
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        until("the end of the server", || {
            self.child.try_wait().expect("its state")
        })
    }

    /// Stops it in good order.
    #[track_caller]
    pub fn stop(mut self) {
        self.terminate();
        let status = self.wait();
        assert!(
            status.success(),
            "the server stopped with {status}:\n{}",
            self.log()
        );
    }

    /// Kills it as a power failure would.
    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log.lock().unwrap();
            let start = log.len().saturating_sub(60);
            eprintln!(
                "--- the end of the server's log ---\n{}\n---",
                log[start..].join("\n")
            );
        }
    }
}

fn follow(stderr: ChildStderr, log: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stderr);
        let mut line = Vec::new();
        while lines
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            log.lock()
                .unwrap()
                .push(String::from_utf8_lossy(&line).trim_end().to_string());
            line.clear();
        }
    });
}
