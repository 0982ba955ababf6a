//! One HTTP request out, and its response.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{
    HeaderMap, Method, Uri,
    header::{self, HeaderName, HeaderValue},
};
use http_body_util::BodyExt;
use hyper::{
    body::{Body as _, Frame, Incoming, SizeHint},
    ext::ReasonPhrase,
};
use tokio::{sync::mpsc, time::timeout};
use url::Url;

use super::{
    HttpClient,
    connect::ConnectError,
    error::{LOST, chain, find, lost, not_connected},
};
use crate::{
    ledger::harmless,
    object::{Body, CallError, Chunks, Headers, Request, Response, STREAM_DEPTH},
};

/// What a worker accepts if it does not say: all that reading a body decodes.
const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, br");

/// Headers that belong to one connection and not to the message. `host` follows the URL, and
/// `content-length` the body.
fn is_of_the_connection(name: &HeaderName) -> bool {
    [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
    ]
    .contains(name)
        || ["keep-alive", "proxy-connection"].contains(&name.as_str())
}

/// Sends `request` and waits until its response begins, at most for `limit`.
pub(super) async fn exchange(
    client: &HttpClient,
    request: Request,
    limit: Duration,
) -> Result<Response, CallError> {
    let url = address(&request.url)?;
    let host = url.host_str().unwrap_or_default().to_string();
    let request = outgoing(request, &url)?;
    let is_head = request.method() == Method::HEAD;
    match timeout(limit, client.request(request)).await {
        Ok(Ok(answer)) => Ok(response(answer, is_head, limit)),
        Ok(Err(error)) => Err(match find::<ConnectError>(&error) {
            Some(error) => not_connected(error),
            None => lost(format!(
                "the exchange with {host} failed: {}",
                chain(&error)
            )),
        }),
        Err(_) => Err(CallError::new(format!(
            "{host} did not answer within {} s.",
            limit.as_secs_f64()
        ))),
    }
}

/// The address that is asked: without what is for the caller alone.
fn address(text: &str) -> Result<Url, CallError> {
    let invalid = || CallError::of("TypeError", format!("Invalid URL: {}", harmless(text, 200)));
    let mut url = Url::parse(text).map_err(|_| invalid())?;
    if !matches!(url.scheme(), "http" | "https") {
        let text = format!("Fetch API cannot load: {}", harmless(text, 200));
        return Err(CallError::of("TypeError", text));
    }
    url.set_fragment(None);
    // as in the reference, they are no credentials; an Authorization header is
    url.set_username("").map_err(|()| invalid())?;
    url.set_password(None).map_err(|()| invalid())?;
    Ok(url)
}

fn outgoing(request: Request, url: &Url) -> Result<http::Request<Outgoing>, CallError> {
    let refused = |what: &str| CallError::of("TypeError", format!("{what} cannot be sent."));
    let mut message = http::Request::new(Outgoing::from(request.body));
    *message.uri_mut() = Uri::try_from(url.as_str())
        .map_err(|error| refused(&format!("A URL of this form or length ({error})")))?;
    *message.method_mut() = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| refused(&format!("The method {}", request.method)))?;
    let headers = message.headers_mut();
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name.as_str())
            .map_err(|_| refused(&format!("The header {}", harmless(name, 100))))?;
        let own = name == header::HOST || name == header::CONTENT_LENGTH;
        if own || is_of_the_connection(&name) {
            continue;
        }
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| refused(&format!("The value of the header {name}")))?;
        headers.append(name, value);
    }
    headers.entry(header::ACCEPT_ENCODING).or_insert(ACCEPTED);
    let has_body = !message.body().is_end_stream();
    // servers expect a length where there could have been a body
    if !has_body && !matches!(*message.method(), Method::GET | Method::HEAD) {
        let none = HeaderValue::from_static("0");
        message.headers_mut().insert(header::CONTENT_LENGTH, none);
    }
    Ok(message)
}

