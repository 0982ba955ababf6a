//! WebSockets to elsewhere: the handshake as a client, and then the carrying of frames.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    StatusCode, Uri,
    header::{self, HeaderMap, HeaderValue},
};
use http_body_util::Empty;
use hyper::{client::conn::http1, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tungstenite::handshake::{client::generate_key, derive_accept_key};

use super::{
    connect::{Dialer, Endpoint},
    error::{chain, lost, not_connected},
    exchange::{address, copy_headers, invalid_url, response, too_slow},
};
use crate::{
    object::{CallError, Request, Response},
    project::OutboundRules,
    sockets::{self, Role},
};

/// Headers of the handshake that are not the worker's to choose. Extensions would be ours to speak.
const OURS: [header::HeaderName; 4] = [
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_ACCEPT,
];

/// Whether a request asks for a WebSocket.
pub(super) fn is_asked(request: &Request) -> bool {
    request.method == "GET"
        && request.headers.iter().any(|(name, value)| {
            name == "upgrade" && value.trim().eq_ignore_ascii_case("websocket")
        })
}

/// Asks for a WebSocket; a server that refuses answers as to any request.
pub(super) async fn ask(
    dialer: &Arc<Dialer>,
    rules: &OutboundRules,
    request: Request,
    limit: Duration,
    options: sockets::Options,
) -> Result<Response, CallError> {
    let url = address(&request.url)?;
    let host = url.host_str().unwrap_or_default().to_string();
    let port = url.port_or_known_default().unwrap_or(80);
    let to = Endpoint::new(&host, port).map_err(|_| invalid_url(&request.url))?;
    let tls = (url.scheme() == "https").then_some(&dialer.plain_tls);
    let key = generate_key();
    let message = handshake(&request, &url, &key)?;
    let broken = |error: hyper::Error| {
        lost(format!(
            "the WebSocket handshake with {host} failed: {}",
            chain(&error)
        ))
    };
    let connection = dialer.dial(rules, &to, tls).await;
    let connection = connection.map_err(|error| not_connected(&error))?;
    let (mut sender, driver) = http1::handshake(TokioIo::new(connection))
        .await
        .map_err(broken)?;
    // ends with the connection, or when neither response nor socket is held any more
    tokio::spawn(driver.with_upgrades());
    let mut answer = match timeout(limit, sender.send_request(message)).await {
        Ok(answer) => answer.map_err(broken)?,
        Err(_) => return Err(too_slow(&host, limit)),
    };
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response(answer, false, limit));
    }
    check(answer.headers(), &key).map_err(|problem| {
        lost(format!(
            "the WebSocket handshake with {host} failed: {problem}"
        ))
    })?;
    let upgraded = hyper::upgrade::on(&mut answer).await.map_err(broken)?;
    let (own, theirs) = sockets::SocketEnd::pair();
    tokio::spawn(carry(upgraded, own, options));
    let mut response = response(answer, false, limit);
    response.socket = Some(theirs);
    Ok(response)
}

async fn carry(upgraded: Upgraded, end: sockets::SocketEnd, options: sockets::Options) {
    sockets::run(
        TokioIo::new(upgraded),
        Bytes::new(),
        Role::Client,
        end,
        options,
    )
    .await;
}

fn handshake(
    request: &Request,
    url: &url::Url,
    key: &str,
) -> Result<http::Request<Empty<Bytes>>, CallError> {
    let mut message = http::Request::new(Empty::new());
    let target = &url[url::Position::BeforePath..];
    *message.uri_mut() = Uri::try_from(target).map_err(|_| invalid_url(&request.url))?;
    let headers = message.headers_mut();
    copy_headers(&request.headers, headers)?;
    for name in OURS {
        headers.remove(name);
    }
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let value = |text: &str| HeaderValue::try_from(text).map_err(|_| invalid_url(&request.url));
    headers.insert(header::HOST, value(host)?);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(
        header::SEC_WEBSOCKET_VERSION,
        HeaderValue::from_static("13"),
    );
    headers.insert(header::SEC_WEBSOCKET_KEY, value(key)?);
    Ok(message)
}

/// Whether the server understood what it was asked.
fn check(headers: &HeaderMap, key: &str) -> Result<(), &'static str> {
    let is = |name: header::HeaderName, word: &str| {
        let value = headers.get(name).and_then(|it| it.to_str().ok());
        value.is_some_and(|it| it.eq_ignore_ascii_case(word))
    };
    let accept = headers.get(header::SEC_WEBSOCKET_ACCEPT);
    if accept.is_none_or(|it| it.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
        Err("its Sec-WebSocket-Accept is not the answer to our key")
    } else if !is(header::UPGRADE, "websocket") {
        Err("it switches to another protocol")
    } else if headers.contains_key(header::SEC_WEBSOCKET_EXTENSIONS) {
        Err("it speaks an extension that nobody offered")
    } else {
        Ok(())
    }
}
