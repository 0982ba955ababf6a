//! SQL, keys and values, transactions.

use std::{borrow::Cow, ops::ControlFlow};

use super::{Done, Failed};
use crate::{
    object::{live::Live, message::CallError},
    sandbox::wire::{Malformed, OpenList, Reader, Value, Writer},
    storage::{
        Batch, Columns, CursorId, Database, Executed, KvRange, Param, RowSink, StorageError,
        ValueRef,
    },
};

/// How much of a result crosses at once.
const BATCH: Batch = Batch {
    max_rows: 512,
    max_bytes: 256 * 1024,
};

impl From<StorageError> for Failed {
    fn from(error: StorageError) -> Self {
        Failed::Storage(error)
    }
}

impl Live {
    fn database(&mut self) -> Result<&mut Database, Failed> {
        let none = || CallError::new("A stateless worker has no storage.");
        self.database.as_mut().ok_or_else(|| none().into())
    }

    pub(super) fn storage_call(
        &mut self,
        subject: &str,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        self.check_rows()?;
        let done = self.storage_verb(subject, verb, args, answer);
        if let Err(Failed::Storage(error)) = &done
            && error.is_full()
        {
            self.storage_full();
        }
        done
    }

    fn storage_verb(
        &mut self,
        subject: &str,
        verb: &str,
        args: &mut Reader<'_>,
        answer: &mut Writer,
    ) -> Done {
        match (subject, verb) {
            ("sql", "exec") => exec(self.database()?, args, answer),
            ("sql", "fetch") => {
                let cursor = CursorId(args.index()?);
                let mut rows = Rows::more(answer);
                let executed = self.database()?.fetch(cursor, &mut rows, BATCH)?;
                rows.finish(executed);
                Ok(())
            }
            ("sql", "size") => {
                answer.number(self.database()?.database_size()? as f64);
                Ok(())
            }
            ("kv", _) => key_value(self.database()?, verb, args, answer),
            ("transaction", "begin") => {
                if self.database()?.savepoint_depth() == 0 {
                    // what was written before it must be lasting before it sends anything
                    self.commit()?;
                }
                Ok(self.database()?.savepoint().map(drop)?)
            }
            ("savepoint", "begin") => Ok(self.database()?.savepoint().map(drop)?),
            ("savepoint", "release") => {
                let database = self.database()?;
                Ok(database.release(database.savepoint_depth())?)
            }
            ("savepoint", "rollback") => {
                let database = self.database()?;
                database.rollback_to(database.savepoint_depth())?;
                Ok(self.alarm_rolled_back()?)
            }
            ("storage", "deleteAll") => self.delete_all(),
            ("storage", "bookmark") => {
                // a number that grows, in the grammar of bookmarks; there is no history behind it
                let now = crate::ledger::now_ms();
                answer.text(&format!(
                    "{:08x}-{:08x}-00000000-{:032}",
                    now >> 32,
                    now & 0xffff_ffff,
                    0
                ));
                Ok(())
            }
            _ => Err(CallError::new(format!("unknown host call {subject}.{verb}")).into()),
        }
    }

    fn delete_all(&mut self) -> Done {
        let (actor, deletes_alarm) = (self.actor.clone(), self.code.delete_all_deletes_alarm());
        let database = self.database()?;
        match database.alarm()? {
            Some(at_ms) if !deletes_alarm => {
                if let Some(world) = actor.world() {
                    world.guard_alarm(&actor, at_ms)?;
                }
                database.delete_all_but_alarm()?;
            }
            _ => database.delete_all()?,
        }
        Ok(actor.delete_all_facets()?)
    }
}

fn exec(database: &mut Database, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let query = args.value()?;
    let query = match query.as_str() {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(query.to_text().ok_or(Malformed)?),
    };
    let mut params = Vec::new();
    while !args.is_empty() {
        params.push(match args.value()? {
            Value::Number(n) => Param::Real(n),
            Value::Text(text) => Param::Text(text),
            Value::Bytes(bytes) => Param::Blob(bytes),
            _ => Param::Null,
        });
    }
    let mut rows = Rows::new(answer);
    let executed = database.exec(&query, &params, &mut rows, BATCH)?;
    rows.finish(executed);
    Ok(())
}

/// Writes a result as `[names, rows, cursor, read, written]`.
struct Rows<'a> {
    answer: &'a mut Writer,
    rows: Option<OpenList>,
    row: Option<OpenList>,
}

impl<'a> Rows<'a> {
    fn new(answer: &'a mut Writer) -> Self {
        answer.list(5);
        Self {
            answer,
            rows: None,
            row: None,
        }
    }

    /// A further batch: the names were told before.
    fn more(answer: &'a mut Writer) -> Self {
        answer.list(5).null();
        let rows = Some(answer.begin_list());
        Self {
            answer,
            rows,
            row: None,
        }
    }

    fn finish(mut self, executed: Executed) {
        if self.rows.is_none() {
            self.answer.list(0);
        }
        let rows = self.rows.take().unwrap_or_else(|| self.answer.begin_list());
        self.answer.end_list(rows);
        match executed.cursor {
            Some(CursorId(id)) => self.answer.number(id as f64),
            None => self.answer.null(),
        };
        self.answer
            .number(executed.rows_read as f64)
            .number(executed.rows_written as f64);
    }
}

impl RowSink for Rows<'_> {
    fn columns(&mut self, columns: &Columns) {
        self.answer.list(columns.names.len());
        for name in &columns.names {
            self.answer.text(name);
        }
        self.rows = Some(self.answer.begin_list());
    }

    fn begin_row(&mut self) {
        self.row = Some(self.answer.begin_list());
    }

    fn value(&mut self, value: ValueRef<'_>) {
        match value {
            ValueRef::Null => self.answer.null(),
            ValueRef::Integer(n) => self.answer.int(n),
            ValueRef::Real(n) => self.answer.number(n),
            ValueRef::Text(text) => self.answer.raw_text(text),
            ValueRef::Blob(bytes) => self.answer.bytes(bytes),
        };
        if let Some(row) = &mut self.row {
            row.push();
        }
    }

    fn end_row(&mut self) {
        if let Some(row) = self.row.take() {
            self.answer.end_list(row);
        }
        if let Some(rows) = &mut self.rows {
            rows.push();
        }
    }
}

fn key_value(
    database: &mut Database,
    verb: &str,
    args: &mut Reader<'_>,
    answer: &mut Writer,
) -> Done {
    match verb {
        "get" => {
            match database.kv_get(args.bytes()?)? {
                Some(value) => answer.bytes(&value),
                None => answer.null(),
            };
        }
        "put" => {
            let key = args.bytes()?;
            database.kv_put(key, args.bytes()?)?;
        }
        "delete" => {
            answer.bool(database.kv_delete(args.bytes()?)?);
        }
        "list" => list(database, args, answer)?,
        other => return Err(CallError::new(format!("unknown host call kv.{other}")).into()),
    }
    Ok(())
}

fn list(database: &mut Database, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let [start, start_after, end, prefix] =
        [args.value()?, args.value()?, args.value()?, args.value()?];
    let reverse = args.value()? == Value::Bool(true);
    let range = KvRange {
        start: start.as_bytes(),
        start_after: start_after.as_bytes(),
        end: end.as_bytes(),
        prefix: prefix.as_bytes(),
        reverse,
        limit: Some(args.index()?),
    };
    let mut entries = answer.begin_list();
    database.kv_list(&range, |key, value| {
        answer.list(2).raw_text(key).bytes(value);
        entries.push();
        ControlFlow::Continue(())
    })?;
    answer.end_list(entries);
    Ok(())
}
