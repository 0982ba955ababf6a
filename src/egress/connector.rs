//! Connections as the HTTP client takes them.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper_util::{client::legacy::connect::Connected, rt::TokioIo};

use super::connect::{ConnectError, Connection, Dialer, Endpoint};
use crate::project::OutboundRules;

/// Makes the connections of one client.
#[derive(Clone)]
pub(super) struct HttpConnector {
    dialer: Arc<Dialer>,
    rules: Arc<OutboundRules>,
}

impl HttpConnector {
    pub fn new(dialer: Arc<Dialer>, rules: Arc<OutboundRules>) -> Self {
        Self { dialer, rules }
    }
}

impl tower_service::Service<Uri> for HttpConnector {
    type Response = TokioIo<Connection>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { dialer, rules } = self.clone();
        Box::pin(async move {
            let is_secure = uri.scheme_str() == Some("https");
            let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
            let host = uri.host().unwrap_or_default();
            let to = Endpoint::new(host, port).map_err(|error| ConnectError::Name {
                host: host.to_string(),
                cause: io::Error::other(error),
            })?;
            let tls = is_secure.then_some(&dialer.http_tls);
            let connection = dialer.dial(&rules, &to, tls).await?;
            Ok(TokioIo::new(connection))
        })
    }
}

impl hyper_util::client::legacy::connect::Connection for Connection {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.speaks_http2() {
            connected.negotiated_h2()
        } else {
            connected
        }
    }
}
