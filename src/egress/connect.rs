//! Connections: looks a name up, checks its addresses, and connects to one that was checked.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

use super::address::{Refusal, may_ask, may_connect};
use crate::project::OutboundRules;

/// How long an address may take before the next one of the same name is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The name has no address.
    #[error("The address of {host} was not found: {cause}")]
    Name {
        /// The name.
        host: String,
        /// What the system says.
        cause: io::Error,
    },
    /// Nobody answers there.
    #[error("No connection to {host}: {cause}")]
    Unreachable {
        /// Name and port.
        host: String,
        /// What the system says.
        cause: io::Error,
    },
    /// It answers, but not with TLS, or its certificate is not to be trusted.
    #[error("The TLS handshake with {host} failed: {cause}")]
    Tls {
        /// Name and port.
        host: String,
        /// What is wrong.
        cause: io::Error,
    },
    /// It took too long.
    #[error("No connection to {host} within {limit_ms} ms.")]
    Timeout {
        /// Name and port.
        host: String,
        /// Milliseconds that were allowed.
        limit_ms: u64,
    },
    /// All connections that may be open at once are.
    #[error(
        "No connection to {host}: {limit} outbound connections are open, which is the limit of this server."
    )]
    TooMany {
        /// Name and port.
        host: String,
        /// How many may be.
        limit: usize,
    },
}

/// What all connections share.
pub(super) struct Dialer {
    /// Takes a permit for each open connection.
    pub sockets: Arc<Semaphore>,
    /// How many permits there are.
    pub max_sockets: usize,
    /// How long name, connection and handshake may take together.
    pub patience: Duration,
    /// Private addresses are open to every project.
    pub open: bool,
    /// For HTTP: offers HTTP/2 and HTTP/1.1.
    pub http_tls: Arc<rustls::ClientConfig>,
    /// For plain sockets: offers no protocol.
    pub plain_tls: Arc<rustls::ClientConfig>,
}

/// Where to.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub host: Host,
    pub port: u16,
}

impl Endpoint {
    /// Of a URL's host, with brackets around an IPv6 address, and its port.
    pub fn new(host: &str, port: u16) -> Result<Self, url::ParseError> {
        let host = Host::parse(host)?;
        Ok(Self { host, port })
    }

