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

use super::{
    Refused, Show, Verb,
    show::{self, Shown},
    verb,
};
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
pub enum Reply<T = Value> {
    /// A sentence, or what was to be shown.
    Ok(T),
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
        let text = answer(&host, line).await;
        // whoever asked may have gone
        if write.write_all(&text).await.is_err() {
            return;
        }
    }
}

/// The reply to a line, as a line.
async fn answer(host: &Arc<Host>, line: Vec<u8>) -> Vec<u8> {
    let host = host.clone();
    let done = tokio::task::spawn_blocking(move || {
        let reply: Reply<Shown> = match serde_json::from_slice(&line) {
            Ok(ask) => match act(&host, ask) {
                Ok(shown) => Reply::Ok(shown),
                Err(Refused(why)) => Reply::Error(why),
            },
            Err(error) => Reply::Error(format!("that is not something to do or to show: {error}")),
        };
        serde_json::to_vec(&reply)
    });
    let failed = |error: &dyn std::fmt::Display| {
        let reply: Reply = Reply::Error(format!("internal error: {error}"));
        serde_json::to_vec(&reply).unwrap_or_default()
    };
    let mut text = match done.await {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    };
    text.push(b'\n');
    text
}

fn act(host: &Arc<Host>, ask: Ask) -> Result<Shown, Refused> {
    match ask {
        Ask::Do(verb) => {
            let done = verb::carry_out(host, Who::Operator, verb);
            done.map(|sentence| Shown::Value(Value::String(sentence)))
        }
        Ask::Show(what) => show::look(host, what),
    }
}
