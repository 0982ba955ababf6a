//! Rows read and written, as the reference bills them.
//!
//! The reference patches SQLite's virtual machine: one row read for each seek that finds its
//! place, each rewind and each step of a cursor, sorters included, and all entries of a table
//! for a bare `count(*)`; one row written for each insert into a table or an index, each row
//! deleted, each change of a virtual table. Stock SQLite counts the steps and the sorts by
//! itself, and the rows changed. What it does not count follows from the statement's program
//! (`EXPLAIN`), read once when the statement is compiled: how many seeks it makes before and
//! inside its loops, and how many index entries go with each row it changes.
//!
//! Exact: statements over one table or index, with or without sorting, `count(*)`, inserts,
//! updates and deletes without triggers. Estimated: seeks in the inner loops of joins and
//! subqueries, conflicts that skip or replace rows, partial indexes, triggers, foreign key
//! actions, and virtual tables.

use super::{
    connection::Connection,
    statement::{Counter, Statement, ValueRef},
};

/// What a statement has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub rows_read: u64,
    pub rows_written: u64,
}

impl Usage {
    /// Adds another one to it.
    pub fn add(&mut self, other: Usage) {
        self.rows_read = self.rows_read.saturating_add(other.rows_read);
        self.rows_written = self.rows_written.saturating_add(other.rows_written);
    }
}

/// What a compiled program does besides what SQLite counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Program {
    /// Seeks and rewinds outside loops.
    seeks_once: u64,
    /// Seeks and rewinds inside a loop over a cursor.
    seeks_in_loops: u64,
    /// Seeks in a loop over rows that come from elsewhere, such as a list of VALUES.
    seeks_per_change: u64,
    /// The only seek must find its very key, or it does not count.
    exact_match_only: bool,
    /// Loops over a cursor.
    loops: u64,
    /// Changes of virtual tables; what those write into tables of their own is free.
    virtual_updates: u64,
    /// Loops over a virtual table.
    virtual_loops: u64,
    /// Result column that carries the count of a whole table.
    count_column: Option<usize>,
    /// Inserts into tables and indexes outside and inside loops, and deletes that count.
    writes_once: u64,
    writes_in_loops: u64,
    /// Those that also count as a changed row.
    changing: u64,
    /// The same two sums over its triggers and foreign key actions.
    trigger_writes: u64,
    trigger_changing: u64,
    /// Seeks in its triggers and foreign key actions.
    trigger_seeks: u64,
}

/// Counter readings when a statement began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    steps: u32,
    sorts: u32,
    total_changes: u64,
}

/// What the rows of a run have shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Rows given out.
    pub rows: u64,
    /// Value of the column that counts a table.
    pub counted: u64,
}

fn steps(statement: &Statement) -> u32 {
    [
        Counter::OtherStep,
        Counter::ScanStep,
        Counter::AutoIndexStep,
    ]
    .into_iter()
    .fold(0, |sum, kind| sum.wrapping_add(statement.counter(kind)))
}

impl Program {
    /// Reads the program of `sql`, one statement that compiles.
    pub fn of(connection: &mut Connection, sql: &[u8]) -> Program {
        let mut explain = b"EXPLAIN ".to_vec();
        explain.extend_from_slice(sql);
        let Ok(compiled) = connection.compile(&explain, false) else {
            return Program::unknown();
        };
        let Some(mut listing) = compiled.statement else {
            return Program::unknown();
        };
        let mut operations = Vec::with_capacity(64);
        while let Ok(true) = listing.step() {
            operations.push(Operation::read(&listing));
        }
        analyse(&operations)
    }

    /// For a program that could not be listed, and for statements of the storage's own.
    pub fn unknown() -> Program {
        Program {
            seeks_once: 1,
            ..Program::default()
        }
    }

    /// Takes the readings before the first step.
    pub fn start(&self, statement: &Statement, connection: &Connection, readonly: bool) -> Start {
        Start {
            steps: steps(statement),
            sorts: statement.counter(Counter::Sort),
            total_changes: if readonly {
                0
            } else {
                connection.total_changes()
            },
        }
    }

    /// Notes one row that is about to be given out.
    pub fn see_row(&self, statement: &Statement, seen: &mut Seen) {
        seen.rows += 1;
        if let Some(column) = self.count_column
            && let ValueRef::Integer(count) = statement.value(column)
        {
            seen.counted = u64::try_from(count).unwrap_or(0);
        }
    }

