use super::{Bench, Rows, Value, text};
use crate::storage::{Batch, Param, StorageError};

#[test]
fn numbers_are_real_and_columns_convert_them() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.value("SELECT 5 / ?", &[Param::Real(2.0)]),
        Value::Real(2.5)
    );
    assert_eq!(
        bench.value("SELECT json_array(?)", &[Param::Real(1.0)]),
        Value::Text("[1.0]".into())
    );
    bench
        .exec("CREATE TABLE t (i INTEGER, s TEXT, b BLOB, n)", &[])
        .unwrap();
    let params = [
        Param::Real(3.0),
        Param::Real(1.0),
        Param::Blob(&[0, 255]),
        Param::Real(f64::NAN),
    ];
    bench
        .exec("INSERT INTO t VALUES (?, ?, ?, ?)", &params)
        .unwrap();
    let rows = bench.exec("SELECT * FROM t", &[]).unwrap();
    assert_eq!(rows.columns, ["i", "s", "b", "n"]);
    assert_eq!(
        rows.rows,
        [[
            Value::Integer(3),
            Value::Text("1.0".into()),
            Value::Blob(vec![0, 255]),
            Value::Null
        ]]
    );
    assert_eq!(
        bench.value("SELECT octet_length(?)", &[text("a\0b")]),
        Value::Integer(3)
    );
    assert_eq!(
        bench.value("SELECT ?", &[text("")]),
        Value::Text(String::new())
    );
    assert_eq!(
        bench.value("SELECT ?", &[Param::Blob(&[])]),
        Value::Blob(vec![])
    );
}

#[test]
fn parameters_of_every_spelling_are_filled_by_number() {
    let mut bench = Bench::new();
    let rows = bench
        .exec(
            "SELECT ?2, ?1, :a, @b, $c",
            &["1", "2", "3", "4", "5"].map(text),
        )
        .unwrap();
    let values = ["2", "1", "3", "4", "5"].map(|v| Value::Text(v.into()));
    assert_eq!(rows.rows, [values]);
    assert_eq!(rows.columns, ["?2", "?1", ":a", "@b", "$c"]);
}

#[test]
fn wrong_calls_are_refused_in_the_references_words() {
    let mut bench = Bench::new();
    for sql in [
        "",
        " \n",
        ";",
        "-- x",
        "SELECT 1; -- x",
        "SELECT 1;;",
        "/* */",
    ] {
        assert_eq!(
            bench.error(sql),
            "SQL code did not contain a statement.",
            "{sql:?}"
        );
    }
    for sql in ["-- x\nSELECT 1", "SELECT 1 ;\n\t ", "/* */ SELECT 1"] {
        assert!(bench.exec(sql, &[]).is_ok(), "{sql:?}");
    }
    let count = "Wrong number of parameter bindings for SQL query.";
    assert_eq!(bench.error("SELECT ?"), count);
    let error = bench.exec("SELECT 1", &[Param::Null]).unwrap_err();
    assert_eq!(error, StorageError::Rejected(count.into()));
    assert_eq!(
        bench.error("SELECT ?; SELECT 1"),
        "When executing multiple SQL statements in a single call, only the last statement can \
         have parameters."
    );
    assert_eq!(
        bench.error("selec 1"),
        "near \"selec\": syntax error at offset 0: SQLITE_ERROR"
    );
    assert_eq!(
        bench.error("SELECT 1; SELECT * FROM nope"),
        "no such table: nope: SQLITE_ERROR"
    );
}

#[test]
fn transactions_by_sql_are_refused() {
    let mut bench = Bench::new();
    for sql in [
        "BEGIN",
        "begin immediate",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE a",
        "ROLLBACK TO a",
    ] {
        assert!(
            bench.error(sql).starts_with(
                "To execute a transaction, please use the state.storage.transaction()"
            ),
            "{sql}"
        );
    }
}

