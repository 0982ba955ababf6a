//! What is written is written once, whenever the program dies and whatever the clock does.

use std::fs;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::ledger::{
    file::FOLDER,
    reading::{Nodes, Reader},
};

/// 2026-05-31, a minute before June.
const LATE_MAY: u64 = 1_780_271_940_000;

fn place() -> (TempDir, Store) {
    let data = tempfile::tempdir().unwrap();
    let store = Store::open(data.path(), LATE_MAY).unwrap();
    (data, store)
}

fn requests(number: u64) -> News {
    let mut news = News::default();
    news.counts[Count::Requests] = number;
    news
}

fn stores(bytes: u64) -> News {
    News {
        database_bytes: Some(bytes),
        ..News::default()
    }
}

fn write(store: &mut Store, news: &[(&str, News)], now_ms: u64) -> Outcome {
    let news = news
        .iter()
        .map(|(node, news)| ((*node).into(), *news))
        .collect();
    store.write(&news, [], now_ms).unwrap()
}

fn in_month(data: &TempDir, nodes: Nodes<'_>, month: &str, count: Count, now_ms: u64) -> u64 {
    let month = Month::parse(month).unwrap();
    let usage = Reader::open(data.path())
        .unwrap()
        .month(nodes, month, now_ms)
        .unwrap();
    usage.iter().map(|usage| usage.counts[count]).sum()
}

fn lifetime(data: &Path, node: &str, count: Count, now_ms: u64) -> u64 {
    Reader::open(data).unwrap().lifetime(node, now_ms).unwrap()[count]
}

/// The files as a crash at this moment would leave them.
fn crashed(data: &TempDir) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join(FOLDER)).unwrap();
    for file in fs::read_dir(data.path().join(FOLDER)).unwrap() {
        let file = file.unwrap();
        // the index of the WAL is shared memory and does not outlive its users
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(file.path(), copy.path().join(FOLDER).join(file.file_name())).unwrap();
        }
    }
    copy
}

#[test]
fn counts_add_up_in_days_months_and_lifetimes() {
    let (data, mut store) = place();
    write(
        &mut store,
        &[("w", requests(1)), ("w/C/1", requests(2))],
        LATE_MAY,
    );
    write(&mut store, &[("w/C/1", requests(4))], LATE_MAY + 59_000);
    write(
        &mut store,
        &[("w/C/1", requests(8)), ("w/C2/1", requests(16))],
        LATE_MAY + 60_000,
    );
    let now = LATE_MAY + 70_000;
    let month = |nodes, month| in_month(&data, nodes, month, Count::Requests, now);
    assert_eq!(month(Nodes::All, "2026-05"), 7);
    assert_eq!(month(Nodes::All, "2026-06"), 24);
    assert_eq!(month(Nodes::From("w/C"), "2026-06"), 8);
    assert_eq!(month(Nodes::Only("w"), "2026-05"), 1);
    assert_eq!(month(Nodes::All, "2026-07"), 0);
    assert_eq!(lifetime(data.path(), "w/C/1", Count::Requests, now), 14);
    let reader = Reader::open(data.path()).unwrap();
    let day = reader.day(Nodes::From("w"), Day::of(now), now).unwrap();
    assert_eq!(
        day.iter().map(|it| it.counts[Count::Requests]).sum::<u64>(),
        24
    );
}

