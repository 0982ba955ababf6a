//! The figures of supervision: what a hundred thousand stored objects cost, how fast a spinning
//! facet ends while others spin, and what it costs that everything is counted and limited.
//!
//! ```text
//! cargo bench --bench supervision                         all
//! cargo bench --bench supervision -- known kill metering  some of them
//! cargo bench --bench supervision -- known --objects 10000
//! ```

#[path = "side_by_side/client.rs"]
mod client;
#[path = "supervision/kill.rs"]
mod kill;
#[path = "supervision/known.rs"]
mod known;
#[path = "supervision/metering.rs"]
mod metering;
#[path = "supervision/server.rs"]
mod server;

use std::process::ExitCode;

/// What goes wrong here is told to a person and handled nowhere, so a sentence is enough.
type Outcome<T> = Result<T, String>;

type Section = (&'static str, fn(usize) -> Outcome<()>);

const SECTIONS: [Section; 3] = [
    ("known", known::run),
    ("kill", |_| kill::run()),
    ("metering", |_| metering::run()),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("supervision: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let mut objects = 100_000;
    let mut wanted = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // cargo says this to every benchmark
            "--bench" => {}
            "--objects" => {
                let count = arguments.next().and_then(|count| count.parse().ok());
                objects = count.ok_or("--objects needs a number")?;
            }
            name if SECTIONS.iter().any(|(known, _)| *known == name) => {
                wanted.push(argument);
            }
            other => return Err(format!("there is no section \"{other}\"")),
        }
    }
    for (name, section) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            section(objects)?;
        }
    }
    Ok(())
}

/// The figure that so great a share (0 to 1) of all stays within, in milliseconds.
fn share_ms(seconds: &mut [f64], share: f64) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let place = (seconds.len() as f64 * share).ceil() as usize;
    seconds[place.clamp(1, seconds.len()) - 1] * 1000.0
}
