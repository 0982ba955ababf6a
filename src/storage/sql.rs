//! Running a worker's SQL on an open connection: texts of several statements, batches, cursors.

use super::{
    authorizer::{Author, Deeds, mentions_hidden},
    cache::{Columns, Found, Prepared, Slot},
    counting::{Start, Usage},
    error::Failure,
    limit::Limited,
    open::Open,
    statement::{Compiled, Lifetime, Param, ValueRef},
};
use rusqlite::ffi;

/// Takes the rows of a result as they come, with nothing allocated in between.
pub trait RowSink {
    /// Once for each `exec`, before its first row; also when there are no rows.
    fn columns(&mut self, columns: &Columns);
    /// A row begins.
    fn begin_row(&mut self) {}
    /// One value for each column, in order.
    fn value(&mut self, value: ValueRef<'_>);
    /// The row is complete.
    fn end_row(&mut self) {}
}

/// How much of a result is wanted at once. At least one row is given, and a statement that
/// writes gives all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    pub max_rows: usize,
    /// Text and blob bytes plus 8 for each value; checked after each row.
    pub max_bytes: usize,
}

impl Batch {
    /// Everything at once.
    pub const ALL: Batch = Batch {
        max_rows: usize::MAX,
        max_bytes: usize::MAX,
    };
}

/// Names an unfinished result of one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CursorId(pub u64);

/// What an `exec` or `fetch` did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// There is more, or might be: [`super::Database::fetch`] it or close it.
    pub cursor: Option<CursorId>,
    /// Of the last statement of the text, since it began.
    pub rows_read: u64,
    /// Of the last statement of the text, since it began.
    pub rows_written: u64,
}

