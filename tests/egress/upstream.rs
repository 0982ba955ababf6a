//! Servers that workers connect to: one that does exactly what a test says, connection by
//! connection, and one that speaks TLS.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::support::PATIENCE;

/// A server of this machine; each request goes to its handler, on a thread of its connection.
pub struct Upstream {
    pub address: SocketAddr,
    /// Connections that were made so far.
    pub connections: Arc<AtomicUsize>,
}

/// A request as it came over the wire.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub stream: TcpStream,
}

impl Upstream {
    /// Serves until the test ends. A handler that returns false ends its connection.
    pub fn start(handler: impl Fn(&mut Asked) -> io::Result<bool> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let connections = Arc::new(AtomicUsize::new(0));
        let (handler, count) = (Arc::new(handler), connections.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                let handler = handler.clone();
                thread::spawn(move || {
                    // a test that ends closes its connections
                    let _ = converse(stream, &*handler);
                });
            }
        });
        Self {
            address,
            connections,
        }
    }

    /// Answers every request with what it was, as JSON.
    pub fn echo() -> Self {
        Self::start(|asked| asked.echo().map(|()| true))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

fn converse(stream: TcpStream, handler: &dyn Fn(&mut Asked) -> io::Result<bool>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(mut asked) = read_request(&mut reader, &stream)? {
        if !handler(&mut asked)? {
            break;
        }
    }
    stream.shutdown(Shutdown::Both)
}

fn read_request(
    reader: &mut BufReader<TcpStream>,
    stream: &TcpStream,
) -> io::Result<Option<Asked>> {
    let mut line = || -> io::Result<String> {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        Ok(line.trim_end().to_string())
    };
    let first = line()?;
    let mut words = first.split(' ').map(String::from);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_string()));
    }
    let mut asked = Asked {
        method,
        path,
        headers,
        body: Vec::new(),
        stream: stream.try_clone()?,
    };
    if let Some(length) = asked.header("content-length") {
        asked.body = vec![0; length.parse().map_err(io::Error::other)?];
        reader.read_exact(&mut asked.body)?;
    } else if asked.header("transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk)?;
            asked.body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    }
    Ok(Some(asked))
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Sends these very bytes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// A whole answer; `head` are header lines, each with its end.
    pub fn answer(&mut self, status: &str, head: &str, body: impl AsRef<[u8]>) -> io::Result<()> {
        let body = body.as_ref();
        let length = body.len();
        self.send(format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{head}\r\n"
        ))?;
        self.send(body)
    }

    pub fn redirect(&mut self, status: u16, location: &str) -> io::Result<()> {
        let head = format!("location: {location}\r\n");
        self.answer(&format!("{status} Elsewhere"), &head, "see there")
    }

    /// The beginning of an answer in chunks.
    pub fn begin_chunks(&mut self) -> io::Result<()> {
        self.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    }

    /// One chunk; an empty one ends the answer.
    pub fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
        framed.extend_from_slice(bytes);
        framed.extend_from_slice(b"\r\n");
        self.send(framed)
    }

    pub fn echo(&mut self) -> io::Result<()> {
        let headers: serde_json::Map<String, serde_json::Value> = self
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        let told = serde_json::json!({
            "method": self.method,
            "path": self.path,
            "headers": headers,
            "body": String::from_utf8_lossy(&self.body),
        });
        let body = told.to_string();
        self.answer("200 OK", "content-type: application/json\r\n", body)
    }

    /// Waits until the other side has closed the connection; true when it has.
    pub fn is_closed_by_peer(&mut self) -> bool {
        let mut byte = [0];
        matches!(self.stream.read(&mut byte), Ok(0) | Err(_))
    }
}
