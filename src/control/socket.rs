//! A socket in the data folder, at which other programs of the same user ask and act: one JSON
//! value a line each way.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::watch,
};

use super::{Refused, Show, Verb, show, verb};
use crate::{host::Host, ledger::Who};

/// The longest line that is read, bytes: an edited module travels in one.
const MAX_LINE: u64 = 128 << 20;

/// What is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ask {
    /// Something to do.
    Do(Verb),
    /// Something to look at.
    Show(Show),
}

/// What comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// A sentence, or what was to be shown.
    Ok(Value),
    /// Why not, as a sentence.
    Error(String),
}

/// Where the socket of a data folder is.
pub fn socket_path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Opens the socket. Only this user can connect.
///
/// # Errors
/// The system's: a path that is too long, or a folder that cannot be written.
pub fn listen(data: &Path) -> std::io::Result<UnixListener> {
    let path = socket_path(data);
    // the data folder is ours alone, so what is there was left by a crash
    if let Err(error) = fs::remove_file(&path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until the program stops.
pub async fn serve(host: Arc<Host>, listener: UnixListener, mut stopped: watch::Receiver<bool>) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => return,
        };
        match stream {
            Ok((stream, _)) => {
                tokio::spawn(converse(host.clone(), stream));
            }
            Err(error) => {
                tracing::warn!("the control socket: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(host: Arc<Host>, stream: UnixStream) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut lines).take(MAX_LINE);
        match limited.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let reply = answer(&host, line).await;
        let mut text = serde_json::to_vec(&reply).unwrap_or_default();
        text.push(b'\n');
        // whoever asked may have gone
        if write.write_all(&text).await.is_err() {
            return;
        }
    }
}

async fn answer(host: &Arc<Host>, line: Vec<u8>) -> Reply {
    let ask: Ask = match serde_json::from_slice(&line) {
        Ok(ask) => ask,
        Err(error) => {
            return Reply::Error(format!("that is not something to do or to show: {error}"));
        }
    };
    let host = host.clone();
    let done = tokio::task::spawn_blocking(move || match ask {
        Ask::Do(verb) => verb::carry_out(&host, Who::Operator, verb).map(Value::String),
        Ask::Show(what) => show::look(&host, what),
    });
    match done.await {
        Ok(Ok(value)) => Reply::Ok(value),
        Ok(Err(Refused(why))) => Reply::Error(why),
        Err(error) => Reply::Error(format!("internal error: {error}")),
    }
}
