//! A server to measure, and the operator's way into it.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{Outcome, client::Connection};

/// A server that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It ends with this value.
pub struct Server {
    pub address: SocketAddr,
    data: PathBuf,
    child: Child,
}

/// The binary, as one command.
pub fn lapidary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lapidary"))
}

impl Server {
    /// Starts it on a data folder; returns with its first answer to `path`, and after how long
    /// that came.
    pub fn start(data: &Path, path: &str) -> Outcome<(Self, Duration)> {
        let failed = |error: std::io::Error| format!("the server cannot be started: {error}");
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/supervision/project");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|it| it.local_addr());
        let address = free.map_err(failed)?;
        let log = File::create(data.with_extension("log")).map_err(failed)?;
        let begun = Instant::now();
        let child = lapidary()
            .arg("serve")
            .arg(project)
            .args(["--listen", &address.to_string()])
            .arg("--data")
            .arg(data)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .spawn()
            .map_err(failed)?;
        let server = Self {
            address,
            data: data.into(),
            child,
        };
        while begun.elapsed() < PATIENCE {
            if let Ok(mut connection) = Connection::open(address) {
                connection.get(path)?;
                return Ok((server, begun.elapsed()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err("the server does not answer".into())
    }

    /// The control socket.
    pub fn control(&self) -> Outcome<Control> {
        let path = lapidary::control::socket::socket_path(&self.data);
        let failed = |error: std::io::Error| format!("no way to {}: {error}", path.display());
        let stream = UnixStream::connect(&path).map_err(failed)?;
        Ok(Control(BufReader::new(stream)))
    }

    /// See [`memory_mib`].
    pub fn memory_mib(&self) -> Outcome<(f64, f64)> {
        memory_mib(&self.child.id().to_string())
    }

    /// Lets it finish what it is at.
    pub fn stop(mut self) -> Outcome<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM).map_err(|error| error.to_string())?;
        }
        self.child
            .wait()
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // both fail only when it has ended already
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Proportional set size of a process and how much of it no file backs, MiB.
pub fn memory_mib(process: &str) -> Outcome<(f64, f64)> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1024.0)
    };
    field("Pss:")
        .zip(field("Pss_Anon:").or(field("Anonymous:")))
        .ok_or_else(|| format!("{path} does not tell"))
}

/// A conversation over the control socket.
pub struct Control(BufReader<UnixStream>);

impl Control {
    /// Asks, and returns the answer's line.
    pub fn ask(&mut self, question: &Value) -> Outcome<String> {
        let mut line = String::new();
        self.0
            .get_mut()
            .write_all(format!("{question}\n").as_bytes())
            .and_then(|()| self.0.read_line(&mut line))
            .map_err(|error| format!("the control socket: {error}"))?;
        if line.starts_with("{\"error\"") {
            return Err(format!("{question} was answered with {line}"));
        }
        Ok(line)
    }
}
