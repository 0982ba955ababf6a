//! Who runs when, and what came out.

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::options::Scale;
use crate::server::{Server, Side};

/// What every object runs that does not need code of its own.
pub const SHARED_CODE: &str = "shared";

/// What all measurements share.
pub struct Contest<'a> {
    pub sides: &'a [Side],
    pub scale: Scale,
    pub rounds: usize,
    /// Holds everything that is stored.
    pub work: &'a Path,
}

impl Contest<'_> {
    /// All turns, in an order that gives no side the better place: in one round the first begins, in the next the last.
    pub fn turns(&self) -> impl Iterator<Item = Turn> {
        let count = self.sides.len();
        (0..self.rounds).flat_map(move |round| {
            (0..count).map(move |place| Turn {
                round,
                side: if round % 2 == 0 {
                    place
                } else {
                    count - 1 - place
                },
            })
        })
    }

    /// A folder for the storage of one server. It does not exist yet.
    pub fn data(&self, measurement: &str, turn: Turn) -> PathBuf {
        self.work
            .join(format!("{measurement}-{}-{}", turn.side, turn.round))
    }

    /// Starts one server for each side on an empty folder, with the shared code loaded, and takes all turns on them.
    pub fn take_turns(
        &self,
        measurement: &str,
        mut take: impl FnMut(&Server, Turn) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut servers = Vec::new();
        for (side, opponent) in self.sides.iter().enumerate() {
            let data = self.data(measurement, Turn { side, round: 0 });
            servers.push(
                opponent
                    .start(&data, &format!("/first/{SHARED_CODE}/ping"))?
                    .0,
            );
        }
        for turn in self.turns() {
            take(&servers[turn.side], turn)
                .map_err(|error| format!("{}: {error}", self.sides[turn.side].name))?;
        }
        Ok(())
    }
}

/// One side's place in one round.
#[derive(Clone, Copy)]
pub struct Turn {
    pub side: usize,
    pub round: usize,
}

/// A row of the table, before it has figures.
#[derive(PartialEq)]
pub struct Row {
    pub title: &'static str,
    /// Of every figure in the row.
    pub unit: &'static str,
    pub lower_is_better: bool,
}

/// All figures, by row, side and round.
pub struct Tally {
    sides: usize,
    rows: Vec<(&'static Row, Vec<Vec<f64>>)>,
}

impl Tally {
    /// Room for that many sides.
    pub fn new(sides: usize) -> Tally {
        Tally {
            sides,
            rows: Vec::new(),
        }
    }

    /// Adds the figure of one turn.
    pub fn record(&mut self, row: &'static Row, turn: Turn, figure: f64) {
        let index = match self.rows.iter().position(|(known, _)| *known == row) {
            Some(index) => index,
            None => {
                self.rows.push((row, vec![Vec::new(); self.sides]));
                self.rows.len() - 1
            }
        };
        self.rows[index].1[turn.side].push(figure);
    }

    /// Rows in the order of their first figure, each with the figures of every side.
    pub fn rows(&self) -> &[(&'static Row, Vec<Vec<f64>>)] {
        &self.rows
    }
}

/// The figure below which the given part (0 to 1) of all lies, between two neighbours if it falls there. Sorts them;
/// NaN of none.
pub fn percentile(figures: &mut [f64], part: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let Some(last) = figures.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = last as f64 * part;
    let below = figures[place.floor() as usize];
    let above = figures[place.ceil() as usize];
    below + (above - below) * place.fract()
}
