//! Between HTTP's messages and the objects'.

use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::{Body as _, Frame, Incoming},
    ext::ReasonPhrase,
    header::{self, HeaderName, HeaderValue},
};
use tokio::sync::mpsc;

use super::{
    Answer,
    pages::{self, Refused, full},
};
use crate::object::{self, Body, Chunks, STREAM_DEPTH};

/// A body up to this size is read before the worker gets the request; larger ones stream.
const READ_WHOLE: u64 = 1 << 20;

/// Headers that belong to one connection and not to the message.
const OF_THE_CONNECTION: [HeaderName; 5] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
];

/// The request as its worker gets it.
pub(super) async fn request(
    request: Request<Incoming>,
    authority: Option<String>,
    max_body_bytes: u64,
) -> Result<object::Request, Refused> {
    let (parts, body) = request.into_parts();
    let authority = authority.unwrap_or_else(|| "localhost".into());
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("http://{authority}{path}");
    if url::Url::parse(&url).is_err() {
        let shown = crate::ledger::harmless(&url, 200);
        let text = format!(
            "\"{shown}\" is not a valid address: look at the request's path and its Host header."
        );
        return Err(Refused {
            status: StatusCode::BAD_REQUEST,
            text,
        });
    }
    Ok(object::Request {
        method: parts.method.as_str().to_string(),
        url,
        headers: request_headers(&parts.headers, &authority),
        body: request_body(body, max_body_bytes).await?,
    })
}

fn request_headers(headers: &HeaderMap, authority: &str) -> object::Headers {
    let mut list = Vec::with_capacity(headers.len());
    // HTTP/2 has no such header, but workers expect one
    if !headers.contains_key(header::HOST) {
        list.push(("host".to_string(), authority.to_string()));
    }
    let upgrade = super::upgrade::is_websocket(headers);
    for (name, value) in headers {
        // whoever answers an upgrade looks at what was asked for
        if upgrade || !OF_THE_CONNECTION.contains(name) {
            list.push((name.as_str().to_string(), latin1(value.as_bytes())));
        }
    }
    list
}

/// Header values are bytes; each is the code unit of that number, as browsers have it.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| *byte as char).collect()
}

async fn request_body(body: Incoming, max_bytes: u64) -> Result<Body, Refused> {
    let hint = body.size_hint();
    if body.is_end_stream() {
        return Ok(Body::Empty);
    }
    let too_large = || Refused {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        text: format!("The request body is larger than the limit of {max_bytes} bytes."),
    };
    if hint.lower() > max_bytes {
        return Err(too_large());
    }
    if hint.exact().is_some_and(|length| length <= READ_WHOLE) {
        let read = body.collect().await.map_err(|error| Refused {
            status: StatusCode::BAD_REQUEST,
            text: format!("The request body could not be read: {error}"),
        })?;
        return Ok(Body::Full {
            bytes: read.to_bytes(),
            text: false,
        });
    }
    let (sender, chunks) = mpsc::channel(STREAM_DEPTH);
    tokio::spawn(forward(body, sender, max_bytes));
    Ok(Body::Stream {
        chunks,
        length: hint.exact(),
    })
}

/// Reads the client's body as fast as the worker takes it.
async fn forward(mut body: Incoming, sender: mpsc::Sender<Result<Bytes, String>>, max_bytes: u64) {
    let mut total = 0;
    while let Some(frame) = body.frame().await {
        let chunk = match frame.map(Frame::into_data) {
            Ok(Ok(data)) => {
                total += data.len() as u64;
                if total > max_bytes {
                    Err(format!(
                        "The request body is larger than the limit of {max_bytes} bytes."
                    ))
                } else {
                    Ok(data)
                }
            }
            // trailers
            Ok(Err(_)) => continue,
            Err(error) => Err(format!("The client stopped sending: {error}")),
        };
        let ended = chunk.is_err();
        if sender.send(chunk).await.is_err() || ended {
            return;
        }
    }
}

/// The response as the client gets it.
pub(super) fn response(response: object::Response, head: bool) -> Answer {
    let Ok(status) = StatusCode::from_u16(response.status) else {
        return pages::failed(&object::CallError::new(format!(
            "invalid response status {}",
            response.status
        )));
    };
    let length = match &response.body {
        Body::Empty => None,
        Body::Full { bytes, .. } => Some(bytes.len() as u64),
        Body::Stream { length, .. } => *length,
    };
    let whole = matches!(response.body, Body::Empty | Body::Full { .. });
    let mut answer = Response::new(if head { empty() } else { body(response.body) });
    *answer.status_mut() = status;
    if status.canonical_reason() != Some(response.status_text.as_str())
        && let Ok(reason) = ReasonPhrase::try_from(response.status_text.as_bytes())
    {
        answer.extensions_mut().insert(reason);
    }
    for (name, value) in &response.headers {
        let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), header_value(value))
        else {
            continue;
        };
        // the length of what is really sent is known better here
        let counted = name == header::CONTENT_LENGTH && whole && !head;
        if !counted && !OF_THE_CONNECTION.contains(&name) {
            answer.headers_mut().append(name, value);
        }
    }
    // a whole body that is sent counts itself
    if let Some(length) = length
        && (head || !whole)
    {
        answer
            .headers_mut()
            .entry(header::CONTENT_LENGTH)
            .or_insert(length.into());
    }
    answer
}

pub(super) fn header_value(value: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(c as u32).ok()).collect();
    HeaderValue::from_bytes(&bytes.unwrap_or_else(|| value.as_bytes().to_vec())).ok()
}

fn body(body: Body) -> BoxBody<Bytes, io::Error> {
    match body {
        Body::Empty => empty(),
        Body::Full { bytes, .. } => full(bytes),
        Body::Stream { chunks, .. } => BoxBody::new(StreamBody::new(frames(chunks))),
    }
}

fn frames(chunks: Chunks) -> impl futures_util::Stream<Item = io::Result<Frame<Bytes>>> {
    futures_util::stream::unfold(chunks, |mut chunks| async move {
        let chunk = chunks.recv().await?;
        Some((chunk.map(Frame::data).map_err(io::Error::other), chunks))
    })
}

fn empty() -> BoxBody<Bytes, io::Error> {
    full(Bytes::new())
}