#[test]
fn what_is_stored_costs_at_rest() {
    let (data, mut store) = place();
    let stored = |nodes, month, now| in_month(&data, nodes, month, Count::StoredByteSeconds, now);
    let outcome = write(&mut store, &[("w/C/1", stores(1000))], LATE_MAY);
    assert_eq!(
        (outcome.resized[0].before, outcome.resized[0].now),
        (0, 1000)
    );
    assert_eq!(stored(Nodes::All, "2026-05", LATE_MAY + 10_999), 10_000);
    assert_eq!(stored(Nodes::All, "2026-06", LATE_MAY + 10_999), 0);
    // nothing was written since, and the month has changed
    assert_eq!(stored(Nodes::All, "2026-05", LATE_MAY + 90_000), 60_000);
    assert_eq!(stored(Nodes::All, "2026-06", LATE_MAY + 90_000), 30_000);
    // the same once it is written down
    write(&mut store, &[("w/C/1", stores(2000))], LATE_MAY + 90_000);
    assert_eq!(stored(Nodes::All, "2026-05", LATE_MAY + 95_000), 60_000);
    assert_eq!(stored(Nodes::All, "2026-06", LATE_MAY + 95_000), 40_000);
    assert_eq!(
        lifetime(
            data.path(),
            "w/C/1",
            Count::StoredByteSeconds,
            LATE_MAY + 95_000
        ),
        100_000
    );
    // parts of a second are not lost
    for part in 1..=20 {
        write(
            &mut store,
            &[("w/C/1", stores(2000 + part % 2))],
            LATE_MAY + 95_000 + part * 100,
        );
    }
    let all = lifetime(
        data.path(),
        "w/C/1",
        Count::StoredByteSeconds,
        LATE_MAY + 97_000,
    );
    assert!((104_000..=104_002).contains(&all), "{all}");
    let outcome = store.delete("w/C", LATE_MAY + 97_000).unwrap();
    assert_eq!(outcome.resized.len(), 1);
    assert_eq!(stored(Nodes::All, "2026-05", LATE_MAY + 900_000), 60_000);
    assert_eq!(
        lifetime(
            data.path(),
            "w/C/1",
            Count::StoredByteSeconds,
            LATE_MAY + 900_000
        ),
        all
    );
}

#[test]
fn what_was_found_on_disk_replaces_what_was_known() {
    let (data, mut store) = place();
    write(
        &mut store,
        &[
            ("w/C/1", stores(5)),
            ("w/C/2", stores(7)),
            ("w/D/1", stores(9)),
        ],
        LATE_MAY,
    );
    let start = LATE_MAY + 5_000;
    write(&mut store, &[("w/C/9", stores(100))], start + 1_000);
    let found = HashMap::from([
        ("w/C/1".into(), 6),
        ("w/C/3".into(), 8),
        ("w/C/9".into(), 1),
    ]);
    store
        .found("w/C/".."w/C0", &found, start, start + 2_000)
        .unwrap();
    let reader = Reader::open(data.path()).unwrap();
    let stored = |node| reader.stored(Nodes::Only(node)).unwrap();
    assert_eq!(
        ["w/C/1", "w/C/2", "w/C/3", "w/D/1"].map(stored),
        [6, 0, 8, 9]
    );
    assert_eq!(stored("w/C/9"), 100, "it changed since the look");
    assert_eq!(reader.stored(Nodes::From("w")).unwrap(), 123);
}

#[test]
fn costs_go_along_with_a_new_name() {
    let (data, mut store) = place();
    let now = LATE_MAY;
    write(
        &mut store,
        &[
            ("a", requests(1)),
            ("a/C/1", requests(2)),
            ("a/C/1/f", stores(10)),
        ],
        now,
    );
    write(
        &mut store,
        &[("ab/C/1", requests(64)), ("b/C/1", requests(4))],
        now,
    );
    store.rename("a", "b", now + 5_000).unwrap();
    let count = |node, count| lifetime(data.path(), node, count, now + 10_000);
    assert_eq!(count("a", Count::Requests), 0);
    assert_eq!(count("b", Count::Requests), 1);
    assert_eq!(count("b/C/1", Count::Requests), 6, "both of that name");
    assert_eq!(count("b/C/1/f", Count::StoredByteSeconds), 100);
    assert_eq!(count("ab/C/1", Count::Requests), 64);
    write(
        &mut store,
        &[("b/C/1", requests(8)), ("a/C/1", requests(16))],
        now + 6_000,
    );
    assert_eq!(count("b/C/1", Count::Requests), 14);
    assert_eq!(count("a/C/1", Count::Requests), 16);
    let all = |month| in_month(&data, Nodes::All, month, Count::Requests, now + 10_000);
    assert_eq!(all("2026-05"), 1 + 2 + 4 + 64 + 8 + 16);
}

