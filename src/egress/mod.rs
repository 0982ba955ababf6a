//! The way out of this machine: what workers fetch, under the rules of their project.
//!
//! - [`Egress`] (this file): started once; hands each request to a client of its rules.
//! - `address`: which addresses a worker may connect to.
//! - `connect`: connections, TCP and TLS, each to an address that was checked.
//! - `connector`: the same for the HTTP client.
//! - `exchange`: one HTTP request and its response.
//! - `error`: what a worker is told when something fails.
//!
//! Connections are kept for the next request under equal rules, and never shared between
//! different ones: what one project may reach is no way for another.

mod address;
mod connect;
mod connector;
mod error;
mod exchange;

use std::{path::Path, sync::Arc, time::Duration};

use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use parking_lot::Mutex;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio::{runtime::Handle, sync::Semaphore};

pub use address::Refusal;
use connect::Dialer;
use connector::HttpConnector;
use exchange::Outgoing;

use crate::{
    object::{Answer, Outside, ReplyTo, Request},
    project::OutboundRules,
};

/// How long an unused connection is kept.
const KEEP: Duration = Duration::from_secs(30);
/// Unused connections that are kept for each host.
const KEEP_PER_HOST: usize = 16;
/// Bytes of the headers of a response, as Cloudflare limits them.
const MAX_HEADER_BYTES: u32 = 128 << 10;

/// Settings that hold for all projects.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Lets every project reach private addresses, those of clouds' metadata excepted.
    pub allow_private: bool,
    /// Certificates that vouch for others, beside the usual ones.
    pub trusted: Vec<CertificateDer<'static>>,
    /// Connections that may be open at once, unused ones included.
    pub max_sockets: usize,
    /// How long it may take to connect: look-up, connection and TLS together.
    pub connect_timeout: Duration,
    /// How long a server may take until its response begins, and then between two pieces of it.
    pub answer_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_private: false,
            trusted: Vec::new(),
            max_sockets: 1_000,
            connect_timeout: Duration::from_secs(10),
            // answers of language models take minutes before they begin
            answer_timeout: Duration::from_secs(300),
        }
    }
}

/// Why the way out cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A file of certificates cannot be used.
    #[error("{path}: {problem}. It must hold certificates as PEM.")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// Reads certificates that are to be trusted, as PEM.
///
/// # Errors
/// The file cannot be read or holds no certificate.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let failed = |problem: String| SetupError::Certificates {
        path: path.display().to_string(),
        problem,
    };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let found: Vec<_> = found
        .collect::<Result<_, _>>()
        .map_err(|error| failed(error.to_string()))?;
    if found.is_empty() {
        return Err(failed("there is no certificate in it".into()));
    }
    Ok(found)
}

type HttpClient = Client<HttpConnector, Outgoing>;

/// The way out.
pub struct Egress {
    dialer: Arc<Dialer>,
    /// One client for all rules that are equal.
    clients: Mutex<Vec<(Arc<OutboundRules>, HttpClient)>>,
    answer_timeout: Duration,
    tokio: Handle,
}

impl Egress {
    /// A way out whose connections live in `tokio`.
    ///
    /// # Errors
    /// A trusted certificate is none.
    pub fn new(settings: Settings, tokio: Handle) -> Result<Arc<Self>, SetupError> {
        let (http_tls, plain_tls) = tls(&settings.trusted)?;
        Ok(Arc::new(Self {
            dialer: Arc::new(Dialer {
                sockets: Arc::new(Semaphore::new(settings.max_sockets)),
                max_sockets: settings.max_sockets,
                patience: settings.connect_timeout,
                open: settings.allow_private,
                http_tls,
                plain_tls,
            }),
            clients: Mutex::default(),
            answer_timeout: settings.answer_timeout,
            tokio,
        }))
    }

    /// The client for `rules`. Clients of rules that no project has any more are forgotten.
    fn client(&self, rules: &Arc<OutboundRules>) -> HttpClient {
        let mut clients = self.clients.lock();
        if let Some((_, client)) = clients.iter().find(|(known, _)| known == rules) {
            return client.clone();
        }
        clients.retain(|(known, _)| Arc::strong_count(known) > 1);
        let connector = HttpConnector::new(self.dialer.clone(), rules.clone());
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP)
            .pool_max_idle_per_host(KEEP_PER_HOST)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .http2_adaptive_window(true)
            .build(connector);
        clients.push((rules.clone(), client.clone()));
        client
    }
}

impl Outside for Egress {
    fn fetch(&self, rules: Arc<OutboundRules>, request: Request, mut reply: ReplyTo) {
        let client = self.client(&rules);
        let limit = self.answer_timeout;
        self.tokio.spawn(async move {
            let answer = tokio::select! {
                answer = exchange::exchange(&client, request, limit) => answer,
                // dropping the exchange closes its connection
                () = reply.abandoned() => return,
            };
            reply.send(answer.map(Answer::Response));
        });
    }
}

/// For HTTP, and for sockets that speak anything.
fn tls(
    trusted: &[CertificateDer<'static>],
) -> Result<(Arc<rustls::ClientConfig>, Arc<rustls::ClientConfig>), SetupError> {
    let mut roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    for certificate in trusted {
        roots.add(certificate.clone())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let plain = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut http = plain.clone();
    http.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((Arc::new(http), Arc::new(plain)))
}
