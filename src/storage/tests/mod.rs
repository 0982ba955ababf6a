//! Tests of the room as a whole; tests of one file's inner parts stand in that file.

mod counting;
mod faults;
mod layout;
mod model;
mod sql;
mod turns;

use super::*;

/// A value with its bytes, for comparing.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// Keeps all it is given.
#[derive(Debug, Default)]
struct Rows {
    columns: Vec<String>,
    shape: u64,
    rows: Vec<Vec<Value>>,
}

impl RowSink for Rows {
    fn columns(&mut self, columns: &Columns) {
        self.columns = columns.names.iter().map(|name| name.to_string()).collect();
        self.shape = columns.shape;
    }
    fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }
    fn value(&mut self, value: ValueRef<'_>) {
        let value = match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
        };
        self.rows.last_mut().unwrap().push(value);
    }
}

/// A database in a folder of its own, which goes away with it.
struct Bench {
    database: Database,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(folder.path().join("object.sqlite"), quick());
        Bench { database, folder }
    }

    fn exec(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Rows, StorageError> {
        let mut rows = Rows::default();
        let done = self.database.exec(sql, params, &mut rows, Batch::ALL)?;
        assert_eq!(done.cursor, None);
        Ok(rows)
    }

    /// The first value of the first row.
    fn value(&mut self, sql: &str, params: &[Param<'_>]) -> Value {
        self.exec(sql, params).unwrap().rows[0][0].clone()
    }

    fn error(&mut self, sql: &str) -> String {
        self.exec(sql, &[]).unwrap_err().to_string()
    }

    fn usage(&mut self, sql: &str) -> (u64, u64) {
        let done = self
            .database
            .exec(sql, &[], &mut Rows::default(), Batch::ALL)
            .unwrap();
        (done.rows_read, done.rows_written)
    }

    /// Closes it and opens the same file again.
    fn reopen(&mut self) {
        let path = self.database.path().to_path_buf();
        self.database = Database::new(path, quick());
    }
}

fn quick() -> Options {
    Options {
        durability: Durability::Normal,
        files: None,
    }
}

fn text(value: &str) -> Param<'_> {
    Param::Text(value.as_bytes())
}
