//! Plain connections, TCP with or without TLS, as `connect()` makes them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    sync::mpsc,
};

use super::{
    connect::{ConnectError, Connection, Dialer, Endpoint},
    error::lost,
};
use crate::{
    object::{CallError, Chunks, Dial, Ends, LOST, Secure, Upgrade},
    project::OutboundRules,
};

/// Bytes that are read at once.
const READ_AT_ONCE: usize = 16 << 10;

/// What the reference says of every connection that does not come about.
const FAILED: &str = "proxy request failed, cannot connect to the specified address";
const PERHAPS_HTTP: &str = ". It looks like you might be trying to connect to a HTTP-based service \u{2014} consider using fetch instead";

/// Connects and carries what flows, until both directions have ended.
pub(super) async fn run(dialer: &Arc<Dialer>, rules: &OutboundRules, dial: Dial) {
    let Dial {
        host,
        port,
        secure,
        ends,
        mut upgrade,
    } = dial;
    let Ends {
        incoming,
        outgoing,
        opened,
    } = ends;
    let Ok(to) = Endpoint::new(&host, port) else {
        let text = "Specified address could not be parsed.";
        return drop(opened.send(Err(CallError::of("TypeError", text))));
    };
    let tls = (secure == Secure::On).then_some(&dialer.plain_tls);
    let connection = tokio::select! {
        connection = dialer.dial(rules, &to, tls) => connection,
        () = incoming.closed() => return,
    };
    let connection = match connection {
        Ok(connection) => connection,
        Err(error) => return drop(opened.send(Err(failed(&error, port)))),
    };
    let _ = opened.send(Ok(()));
    let Some((connection, Upgrade { name, ends })) =
        carry(connection, incoming, outgoing, &mut upgrade).await
    else {
        return;
    };
    let named = match &name {
        Some(name) => Endpoint::new(name, port),
        None => Ok(to.clone()),
    };
    let secured = match named {
        Ok(named) => connection.secure(&dialer.plain_tls, &named.host, &to).await,
        Err(_) => Err(ConnectError::Tls {
            host: to.to_string(),
            cause: std::io::Error::other("the expected name is none"),
        }),
    };
    match secured {
        Ok(connection) => {
            let _ = ends.opened.send(Ok(()));
            // it is secured now, which is the end of upgrades
            let mut never = tokio::sync::oneshot::channel().1;
            carry(connection, ends.incoming, ends.outgoing, &mut never).await;
        }
        Err(error) => drop(ends.opened.send(Err(failed(&error, port)))),
    }
}

fn failed(error: &ConnectError, port: u16) -> CallError {
    let ConnectError::Unreachable { .. } = error else {
        return CallError::new(error.to_string());
    };
    let hint = if matches!(port, 80 | 443) { PERHAPS_HTTP } else { "" };
    let mut told = lost(error.to_string());
    told.marks.retryable = false;
    told.message = format!("{FAILED}{hint}");
    told
}

/// Carries both directions until they have ended, or until TLS is to begin.
async fn carry(
    connection: Connection,
    incoming: mpsc::Sender<Result<Bytes, String>>,
    outgoing: Chunks,
    upgrade: &mut tokio::sync::oneshot::Receiver<Upgrade>,
) -> Option<(Connection, Upgrade)> {
    let upgrading = AtomicBool::new(false);
    let (mut reader, mut writer) = split(connection);
    let asked = {
        let reading = read(&mut reader, incoming);
        let writing = write(&mut writer, outgoing, &upgrading);
        tokio::pin!(writing);
        let both = async { tokio::join!(reading, &mut writing) };
        let asked = tokio::select! {
            // first: the writer ends as well when TLS is to begin
            biased;
            Ok(asked) = upgrade => Some(asked),
            _ = both => None,
        };
        if asked.is_some() {
            // what was written before leaves in plain text
            upgrading.store(true, Ordering::Relaxed);
            writing.await;
        }
        asked
    };
    asked.map(|upgrade| (reader.unsplit(writer), upgrade))
}

/// Reads as fast as the worker takes it.
async fn read(
    connection: &mut ReadHalf<Connection>,
    incoming: mpsc::Sender<Result<Bytes, String>>,
) {
    let mut buffer = vec![0; READ_AT_ONCE];
    loop {
        let read = tokio::select! {
            read = connection.read(&mut buffer) => read,
            () = incoming.closed() => return,
        };
        let chunk = match read {
            Ok(0) => return,
            Ok(count) => Ok(Bytes::copy_from_slice(&buffer[..count])),
            Err(_) => Err(LOST.to_string()),
        };
        let ended = chunk.is_err();
        if incoming.send(chunk).await.is_err() || ended {
            return;
        }
    }
}

/// Writes what the worker sends; its end is told to the other side.
async fn write(
    connection: &mut WriteHalf<Connection>,
    mut outgoing: Chunks,
    upgrading: &AtomicBool,
) {
    while let Some(chunk) = outgoing.recv().await {
        // a worker that gives up mid-way just goes
        let Ok(chunk) = chunk else { return };
        // a connection that broke is one for the reader to tell about
        if connection.write_all(&chunk).await.is_err() {
            return;
        }
    }
    if !upgrading.load(Ordering::Relaxed) {
        // the other side may have gone already
        let _ = connection.shutdown().await;
    }
}