/// Why a text did not run.
pub(super) enum Stop {
    Failure(Failure),
    /// A rule of the reference, already in its words.
    Rule(&'static str),
    /// It needs the real file, and this is the stand-in for one that does not exist.
    NeedsFile,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

const NO_STATEMENT: &str = "SQL code did not contain a statement.";
const WRONG_COUNT: &str = "Wrong number of parameter bindings for SQL query.";
const EARLY_PARAMETERS: &str = "When executing multiple SQL statements in a single call, only \
    the last statement can have parameters.";
const TRANSACTION: &str = "To execute a transaction, please use the state.storage.transaction() \
    or state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT \
    statements. The JavaScript API is safer because it will automatically roll back on \
    exceptions, and because it interacts correctly with Durable Objects' automatic atomic write \
    coalescing.";

/// Where the statement of a run lives.
enum Held {
    Cached(Slot),
    Own(Box<Prepared>),
}

/// A statement between its first step and its end.
pub(super) struct Run {
    held: Held,
    progress: Progress,
}

#[derive(Default)]
struct Progress {
    start: Start,
    /// The statement stands on a row that was not given out yet.
    row_ready: bool,
    /// Some binding holds bytes.
    holds_bytes: bool,
    /// Already added to the database's sum.
    billed: Usage,
}

/// Unfinished results. Numbers are not used twice.
#[derive(Default)]
pub(super) struct Cursors {
    runs: Vec<(u64, Run)>,
    last: u64,
}

impl Cursors {
    fn add(&mut self, run: Run) -> CursorId {
        self.last += 1;
        self.runs.push((self.last, run));
        CursorId(self.last)
    }

    fn take(&mut self, id: CursorId) -> Option<Run> {
        let at = self.runs.iter().position(|(number, _)| *number == id.0)?;
        Some(self.runs.swap_remove(at).1)
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

impl Open {
    /// Runs all statements of `sql`, the last one with `params`, and gives the first batch of
    /// the last one's rows. Adds all costs to `sum`.
    pub fn exec<S: RowSink + ?Sized>(
        &mut self,
        sql: &[u8],
        params: &[Param<'_>],
        sink: &mut S,
        batch: Batch,
        sum: &mut Usage,
    ) -> Result<Executed, Stop> {
        let held = match self.cache.take(sql) {
            Found::Ready(slot) => Held::Cached(slot),
            found => {
                let keep = matches!(found, Found::Missing);
                self.prepare(sql, keep, sum)?
            }
        };
        self.connection.guard().set_author(Author::Worker);
        let run = Run {
            held,
            progress: Progress::default(),
        };
        self.start(run, params, sink, batch, sum)
    }

    /// Gives the next batch of a cursor.
    pub fn fetch<S: RowSink + ?Sized>(
        &mut self,
        id: CursorId,
        sink: &mut S,
        batch: Batch,
        sum: &mut Usage,
    ) -> Result<Executed, Stop> {
        let Some(mut run) = self.cursors.take(id) else {
            return Ok(Executed::default());
        };
        self.connection.guard().set_author(Author::Worker);
        let Some(prepared) = self.cache.prepared(&mut run.held) else {
            return Ok(Executed::default());
        };
        let outcome = give_rows(prepared, &mut run.progress, sink, batch);
        self.settle(run, outcome, sum)
    }

    /// Ends a cursor early; unknown ones are ignored.
    pub fn close(&mut self, id: CursorId) {
        if let Some(run) = self.cursors.take(id) {
            self.put_back(run);
        }
    }

    /// Ends all cursors.
    pub fn close_all(&mut self) {
        for (_, run) in std::mem::take(&mut self.cursors.runs) {
            self.put_back(run);
        }
    }

    /// Compiles a text that is not in the cache and runs all its statements but the last.
    fn prepare(&mut self, sql: &[u8], keep: bool, sum: &mut Usage) -> Result<Held, Stop> {
        let mut rest = sql;
        loop {
            let (prepared, used) = self.prepare_head(rest)?;
            let tail = trim_blanks(&rest[used..]);
            if tail.is_empty() {
                if !keep || prepared.sets_pragma || rest.len() != sql.len() {
                    return Ok(Held::Own(Box::new(prepared)));
                }
                return Ok(match self.cache.keep(sql, prepared) {
                    Ok(slot) => Held::Cached(slot),
                    Err(prepared) => Held::Own(prepared),
                });
            }
            if prepared.parameters > 0 {
                return Err(Stop::Rule(EARLY_PARAMETERS));
            }
            self.connection.guard().set_author(Author::Worker);
            let run = Run {
                held: Held::Own(Box::new(prepared)),
                progress: Progress::default(),
            };
            self.start(run, &[], &mut Ignore, Batch::ALL, sum)?;
            rest = tail;
        }
    }

    /// Compiles the first statement of `sql`; the second value is how many bytes it took.
    fn prepare_head(&mut self, sql: &[u8]) -> Result<(Prepared, usize), Stop> {
        let (mut compiled, deeds) = self.compile_judged(sql)?;
        if deeds.sets_foreign_keys && !self.is_stand_in {
            // SQLite applies this PRAGMA when it compiles it, and only outside a transaction.
            self.end_idle_turn()?;
            (compiled, _) = self.compile_judged(sql)?;
        }
        let Some(statement) = compiled.statement else {
            return Err(Stop::Rule(NO_STATEMENT));
        };
        let text = &sql[..compiled.used];
        if deeds.names_tables && mentions_hidden(text) {
            return Err(Failure::new(ffi::SQLITE_AUTH, "not authorized", -1).into());
        }
        if self.is_stand_in && (deeds.sets_pragma || !statement.is_readonly()) {
            return Err(Stop::NeedsFile);
        }
        let shape = self.new_shape();
        let prepared = Prepared::new(statement, deeds.sets_pragma, shape);
        Ok((prepared, compiled.used))
    }

    /// Compiles on the worker's behalf what SQLite knows, and what it knows in other words.
    fn compile_judged(&mut self, sql: &[u8]) -> Result<(Compiled, Deeds), Stop> {
        match self.compile_as_written(sql) {
            Err(Stop::Failure(failure)) if failure.is_about_limit() => {
                self.compile_limited(sql).unwrap_or(Err(failure.into()))
            }
            outcome => outcome,
        }
    }

    /// Compiles an UPDATE or DELETE with a LIMIT; `None` for anything else.
    fn compile_limited(&mut self, sql: &[u8]) -> Option<Result<(Compiled, Deeds), Stop>> {
        let limited = Limited::read(sql)?;
        if let Some((fault, at)) = limited.fault(sql) {
            return Some(Err(Failure::new(ffi::SQLITE_ERROR, &fault, at).into()));
        }
        let key = match self.row_key(&limited.table_name(sql)) {
            Ok(key) => key?,
            Err(failure) => return Some(Err(failure.into())),
        };
        let rewritten = limited.rewritten(sql, &key);
        Some(match self.compile_as_written(&rewritten.sql) {
            Ok((compiled, deeds)) => {
                let used = limited.used;
                Ok((Compiled { used, ..compiled }, deeds))
            }
            Err(Stop::Failure(failure)) => {
                Err(failure.relocated(|at| rewritten.original(at)).into())
            }
            Err(stop) => Err(stop),
        })
    }

    /// The columns that tell the rows of a table apart; `None` for a view.
    fn row_key(&mut self, table: &str) -> Result<Option<Vec<String>>, Failure> {
        let list = |open: &mut Self, sql: &str| -> Result<Vec<String>, Failure> {
            let mut statement = open.connection.compile_own(sql)?;
            statement.bind(1, Param::Text(table.as_bytes()), Lifetime::Copied)?;
            let mut all = Vec::new();
            while statement.step()? {
                if let ValueRef::Text(text) = statement.value(0) {
                    all.push(String::from_utf8_lossy(text).into_owned());
                }
            }
            Ok(all)
        };
        let kinds = list(self, "SELECT type || wr FROM pragma_table_list(?1)")?;
        match kinds.first().map(String::as_str) {
            Some("table1") => list(
                self,
                "SELECT name FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk",
            )
            .map(Some),
            Some("view0") => Ok(None),
            _ => {
                let columns = list(self, "SELECT name FROM pragma_table_xinfo(?1)")?;
                let free = ["rowid", "_rowid_", "oid"].iter().find(|name| {
                    !columns
                        .iter()
                        .any(|column| column.eq_ignore_ascii_case(name))
                });
                Ok(free.map(|name| vec![name.to_string()]))
            }
        }
    }

    /// Compiles on the worker's behalf, under the authorizer's eyes.
    fn compile_as_written(&mut self, sql: &[u8]) -> Result<(Compiled, Deeds), Stop> {
        let guard = self.connection.guard();
        guard.set_author(Author::Worker);
        guard.forget();
        let compiled = self.connection.compile(sql, true);
        let guard = self.connection.guard();
        guard.set_author(Author::Storage);
        let deeds = guard.seen();
        match compiled {
            Err(_) if deeds.transaction => Err(Stop::Rule(TRANSACTION)),
            outcome => Ok((outcome?, deeds)),
        }
    }

    fn start<S: RowSink + ?Sized>(
        &mut self,
        mut run: Run,
        params: &[Param<'_>],
        sink: &mut S,
        batch: Batch,
        sum: &mut Usage,
    ) -> Result<Executed, Stop> {
        let shape = self.new_shape();
        let Some(prepared) = self.cache.prepared(&mut run.held) else {
            return Err(Stop::Rule(NO_STATEMENT));
        };
        if prepared.parameters != params.len() {
            self.put_back(run);
            return Err(Stop::Rule(WRONG_COUNT));
        }
        let first = bind_and_step(prepared, &mut run.progress, params);
        let outcome = first.and_then(|()| {
            prepared.refresh(shape);
            sink.columns(&prepared.columns);
            if run.progress.row_ready {
                give_rows(prepared, &mut run.progress, sink, batch)
            } else {
                Ok(true)
            }
        });
        self.settle(run, outcome, sum)
    }

    /// Puts a run where it belongs after it gave rows: among the cursors, or back.
    fn settle(
        &mut self,
        mut run: Run,
        outcome: Result<bool, Failure>,
        sum: &mut Usage,
    ) -> Result<Executed, Stop> {
        let mut executed = Executed::default();
        if let Some(prepared) = self.cache.prepared(&mut run.held) {
            let usage = bill(prepared, &mut run.progress, sum);
            executed.rows_read = usage.rows_read;
            executed.rows_written = usage.rows_written;
        }
        match outcome {
            Ok(true) => self.put_back(run),
            Ok(false) => executed.cursor = Some(self.cursors.add(run)),
            Err(failure) => {
                self.put_back(run);
                return Err(failure.into());
            }
        }
        Ok(executed)
    }

    fn put_back(&mut self, mut run: Run) {
        if let Some(prepared) = self.cache.prepared(&mut run.held) {
            prepared.statement.reset();
            if run.progress.holds_bytes {
                prepared.statement.clear_bindings();
            }
        }
        if let Held::Cached(slot) = run.held {
            self.cache.release(slot);
        }
    }
}

impl super::cache::StatementCache {
    fn prepared<'a>(&'a mut self, held: &'a mut Held) -> Option<&'a mut Prepared> {
        match held {
            Held::Cached(slot) => self.get(*slot),
            Held::Own(prepared) => Some(prepared),
        }
    }
}

/// Binds and takes the first step.
fn bind_and_step(
    prepared: &mut Prepared,
    progress: &mut Progress,
    params: &[Param<'_>],
) -> Result<(), Failure> {
    // A statement that writes never outlives the call, so neither do its bindings.
    let lifetime = if prepared.readonly {
        Lifetime::Copied
    } else {
        Lifetime::Borrowed
    };
    for (index, param) in params.iter().enumerate() {
        progress.holds_bytes |= matches!(param, Param::Text(_) | Param::Blob(_));
        prepared.statement.bind(index + 1, *param, lifetime)?;
    }
    progress.start = Start::of(&prepared.statement);
    progress.row_ready = prepared.statement.step()?;
    Ok(())
}

/// Gives rows until the batch is full (`false`) or the result ended (`true`). Stays one row
/// ahead, so that a full batch with nothing behind it counts as the end.
fn give_rows<S: RowSink + ?Sized>(
    prepared: &mut Prepared,
    progress: &mut Progress,
    sink: &mut S,
    batch: Batch,
) -> Result<bool, Failure> {
    let columns = prepared.columns.names.len();
    let (mut rows, mut bytes) = (0, 0);
    loop {
        if !progress.row_ready && !prepared.statement.step()? {
            return Ok(true);
        }
        let full = rows >= batch.max_rows.max(1) || bytes >= batch.max_bytes.max(1);
        if full && prepared.readonly {
            progress.row_ready = true;
            return Ok(false);
        }
        progress.row_ready = false;
        sink.begin_row();
        for index in 0..columns {
            let value = prepared.statement.value(index);
            bytes += value.weight();
            sink.value(value);
        }
        sink.end_row();
        rows += 1;
    }
}

/// The cost of the run so far; adds what is new to `sum`.
fn bill(prepared: &Prepared, progress: &mut Progress, sum: &mut Usage) -> Usage {
    let usage = progress.start.usage(&prepared.statement);
    sum.add(usage.since(progress.billed));
    progress.billed = usage;
    usage
}

fn trim_blanks(text: &[u8]) -> &[u8] {
    let blanks = text
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r'))
        .count();
    &text[blanks..]
}

/// For the rows of statements that are not the last.
struct Ignore;

impl RowSink for Ignore {
    fn columns(&mut self, _: &Columns) {}
    fn value(&mut self, _: ValueRef<'_>) {}
}
