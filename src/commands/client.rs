//! Asking a running server.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::control::socket::{Ask, Reply, socket_path};

/// Why a command came to nothing, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Nobody answers.
    #[error(
        "no server answers for the data folder {data} ({cause}): start one there with `lapidary`, \
         or name its folder with --data",
        data = .data.display()
    )]
    NoServer {
        /// Which folder.
        data: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It went away in between.
    #[error("the server ended before it answered: {0}")]
    Lost(String),
    /// It said no.
    #[error("{0}")]
    Refused(String),
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A file of this side.
    #[error("cannot read {file}: {cause}", file = .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Standard output.
    #[error("cannot write the answer: {0}")]
    Output(std::io::Error),
}

/// Asks the server of a data folder, and waits for its answer.
pub(super) fn ask(data: &Path, ask: &Ask) -> Result<Value, CommandError> {
    let no_server = |cause| CommandError::NoServer {
        data: data.into(),
        cause,
    };
    let lost = |error: std::io::Error| CommandError::Lost(error.to_string());
    let mut stream = UnixStream::connect(socket_path(data)).map_err(no_server)?;
    let mut line =
        serde_json::to_vec(ask).map_err(|error| CommandError::Usage(error.to_string()))?;
    line.push(b'\n');
    stream.write_all(&line).map_err(lost)?;
    let mut answer = Vec::new();
    BufReader::new(stream)
        .read_until(b'\n', &mut answer)
        .map_err(lost)?;
    let reply: Reply =
        serde_json::from_slice(&answer).map_err(|error| CommandError::Lost(error.to_string()))?;
    match reply {
        Reply::Ok(value) => Ok(value),
        Reply::Error(why) => Err(CommandError::Refused(why)),
    }
}

/// A path that means the same to the server.
pub(super) fn absolute(file: &Path) -> Result<PathBuf, CommandError> {
    std::path::absolute(file).map_err(|cause| CommandError::File {
        file: file.into(),
        cause,
    })
}

pub(super) fn read_text(file: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(file).map_err(|cause| CommandError::File {
        file: file.into(),
        cause,
    })
}
