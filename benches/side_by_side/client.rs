//! A client that costs next to nothing, since it shares the processor with what it measures: HTTP/1.1 over one
//! connection that is kept open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Outcome;

/// No measured request takes a hundredth of this; one that spins does.
const PATIENCE: Duration = Duration::from_secs(300);

/// One open connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    /// Connects, without delay for small packets.
    pub fn open(address: SocketAddr) -> Outcome<Connection> {
        let connect = || -> std::io::Result<TcpStream> {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        let stream = connect().map_err(|error| format!("no connection to {address}: {error}"))?;
        Ok(Connection {
            stream: BufReader::new(stream),
            request: Vec::new(),
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// The body of the answer. Every status but 200 is an error.
    pub fn get(&mut self, path: &str) -> Outcome<&[u8]> {
        match self.exchange(path) {
            Err(error) => Err(format!("GET {path}: {error}")),
            Ok(200) => Ok(&self.body),
            Ok(status) => {
                let body = String::from_utf8_lossy(&self.body);
                Err(format!(
                    "GET {path} was answered with status {status}: {body}"
                ))
            }
        }
    }

    /// Sends one request, leaves the answer's body in `self.body`, and returns its status.
    fn exchange(&mut self, path: &str) -> Result<u16, Box<dyn std::error::Error>> {
        self.request.clear();
        write!(
            self.request,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )?;
        self.stream.get_mut().write_all(&self.request)?;

        let status_line = self.read_line()?;
        let status = status_line.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut length = None;
        let mut is_chunked = false;
        loop {
            let line = self.read_line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }

        self.body.clear();
        if is_chunked {
            self.read_chunks()?;
        } else {
            self.read_body(length.ok_or("the answer has no length")?)?;
        }
        Ok(status)
    }

    fn read_chunks(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        loop {
            let length = usize::from_str_radix(self.read_line()?, 16)?;
            self.read_body(length)?;
            self.read_line()?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    /// Adds `length` bytes to `self.body`.
    fn read_body(&mut self, length: usize) -> std::io::Result<()> {
        let start = self.body.len();
        self.body.resize(start + length, 0);
        self.stream.read_exact(&mut self.body[start..])
    }

    /// The next line without its end.
    fn read_line(&mut self) -> std::io::Result<&str> {
        self.line.clear();
        if self.stream.read_line(&mut self.line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(self.line.trim_end())
    }
}
