use std::{collections::BTreeMap, ops::ControlFlow};

use proptest::prelude::*;

use super::{Bench, Rows};
use crate::storage::{Batch, Database, KvRange, Param};

type Keys = BTreeMap<Vec<u8>, Vec<u8>>;

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ab]{0,3}".prop_map(String::into_bytes),
        "[a\u{e9}\u{10ffff}\0]{0,2}".prop_map(String::into_bytes),
    ]
}

fn list(database: &mut Database, range: &KvRange<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let visit = |key: &[u8], value: &[u8]| {
        found.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    database.kv_list(range, visit).unwrap();
    found
}

fn expected(keys: &Keys, range: &KvRange<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let matches = |key: &[u8]| {
        range.start.is_none_or(|start| key >= start)
            && range.start_after.is_none_or(|start| key > start)
            && range.end.is_none_or(|end| key < end)
            && range.prefix.is_none_or(|prefix| key.starts_with(prefix))
    };
    let mut found: Vec<_> = keys
        .iter()
        .filter(|(key, _)| matches(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if range.reverse {
        found.reverse();
    }
    if let Some(limit) = range.limit {
        found.truncate(limit as usize);
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lists_agree_with_a_sorted_map(
        keys in prop::collection::vec(key(), 0..20),
        ranges in prop::collection::vec(
            (
                prop::option::of(key()),
                prop::option::of(key()),
                prop::option::of(key()),
                prop::option::of(key()),
                any::<bool>(),
                prop::option::of(0u64..6),
            ),
            1..8,
        ),
    ) {
        let mut bench = Bench::new();
        let mut model = Keys::new();
        for (number, key) in keys.into_iter().enumerate() {
            let value = vec![number as u8; number];
            bench.database.kv_put(&key, &value).unwrap();
            model.insert(key, value);
        }
        for (start, start_after, end, prefix, reverse, limit) in &ranges {
            let range = KvRange {
                start: start.as_deref(),
                start_after: start_after.as_deref(),
                end: end.as_deref(),
                prefix: prefix.as_deref(),
                reverse: *reverse,
                limit: *limit,
            };
            prop_assert_eq!(list(&mut bench.database, &range), expected(&model, &range));
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(Vec<u8>, u8),
    Delete(Vec<u8>),
    /// One row into the table; every third one fails on its constraint.
    Insert(u8),
    Savepoint,
    Release,
    RollbackTo,
    Commit,
    Rollback,
    DeleteAll,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (key(), any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => key().prop_map(Step::Delete),
        4 => any::<u8>().prop_map(Step::Insert),
        2 => Just(Step::Savepoint),
        1 => Just(Step::Release),
        1 => Just(Step::RollbackTo),
        3 => Just(Step::Commit),
        1 => Just(Step::Rollback),
        1 => Just(Step::DeleteAll),
        1 => Just(Step::Reopen),
    ]
}

/// Everything a database holds, as the model sees it.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    keys: Keys,
    /// `None` before the table exists.
    table: Option<Vec<u8>>,
}

/// The database as plain values: what is on disk, and a stack of what each savepoint began with.
#[derive(Default)]
struct Model {
    lasting: State,
    now: State,
    savepoints: Vec<State>,
}

fn insert(bench: &mut Bench, number: u8) -> bool {
    let table = "CREATE TABLE IF NOT EXISTS t (a UNIQUE CHECK (a % 3 <> 0))";
    bench.exec(table, &[]).unwrap();
    bench
        .exec(
            "INSERT INTO t VALUES (CAST(? AS INTEGER))",
            &[Param::Real(f64::from(number))],
        )
        .is_ok()
}

fn state_of(bench: &mut Bench) -> State {
    let keys = list(&mut bench.database, &KvRange::default())
        .into_iter()
        .collect();
    let mut rows = Rows::default();
    let sql = "SELECT a FROM t ORDER BY rowid";
    let found = bench.database.exec(sql, &[], &mut rows, Batch::ALL);
    let table = found.ok().map(|_| {
        let numbers = rows.rows.iter().map(|row| match row[0] {
            super::Value::Integer(number) => number as u8,
            _ => u8::MAX,
        });
        numbers.collect()
    });
    State { keys, table }
}

fn apply(bench: &mut Bench, model: &mut Model, step: Step) {
    let depth = bench.database.savepoint_depth();
    assert_eq!(depth as usize, model.savepoints.len());
    match step {
        Step::Put(key, value) => {
            bench.database.kv_put(&key, &[value]).unwrap();
            model.now.keys.insert(key, vec![value]);
        }
        Step::Delete(key) => {
            let was_there = bench.database.kv_delete(&key).unwrap();
            assert_eq!(was_there, model.now.keys.remove(&key).is_some());
        }
        Step::Insert(number) => {
            let table = model.now.table.get_or_insert_default();
            let fits = number % 3 != 0 && !table.contains(&number);
            if fits {
                table.push(number);
            }
            assert_eq!(insert(bench, number), fits);
        }
        Step::Savepoint => {
            bench.database.savepoint().unwrap();
            model.savepoints.push(model.now.clone());
        }
        Step::Release if depth > 0 => {
            bench.database.release(depth).unwrap();
            model.savepoints.pop();
        }
        Step::RollbackTo if depth > 0 => {
            bench.database.rollback_to(depth).unwrap();
            model.now = model.savepoints.pop().unwrap();
        }
        Step::Commit => {
            assert_eq!(bench.database.commit_turn().unwrap().held, depth > 0);
            if depth == 0 {
                model.lasting = model.now.clone();
            }
        }
        Step::Rollback => {
            bench.database.rollback_turn().unwrap();
            model.savepoints.clear();
            model.now = model.lasting.clone();
        }
        Step::DeleteAll if depth == 0 => {
            bench.database.delete_all().unwrap();
            model.lasting = State::default();
            model.now = State::default();
        }
        Step::Reopen => {
            bench.reopen();
            model.savepoints.clear();
            model.now = model.lasting.clone();
        }
        Step::Release | Step::RollbackTo | Step::DeleteAll => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn turns_agree_with_a_model(steps in prop::collection::vec(step(), 1..40)) {
        let mut bench = Bench::new();
        let mut model = Model::default();
        for step in steps {
            apply(&mut bench, &mut model, step);
            prop_assert_eq!(state_of(&mut bench), model.now.clone());
        }
        bench.reopen();
        prop_assert_eq!(state_of(&mut bench), model.lasting);
    }
}
