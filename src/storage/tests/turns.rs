use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{Bench, Rows, Value, quick};
use crate::storage::{Batch, Database, StorageError};

#[test]
fn a_turn_is_all_or_nothing() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    assert!(bench.database.commit_turn().unwrap().wrote);
    bench.exec("INSERT INTO t VALUES (1)", &[]).unwrap();
    bench.database.kv_put(b"k", b"v").unwrap();
    let usage = bench.database.rollback_turn().unwrap();
    assert_eq!(usage.rows_written, 2);
    assert_eq!(
        bench.value("SELECT count(*) FROM t", &[]),
        Value::Integer(0)
    );
    assert_eq!(bench.database.kv_get(b"k").unwrap(), None);
    assert!(!bench.database.commit_turn().unwrap().wrote);

    bench.exec("INSERT INTO t VALUES (2)", &[]).unwrap();
    bench.reopen();
    assert_eq!(
        bench.value("SELECT count(*) FROM t", &[]),
        Value::Integer(0)
    );
}

#[test]
fn an_error_in_a_statement_leaves_the_rest_of_the_turn() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a UNIQUE)", &[]).unwrap();
    bench.exec("INSERT INTO t VALUES (1)", &[]).unwrap();
    assert!(bench.exec("INSERT INTO t VALUES (2), (1)", &[]).is_err());
    bench.database.commit_turn().unwrap();
    bench.reopen();
    assert_eq!(
        bench.value("SELECT count(*) FROM t", &[]),
        Value::Integer(1)
    );
}

#[test]
fn savepoints_nest() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    let outer = bench.database.savepoint().unwrap();
    bench.exec("INSERT INTO t VALUES (1)", &[]).unwrap();
    let inner = bench.database.savepoint().unwrap();
    assert_eq!((outer, inner), (1, 2));
    bench.exec("INSERT INTO t VALUES (2)", &[]).unwrap();
    bench.database.rollback_to(inner).unwrap();
    let held = bench.database.commit_turn().unwrap();
    assert!(held.held && !held.wrote);
    assert!(bench.database.release(inner).is_err());
    bench.database.release(outer).unwrap();
    assert!(bench.database.commit_turn().unwrap().wrote);
    bench.reopen();
    assert_eq!(bench.value("SELECT sum(a) FROM t", &[]), Value::Integer(1));
}

#[test]
fn releasing_the_outer_savepoint_ends_the_inner_ones() {
    let mut bench = Bench::new();
    let outer = bench.database.savepoint().unwrap();
    bench.database.savepoint().unwrap();
    bench.database.kv_put(b"k", b"v").unwrap();
    bench.database.release(outer).unwrap();
    assert_eq!(bench.database.savepoint_depth(), 0);
    assert_eq!(bench.database.kv_get(b"k").unwrap(), Some(b"v".to_vec()));
}

#[test]
fn a_deferred_constraint_fails_the_commit() {
    let mut bench = Bench::new();
    bench
        .exec(
            "CREATE TABLE p (id PRIMARY KEY);\
             CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)",
            &[],
        )
        .unwrap();
    bench.database.commit_turn().unwrap();
    bench.exec("INSERT INTO c VALUES (1)", &[]).unwrap();
    let error = bench.database.commit_turn().unwrap_err();
    assert!(error.resets_object());
    assert_eq!(
        error.to_string(),
        "Durable Object was reset and rolled back to its last known good state because the \
         application left the database in a state where constraints were violated: FOREIGN KEY \
         constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)"
    );
    // Nothing works until the object was reset; then everything does.
    assert_eq!(bench.exec("SELECT 1", &[]).unwrap_err(), error);
    bench.database.rollback_turn().unwrap();
    assert_eq!(
        bench.value("SELECT count(*) FROM c", &[]),
        Value::Integer(0)
    );
}

#[test]
fn delete_all_starts_from_nothing() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    bench.database.kv_put(b"k", b"v").unwrap();
    bench.database.metadata_put(1, Some(-5)).unwrap();
    bench.database.commit_turn().unwrap();
    bench.database.kv_put(b"l", b"v").unwrap();
    bench.database.delete_all().unwrap();
    assert!(!bench.database.path().exists());
    assert_eq!(bench.database.kv_get(b"k").unwrap(), None);
    assert!(
        bench
            .error("SELECT * FROM t")
            .starts_with("no such table: t")
    );
    bench.exec("CREATE TABLE t (b)", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    bench.reopen();
    assert_eq!(bench.database.metadata_get(1).unwrap(), None);
    assert_eq!(bench.exec("SELECT * FROM t", &[]).unwrap().columns, ["b"]);

    bench.database.savepoint().unwrap();
    assert_eq!(
        bench.database.delete_all().unwrap_err(),
        StorageError::Rejected("Cannot call deleteAll() within a transaction".into())
    );
}

