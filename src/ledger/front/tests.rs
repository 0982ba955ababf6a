//! From meters to bills, without a server.

use super::*;
use crate::ledger::Who;

fn ledger(data: &Path) -> (Arc<Ledger>, Arc<Changed>) {
    let ledger = Ledger::open(data, LedgerSettings::default()).unwrap();
    let changed: Arc<Changed> = Arc::default();
    let source = Source {
        changed: changed.clone(),
        now_us: Box::new(|| 1_000_000),
    };
    ledger.writing.lock().source = Some(source);
    (ledger, changed)
}

struct Object {
    node: Arc<str>,
    meter: Arc<Meter>,
    changed: Arc<Changed>,
}

impl Object {
    fn new(node: &str, changed: &Arc<Changed>) -> Self {
        Self {
            node: node.into(),
            meter: Arc::default(),
            changed: changed.clone(),
        }
    }

    fn count(&self, count: Count, more: u64) {
        self.changed.note(&self.node, &self.meter);
        self.meter.add(count, more);
    }
}

fn spent(ledger: &Ledger, node: &str) -> String {
    let month = ledger.spent(node, Period::Month);
    assert_eq!(
        month,
        ledger.spent(node, Period::Day),
        "tests do not run over midnight"
    );
    month.map_or("not watched".into(), |money| money.to_string())
}

#[test]
fn what_is_spent_is_known_before_it_is_written() {
    let data = tempfile::tempdir().unwrap();
    let (ledger, changed) = ledger(data.path());
    let object = Object::new("w/C/1", &changed);
    object.count(Count::Calls, 1_000_000);
    ledger.watch("w").unwrap();
    assert_eq!(spent(&ledger, "w"), "0.15");
    object.count(Count::Calls, 2_000_000);
    Object::new("v", &changed).count(Count::Requests, 1_000_000);
    ledger.collect(&mut ledger.writing.lock());
    assert_eq!(spent(&ledger, "w"), "0.45");
    assert_eq!(ledger.lifetime("w/C/1").unwrap()[Count::Calls], 1_000_000);
    ledger.flush().unwrap();
    assert_eq!(spent(&ledger, "w"), "0.45");
    assert_eq!(ledger.lifetime("w/C/1").unwrap()[Count::Calls], 3_000_000);
    ledger.unwatch("w");
    assert_eq!(spent(&ledger, "w"), "not watched");
    drop(ledger);
    // a new program goes on where the other one ended
    let (ledger, changed) = self::ledger(data.path());
    ledger.watch("w/C").unwrap();
    Object::new("w/C/1", &changed).count(Count::Calls, 1_000_000);
    ledger.flush().unwrap();
    assert_eq!(spent(&ledger, "w/C"), "0.60");
}

#[test]
fn an_activity_that_goes_on_is_looked_at_again() {
    let data = tempfile::tempdir().unwrap();
    let (ledger, changed) = ledger(data.path());
    let object = Object::new("w/C/1", &changed);
    object.meter.active(400_000);
    object.count(Count::CpuUs, 5);
    ledger.flush().unwrap();
    // counted after the look, and not noted
    object.meter.add(Count::CpuUs, 7);
    object.meter.at_rest(1_500_000);
    ledger.flush().unwrap();
    let counts = ledger.lifetime("w/C/1").unwrap();
    assert_eq!(
        (counts[Count::CpuUs], counts[Count::ActiveUs]),
        (12, 1_100_000)
    );
    ledger.flush().unwrap();
    assert!(
        ledger.writing.lock().again.is_empty(),
        "at rest, it is left alone"
    );
}

#[test]
fn nothing_is_lost_between_threads() {
    let data = tempfile::tempdir().unwrap();
    let (ledger, changed) = ledger(data.path());
    let objects: Vec<Object> = (0..3)
        .map(|id| Object::new(&format!("w/C/{id}"), &changed))
        .collect();
    std::thread::scope(|scope| {
        let counting: Vec<_> = objects
            .iter()
            .map(|object| {
                scope.spawn(move || (0..20_000).for_each(|_| object.count(Count::RowsRead, 3)))
            })
            .collect();
        while counting.iter().any(|thread| !thread.is_finished()) {
            ledger.flush().unwrap();
        }
    });
    ledger.flush().unwrap();
    for object in &objects {
        assert_eq!(
            ledger.lifetime(&object.node).unwrap()[Count::RowsRead],
            60_000
        );
    }
}

