//! A WebSocket client that costs next to nothing: it sends one and the same small message, and expects it back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Outcome;

/// No measured echo takes a tenth of this.
const PATIENCE: Duration = Duration::from_secs(30);
const MESSAGE: &[u8; 16] = b"sixteen letters.";
const TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;

/// One open WebSocket.
pub struct Socket {
    stream: BufReader<TcpStream>,
    sent: Vec<u8>,
    expected: Vec<u8>,
}

impl Socket {
    /// Asks for a WebSocket at `path`. `idle` ones hold no buffer worth mentioning.
    pub fn open(address: SocketAddr, path: &str, idle: bool) -> Outcome<Socket> {
        let failed = |error: std::io::Error| format!("no WebSocket at {path}: {error}");
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let mut stream = BufReader::with_capacity(if idle { 256 } else { 4096 }, stream);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream
            .get_mut()
            .write_all(request.as_bytes())
            .map_err(failed)?;
        let mut line = String::new();
        stream.read_line(&mut line).map_err(failed)?;
        if line.is_empty() {
            return Err(format!("no WebSocket at {path}: the connection was closed"));
        }
        if !line.starts_with("HTTP/1.1 101") {
            return Err(format!("no WebSocket at {path}: {}", line.trim()));
        }
        while !line.trim().is_empty() {
            line.clear();
            stream.read_line(&mut line).map_err(failed)?;
        }
        let length = MESSAGE.len() as u8;
        // a mask of zeros leaves the message as it is
        let sent = [&[TEXT, MASKED | length, 0, 0, 0, 0], MESSAGE.as_slice()].concat();
        let expected = [&[TEXT, length], MESSAGE.as_slice()].concat();
        Ok(Socket {
            stream,
            sent,
            expected,
        })
    }

    /// Sends the message and waits until it is back.
    pub fn echo(&mut self) -> Outcome<()> {
        let mut back = [0; MESSAGE.len() + 2];
        let done = self
            .stream
            .get_mut()
            .write_all(&self.sent)
            .and_then(|()| self.stream.read_exact(&mut back));
        done.map_err(|error| format!("no echo: {error}"))?;
        if back.as_slice() != self.expected {
            return Err(format!("not an echo: {back:?}"));
        }
        Ok(())
    }
}
