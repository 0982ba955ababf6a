//! Just enough HTTP/1.1 to ask a local server and see the answer as it comes over the wire.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::{Value, json};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Headers that say how an answer was carried, not what it is; `record.mjs` has the same list.
const CARRIAGE: [&str; 5] = [
    "connection",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
];

/// An answer in parts.
struct Answer {
    status: u64,
    reason: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: String,
}

/// The body of a GET; an answer other than 200 is told in its place.
pub fn get(address: SocketAddr, host: &str, path: &str) -> String {
    match send(address, host, &json!({ "path": path }), None) {
        Ok(answer) if answer.status == 200 => answer.body,
        Ok(Answer { status, body, .. }) => format!("status {status}: {body}"),
        Err(error) => format!("no answer: {error}"),
    }
}

/// What `request` ({method, path, headers, body}) for a case is answered with, in the form that
/// `record.mjs` keeps.
pub fn exchange(address: SocketAddr, host: &str, request: &Value, case: &str) -> String {
    match send(address, host, request, Some(case)) {
        Ok(answer) => {
            let mut headers = answer.headers;
            headers.retain(|(name, _)| !CARRIAGE.contains(&name.as_str()));
            headers.sort_by(|(a, _), (b, _)| a.cmp(b));
            let (status, reason, body) = (answer.status, answer.reason, answer.body);
            json!({ "status": status, "reason": reason, "headers": headers, "body": body })
                .to_string()
        }
        Err(error) => format!("no answer: {error}"),
    }
}

fn send(
    address: SocketAddr,
    host: &str,
    request: &Value,
    case: Option<&str>,
) -> std::io::Result<Answer> {
    let method = request["method"].as_str().unwrap_or("GET");
    let path = request["path"].as_str().unwrap_or("/");
    let body = request["body"].as_str().unwrap_or_default();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    if let Some(case) = case {
        head += &format!("x-case: {case}\r\n");
    }
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        head += &format!("{name}: {}\r\n", value.as_str().unwrap_or_default());
    }
    if !body.is_empty() {
        head += &format!("content-length: {}\r\n", body.len());
    }
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(format!("{head}\r\n{body}").as_bytes())?;
    let mut bytes = Vec::new();
    connection.read_to_end(&mut bytes)?;
    read(&bytes).ok_or_else(|| {
        std::io::Error::other(format!("no HTTP: {}", String::from_utf8_lossy(&bytes)))
    })
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut status = lines.next()?.splitn(3, ' ').skip(1);
    let (code, reason) = (
        status.next()?.parse().ok()?,
        status.next().unwrap_or_default(),
    );
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_string()))
    };
    let headers: Vec<_> = lines.filter_map(header).collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = &bytes[end + 4..];
    let body = if chunked {
        unchunked(body)
    } else {
        body.to_vec()
    };
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Answer {
        status: code,
        reason: reason.into(),
        headers,
        body,
    })
}

/// A chunked body in one piece, as far as it came.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end])
            .ok()
            .and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
        let Some(chunk) = size.and_then(|size| rest.get(end + 2..end + 2 + size)) else {
            break;
        };
        if chunk.is_empty() {
            break;
        }
        body.extend_from_slice(chunk);
        rest = rest.get(end + 2 + chunk.len() + 2..).unwrap_or_default();
    }
    body
}

/// A query value.
pub fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