#[test]
fn the_rest_is_written_when_it_stops() {
    let data = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(data.path(), LedgerSettings::default()).unwrap();
    let changed: Arc<Changed> = Arc::default();
    let logs = Arc::new(Logs::new(10, 1000, false));
    ledger.follow(changed.clone(), logs.clone(), || 0).unwrap();
    Object::new("w", &changed).count(Count::Requests, 5);
    let source = crate::ledger::Source {
        node: "w".into(),
        label: "w".into(),
    };
    logs.write(&source, crate::ledger::Level::Info, false, "the last words");
    ledger.stop();
    assert_eq!(ledger.lifetime("w").unwrap()[Count::Requests], 5);
    let found = ledger
        .search(&LogFilter {
            limit: 5,
            ..LogFilter::default()
        })
        .unwrap();
    assert_eq!(found[0].text, "the last words");
}

#[test]
fn a_deleted_node_stays_on_the_bill_and_a_renamed_one_moves() {
    let data = tempfile::tempdir().unwrap();
    let (ledger, changed) = ledger(data.path());
    ledger.watch("w").unwrap();
    ledger.watch("v").unwrap();
    let object = Object::new("w/C/1", &changed);
    object.count(Count::Calls, 3_000_000);
    object.meter.set_database(1 << 40);
    ledger.flush().unwrap();
    assert_eq!(
        ledger
            .writing
            .lock()
            .store
            .delete("w/C/9", now_ms())
            .unwrap(),
        Outcome::default()
    );
    ledger.delete("w/C/1").unwrap();
    // what is left of the object may still count
    object.count(Count::LogLines, 1);
    ledger.flush().unwrap();
    let stored = || ledger.reader.lock().stored(Nodes::All).unwrap();
    assert_eq!(stored(), 0);
    let month = Month::of(now_ms());
    let bill = ledger.statement(month, false).unwrap();
    assert_eq!(bill.workers[0].worker, "w");
    assert_eq!(bill.cents, 30);
    ledger.rename("w", "v").unwrap();
    let bill = ledger.statement(month, true).unwrap();
    assert_eq!(bill.workers[0].worker, "v");
    assert_eq!(bill.workers[0].lines[0].node.as_deref(), Some("v/C/1"));
    assert_eq!(spent(&ledger, "w"), "0.00");
    assert!(ledger.spent("v", Period::Month).unwrap() >= Money::parse("0.45").unwrap());
}

#[test]
fn figures_say_what_a_node_costs() {
    let data = tempfile::tempdir().unwrap();
    let (ledger, changed) = ledger(data.path());
    assert_eq!(ledger.figures("w").unwrap(), Figures::default());
    Object::new("w/C/1", &changed).count(Count::Calls, 2_000_000);
    Object::new("w2", &changed).count(Count::Requests, 2_000_000);
    let figures = ledger.figures("w").unwrap();
    assert_eq!(figures.today.to_string(), "0.30");
    assert_eq!(figures.month, figures.today);
    assert_eq!(figures.per_hour.to_string(), "18.00");
    assert!(figures.projected >= figures.month);
}

#[test]
fn dynamic_workers_count_once_however_often_they_are_used() {
    let data = tempfile::tempdir().unwrap();
    let (ledger, _) = ledger(data.path());
    ledger.watch("w").unwrap();
    for _ in 0..3 {
        for version in ["app 1", "app 2"] {
            ledger.dynamic_worker("w", version);
        }
        ledger.flush().unwrap();
    }
    assert_eq!(ledger.lifetime("w").unwrap()[Count::DynamicWorkers], 2);
    assert_eq!(spent(&ledger, "w"), "0.004");
}

#[test]
fn a_bill_is_read_beside_the_server_and_after_it() {
    let data = tempfile::tempdir().unwrap();
    let missing = Ledger::read_statement(data.path(), None, None, false);
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .starts_with("there is no ledger in")
    );
    let text = PriceBook::default().text().replace("USD", "EUR");
    let settings = LedgerSettings {
        prices: PriceBook::parse("x", &text).unwrap(),
        ..LedgerSettings::default()
    };
    let ledger = Ledger::open(data.path(), settings).unwrap();
    let changed: Arc<Changed> = Arc::default();
    ledger.writing.lock().source = Some(Source {
        changed: changed.clone(),
        now_us: Box::new(|| 0),
    });
    Object::new("w", &changed).count(Count::Requests, 20_000_000);
    ledger.flush().unwrap();
    let bill = |prices| Ledger::read_statement(data.path(), None, prices, false).unwrap();
    assert_eq!((bill(None).cents, &*bill(None).currency), (300, "EUR"));
    assert_eq!(bill(Some(PriceBook::default())).currency, "USD");
    drop(ledger);
    assert_eq!(bill(None).cents, 300);
}

#[test]
fn acts_are_listed() {
    let data = tempfile::tempdir().unwrap();
    let (ledger, _) = ledger(data.path());
    ledger.audit(&Entry::now(Who::Operator, "kill", "w/C/1"));
    let query = AuditQuery {
        node: Some("w".into()),
        before: None,
        limit: 9,
    };
    assert_eq!(ledger.acts(&query).unwrap()[0].entry.what, "kill");
}
