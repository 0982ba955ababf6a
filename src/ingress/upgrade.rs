//! Connections that become WebSockets.

use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    body::Incoming,
    header::{self, HeaderName, HeaderValue},
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::{rt::TokioIo, server::conn::auto};
use tokio::net::TcpStream;
use tungstenite::handshake::derive_accept_key;

use super::{
    Answer,
    convert::header_value,
    pages::{self, Refused},
};
use crate::{
    object,
    sockets::{Options, Role, SocketEnd, run},
};

/// The only version of the protocol.
const VERSION: &str = "13";

/// Headers of the answer that are not the worker's to choose.
const OURS: [HeaderName; 7] = [
    header::CONNECTION,
    header::UPGRADE,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_VERSION,
];

/// A client that asked for a WebSocket.
pub(super) struct Asked {
    connection: OnUpgrade,
    accept: HeaderValue,
}

/// Whether the header asks for a WebSocket.
pub(super) fn is_websocket(headers: &HeaderMap) -> bool {
    names(headers, &header::UPGRADE, "websocket")
}

fn names(headers: &HeaderMap, header: &HeaderName, word: &str) -> bool {
    headers.get_all(header).iter().any(|value| {
        let value = value.to_str().unwrap_or_default();
        value
            .split(',')
            .any(|part| part.trim().eq_ignore_ascii_case(word))
    })
}

/// What a request needs to become a WebSocket, if it asks for that.
pub(super) fn asked(request: &mut Request<Incoming>) -> Result<Option<Asked>, Box<Answer>> {
    let headers = request.headers();
    let wanted = is_websocket(headers)
        && names(headers, &header::CONNECTION, "upgrade")
        && request.method() == Method::GET
        && request.version() == Version::HTTP_11;
    if !wanted {
        return Ok(None);
    }
    if headers
        .get(header::SEC_WEBSOCKET_VERSION)
        .is_none_or(|version| version != VERSION)
    {
        let mut answer = pages::refused(&Refused {
            status: StatusCode::UPGRADE_REQUIRED,
            text: format!(
                "WebSockets are spoken in version {VERSION} only: send Sec-WebSocket-Version: {VERSION}."
            ),
        });
        let version = HeaderValue::from_static(VERSION);
        answer
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_VERSION, version);
        return Err(Box::new(answer));
    }
    let accept = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .map(|key| derive_accept_key(key.as_bytes()))
        .and_then(|accept| HeaderValue::try_from(accept).ok());
    let Some(accept) = accept else {
        return Err(Box::new(pages::refused(&Refused {
            status: StatusCode::BAD_REQUEST,
            text: "A request for a WebSocket needs the header Sec-WebSocket-Key.".into(),
        })));
    };
    let connection = hyper::upgrade::on(request);
    Ok(Some(Asked { connection, accept }))
}

/// Answers with a WebSocket, whose end on this side is `end`.
pub(super) fn accept(
    asked: Option<Asked>,
    response: object::Response,
    end: SocketEnd,
    options: Options,
) -> Answer {
    let Some(Asked { connection, accept }) = asked else {
        return pages::refused(&Refused {
            status: StatusCode::BAD_REQUEST,
            text: "The worker answered with a WebSocket. Ask for it over HTTP/1.1, with GET and the headers Connection: Upgrade, Sec-WebSocket-Key and Sec-WebSocket-Version.".into(),
        });
    };
    let mut answer = Response::new(pages::full(bytes::Bytes::new()));
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    for (name, value) in &response.headers {
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), header_value(value))
            && !OURS.contains(&name)
        {
            headers.append(name, value);
        }
    }
    tokio::spawn(async move {
        match connection.await.map(tcp) {
            // in a task of its own, which is smaller than this one
            Ok(Some((stream, read))) => {
                tokio::spawn(async move { run(stream, &read, Role::Server, end, options).await });
            }
            Ok(None) => tracing::error!("an upgraded connection is not one of TCP"),
            Err(error) => tracing::debug!("a connection was not upgraded: {error}"),
        }
    });
    answer
}

fn tcp(upgraded: Upgraded) -> Option<(TcpStream, bytes::Bytes)> {
    let parts = auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded).ok()?;
    Some((parts.io.into_inner(), parts.read_buf))
}