#[test]
fn what_belongs_to_the_storage_is_out_of_reach() {
    let mut bench = Bench::new();
    bench.database.kv_put(b"k", b"v").unwrap();
    bench.database.set_alarm(Some(1)).unwrap();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    for sql in [
        "CREATE TABLE _cf_x (a)",
        "CREATE TABLE _CF_X (a)",
        "CREATE VIEW _cf_v AS SELECT 1",
        "CREATE INDEX i ON _cf_KV (value)",
        "CREATE INDEX _cf_i ON t (a)",
        "DROP TABLE _cf_KV",
        "ALTER TABLE _cf_METADATA ADD COLUMN x",
        "ALTER TABLE t RENAME TO _Cf_t",
        "DELETE FROM _cf_KV",
        "CREATE TRIGGER g AFTER INSERT ON _cf_KV BEGIN SELECT 1; END",
        "CREATE TABLE c (k REFERENCES \"_cf_KV\" (key) ON DELETE CASCADE)",
        "ALTER TABLE t ADD COLUMN k REFERENCES _cf_KV (key)",
        "INSERT INTO _cf_KV VALUES ('a', 'b')",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "CREATE TEMP TABLE x (a)",
        "CREATE TEMPORARY VIEW x AS SELECT 1",
        "CREATE TABLE temp.x (a)",
        "CREATE VIRTUAL TABLE x USING fts4(a)",
        "CREATE VIRTUAL TABLE _cf_f USING fts5(a)",
        "PRAGMA user_version",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA synchronous = OFF",
        "PRAGMA max_page_count = 1",
        "PRAGMA page_size = 512",
        "PRAGMA table_info(_cf_KV)",
        "PRAGMA foreign_keys = 2",
    ] {
        assert_eq!(bench.error(sql), "not authorized: SQLITE_AUTH", "{sql}");
    }
    for sql in ["SELECT * FROM _cf_KV", "SELECT count(*) FROM _CF_kv"] {
        assert!(bench.error(sql).contains("SQLITE_AUTH"), "{sql}");
    }
    assert!(
        bench
            .error("SELECT key FROM _cf_KV")
            .starts_with("access to _cf_KV.key is prohibited")
    );
    assert!(
        bench
            .error("SELECT * FROM dbstat")
            .contains("no such table")
    );
    bench
        .exec(
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM _cf_KV; END",
            &[],
        )
        .unwrap();
    assert_eq!(
        bench.error("INSERT INTO t VALUES (1)"),
        "not authorized: SQLITE_AUTH"
    );
    assert_eq!(
        bench.error("VACUUM"),
        "cannot VACUUM from within a transaction: SQLITE_ERROR"
    );
    assert!(
        bench
            .exec("UPDATE sqlite_master SET sql = ''", &[])
            .is_err()
    );
    assert_eq!(bench.database.kv_get(b"k").unwrap(), Some(b"v".to_vec()));
}

#[test]
fn functions_come_from_a_list() {
    let mut bench = Bench::new();
    for (sql, name) in [
        ("SELECT sqlite_version()", "sqlite_version"),
        ("SELECT if(1, 2, 3)", "if"),
        ("SELECT power(2, 3)", "power"),
    ] {
        let error = bench.error(sql);
        assert!(
            error.starts_with(&format!("not authorized to use function: {name}")),
            "{error}"
        );
    }
    assert_eq!(
        bench.error("SELECT load_extension('x')"),
        "not authorized: SQLITE_ERROR"
    );
    for sql in [
        "SELECT pow(2, 3), iif(1, 2, 3), unixepoch(), current_timestamp",
        "SELECT 'a' LIKE 'A', 'a' GLOB 'a', '{\"a\":1}' ->> 'a'",
        "SELECT sum(value) OVER (ORDER BY value) FROM json_each('[1,2]')",
        "SELECT group_concat(value, '-') FROM json_tree('[1,2]')",
    ] {
        assert!(bench.exec(sql, &[]).is_ok(), "{sql}");
    }
}

#[test]
fn what_is_allowed_works() {
    let mut bench = Bench::new();
    for sql in [
        "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT) STRICT",
        "CREATE TABLE c (p INTEGER REFERENCES p (id), d INT GENERATED ALWAYS AS (p * 2))",
        "CREATE INDEX c_p ON c (p); CREATE VIEW v AS SELECT * FROM c",
        "CREATE TRIGGER g AFTER INSERT ON p BEGIN INSERT INTO c VALUES (new.id); END",
        "INSERT INTO p (n) VALUES ('a') ON CONFLICT DO NOTHING RETURNING id",
        "CREATE VIRTUAL TABLE f USING FTS5(body)",
        "INSERT INTO f VALUES ('some words')",
        "SELECT highlight(f, 0, '<', '>'), bm25(f) FROM f WHERE f MATCH 'words'",
        "CREATE VIRTUAL TABLE r USING rtree(id, a, b)",
        "ALTER TABLE c RENAME TO d; ALTER TABLE d RENAME COLUMN p TO q",
        "ALTER TABLE p ADD COLUMN x TEXT; ALTER TABLE p DROP COLUMN x",
        "ANALYZE; REINDEX; PRAGMA optimize; PRAGMA quick_check",
        "PRAGMA table_list; PRAGMA table_info(p); PRAGMA foreign_key_check",
        "SELECT name FROM pragma_table_info('p'); SELECT * FROM sqlite_schema",
        "EXPLAIN QUERY PLAN SELECT * FROM p",
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM n LIMIT 9) SELECT * FROM n",
        "PRAGMA case_sensitive_like = 'on'; PRAGMA recursive_triggers",
    ] {
        if let Err(error) = bench.exec(sql, &[]) {
            panic!("{sql}: {error}");
        }
    }
    bench.database.commit_turn().unwrap();
    assert_eq!(
        bench.value("SELECT count(*) FROM d", &[]),
        Value::Integer(1)
    );
}

