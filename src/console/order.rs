//! How rows of the table are ordered among their siblings.

use std::cmp::Ordering;

use crate::control::view::{Row, State};

/// A column of the table; each can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Name,
    State,
    Version,
    Rate,
    Spark,
    P50,
    P99,
    Cpu,
    Memory,
    Database,
    Errors,
    Cost,
    Age,
}

/// How siblings are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    /// Largest first.
    pub descending: bool,
}

impl Sort {
    /// The order one wants first: names from A, states from the worst, numbers from the largest.
    pub fn by(column: Column) -> Self {
        Self {
            column,
            descending: !matches!(column, Column::Name | Column::State | Column::Version),
        }
    }
}

/// How `a` and `b` stand to each other in `column`.
pub fn compare(a: &Row, b: &Row, column: Column) -> Ordering {
    match column {
        Column::Name => a.label.cmp(&b.label),
        Column::State => urgency(a.state).cmp(&urgency(b.state)),
        Column::Version => a.version.cmp(&b.version),
        Column::Rate => a.requests_per_s.total_cmp(&b.requests_per_s),
        Column::Spark => {
            let sum = |row: &Row| row.spark.iter().map(|&n| u32::from(n)).sum::<u32>();
            sum(a).cmp(&sum(b))
        }
        Column::P50 => a.p50_us.cmp(&b.p50_us),
        Column::P99 => a.p99_us.cmp(&b.p99_us),
        Column::Cpu => a.cpu_ms_per_s.total_cmp(&b.cpu_ms_per_s),
        Column::Memory => a.memory_bytes.cmp(&b.memory_bytes),
        Column::Database => a.database_bytes.cmp(&b.database_bytes),
        Column::Errors => a.errors.cmp(&b.errors),
        Column::Cost => a.cost_micros.cmp(&b.cost_micros),
        Column::Age => a.age_ms.cmp(&b.age_ms),
    }
}

/// What an operator wants to see first: 0 for the most urgent.
fn urgency(state: State) -> u8 {
    match state {
        State::Broken => 0,
        State::Killed => 1,
        State::Paused => 2,
        State::Busy => 3,
        State::Live => 4,
        State::Hibernated => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fake::row;

    #[test]
    fn the_most_urgent_state_comes_first() {
        let mut states = [
            State::Hibernated,
            State::Live,
            State::Broken,
            State::Busy,
            State::Paused,
            State::Killed,
        ]
        .map(|state| Row {
            state,
            ..row("x", 2)
        });
        states.sort_by(|a, b| compare(a, b, Column::State));
        assert_eq!(
            states.map(|row| row.state),
            [
                State::Broken,
                State::Killed,
                State::Paused,
                State::Busy,
                State::Live,
                State::Hibernated
            ]
        );
        assert!(!Sort::by(Column::State).descending);
        assert!(Sort::by(Column::Rate).descending);
    }
}