    /// The cost since `start`.
    pub fn usage(
        &self,
        statement: &Statement,
        connection: &Connection,
        start: Start,
        seen: Seen,
        readonly: bool,
    ) -> Usage {
        let steps = u64::from(steps(statement).wrapping_sub(start.steps));
        let sorts = u64::from(statement.counter(Counter::Sort).wrapping_sub(start.sorts));
        let (direct, indirect) = if readonly {
            (0, 0)
        } else {
            self.changes(connection, start)
        };
        let nothing_found = steps == 0 && seen.rows == 0 && direct == 0;
        let once = if self.exact_match_only && nothing_found {
            0
        } else {
            self.seeks_once
        };
        let inner = match self.seeks_in_loops {
            0 => 0,
            _ if nothing_found => 0,
            seeks if direct > 0 => seeks * direct,
            seeks => seeks * self.iterations(steps, sorts, seen.rows),
        };
        let virtual_steps = if self.virtual_loops > 0 { seen.rows } else { 0 };
        Usage {
            rows_read: steps
                + sorts
                + once
                + inner
                + self.seeks_per_change * direct
                + self.trigger_seeks * direct
                + seen.counted
                + virtual_steps,
            rows_written: self.written(steps, direct, indirect),
        }
    }

    /// Rows changed by the statement itself and by what it set off.
    fn changes(&self, connection: &Connection, start: Start) -> (u64, u64) {
        let total = connection.total_changes().wrapping_sub(start.total_changes);
        if self.changing == 0 || total == 0 {
            return (0, total);
        }
        let direct = connection.changes().min(total);
        match self.virtual_updates {
            0 => (direct, total - direct),
            _ => (direct, 0),
        }
    }

    /// How often the body of the outer loop ran.
    fn iterations(&self, steps: u64, sorts: u64, rows: u64) -> u64 {
        match self.loops {
            0 | 1 => steps + 1,
            // The inner loop gave the rows, so the rest of the steps was the outer loop's.
            2 if sorts == 0 => (steps + 1).saturating_sub(rows).max(1),
            loops => steps / loops + 1,
        }
    }

    fn written(&self, steps: u64, direct: u64, indirect: u64) -> u64 {
        if self.changing == 0 {
            let per_loop = steps / self.loops.max(1) + 1;
            return self.writes_once + self.writes_in_loops * per_loop + indirect;
        }
        let own = self.writes_once + self.writes_in_loops;
        let per_trigger_change = self
            .trigger_writes
            .checked_div(self.trigger_changing)
            .unwrap_or(1)
            .max(1);
        direct * own / self.changing + indirect * per_trigger_change
    }
}

/// One line of a program listing, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Operation {
    kind: Kind,
    /// Its place within its own program; 0 starts a program.
    address: i64,
    p1: i64,
    p2: i64,
    p3: i64,
    p5: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Seek,
    SeekGreaterOrEqual,
    Next,
    VirtualNext,
    VirtualUpdate,
    Goto,
    Count,
    Copy,
    ResultRow,
    OpenRead,
    OpenTemporary,
    Insert,
    IndexInsert,
    Delete,
    Clear,
    Other,
}

/// Flag in P5: counts as a changed row.
const CHANGES_ROW: i64 = 0x01;
/// Flag in P5 of an opened cursor: it will only seek equal keys.
const EQUAL_ONLY: i64 = 0x02;

impl Operation {
    fn read(listing: &Statement) -> Operation {
        let kind = match listing.value(1) {
            ValueRef::Text(name) => kind_of(name),
            _ => Kind::Other,
        };
        Operation {
            kind,
            address: listing.integer(0),
            p1: listing.integer(2),
            p2: listing.integer(3),
            p3: listing.integer(4),
            p5: listing.integer(6),
        }
    }

    fn changes_row(&self) -> bool {
        match self.kind {
            Kind::Insert | Kind::IndexInsert | Kind::Delete => self.p5 & CHANGES_ROW != 0,
            Kind::Clear => self.p3 != 0,
            Kind::VirtualUpdate => true,
            _ => false,
        }
    }
}

fn kind_of(name: &[u8]) -> Kind {
    match name {
        b"SeekGE" => Kind::SeekGreaterOrEqual,
        b"SeekGT" | b"SeekLE" | b"SeekLT" | b"SeekRowid" | b"NotExists" | b"Rewind" | b"Last" => {
            Kind::Seek
        }
        b"Next" | b"Prev" | b"SorterNext" => Kind::Next,
        b"VNext" => Kind::VirtualNext,
        b"VUpdate" => Kind::VirtualUpdate,
        b"Goto" => Kind::Goto,
        b"Count" => Kind::Count,
        b"Copy" | b"SCopy" => Kind::Copy,
        b"ResultRow" => Kind::ResultRow,
        b"OpenRead" => Kind::OpenRead,
        // only window functions open a cursor twice, on a table of their own
        b"OpenEphemeral" | b"OpenDup" | b"OpenAutoindex" | b"SorterOpen" => Kind::OpenTemporary,
        b"Insert" => Kind::Insert,
        b"IdxInsert" => Kind::IndexInsert,
        b"Delete" => Kind::Delete,
        b"Clear" => Kind::Clear,
        _ => Kind::Other,
    }
}