#[test]
fn metadata_is_part_of_the_turn() {
    let mut bench = Bench::new();
    bench.database.metadata_put(1, Some(i64::MAX)).unwrap();
    bench.database.commit_turn().unwrap();
    bench.database.metadata_put(1, Some(7)).unwrap();
    assert_eq!(bench.database.metadata_get(1).unwrap(), Some(7));
    bench.database.rollback_turn().unwrap();
    bench.reopen();
    assert_eq!(bench.database.metadata_get(1).unwrap(), Some(i64::MAX));
    bench.database.metadata_put(1, None).unwrap();
    assert_eq!(bench.database.metadata_get(1).unwrap(), None);
}

#[test]
fn a_database_moves_between_threads() {
    fn needs_send<T: Send>(value: T) -> T {
        value
    }
    let mut bench = Bench::new();
    bench.database.kv_put(b"k", b"v").unwrap();
    let mut database = needs_send(bench.database);
    let value = std::thread::spawn(move || database.kv_get(b"k").unwrap())
        .join()
        .unwrap();
    assert_eq!(value, Some(b"v".to_vec()));
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) \
    SELECT count(*) FROM n";

#[test]
fn a_runaway_query_ends_when_its_object_is_killed() {
    let mut bench = Bench::new();
    bench.database.kv_put(b"k", b"v").unwrap();
    let killed = Arc::new(AtomicBool::new(false));
    let check = Arc::clone(&killed);
    bench
        .database
        .set_interrupt_check(Arc::new(move || check.load(Ordering::Relaxed)));
    let killer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        killed.store(true, Ordering::Relaxed);
    });
    assert_eq!(bench.error(ENDLESS), "interrupted: SQLITE_INTERRUPT");
    killer.join().unwrap();
}

#[test]
fn an_interrupt_comes_from_any_thread() {
    let mut bench = Bench::new();
    // Also while the stand-in for a missing file answers.
    for _ in 0..2 {
        let handle = bench.database.interrupt_handle();
        let done = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&done);
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                handle.interrupt();
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let batch = Batch {
            max_rows: 1,
            max_bytes: 1,
        };
        let mut rows = Rows::default();
        let open = bench
            .database
            .exec("VALUES (1), (2)", &[], &mut rows, batch);
        assert_eq!(bench.error(ENDLESS), "interrupted: SQLITE_INTERRUPT");
        done.store(true, Ordering::Relaxed);
        thread.join().unwrap();
        // A cursor that was open does not make the next statement fail too.
        drop(open);
        assert_eq!(bench.value("SELECT 1", &[]), Value::Integer(1));
        bench.database.kv_put(b"k", b"v").unwrap();
    }
    bench.database.commit_turn().unwrap();
}

#[test]
fn an_interrupted_write_loses_the_turn() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    bench.exec("INSERT INTO t VALUES (1)", &[]).unwrap();
    bench.database.savepoint().unwrap();
    bench.database.set_interrupt_check(Arc::new(|| true));
    let sql = "INSERT INTO t WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) \
        SELECT i FROM n";
    let error = bench.exec(sql, &[]).unwrap_err();
    assert_eq!(
        error,
        StorageError::Critical("interrupted: SQLITE_INTERRUPT".into())
    );
    assert_eq!(bench.database.kv_get(b"k").unwrap_err(), error);
    assert_eq!(
        bench.database.release(1).unwrap_err().to_string(),
        "Cannot commit transaction due to an earlier SQL critical error"
    );
    assert_eq!(bench.database.commit_turn().unwrap_err(), error);
    bench.database.rollback_turn().unwrap();
    bench.database.set_interrupt_check(Arc::new(|| false));
    assert_eq!(
        bench.value("SELECT count(*) FROM t", &[]),
        Value::Integer(0)
    );
}

#[test]
fn closing_and_shrinking_keep_what_was_committed() {
    let mut bench = Bench::new();
    bench.database.kv_put(b"k", b"v").unwrap();
    bench.database.commit_turn().unwrap();
    bench.database.shrink();
    assert_eq!(bench.database.kv_get(b"k").unwrap(), Some(b"v".to_vec()));
    bench.database.close();
    assert!(!bench.database.is_open());
    // SQLite moves the WAL into the file when it closes it.
    assert_eq!(bench.folder.path().read_dir().unwrap().count(), 1);
    assert_eq!(bench.database.kv_get(b"k").unwrap(), Some(b"v".to_vec()));
}

#[test]
fn another_tool_may_read_the_file() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    bench.exec("INSERT INTO t VALUES (1)", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    bench.exec("INSERT INTO t VALUES (2)", &[]).unwrap();
    let tool = rusqlite::Connection::open(bench.database.path()).unwrap();
    let count: i64 = tool
        .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 1);
    bench.database.commit_turn().unwrap();
}

#[test]
fn a_file_made_by_another_tool_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("object.sqlite");
    let tool = rusqlite::Connection::open(&path).unwrap();
    tool.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    drop(tool);
    let mut database = Database::new(&path, quick());
    assert_eq!(database.kv_get(b"k").unwrap(), None);
    database.kv_put(b"k", b"v").unwrap();
    assert!(database.commit_turn().unwrap().wrote);
    assert!(folder.path().join("object.sqlite-wal").exists());
    let mut bench = Bench { database, folder };
    assert_eq!(bench.value("SELECT a FROM t", &[]), Value::Integer(1));
}
