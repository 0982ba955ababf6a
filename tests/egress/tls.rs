//! HTTPS: who is trusted, and HTTP/2.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use crate::Running;

/// A server with a certificate of its own for `localhost`; answers with the protocol's version.
struct Secure {
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
}

impl Secure {
    fn start(protocols: &[&[u8]]) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.pem"), cert.pem()).expect("a file");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a configuration");
        config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let address = listener.local_addr().expect("its address");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let answer = service_fn(|request: Request<Incoming>| async move {
                        let text = format!("{:?} {}", request.version(), request.uri().path());
                        Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from(
                            text,
                        ))))
                    });
                    let builder = auto::Builder::new(TokioExecutor::new());
                    // a client that goes is no failure of the test
                    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self {
            address,
            _runtime: runtime,
            folder,
        }
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn config(&self) -> serde_json::Value {
        let port = self.address.port();
        json!({
            "lapidary": { "outbound": { "allow_private": true } },
            "vars": { "S": format!("https://localhost:{port}") },
        })
    }
}

const CASES: &str = r#"
async get() { const r = await fetch(S + "/x"); return [r.status, r.statusText, await r.text()]; },
async many() { return (await Promise.all(Array.from({ length: 20 }, (_, n) => fetch(`${S}/${n}`).then((r) => r.text())))).length; },
async named() { return fetch(S.replace("localhost", "127.0.0.1")); },
async plain() { return (await fetch(S.replace("https:", "http:"))).text(); },
"#;

#[test]
fn a_stranger_is_not_trusted() {
    let secure = Secure::start(&[b"http/1.1"]);
    let running = Running::of(CASES, secure.config(), &[]);
    let text = running.error("get");
    assert!(
        text.starts_with("The TLS handshake with localhost:"),
        "{text}"
    );
    assert!(text.contains("UnknownIssuer"), "{text}");
}

#[test]
fn a_given_authority_is_trusted_for_its_names_only() {
    let secure = Secure::start(&[b"http/1.1"]);
    let file = secure.authority();
    let file = file.to_str().expect("a name");
    let running = Running::of(CASES, secure.config(), &["--outbound-ca", file]);
    assert_eq!(running.ok("get"), json!([200, "OK", "HTTP/1.1 /x"]));
    assert_eq!(running.ok("many"), 20);
    assert!(
        running.error("named").contains("not valid for name"),
        "{}",
        running.error("named")
    );
    assert_eq!(running.error("plain"), "Network connection lost.");
}

#[test]
fn http2_is_spoken_where_it_is_understood() {
    let secure = Secure::start(&[b"h2", b"http/1.1"]);
    let file = secure.authority();
    let file = file.to_str().expect("a name");
    let running = Running::of(CASES, secure.config(), &["--outbound-ca", file]);
    assert_eq!(running.ok("get"), json!([200, "OK", "HTTP/2.0 /x"]));
    assert_eq!(running.ok("many"), 20);
}

#[test]
fn a_file_without_certificates_is_refused_at_the_start() {
    let place = crate::support::Place::with("app", &[], "export default {};");
    place.write("../empty.pem", "nothing");
    let file = place.projects().join("../empty.pem");
    let mut command = crate::support::program();
    command
        .arg("serve")
        .arg(place.projects())
        .arg("--outbound-ca")
        .arg(&file);
    command
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(place.data());
    let output = command.output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && text.contains("there is no certificate in it"),
        "{text}"
    );
}