fn analyse(operations: &[Operation]) -> Program {
    let mut programs = operations.chunk_by(|_, next| next.address != 0);
    let mut result = programs.next().map(analyse_main).unwrap_or_default();
    for trigger in programs {
        let part = analyse_main(trigger);
        result.trigger_writes += part.writes_once + part.writes_in_loops;
        result.trigger_changing += part.changing;
        result.trigger_seeks += part.seeks_once + part.seeks_in_loops;
    }
    result
}

fn analyse_main(program: &[Operation]) -> Program {
    let loops = Loops::of(program);
    let temporary: Vec<i64> = program
        .iter()
        .filter(|op| op.kind == Kind::OpenTemporary)
        .map(|op| op.p1)
        .collect();
    let equal_only: Vec<i64> = program
        .iter()
        .filter(|op| op.kind == Kind::OpenRead && op.p5 & EQUAL_ONLY != 0)
        .map(|op| op.p1)
        .collect();
    let mut result = Program {
        loops: loops.cursor.len() as u64,
        virtual_loops: loops.virtual_tables,
        count_column: count_column(program),
        ..Program::default()
    };
    let mut all_equal_only = true;
    for op in program {
        let looping = loops.contain(op.address);
        match op.kind {
            Kind::Seek | Kind::SeekGreaterOrEqual => {
                all_equal_only &=
                    op.kind == Kind::SeekGreaterOrEqual && equal_only.contains(&op.p1);
                if looping {
                    result.seeks_in_loops += 1;
                } else if loops.repeat(op.address) {
                    result.seeks_per_change += 1;
                } else {
                    result.seeks_once += 1;
                }
            }
            Kind::Count if result.count_column.is_none() && op.p3 == 0 => result.seeks_once += 1,
            Kind::Insert | Kind::IndexInsert if temporary.contains(&op.p1) => {}
            Kind::Insert | Kind::IndexInsert if looping => result.writes_in_loops += 1,
            Kind::Insert | Kind::IndexInsert => result.writes_once += 1,
            Kind::Delete | Kind::Clear | Kind::VirtualUpdate if op.changes_row() => {
                result.writes_once += 1;
                result.virtual_updates += u64::from(op.kind == Kind::VirtualUpdate);
            }
            _ => {}
        }
        result.changing += u64::from(op.changes_row() && !temporary.contains(&op.p1));
    }
    result.exact_match_only =
        all_equal_only && result.seeks_once == 1 && result.seeks_in_loops == 0;
    result
}

/// The result column into which the count of a whole table is copied.
fn count_column(program: &[Operation]) -> Option<usize> {
    let count = program
        .iter()
        .find(|op| op.kind == Kind::Count && op.p3 == 0)?;
    let result = program.iter().find(|op| op.kind == Kind::ResultRow)?;
    let columns = result.p1..result.p1 + result.p2;
    let target = if columns.contains(&count.p2) {
        count.p2
    } else {
        program
            .iter()
            .find(|op| op.kind == Kind::Copy && op.p1 == count.p2 && columns.contains(&op.p2))?
            .p2
    };
    usize::try_from(target - result.p1).ok()
}

/// Address ranges that a program runs through more than once.
struct Loops {
    cursor: Vec<std::ops::RangeInclusive<i64>>,
    other: Vec<std::ops::RangeInclusive<i64>>,
    virtual_tables: u64,
}

impl Loops {
    fn of(program: &[Operation]) -> Loops {
        let mut loops = Loops {
            cursor: Vec::new(),
            other: Vec::new(),
            virtual_tables: 0,
        };
        for op in program {
            // A program's last jump goes back to address 1 and is no loop.
            let range = op.p2..=op.address;
            match op.kind {
                Kind::Next if op.p2 <= op.address => loops.cursor.push(range),
                Kind::VirtualNext => {
                    loops.virtual_tables += 1;
                    loops.cursor.push(range);
                }
                Kind::Goto if op.p2 > 1 && op.p2 < op.address => loops.other.push(range),
                _ => {}
            }
        }
        loops
    }

    fn contain(&self, address: i64) -> bool {
        self.cursor.iter().any(|range| range.contains(&address))
    }

    fn repeat(&self, address: i64) -> bool {
        self.other.iter().any(|range| range.contains(&address))
    }
}
