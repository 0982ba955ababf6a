//! Runs the project in `benches/project` on lapidary and on workerd, in turns on one machine, and prints both figures
//! of every row as a Markdown table.
//!
//! ```text
//! cargo bench --bench side_by_side                       all measurements
//! cargo bench --bench side_by_side -- --quick            fewer and shorter
//! cargo bench --bench side_by_side -- --only hot,commit  some of them
//! ```
//!
//! workerd is installed from npm into a temporary folder; `LAPIDARY_BENCH_WORKERD` names an installed
//! `node_modules/workerd` to use instead. Without npm there is one column.

#[path = "side_by_side/client.rs"]
mod client;
#[path = "side_by_side/contest.rs"]
mod contest;
#[path = "side_by_side/machine.rs"]
mod machine;
#[path = "side_by_side/measurements.rs"]
mod measurements;
#[path = "side_by_side/options.rs"]
mod options;
#[path = "side_by_side/report.rs"]
mod report;
#[path = "side_by_side/server.rs"]
mod server;
#[path = "side_by_side/socket.rs"]
mod socket;
#[path = "side_by_side/workerd.rs"]
mod workerd;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use contest::{Contest, Tally};
use options::Options;
use server::{Runtime, Side};

/// What goes wrong here is told to a person and handled nowhere, so a sentence is enough.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("side_by_side: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<()> {
    let Some(options) = Options::from_arguments(std::env::args().skip(1))? else {
        println!("{}", options::HELP);
        return Ok(());
    };
    let work = tempfile::Builder::new()
        .prefix("side-by-side-")
        .tempdir()
        .map_err(|error| format!("no temporary folder: {error}"))?;
    let sides = sides(&options, work.path())?;
    let contest = Contest {
        sides: &sides,
        scale: options.scale,
        rounds: options.rounds,
        work: work.path(),
    };

    let mut tally = Tally::new(sides.len());
    for measurement in measurements::ALL {
        if options.wants(measurement.name) {
            eprintln!("measuring {} …", measurement.name);
            (measurement.run)(&contest, &mut tally)
                .map_err(|error| format!("{}: {error}", measurement.name))?;
        }
    }

    let machine = machine::describe(work.path())?;
    println!("{}", report::markdown(&machine, &sides, &options, &tally));
    if let Some(file) = &options.json {
        std::fs::write(file, report::json(&machine, &sides, &options, &tally))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    }
    Ok(())
}

/// The columns of the table, the one that is judged first.
fn sides(options: &Options, work: &Path) -> Outcome<Vec<Side>> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/project");
    let workerd = workerd::find(work)?;
    if options.self_check {
        let binary = workerd.ok_or("--self-check needs workerd, which needs npm")?;
        return ["workerd A", "workerd B"]
            .into_iter()
            .map(|name| Side::new(name, Runtime::Workerd, binary.clone(), &project))
            .collect();
    }
    let lapidary = PathBuf::from(env!("CARGO_BIN_EXE_lapidary"));
    let mut sides = vec![Side::new(
        "lapidary",
        Runtime::Lapidary,
        lapidary,
        &project,
    )?];
    match workerd {
        Some(binary) => sides.push(Side::new("workerd", Runtime::Workerd, binary, &project)?),
        None => eprintln!("npm is not installed, so workerd is not measured"),
    }
    Ok(sides)
}
