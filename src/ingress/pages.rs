//! What the door itself answers.

use std::{io, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Response, StatusCode,
    header::{self, HeaderValue},
};

use super::Answer;
use crate::{host::Worker, object::CallError};

/// Why a request does not get to its worker.
#[derive(Debug)]
pub(super) struct Refused {
    pub status: StatusCode,
    pub text: String,
}

/// A body that is all there.
pub(super) fn full(bytes: Bytes) -> BoxBody<Bytes, io::Error> {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

/// The list of workers, under the plain address.
pub(super) fn index(workers: &[Arc<Worker>], port: u16) -> Answer {
    let mut list = String::new();
    for worker in workers {
        let url = url(worker, port);
        list.push_str(&format!(
            "<li><a href=\"{url}\">{}</a> <small>{url}</small></li>\n",
            worker.name
        ));
    }
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>lapidary</title><style>body{{font:16px/1.5 system-ui;max-width:40em;margin:3em auto;padding:0 1em;\
         color-scheme:light dark}}small{{opacity:.6}}</style><h1>lapidary</h1><p>These workers run here, each at an \
         address of its own:</p><ul>{list}</ul></html>"
    );
    answer(StatusCode::OK, "text/html; charset=utf-8", page)
}

/// Where a browser reaches a worker.
fn url(worker: &Worker, port: u16) -> String {
    format!("http://{}.localhost:{port}/", worker.name)
}

/// A host name that leads nowhere.
pub(super) fn unknown(name: &str, workers: &[Arc<Worker>], port: u16) -> Answer {
    let known: Vec<String> = workers.iter().map(|worker| url(worker, port)).collect();
    let name = crate::ledger::harmless(name, 200);
    let text = format!(
        "No worker answers to the host name \"{name}\". Those that run here:\n{}\n",
        known.join("\n")
    );
    answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", text)
}

/// A request that does not get to its worker.
pub(super) fn refused(refused: &Refused) -> Answer {
    answer(
        refused.status,
        "text/plain; charset=utf-8",
        format!("{}\n", refused.text),
    )
}

/// A worker that failed to answer.
pub(super) fn failed(error: &CallError) -> Answer {
    let status = match (error.marks.status, error.marks.overloaded) {
        (0, true) => StatusCode::SERVICE_UNAVAILABLE,
        (0, false) => StatusCode::INTERNAL_SERVER_ERROR,
        (status, _) => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut text = format!("{}: {}\n", error.name, error.message);
    if !error.stack.is_empty() {
        text.push_str(error.stack.trim_end());
        text.push('\n');
    }
    let mut answer = answer(status, "text/plain; charset=utf-8", text);
    if error.marks.retry_after_s > 0 {
        let seconds = HeaderValue::from(error.marks.retry_after_s);
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    answer
}

fn answer(status: StatusCode, content_type: &'static str, text: String) -> Answer {
    let mut answer = Response::new(full(text.into()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
