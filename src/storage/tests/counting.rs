use super::Bench;

fn table_with_index() -> Bench {
    let mut bench = Bench::new();
    bench
        .exec(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); CREATE INDEX t_a ON t (a)",
            &[],
        )
        .unwrap();
    bench
}

/// The cases measured on the reference.
#[test]
fn the_measured_cases_of_the_reference() {
    let mut bench = table_with_index();
    assert_eq!(bench.usage("SELECT count(*) FROM t"), (0, 0));
    assert_eq!(
        bench.usage("INSERT INTO t (a, b) VALUES (1, 1), (2, 2)").1,
        4
    );
    assert_eq!(bench.usage("UPDATE t SET a = a + 10"), (2, 4));
    assert_eq!(bench.usage("SELECT * FROM t"), (2, 0));
    assert_eq!(bench.usage("DELETE FROM t WHERE b = 2"), (2, 1));
    bench
        .exec("INSERT INTO t (a, b) VALUES (3, 3), (4, 4)", &[])
        .unwrap();
    assert_eq!(bench.usage("SELECT count(*) FROM t"), (3, 0));
    assert_eq!(bench.usage("SELECT 'n', count(*) FROM t"), (3, 0));
    assert_eq!(bench.usage("SELECT * FROM t WHERE a = 3"), (2, 0));
    assert_eq!(bench.usage("SELECT max(a) FROM t"), (1, 0));
    assert_eq!(bench.usage("SELECT 1, 'x'"), (0, 0));
    bench
        .exec("CREATE TABLE u (id INTEGER PRIMARY KEY, a)", &[])
        .unwrap();
    bench.exec("CREATE INDEX u_a ON u (a)", &[]).unwrap();
    assert_eq!(bench.usage("INSERT INTO u (a) SELECT a FROM t"), (3, 6));
    assert_eq!(bench.usage("DELETE FROM t").1, 3);
    assert_eq!(bench.usage("CREATE TABLE v (x)"), (1, 2));
}

#[test]
fn sorting_reads_every_row_twice() {
    let mut bench = table_with_index();
    bench
        .exec("INSERT INTO t (a, b) VALUES (1,3), (2,2), (3,1)", &[])
        .unwrap();
    assert_eq!(bench.usage("SELECT * FROM t ORDER BY b"), (6, 0));
    assert_eq!(bench.usage("SELECT * FROM t ORDER BY a LIMIT 1"), (1, 0));
}

#[test]
fn one_row_by_key() {
    let mut bench = table_with_index();
    bench
        .exec(
            "CREATE TABLE k (key TEXT PRIMARY KEY, v) WITHOUT ROWID",
            &[],
        )
        .unwrap();
    assert_eq!(bench.usage("INSERT INTO k VALUES ('a', 1)").1, 1);
    assert_eq!(bench.usage("SELECT v FROM k WHERE key = 'a'"), (1, 0));
    assert_eq!(bench.usage("SELECT v FROM k WHERE key = 'z'"), (0, 0));
    assert_eq!(bench.usage("SELECT a FROM t WHERE id = 7"), (1, 0));
}

#[test]
fn inserts_with_keys_read_to_see_that_they_are_free() {
    let mut bench = table_with_index();
    assert_eq!(
        bench.usage("INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)"),
        (2, 4)
    );
    assert_eq!(
        bench
            .usage("INSERT INTO t VALUES (1, 9, 9) ON CONFLICT (id) DO UPDATE SET b = excluded.b")
            .1,
        1
    );
}

#[test]
fn a_join_costs_its_inner_seeks() {
    let mut bench = table_with_index();
    bench
        .exec(
            "INSERT INTO t VALUES (1,1,1), (2,2,2), (3,3,3); CREATE TABLE o (t INTEGER);\
             INSERT INTO o VALUES (1), (2), (3), (3)",
            &[],
        )
        .unwrap();
    // Four rows of the outer table, one seek for each.
    assert_eq!(
        bench.usage("SELECT * FROM o CROSS JOIN t WHERE t.id = o.t"),
        (8, 0)
    );
}

#[test]
fn triggers_and_cascades_count() {
    let mut bench = table_with_index();
    bench
        .exec(
            "CREATE TABLE log (x); CREATE TRIGGER g AFTER INSERT ON t BEGIN \
             INSERT INTO log VALUES (new.a); END",
            &[],
        )
        .unwrap();
    assert_eq!(bench.usage("INSERT INTO t (a, b) VALUES (1, 1)").1, 3);
}

#[test]
fn a_turn_sums_up_what_its_statements_cost() {
    let mut bench = table_with_index();
    bench.database.commit_turn().unwrap();
    bench
        .exec("INSERT INTO t (a) VALUES (1), (2)", &[])
        .unwrap();
    bench.exec("SELECT * FROM t", &[]).unwrap();
    bench.database.kv_put(b"k", b"v").unwrap();
    let committed = bench.database.commit_turn().unwrap();
    assert!(committed.wrote && !committed.held);
    assert_eq!(
        (committed.usage.rows_read, committed.usage.rows_written),
        (2, 5)
    );
    assert_eq!(bench.database.commit_turn().unwrap(), Default::default());
}