#[test]
fn a_dynamic_worker_counts_once_a_day() {
    let (data, mut store) = place();
    let used = |store: &mut Store, version: &str, now_ms| {
        let used: DynamicUse = ("w".into(), version.into());
        store
            .write(&HashMap::new(), [&used, &used], now_ms)
            .unwrap()
            .dynamic
            .len()
    };
    assert_eq!(used(&mut store, "1", LATE_MAY), 1);
    assert_eq!(used(&mut store, "1", LATE_MAY), 0);
    assert_eq!(used(&mut store, "2", LATE_MAY + 1), 1);
    drop(store);
    let mut store = Store::open(data.path(), LATE_MAY).unwrap();
    assert_eq!(used(&mut store, "2", LATE_MAY + 2), 0);
    assert_eq!(used(&mut store, "2", LATE_MAY + 60_000), 1);
    let count = |month| {
        in_month(
            &data,
            Nodes::All,
            month,
            Count::DynamicWorkers,
            LATE_MAY + 60_000,
        )
    };
    assert_eq!((count("2026-05"), count("2026-06")), (2, 1));
}

#[test]
fn a_series_adds_up_in_every_step() {
    let (data, mut store) = place();
    let start = LATE_MAY / 1000;
    for second in 0..130 {
        let now = LATE_MAY + second * 1000 + 7;
        write(
            &mut store,
            &[("w/C/1", requests(second)), ("w/C/2", requests(1))],
            now,
        );
    }
    let reader = Reader::open(data.path()).unwrap();
    for step in [1, 2, 10, 30, 60, 120] {
        let series = |nodes| {
            reader
                .series(nodes, Count::Requests, start - 120..start + 200, step)
                .unwrap()
        };
        let one = series(Nodes::Only("w/C/1"));
        assert_eq!(
            one.iter().map(|it| it.value).sum::<u64>(),
            (0..130).sum::<u64>()
        );
        assert!(one.iter().all(|point| point.at_s % step == 0));
        let both: u64 = series(Nodes::From("w")).iter().map(|it| it.value).sum();
        assert_eq!(both, (0..130).sum::<u64>() + 130, "steps of {step}");
    }
    let between = reader
        .between(Nodes::From("w"), start + 3..start + 5)
        .unwrap();
    assert_eq!(between["w/C/1"][Count::Requests], 7);
}

#[test]
fn old_steps_go_and_their_size_is_known() {
    let (data, mut store) = place();
    for day in 0..4 {
        for second in 0..3 {
            write(
                &mut store,
                &[("w", requests(1))],
                LATE_MAY + day * DAY_MS + second * 1000,
            );
        }
    }
    for (at, (seconds, kept)) in STEPS.iter().enumerate() {
        assert_eq!(
            store.steps[at],
            size_of_steps(&store.connection, *seconds).unwrap()
        );
        let oldest: i64 = store
            .connection
            .query_row(
                "SELECT min(at) FROM steps WHERE seconds = ?1",
                [whole(*seconds)],
                |row| row.get(0),
            )
            .unwrap();
        assert!(oldest as u64 + kept >= (LATE_MAY + 3 * DAY_MS) / 1000);
    }
    assert_eq!(lifetime(data.path(), "w", Count::Requests, LATE_MAY), 12);
}

