//! Which worker a request is for.

use std::{net::IpAddr, sync::Arc};

use hyper::Request;

use crate::host::Worker;

/// What a host name leads to.
pub(super) enum Found {
    /// This worker.
    Worker(Arc<Worker>),
    /// The plain address, with several workers to choose from.
    Index,
    /// Nothing is known under this name.
    Unknown(String),
}

/// Host and port as the client named them.
pub(super) fn authority<B>(request: &Request<B>) -> Option<String> {
    let from_uri = request.uri().authority().map(ToString::to_string);
    from_uri.or_else(|| {
        let header = request.headers().get(hyper::header::HOST)?;
        header.to_str().ok().map(String::from)
    })
}

/// `<project>.localhost` is that project; the plain address is the only one, or a list.
pub(super) fn find(workers: &[Arc<Worker>], authority: &str) -> Found {
    let name = host_name(authority).to_ascii_lowercase();
    if let Some(project) = name.strip_suffix(".localhost") {
        let worker = workers
            .iter()
            .find(|worker| worker.name.eq_ignore_ascii_case(project));
        return worker.map_or_else(
            || Found::Unknown(name.clone()),
            |worker| Found::Worker(worker.clone()),
        );
    }
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let plain = name.is_empty() || name == "localhost" || bare.parse::<IpAddr>().is_ok();
    match workers {
        _ if !plain => Found::Unknown(name),
        [only] => Found::Worker(only.clone()),
        _ => Found::Index,
    }
}

/// The name without its port.
fn host_name(authority: &str) -> &str {
    let end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']').map_or(authority.len(), |at| at + 2),
        None => authority.rfind(':').unwrap_or(authority.len()),
    };
    &authority[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_cut_off() {
        assert_eq!(host_name("notes.localhost:8787"), "notes.localhost");
        assert_eq!(host_name("127.0.0.1"), "127.0.0.1");
        assert_eq!(host_name("[::1]:8787"), "[::1]");
        assert_eq!(host_name(""), "");
    }

    #[test]
    fn without_workers_the_plain_address_is_the_list_and_names_are_unknown() {
        assert!(matches!(find(&[], "127.0.0.1:8787"), Found::Index));
        assert!(matches!(find(&[], "[::1]:8787"), Found::Index));
        assert!(matches!(find(&[], "a.localhost"), Found::Unknown(name) if name == "a.localhost"));
        assert!(matches!(find(&[], "example.com"), Found::Unknown(_)));
    }
}