#[test]
fn limits_of_the_engine() {
    let mut bench = Bench::new();
    let long = format!("SELECT '{}'", "x".repeat(100_000));
    assert_eq!(bench.error(&long), "statement too long: SQLITE_TOOBIG");
    let columns = |n: usize| {
        (0..n)
            .map(|i| format!("c{i}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert!(
        bench
            .error(&format!("CREATE TABLE t ({})", columns(101)))
            .starts_with("too many columns on t")
    );
    assert!(
        bench
            .error(&format!("SELECT max({})", vec!["?"; 101].join(",")))
            .starts_with("too many SQL variables at offset")
    );
    assert!(
        bench
            .error("SELECT ?101")
            .starts_with("variable number must be between ?1 and ?100")
    );
    assert!(
        bench
            .error(&["SELECT 1"; 6].join(" UNION ALL "))
            .starts_with("too many terms in compound SELECT")
    );
    assert!(
        bench
            .error(&format!("SELECT 'a' LIKE '{}'", "x".repeat(51)))
            .starts_with("LIKE or GLOB pattern too complex")
    );
    assert!(
        bench
            .error(&format!("SELECT {}", vec!["1"; 102].join("+")))
            .starts_with("Expression tree is too large (maximum depth 100)")
    );
    assert_eq!(
        bench.error("SELECT zeroblob(9000000)"),
        "string or blob too big: SQLITE_TOOBIG"
    );
    let values = vec!["(1)"; 50].join(",");
    assert!(bench.exec(&format!("VALUES {values}"), &[]).is_ok());
}

#[test]
fn constraints_carry_their_extended_name() {
    let mut bench = Bench::new();
    bench
        .exec("CREATE TABLE u (a INTEGER PRIMARY KEY, b NOT NULL)", &[])
        .unwrap();
    bench.exec("INSERT INTO u VALUES (1, 1)", &[]).unwrap();
    assert_eq!(
        bench.error("INSERT INTO u VALUES (1, 1)"),
        "UNIQUE constraint failed: u.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)"
    );
    assert_eq!(
        bench.error("INSERT INTO u VALUES ('x', 1)"),
        "datatype mismatch: SQLITE_MISMATCH"
    );
    assert_eq!(
        bench.value("SELECT count(*) FROM u", &[]),
        Value::Integer(1)
    );
}

#[test]
fn a_large_result_comes_in_batches() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (i)", &[]).unwrap();
    for i in 0..10 {
        bench
            .exec("INSERT INTO t VALUES (?)", &[Param::Real(f64::from(i))])
            .unwrap();
    }
    let batch = Batch {
        max_rows: 5,
        max_bytes: 1 << 20,
    };
    let sql = "SELECT CAST(i AS INTEGER) FROM t WHERE i >= ?";
    let mut rows = Rows::default();
    let done = bench
        .database
        .exec(sql, &[Param::Real(0.0)], &mut rows, batch)
        .unwrap();
    let cursor = done.cursor.unwrap();
    assert_eq!((rows.rows.len(), done.rows_read), (5, 6));
    // The same text runs beside it, and commits do not disturb it.
    assert_eq!(bench.exec(sql, &[Param::Real(8.0)]).unwrap().rows.len(), 2);
    bench.database.commit_turn().unwrap();
    bench.exec("DELETE FROM t WHERE i = 9", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    let done = bench.database.fetch(cursor, &mut rows, batch).unwrap();
    assert_eq!((done.cursor, done.rows_read), (None, 9));
    let numbers: Vec<_> = (0..9).map(|i| vec![Value::Integer(i)]).collect();
    assert_eq!(rows.rows, numbers);
    assert_eq!(
        bench.database.fetch(cursor, &mut rows, batch).unwrap(),
        Default::default()
    );
}

#[test]
fn a_full_batch_with_nothing_behind_it_needs_no_cursor() {
    let mut bench = Bench::new();
    let batch = Batch {
        max_rows: 2,
        max_bytes: 1,
    };
    let mut rows = Rows::default();
    let exec = |bench: &mut Bench, sql: &str, rows: &mut Rows| {
        bench.database.exec(sql, &[], rows, batch).unwrap().cursor
    };
    assert_eq!(exec(&mut bench, "VALUES (1)", &mut rows), None);
    let open = exec(&mut bench, "VALUES (1), (2)", &mut rows);
    assert!(open.is_some(), "bytes count too");
    bench.database.close_cursor(open.unwrap());
}

#[test]
fn a_statement_that_writes_gives_all_its_rows_at_once() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (i)", &[]).unwrap();
    let batch = Batch {
        max_rows: 1,
        max_bytes: 1,
    };
    let mut rows = Rows::default();
    let done = bench
        .database
        .exec(
            "INSERT INTO t VALUES (?), (2), (3) RETURNING i",
            &[text("x")],
            &mut rows,
            batch,
        )
        .unwrap();
    assert_eq!((done.cursor, rows.rows.len()), (None, 3));
    assert!(bench.database.commit_turn().unwrap().wrote);
}

#[test]
fn a_changed_table_changes_the_columns_of_a_kept_statement() {
    let mut bench = Bench::new();
    bench
        .exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)", &[])
        .unwrap();
    let before = bench.exec("SELECT * FROM t", &[]).unwrap();
    let same = bench.exec("SELECT * FROM t", &[]).unwrap();
    assert_eq!(before.shape, same.shape);
    bench
        .exec("ALTER TABLE t ADD COLUMN b DEFAULT 2", &[])
        .unwrap();
    for _ in 0..2 {
        let after = bench.exec("SELECT * FROM t", &[]).unwrap();
        assert_eq!(after.columns, ["a", "b"]);
        assert_eq!(after.rows, [[Value::Integer(1), Value::Integer(2)]]);
        assert_ne!(after.shape, before.shape);
    }
}

