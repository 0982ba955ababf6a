//! Twenty facets spin: how soon one more ends when it is told to, and what a neighbour that does
//! no such thing notices.

use std::{
    net::SocketAddr,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{Outcome, client::Connection, server::Server, share_ms};

const SPINNERS: usize = 20;
const KILLS: usize = 200;
const REQUESTS: usize = 3_000;
/// How long a facet spins before it is ended: its thread is known to be stuck by then.
const SPINS_FOR: Duration = Duration::from_millis(60);

pub fn run() -> Outcome<()> {
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (server, _) = Server::start(&work.path().join("data"), "/quiet/ping")?;
    let mut quiet = pings(server.address)?;
    for number in 0..SPINNERS {
        spin(server.address, format!("spins-{number}"));
    }
    thread::sleep(Duration::from_secs(2));
    let mut beside = pings(server.address)?;
    let mut control = server.control()?;
    let mut times = Vec::new();
    for number in 0..KILLS {
        let name = format!("ends-{number}");
        let ended = spin(server.address, name.clone());
        let facet = format!("supervised/Room/{name}/app");
        // it is there as soon as it runs
        let asked = Instant::now();
        while !control
            .ask(&json!({"show": "nodes", "of": facet}))
            .is_ok_and(|answer| answer.contains("\"busy\""))
        {
            if asked.elapsed() > Duration::from_secs(30) {
                return Err(format!("{name} does not begin to spin"));
            }
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(SPINS_FOR);
        let begun = Instant::now();
        control.ask(&json!({"verb": "kill", "of": facet}))?;
        let end = ended.recv_timeout(Duration::from_secs(30));
        let end = end.map_err(|_| format!("{name} still spins"))?;
        times.push(end.duration_since(begun).as_secs_f64());
    }
    println!("kill: {SPINNERS} facets spin");
    let [half, most, all] = [0.5, 0.99, 1.0].map(|share| share_ms(&mut times, share));
    println!(
        "  one more ends within {half:.1} ms (median), {most:.1} ms (99 %), {all:.1} ms (all {KILLS})"
    );
    let shares = [0.5, 0.99, 1.0];
    let [half, most, all] = shares.map(|share| share_ms(&mut quiet, share));
    println!(
        "  a neighbour's request, nobody spins: {half:.2} ms, {most:.2} ms (99 %), {all:.2} ms (all)"
    );
    let [half, most_beside, all] = shares.map(|share| share_ms(&mut beside, share));
    println!(
        "  the same while they spin: {half:.2} ms, {most_beside:.2} ms (99 %), {all:.2} ms (all): {:.1} times",
        most_beside / most
    );
    Ok(())
}

/// Seconds of each of many requests to a facet that answers at once.
fn pings(address: SocketAddr) -> Outcome<Vec<f64>> {
    let mut connection = Connection::open(address)?;
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        connection.get("/quiet/ping")?;
        times.push(begun.elapsed().as_secs_f64());
        // as a person's browser would: not all at once
        thread::sleep(Duration::from_micros(500));
    }
    Ok(times)
}

/// Lets a facet spin; tells when that has ended.
fn spin(address: SocketAddr, name: String) -> mpsc::Receiver<Instant> {
    let (ended, receiver) = mpsc::channel();
    thread::spawn(move || {
        if let Ok(mut connection) = Connection::open(address) {
            // it is ended, so it is answered with an error
            let _ = connection.get(&format!("/{name}/spin"));
        }
        // the measurement may be over
        let _ = ended.send(Instant::now());
    });
    receiver
}
