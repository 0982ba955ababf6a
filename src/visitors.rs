//! Demo visitors: make the sample apps live, so that a newcomer's first console shows something
//! happening. They come only when the sample apps were opened without being asked for by name.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::watch;

use crate::{
    host::Host,
    object::{Body, Request},
};

/// One kind of visit: which worker, and what is asked of it.
struct Visit {
    worker: &'static str,
    method: &'static str,
    path: &'static str,
    json: &'static str,
    /// Milliseconds between two such visits.
    every: u64,
}

/// Waits before the first visit, so that a newcomer sees the quiet state first.
const LATE: Duration = Duration::from_millis(1500);

const VISITS: &[Visit] = &[
    Visit {
        worker: "app-runner",
        method: "GET",
        path: "/",
        json: "",
        every: 5_000,
    },
    Visit {
        worker: "app-runner",
        method: "GET",
        path: "/api/apps",
        json: "",
        every: 2_300,
    },
    Visit {
        worker: "app-runner",
        method: "POST",
        path: "/apps/counter/count",
        json: "",
        every: 350,
    },
    Visit {
        worker: "app-runner",
        method: "GET",
        path: "/apps/notes/notes",
        json: "",
        every: 900,
    },
    Visit {
        worker: "app-runner",
        method: "POST",
        path: "/apps/notes/notes",
        json: r#"{"title":"From a visitor","body":"Each app keeps its data in a database of its own."}"#,
        every: 60_000,
    },
    Visit {
        worker: "app-runner",
        method: "GET",
        path: "/apps/poll/polls",
        json: "",
        every: 1_300,
    },
    Visit {
        worker: "chat-room",
        method: "GET",
        path: "/room/lobby/messages?after=0",
        json: "",
        every: 700,
    },
    Visit {
        worker: "chat-room",
        method: "POST",
        path: "/room/lobby/messages",
        json: r#"{"author":"visitor","text":"Hello from the demo."}"#,
        every: 15_000,
    },
];

/// Visits until `stop` turns true.
pub async fn visit(host: Arc<Host>, stop: watch::Receiver<bool>) {
    tokio::time::sleep(LATE).await;
    // the front page gives a new app-runner its first apps; nobody should come before that
    ask(&host, &VISITS[0]).await;
    ask(&host, &VISITS[1]).await;
    for visit in VISITS {
        let (host, mut stop) = (host.clone(), stop.clone());
        tokio::spawn(async move {
            let mut clock = tokio::time::interval(Duration::from_millis(visit.every));
            loop {
                tokio::select! {
                    _ = clock.tick() => {}
                    _ = stop.changed() => return,
                }
                ask(&host, visit).await;
            }
        });
    }
}

async fn ask(host: &Arc<Host>, visit: &Visit) {
    let Some(worker) = host.worker(visit.worker) else {
        return;
    };
    let mut headers = vec![("user-agent".to_string(), "lapidary-visitor".to_string())];
    let mut body = Body::Empty;
    if !visit.json.is_empty() {
        headers.push(("content-type".into(), "application/json".into()));
        body = Body::Full {
            bytes: Bytes::from_static(visit.json.as_bytes()),
            text: true,
        };
    }
    let url = format!("http://{}.localhost{}", visit.worker, visit.path);
    let request = Request {
        method: visit.method.into(),
        url,
        headers,
        body,
    };
    // a visit that fails shows in the console, which is what it is for
    let _ = host.fetch(&worker, request).await;
}
