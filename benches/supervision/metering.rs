//! What it costs that a request is measured against limits and a budget: the same request with
//! and without them, in turns on one server.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    Outcome,
    client::Connection,
    server::{Control, Server},
    share_ms,
};

const ROUNDS: usize = 40;
const REQUESTS: usize = 1_000;
/// Limits that a request counts against, and values that it never reaches.
const LIMITS: [(&str, u64); 2] = [
    ("requests_per_second", 1_000_000),
    ("cpu_ms_per_minute", 3_000_000),
];

pub fn run() -> Outcome<()> {
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (server, _) = Server::start(&work.path().join("data"), "/hot/ping")?;
    let mut control = server.control()?;
    let mut connection = Connection::open(server.address)?;
    medians(&mut connection)?;
    let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut pair = [0.0; 2];
        // now the one, now the other comes first
        for limited in [round % 2 == 0, round % 2 == 1] {
            set_limits(&mut control, limited)?;
            pair[usize::from(limited)] = medians(&mut connection)?;
        }
        without.push(pair[0]);
        with.push(pair[1]);
        // `share_ms` speaks of thousandths
        ratios.push(pair[1] / pair[0] / 1000.0);
    }
    println!(
        "metering: a request through supervisor and facet: {:.1} µs without limits, {:.1} µs with \
         two limits and a budget; ratio {:.3} (median of {ROUNDS} pairs of {REQUESTS} requests)",
        share_ms(&mut without, 0.5) * 1e3,
        share_ms(&mut with, 0.5) * 1e3,
        share_ms(&mut ratios, 0.5),
    );
    Ok(())
}

fn set_limits(control: &mut Control, on: bool) -> Outcome<()> {
    for (limit, value) in LIMITS {
        let value = on.then_some(value);
        let of = json!({"node": "supervised", "limit": limit, "value": value, "at": Value::Null});
        control.ask(&json!({"verb": "set-limit", "of": of}))?;
    }
    let day = on.then_some("1000000");
    let of = json!({"node": "supervised", "day": day, "month": Value::Null, "at": Value::Null});
    control
        .ask(&json!({"verb": "set-budget", "of": of}))
        .map(drop)
}

/// The median of many requests, seconds.
fn medians(connection: &mut Connection) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        connection.get("/hot/ping")?;
        times.push(begun.elapsed().as_secs_f64());
    }
    Ok(share_ms(&mut times, 0.5) / 1000.0)
}
