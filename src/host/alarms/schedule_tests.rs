//! The schedule with a clock and a chance of the test's own.

use proptest::prelude::*;

use super::*;

const FAILED: Outcome = Outcome::Failed { counted: true };
const FAULTLESS: Outcome = Outcome::Failed { counted: false };

fn schedule() -> Schedule<&'static str> {
    Schedule::new(Duration::from_secs(2))
}

#[test]
fn alarms_ring_in_order_and_never_early() {
    let mut all = schedule();
    all.set("b", Some(200));
    all.set("a", Some(100));
    all.set("c", Some(300));
    all.set("c", None);
    assert_eq!(all.next_ms(), Some(100));
    assert_eq!(all.take_due(99), None);
    let a = all.take_due(250).unwrap();
    let b = all.take_due(250).unwrap();
    assert_eq!((a.key, b.key, a.retries), ("a", "b", 0));
    assert_eq!(all.take_due(u64::MAX), None);
    assert_eq!(all.ended(&a, Outcome::Done, 260, 0.0), After::Settled);
    assert_eq!(all.rings_at(&"a"), None);
    assert_eq!(all.rings_at(&"b"), Some(200), "it is ringing");
}

#[test]
fn a_clock_that_goes_back_makes_alarms_wait() {
    let mut all = schedule();
    all.set("a", Some(1000));
    assert_eq!(all.take_due(500), None);
    assert_eq!(all.take_due(10), None);
    assert!(all.take_due(1000).is_some());
}

#[test]
fn six_failures_that_count_are_followed_by_a_last_try() {
    let mut all = schedule();
    all.set("a", Some(0));
    let mut now = 0;
    for retries in 0..=6 {
        let ring = all.take_due(now).unwrap();
        assert_eq!(ring.retries, retries);
        let after = all.ended(&ring, FAILED, now, 0.0);
        if retries == 6 {
            assert_eq!(after, After::GivenUp { alarm_ms: 0 });
        } else {
            let at_ms = now + (2000 << retries);
            assert_eq!(after, After::Retry { at_ms });
            assert_eq!(all.take_due(at_ms - 1), None);
            assert_eq!(all.alarm_ms(&"a"), Some(0), "the alarm itself stays");
            now = at_ms;
        }
    }
    assert_eq!(all.next_ms(), None);
}

#[test]
fn what_is_not_the_handlers_fault_does_not_count() {
    let mut all = schedule();
    all.set("a", Some(0));
    let mut now = 0;
    for retries in 0..40 {
        let ring = all.take_due(now).unwrap();
        let After::Retry { at_ms } = all.ended(&ring, FAULTLESS, now, 1.0) else {
            panic!("given up after {retries}");
        };
        let wait = 2000 << retries.min(9);
        assert_eq!(at_ms - now, wait + wait / 4);
        now = at_ms;
    }
    let ring = all.take_due(now).unwrap();
    assert!(matches!(
        all.ended(&ring, FAILED, now, 0.0),
        After::Retry { .. }
    ));
}

#[test]
fn a_new_alarm_takes_the_place_of_retries() {
    let mut all = schedule();
    all.set("a", Some(10));
    let ring = all.take_due(10).unwrap();
    all.ended(&ring, FAILED, 10, 0.5);
    all.set("a", Some(20));
    let ring = all.take_due(20).unwrap();
    assert_eq!(ring.retries, 0);
    assert_eq!(all.take_due(100_000), None, "the retry is gone");
    // set while it rings: not beside itself, and in place of the retry
    all.set("a", Some(25));
    assert_eq!(all.take_due(30), None);
    assert_eq!(all.ended(&ring, FAILED, 30, 0.0), After::Settled);
    let ring = all.take_due(30).unwrap();
    assert_eq!(ring.retries, 0);
    all.set("a", None);
    assert_eq!(all.ended(&ring, FAILED, 30, 0.0), After::Settled);
    assert_eq!(all.next_ms(), None);
}

#[test]
fn the_end_of_an_earlier_ring_is_void() {
    let mut all = schedule();
    all.set("a", Some(10));
    let old = all.take_due(10).unwrap();
    all.remove(&"a");
    all.set("a", Some(11));
    let new = all.take_due(11).unwrap();
    assert_eq!(all.ended(&old, FAILED, 12, 0.0), After::Settled);
    assert_eq!(all.take_due(u64::MAX), None);
    assert_eq!(
        all.ended(&new, Outcome::NotDue(Some(50)), 12, 0.0),
        After::Settled
    );
    assert_eq!(all.next_ms(), Some(50));
}

#[test]
fn a_facet_without_a_class_waits_for_its_parent() {
    let mut all = schedule();
    all.expect("f", 10);
    let ring = all.take_due(10).unwrap();
    all.ended(&ring, Outcome::NoClass, 10, 0.0);
    assert_eq!(all.take_due(u64::MAX), None);
    assert_eq!(all.rings_at(&"f"), Some(10));
    assert!(all.unpark(&"f", 99));
    assert!(!all.unpark(&"f", 99));
    assert_eq!(all.take_due(98), None, "the clock went back");
    assert!(all.take_due(99).is_some());
    all.expect("f", 5);
    assert_eq!(
        all.take_due(99),
        None,
        "what is known is not expected again"
    );
}

proptest! {
    /// Whatever happens, no alarm is lost, none rings twice at once, none rings early.
    #[test]
    fn nothing_is_lost(steps in prop::collection::vec((0u8..6, 0u64..3, 0u64..50_000), 1..200)) {
        let mut all = Schedule::new(Duration::from_secs(2));
        let mut model: HashMap<u64, u64> = HashMap::new();
        let mut ringing: HashMap<u64, (Ring<u64>, u64)> = HashMap::new();
        let mut now = 0;
        for (kind, key, value) in steps {
            match kind {
                0 => { all.set(key, Some(now + value)); model.insert(key, now + value); }
                1 => { all.set(key, None); model.remove(&key); }
                2 => { all.remove(&key); model.remove(&key); ringing.remove(&key); }
                3 => {
                    now += value;
                    while let Some(ring) = all.take_due(now) {
                        prop_assert!(model[&ring.key] <= now, "rang early");
                        let before = ringing.insert(ring.key, (ring.clone(), model[&ring.key]));
                        prop_assert!(before.is_none(), "rang beside itself");
                    }
                }
                _ => if let Some((ring, at)) = ringing.remove(&key) {
                    let outcome = if kind == 4 { Outcome::Done } else { FAULTLESS };
                    all.ended(&ring, outcome, now, 0.3);
                    if kind == 4 && model.get(&key) == Some(&at) && all.rings_at(&key).is_none() {
                        model.remove(&key);
                    }
                },
            }
            for key in model.keys() {
                prop_assert!(all.rings_at(key).is_some(), "lost");
            }
        }
    }
}