#[test]
fn a_table_under_a_cursor_cannot_be_dropped() {
    let mut bench = Bench::new();
    bench
        .exec(
            "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)",
            &[],
        )
        .unwrap();
    let batch = Batch {
        max_rows: 1,
        max_bytes: 1,
    };
    let done = bench
        .database
        .exec("SELECT * FROM t", &[], &mut Rows::default(), batch)
        .unwrap();
    assert_eq!(
        bench.error("DROP TABLE t"),
        "database table is locked: SQLITE_LOCKED"
    );
    bench.database.close_cursor(done.cursor.unwrap());
    bench.exec("DROP TABLE t", &[]).unwrap();
}

#[test]
fn thousands_of_texts_do_not_pile_up() {
    let mut bench = Bench::new();
    for i in 0..2000 {
        assert_eq!(bench.value(&format!("SELECT {i}"), &[]), Value::Integer(i));
    }
    assert_eq!(bench.value("SELECT 7", &[]), Value::Integer(7));
}

#[test]
fn foreign_keys_can_be_turned_off_before_the_first_write_of_a_turn() {
    let mut bench = Bench::new();
    bench
        .exec(
            "CREATE TABLE p (id PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id))",
            &[],
        )
        .unwrap();
    bench.database.commit_turn().unwrap();
    assert!(
        bench
            .error("INSERT INTO c VALUES (1)")
            .contains("FOREIGN KEY")
    );
    bench.database.commit_turn().unwrap();
    bench.exec("PRAGMA foreign_keys = OFF", &[]).unwrap();
    bench.exec("INSERT INTO c VALUES (1)", &[]).unwrap();
    // Too late in this turn.
    bench.exec("PRAGMA foreign_keys = ON", &[]).unwrap();
    bench.exec("INSERT INTO c VALUES (2)", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    bench.exec("PRAGMA foreign_keys = ON", &[]).unwrap();
    assert!(
        bench
            .error("INSERT INTO c VALUES (3)")
            .contains("FOREIGN KEY")
    );
}

#[test]
fn reading_makes_no_file() {
    let mut bench = Bench::new();
    assert_eq!(bench.value("SELECT 1 + 1", &[]), Value::Integer(2));
    assert_eq!(bench.database.kv_get(b"a").unwrap(), None);
    assert!(!bench.database.kv_delete(b"a").unwrap());
    assert_eq!(bench.database.metadata_get(1).unwrap(), None);
    bench.database.metadata_put(1, None).unwrap();
    assert_eq!(bench.database.database_size().unwrap(), 4096);
    let batch = Batch {
        max_rows: 1,
        max_bytes: 1,
    };
    let mut rows = Rows::default();
    let done = bench
        .database
        .exec(
            "VALUES (1), (2) UNION ALL SELECT count(*) FROM sqlite_schema",
            &[],
            &mut rows,
            batch,
        )
        .unwrap();
    assert!(!bench.database.commit_turn().unwrap().wrote);
    assert_eq!(bench.folder.path().read_dir().unwrap().count(), 0);

    // The cursor outlives the change to the real file.
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    assert!(bench.database.path().exists());
    let mut cursor = done.cursor;
    while let Some(id) = cursor {
        cursor = bench.database.fetch(id, &mut rows, batch).unwrap().cursor;
    }
    let seen: Vec<_> = rows.rows.into_iter().flatten().collect();
    assert_eq!(seen, [1, 2, 0].map(Value::Integer));
}

/// Tables that are there, in order of name.
fn tables(bench: &mut Bench) -> Value {
    let sql = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)";
    bench.value(sql, &[])
}

