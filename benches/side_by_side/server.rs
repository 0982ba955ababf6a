//! Starting, watching and stopping the servers that are measured.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;
use crate::client::Connection;

/// A server that has not answered by then will not.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// A server that has not stopped by then is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// How a binary wants to be asked to serve a project.
#[derive(Clone, Copy)]
pub enum Runtime {
    /// By its `wrangler.jsonc`.
    Lapidary,
    /// By its `workerd.capnp`.
    Workerd,
}

/// One column of the table.
pub struct Side {
    pub name: &'static str,
    /// In the binary's own words.
    pub version: String,
    runtime: Runtime,
    binary: PathBuf,
    project: PathBuf,
}

impl Side {
    /// Asks the binary for its version, so that one that does not run is found here.
    pub fn new(
        name: &'static str,
        runtime: Runtime,
        binary: PathBuf,
        project: &Path,
    ) -> Outcome<Side> {
        let output = Command::new(&binary)
            .arg("--version")
            .output()
            .map_err(|error| format!("{} does not run: {error}", binary.display()))?;
        Ok(Side {
            name,
            version: String::from_utf8_lossy(&output.stdout).trim().to_string(),
            runtime,
            binary,
            project: project.to_path_buf(),
        })
    }

    fn command(&self, address: SocketAddr, data: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        match self.runtime {
            Runtime::Lapidary => command
                .arg("serve")
                .arg(&self.project)
                .args(["--listen", &address.to_string()])
                .arg("--data")
                .arg(data),
            Runtime::Workerd => command
                .args(["serve", "--experimental"])
                .arg(self.project.join("workerd.capnp"))
                .arg(format!("--socket-addr=http={address}"))
                .arg(format!("--directory-path=storage={}", data.display())),
        };
        command
    }

    /// Files that it opens for one WebSocket.
    pub fn files_per_socket(&self) -> usize {
        match self.runtime {
            Runtime::Lapidary => 1,
            Runtime::Workerd => 2,
        }
    }

    /// Starts a server on the folder `data`, and returns it with the time from its start until it had answered `path`.
    pub fn start(&self, data: &Path, path: &str) -> Outcome<(Server, Duration)> {
        let failed = |error| format!("{} cannot be started: {error}", self.name);
        std::fs::create_dir_all(data).map_err(failed)?;
        let log = data.with_extension("log");
        let out = File::create(&log).map_err(failed)?;
        let err = out.try_clone().map_err(failed)?;
        let address = free_address().map_err(failed)?;

        let started = Instant::now();
        let child = self
            .command(address, data)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(failed)?;
        let mut server = Server {
            address,
            child,
            log,
        };
        server
            .wait_for_answer(path, started)
            .map_err(|error| format!("{}: {error}", self.name))?;
        Ok((server, started.elapsed()))
    }
}

/// A running server. It ends with this value.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    log: PathBuf,
}

impl Server {
    fn wait_for_answer(&mut self, path: &str, started: Instant) -> Outcome<()> {
        let mut connection = loop {
            if let Ok(connection) = Connection::open(self.address) {
                break connection;
            }
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || started.elapsed() > START_PATIENCE {
                return Err(format!("it does not answer. {}", self.last_words()));
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        match connection.get(path) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{error}. {}", self.last_words())),
        }
    }

    /// Proportional set size in KiB; None where the system does not tell.
    pub fn memory_kib(&self) -> Option<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let rollup = std::fs::read_to_string(path).ok()?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Lets the server finish what it is at.
    pub fn stop(mut self) -> Outcome<()> {
        let asked = Instant::now();
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM)
                .map_err(|error| format!("the server cannot be stopped: {error}"))?;
        }
        while asked.elapsed() < STOP_PATIENCE {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(format!("the server does not stop. {}", self.last_words()))
    }

    /// The end of what the server has written.
    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(15)..];
        format!("Its last words:\n{}", tail.join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on which nothing listens at the moment.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
