//! The front door: HTTP/1.1 and HTTP/2 in, requests to workers out.
//!
//! - `address`: which worker a request is for.
//! - `convert`: between HTTP's messages and the objects'.
//! - `upgrade`: connections that become WebSockets.
//! - `pages`: what the door itself answers: the list of workers, and errors.
//!
//! Every worker has an origin of its own, `http://<project>.localhost:PORT`, so that browsers
//! keep their pages apart. A lone worker also answers under the plain address.

mod address;
mod convert;
mod pages;
mod upgrade;

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    time::Duration,
};

use http_body_util::combinators::BoxBody;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{net::TcpListener, sync::watch};

use crate::{host::Host, sockets};

/// What the door answers with.
type Answer = Response<BoxBody<bytes::Bytes, io::Error>>;

/// Settings of the front door.
#[derive(Clone, Debug)]
pub struct Options {
    /// The largest request body, bytes.
    pub max_body_bytes: u64,
    /// How long open requests may take once the server stops.
    pub grace: Duration,
    /// How WebSockets are kept.
    pub sockets: sockets::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_body_bytes: 100_000_000,
            grace: Duration::from_secs(30),
            sockets: sockets::Options::default(),
        }
    }
}

/// Why the door cannot open.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error(
        "{address} is in use by another program. Stop that one, or choose another port: --listen {free}"
    )]
    InUse {
        /// The address asked for.
        address: SocketAddr,
        /// One that is free now.
        free: SocketAddr,
    },
    /// Anything else.
    #[error("cannot listen on {address}: {cause}")]
    Other {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
}

/// Takes the address, and says which one is free when it is taken.
pub fn bind(address: SocketAddr) -> Result<StdListener, ListenError> {
    match StdListener::bind(address) {
        Ok(listener) => Ok(listener),
        Err(cause) if cause.kind() == io::ErrorKind::AddrInUse => {
            let free = (1..100).filter_map(|step| address.port().checked_add(step));
            let free = free.map(|port| SocketAddr::new(address.ip(), port));
            let free = free
                .into_iter()
                .find(|free| StdListener::bind(free).is_ok());
            let free = free.unwrap_or(SocketAddr::new(address.ip(), 0));
            Err(ListenError::InUse { address, free })
        }
        Err(cause) => Err(ListenError::Other { address, cause }),
    }
}

/// Serves until `stop` turns true, then lets open requests finish within the grace.
pub async fn serve(
    host: Arc<Host>,
    listener: StdListener,
    options: Options,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let door = Arc::new(Door {
        host,
        port: listener.local_addr()?.port(),
        options,
    });
    let graceful = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(30));
    builder.http2().timer(TokioTimer::new());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // out of file descriptors, as a rule: some will be free soon
                    tracing::warn!("a connection could not be accepted: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stopped(&mut stop) => break,
        };
        let _ = stream.set_nodelay(true);
        let door_here = door.clone();
        let service = service_fn(move |request| {
            let door = door_here.clone();
            async move { Ok::<_, Infallible>(door.answer(request).await) }
        });
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(stream), service)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // what goes wrong here is the client's: it left, or does not speak HTTP
            if let Err(error) = connection.await {
                tracing::debug!("connection: {error}");
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(door.options.grace, graceful.shutdown()).await;
    Ok(())
}

/// Waits until `stop` is true or nobody can say so any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

struct Door {
    host: Arc<Host>,
    port: u16,
    options: Options,
}

impl Door {
    async fn answer(&self, mut request: Request<Incoming>) -> Answer {
        let authority = address::authority(&request);
        let workers = self.host.workers();
        let worker = match address::find(&workers, authority.as_deref().unwrap_or_default()) {
            address::Found::Worker(worker) => worker,
            address::Found::Index => return pages::index(&workers, self.port),
            address::Found::Unknown(name) => return pages::unknown(&name, &workers, self.port),
        };
        let upgrade = match upgrade::asked(&mut request) {
            Ok(upgrade) => upgrade,
            Err(answer) => return *answer,
        };
        let request = match convert::request(request, authority, self.options.max_body_bytes).await
        {
            Ok(request) => request,
            Err(refused) => return pages::refused(&refused),
        };
        let head = request.method == "HEAD";
        match self.host.fetch(&worker, request).await {
            Ok(mut response) => match response.socket.take() {
                Some(end) => upgrade::accept(upgrade, response, end, self.options.sockets),
                None => convert::response(response, head),
            },
            Err(error) => pages::failed(&error),
        }
    }
}