    fn name(&self) -> Host<&str> {
        match &self.host {
            Host::Domain(name) => Host::Domain(name),
            Host::Ipv4(address) => Host::Ipv4(*address),
            Host::Ipv6(address) => Host::Ipv6(*address),
        }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Dialer {
    /// Connects to an address of `to` that `rules` allow, and secures the connection if `tls`.
    pub async fn dial(
        &self,
        rules: &OutboundRules,
        to: &Endpoint,
        tls: Option<&Arc<rustls::ClientConfig>>,
    ) -> Result<Connection, ConnectError> {
        may_ask(rules, &to.name(), to.port)?;
        let waits_for_permit = std::sync::atomic::AtomicBool::new(true);
        let dialing = async {
            let permit = self.sockets.clone().acquire_owned().await;
            waits_for_permit.store(false, std::sync::atomic::Ordering::Relaxed);
            let permit = permit.map_err(|_| self.too_many(to))?;
            let addresses = self.addresses(rules, to).await?;
            let stream = race(to, &addresses).await?;
            // small messages should not wait for others to travel with
            let _ = stream.set_nodelay(true);
            let plain = Connection {
                stream: Stream::Plain(stream),
                _permit: permit,
            };
            match tls {
                None => Ok(plain),
                Some(config) => plain.secure(config, &to.host, to).await,
            }
        };
        match timeout(self.patience, dialing).await {
            Ok(dialed) => dialed,
            Err(_) if waits_for_permit.load(std::sync::atomic::Ordering::Relaxed) => {
                Err(self.too_many(to))
            }
            Err(_) => Err(ConnectError::Timeout {
                host: to.to_string(),
                limit_ms: self.patience.as_millis() as u64,
            }),
        }
    }

    fn too_many(&self, to: &Endpoint) -> ConnectError {
        ConnectError::TooMany {
            host: to.to_string(),
            limit: self.max_sockets,
        }
    }

    /// The addresses of `to` that may be connected to, of which there is at least one.
    async fn addresses(
        &self,
        rules: &OutboundRules,
        to: &Endpoint,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let found = look_up(to).await?;
        let (mut allowed, mut refusal) = (Vec::with_capacity(found.len()), None);
        for address in found {
            match may_connect(rules, self.open, &to.name(), to.port, address.ip()) {
                Ok(()) => allowed.push(address),
                Err(why) => refusal = refusal.or(Some(why)),
            }
        }
        match refusal {
            Some(refusal) if allowed.is_empty() => Err(refusal.into()),
            _ => Ok(allowed),
        }
    }
}

/// All addresses of a host. Names of this machine are not asked for: they are never another's.
async fn look_up(to: &Endpoint) -> Result<Vec<SocketAddr>, ConnectError> {
    let name = match &to.host {
        Host::Ipv4(address) => return Ok(vec![(*address, to.port).into()]),
        Host::Ipv6(address) => return Ok(vec![(*address, to.port).into()]),
        Host::Domain(name) => name.strip_suffix('.').unwrap_or(name),
    };
    if name == "localhost" || name.ends_with(".localhost") {
        let here = [[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()];
        let here = here.map(|ip: std::net::IpAddr| SocketAddr::new(ip, to.port));
        return Ok(here.to_vec());
    }
    let failed = |cause| ConnectError::Name {
        host: name.into(),
        cause,
    };
    let found: Vec<SocketAddr> = tokio::net::lookup_host((name, to.port))
        .await
        .map_err(failed)?
        .collect();
    if found.is_empty() {
        let none = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        return Err(failed(none));
    }
    Ok(found)
}

/// Connects to the first of `addresses` that answers, each with a small head start.
async fn race(to: &Endpoint, addresses: &[SocketAddr]) -> Result<TcpStream, ConnectError> {
    let mut left = addresses.iter();
    let mut tries = FuturesUnordered::new();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        let next = left.next();
        if let Some(address) = next {
            tries.push(TcpStream::connect(*address));
        }
        let answered = tokio::select! {
            answered = tries.next() => answered,
            () = sleep(HEAD_START), if left.len() > 0 => continue,
        };
        match answered {
            Some(Ok(stream)) => return Ok(stream),
            Some(Err(error)) => failure = error,
            None if next.is_none() => {
                return Err(ConnectError::Unreachable {
                    host: to.to_string(),
                    cause: failure,
                });
            }
            None => {}
        }
    }
}

/// A connection, plain or secured; its permit is given back when it is dropped.
pub(super) struct Connection {
    stream: Stream,
    _permit: OwnedSemaphorePermit,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// Begins TLS on a plain connection with a server that has to prove that it is `host`.
    pub async fn secure(
        self,
        config: &Arc<rustls::ClientConfig>,
        host: &Host,
        to: &Endpoint,
    ) -> Result<Self, ConnectError> {
        let failed = |cause| ConnectError::Tls {
            host: to.to_string(),
            cause,
        };
        let name = match host {
            Host::Domain(name) => {
                ServerName::try_from(name.strip_suffix('.').unwrap_or(name).to_owned())
                    .map_err(|error| failed(io::Error::other(error)))?
            }
            Host::Ipv4(address) => ServerName::from(std::net::IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(std::net::IpAddr::V6(*address)),
        };
        let Stream::Plain(stream) = self.stream else {
            return Err(failed(io::Error::other("it is secured already")));
        };
        let secured = TlsConnector::from(config.clone())
            .connect(name, stream)
            .await;
        Ok(Self {
            stream: Stream::Tls(Box::new(secured.map_err(failed)?)),
            _permit: self._permit,
        })
    }

    /// Whether both sides agreed on HTTP/2.
    pub fn speaks_http2(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => false,
            Stream::Tls(stream) => stream.get_ref().1.alpn_protocol() == Some(b"h2"),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