fn response(answer: http::Response<Incoming>, is_head: bool, idle: Duration) -> Response {
    let (parts, body) = answer.into_parts();
    let status = parts.status;
    let status_text = match parts.extensions.get::<ReasonPhrase>() {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        // HTTP/2 has none
        None => status.canonical_reason().unwrap_or_default().to_string(),
    };
    let has_none =
        is_head || status.is_informational() || [204, 205, 304].contains(&status.as_u16());
    let body = if has_none {
        Body::Empty
    } else {
        incoming(body, idle)
    };
    let coded = matches!(
        parts
            .headers
            .get(header::CONTENT_ENCODING)
            .map(HeaderValue::as_bytes),
        Some(b"gzip" | b"br")
    );
    Response {
        status: status.as_u16(),
        status_text,
        headers: headers(&parts.headers),
        body,
        url: None,
        coded,
        socket: None,
    }
}

fn headers(map: &HeaderMap) -> Headers {
    map.iter()
        .filter(|(name, _)| !is_of_the_connection(name))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_string(), value)
        })
        .collect()
}

/// The body: at once if all of it has come already, or else chunk by chunk.
fn incoming(mut body: Incoming, idle: Duration) -> Body {
    let length = body.size_hint().exact();
    let (sender, chunks) = mpsc::channel(STREAM_DEPTH);
    let (mut first, mut count) = (Bytes::new(), 0);
    while count < STREAM_DEPTH {
        if body.is_end_stream() {
            return whole(first, chunks, count);
        }
        match body.frame().now_or_never() {
            Some(Some(frame)) => {
                let chunk = match frame.map(Frame::into_data) {
                    Ok(Ok(data)) => Ok(data),
                    // trailers
                    Ok(Err(_)) => continue,
                    Err(_) => Err(LOST.to_string()),
                };
                let failed = chunk.is_err();
                if count == 0 {
                    first = chunk.as_ref().cloned().unwrap_or_default();
                }
                count += 1;
                // there is room for so many
                let _ = sender.try_send(chunk);
                if failed {
                    return Body::Stream { chunks, length };
                }
            }
            Some(None) => return whole(first, chunks, count),
            None => break,
        }
    }
    tokio::spawn(pump(body, sender, idle));
    Body::Stream { chunks, length }
}

/// A body that has come, in `count` chunks of which `first` is the first.
fn whole(first: Bytes, chunks: Chunks, count: usize) -> Body {
    match count {
        0 | 1 => Body::Full {
            bytes: first,
            text: false,
        },
        _ => Body::Stream {
            chunks,
            length: None,
        },
    }
}

/// Reads as fast as the worker takes it; ends the exchange when the worker has gone.
async fn pump(mut body: Incoming, sender: mpsc::Sender<Result<Bytes, String>>, idle: Duration) {
    loop {
        let frame = tokio::select! {
            frame = timeout(idle, body.frame()) => frame,
            () = sender.closed() => return,
        };
        let chunk = match frame {
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => Ok(data),
                Err(_) => continue,
            },
            Ok(Some(Err(_))) => Err(LOST.to_string()),
            Ok(None) => return,
            Err(_) => Err(format!(
                "The server sent nothing for {} s in the middle of its response.",
                idle.as_secs_f64()
            )),
        };
        let ended = chunk.is_err();
        if sender.send(chunk).await.is_err() || ended {
            return;
        }
    }
}

/// A request's body on its way out.
pub(super) enum Outgoing {
    Whole(Option<Bytes>),
    Stream { chunks: Chunks, left: Option<u64> },
}

impl From<Body> for Outgoing {
    fn from(body: Body) -> Self {
        match body {
            Body::Empty => Outgoing::Whole(None),
            Body::Full { bytes, .. } => Outgoing::Whole(Some(bytes).filter(|it| !it.is_empty())),
            Body::Stream { chunks, length } => Outgoing::Stream {
                chunks,
                left: length,
            },
        }
    }
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Outgoing::Whole(bytes) => Poll::Ready(bytes.take().map(|it| Ok(Frame::data(it)))),
            Outgoing::Stream { chunks, left } => chunks.poll_recv(cx).map(|chunk| match chunk {
                Some(Ok(bytes)) => {
                    if let Some(left) = left {
                        *left = left.saturating_sub(bytes.len() as u64);
                    }
                    Some(Ok(Frame::data(bytes)))
                }
                Some(Err(text)) => Some(Err(io::Error::other(text))),
                None => None,
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Outgoing::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |it| it.len() as u64))
            }
            Outgoing::Stream {
                left: Some(left), ..
            } => SizeHint::with_exact(*left),
            Outgoing::Stream { left: None, .. } => SizeHint::default(),
        }
    }
}