#[test]
fn days_go_and_months_stay() {
    let (data, mut store) = place();
    write(&mut store, &[("w", requests(1))], LATE_MAY);
    write(
        &mut store,
        &[("w", requests(1))],
        LATE_MAY + (DAYS_KEPT + 1) * DAY_MS,
    );
    let spans: Vec<i64> = {
        let mut select = store
            .connection
            .prepare("SELECT span FROM spans ORDER BY span")
            .unwrap();
        select
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect()
    };
    assert_eq!(spans, [202_605, 202_608, 20_260_802]);
    assert_eq!(lifetime(data.path(), "w", Count::Requests, LATE_MAY), 2);
}

/// What a test does to a ledger.
#[derive(Clone, Debug)]
enum Act {
    /// Nodes count so much, and it is written.
    Write(Vec<(u8, u64)>),
    /// The program dies at this point of writing such a thing, and is started again.
    Crash(Vec<(u8, u64)>, u8),
    /// The clock goes on by so many milliseconds, or back.
    Clock(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let counted = || prop::collection::vec((0..5_u8, 0..1000_u64), 0..6);
    let act = prop_oneof![
        4 => counted().prop_map(Act::Write),
        1 => (counted(), 0..10_u8).prop_map(|(counted, step)| Act::Crash(counted, step)),
        2 => (0..3_000_i64).prop_map(Act::Clock),
        1 => (-100_000_000_000..100_000_000_000_i64).prop_map(Act::Clock),
    ];
    prop::collection::vec(act, 1..14)
}

fn name(node: u8) -> Arc<str> {
    format!("w/C/{node}").into()
}

/// Each step of a transaction, with a look at what a crash after it would leave.
fn die_while_writing(
    data: &TempDir,
    store: &mut Store,
    news: &[(u8, u64)],
    step: u8,
    now: u64,
) -> TempDir {
    let mut left = None;
    let mut at = 0;
    let mut passed = |data: &TempDir, left: &mut Option<TempDir>| {
        if at == step {
            *left = Some(crashed(data));
        }
        at += 1;
    };
    passed(data, &mut left);
    let died = store.change(now, |turn| {
        let mut step = PerNode::new();
        passed(data, &mut left);
        for (node, number) in news {
            turn.count(&mut step, &name(*node), &requests(*number))?;
            passed(data, &mut left);
        }
        turn.add_steps(&step)?;
        passed(data, &mut left);
        // never committed
        Err(rusqlite::Error::InvalidQuery)
    });
    assert!(died.is_err());
    left.unwrap_or_else(|| crashed(data))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_lost_or_doubled_by_crashes_and_clocks(acts in acts()) {
        let (mut data, mut store) = place();
        let mut now = LATE_MAY;
        let mut expected = [0_u64; 5];
        for act in acts {
            match act {
                Act::Clock(ms) => now = now.saturating_add_signed(ms),
                Act::Write(counted) => {
                    for (node, number) in counted {
                        write(&mut store, &[(&name(node), requests(number))], now);
                        expected[usize::from(node)] += number;
                    }
                }
                Act::Crash(counted, step) => {
                    let left = die_while_writing(&data, &mut store, &counted, step, now);
                    drop(store);
                    data = left;
                    store = Store::open(data.path(), now).unwrap();
                }
            }
            for (node, expected) in expected.iter().enumerate() {
                let found = lifetime(data.path(), &name(node as u8), Count::Requests, now);
                prop_assert_eq!(found, *expected);
            }
        }
    }

    #[test]
    fn a_clock_that_jumps_never_charges_for_time_that_did_not_pass_on_it(
        jumps in prop::collection::vec(-50_000_000_000..50_000_000_000_i64, 1..12)
    ) {
        let (data, mut store) = place();
        let mut now = LATE_MAY;
        let mut ahead = 0;
        for jump in jumps {
            write(&mut store, &[("w/C/1", stores(10 + now % 2))], now);
            let next = now.saturating_add_signed(jump);
            ahead += next.saturating_sub(now);
            now = next;
            let stored = lifetime(data.path(), "w/C/1", Count::StoredByteSeconds, now);
            prop_assert!(stored <= 11 * ahead / 1000, "{stored} in {ahead} ms");
        }
    }
}