#[test]
fn tables_of_the_storage_come_when_needed() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    assert_eq!(bench.database.kv_get(b"a").unwrap(), None);
    assert!(!bench.database.kv_delete(b"a").unwrap());
    assert_eq!(bench.database.alarm().unwrap(), None);
    bench.database.set_alarm(None).unwrap();
    assert_eq!(tables(&mut bench), Value::Text("t".into()));

    bench.database.kv_put(b"a", b"1").unwrap();
    assert_eq!(tables(&mut bench), Value::Text("_cf_KV,t".into()));
    bench.database.set_alarm(Some(1)).unwrap();
    assert_eq!(
        tables(&mut bench),
        Value::Text("_cf_KV,_cf_METADATA,t".into())
    );
}

#[test]
fn a_rollback_takes_the_tables_of_the_storage_away() {
    let mut bench = Bench::new();
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    bench.database.commit_turn().unwrap();
    for _ in 0..2 {
        bench.database.kv_put(b"a", b"1").unwrap();
        assert_eq!(bench.database.kv_get(b"a").unwrap(), Some(b"1".to_vec()));
        bench.database.rollback_turn().unwrap();
        assert_eq!(bench.database.kv_get(b"a").unwrap(), None);
    }
    for _ in 0..2 {
        bench.database.savepoint().unwrap();
        bench.database.kv_put(b"a", b"1").unwrap();
        assert!(bench.database.kv_delete(b"a").unwrap());
        bench.database.rollback_to(1).unwrap();
        assert!(!bench.database.kv_delete(b"a").unwrap());
    }
    bench.database.kv_put(b"a", b"2").unwrap();
    bench.database.commit_turn().unwrap();
    assert_eq!(bench.database.kv_get(b"a").unwrap(), Some(b"2".to_vec()));
}

#[test]
fn a_pragma_is_set_on_the_real_file() {
    let mut bench = Bench::new();
    bench.exec("SELECT 1", &[]).unwrap();
    bench.exec("PRAGMA case_sensitive_like = ON", &[]).unwrap();
    assert_eq!(bench.value("SELECT 'a' LIKE 'A'", &[]), Value::Integer(0));
}

#[test]
fn what_is_stored_counts_the_wal_and_begins_no_turn() {
    let mut bench = Bench::new();
    assert_eq!(bench.database.stored_bytes(), Some(0), "no file");
    bench.exec("CREATE TABLE t (a)", &[]).unwrap();
    bench
        .exec("INSERT INTO t VALUES (randomblob(100000))", &[])
        .unwrap();
    bench.database.commit_turn().unwrap();
    let stored = bench.database.stored_bytes().unwrap();
    assert!(stored > 100_000, "{stored}");
    assert!(!bench.database.commit_turn().unwrap().wrote);
    // another connection may write: no transaction was left open
    let path = bench.database.path().to_path_buf();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("INSERT INTO t VALUES (1)").unwrap();
    drop(other);
    bench.reopen();
    assert_eq!(
        std::fs::metadata(&path).unwrap().len(),
        stored,
        "once closed"
    );
    bench.database.delete_all().unwrap();
    bench.database.commit_turn().unwrap();
    assert_eq!(bench.database.stored_bytes(), Some(0));
}
