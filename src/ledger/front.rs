//! The front: one thread collects from the meters five times a second and writes once a second;
//! everybody else asks.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{
    Changed, Logs, Meter, Metered,
    audit::{Audit, AuditQuery, Entry, Recorded},
    calendar::{DAY_MS, Day, Month, Period},
    counts::{Count, Counts},
    file::LedgerError,
    log_files::{LogFiles, LogSettings},
    log_search::{Found, LogFilter},
    money::Money,
    now_ms,
    price_book::PriceBook,
    reading::{Nodes, Point, Reader, Usage},
    statement::Statement,
    store::{DynamicUse, News, Outcome, Store, byte_seconds},
    watches::{Sums, Watches},
};

/// How often the meters are looked at.
const COLLECT: Duration = Duration::from_millis(200);
/// How often what they counted is written.
const WRITE: Duration = Duration::from_secs(1);
/// Under which name the ledger keeps the price book that was used last.
const PRICE_BOOK: &str = "price_book";

/// How a ledger is kept.
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// What things cost.
    pub prices: PriceBook,
    /// Bytes that log files may take.
    pub log_bytes: u64,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self {
            prices: PriceBook::default(),
            log_bytes: 256 << 20,
        }
    }
}

/// What a node with all below it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Spent today.
    pub today: Money,
    /// Spent this month.
    pub month: Money,
    /// What an hour would cost that is like the last minute.
    pub per_hour: Money,
    /// What the month will have cost if the rest of it is like yesterday and today.
    pub projected: Money,
}

/// What is kept of what was seen: counts, money, acts and logs.
pub struct Ledger {
    data: PathBuf,
    prices: PriceBook,
    audit: Audit,
    logs: Arc<LogFiles>,
    /// The order in which locks are taken: this one, `reader`, `watches`.
    writing: Mutex<Writing>,
    reader: Mutex<Reader>,
    watches: Mutex<Watches>,
    used: Mutex<Used>,
    opened_ms: u64,
    stop: (Mutex<bool>, Condvar),
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What has been collected and is not written yet.
struct Writing {
    store: Store,
    news: HashMap<Arc<str>, News>,
    source: Option<Source>,
    /// Looked at once more: what was counted while they were looked at.
    again: Vec<Metered>,
    written_ms: u64,
    /// The last attempt failed, and that has been told.
    failing: bool,
}

/// Where counts come from.
struct Source {
    changed: Arc<Changed>,
    /// The clock of [`Meter::active`].
    now_us: Box<dyn Fn() -> u64 + Send>,
}

/// Dynamic workers that were used.
#[derive(Default)]
struct Used {
    /// Those that the store has not been told of.
    new: HashSet<DynamicUse>,
    /// Those of `day` that it has.
    told: HashSet<DynamicUse>,
    day: u64,
}

impl Ledger {
    /// The ledger of a data folder, begun if there is none.
    pub fn open(data: &Path, settings: LedgerSettings) -> Result<Arc<Self>, LedgerError> {
        let opened_ms = now_ms();
        let mut store = Store::open(data, opened_ms)?;
        store.set_fact(PRICE_BOOK, settings.prices.text())?;
        Ok(Arc::new(Self {
            audit: Audit::open(data)?,
            logs: Arc::new(LogFiles::open(data, &LogSettings::of(settings.log_bytes))?),
            reader: Mutex::new(Reader::open(data)?),
            writing: Mutex::new(Writing {
                store,
                news: HashMap::new(),
                source: None,
                again: Vec::new(),
                written_ms: opened_ms,
                failing: false,
            }),
            watches: Mutex::default(),
            used: Mutex::default(),
            stop: Default::default(),
            threads: Mutex::default(),
            data: data.to_path_buf(),
            prices: settings.prices,
            opened_ms,
        }))
    }

    /// Begins to collect what meters count, and to keep what is logged. `now_us` is the clock of
    /// [`Meter::active`].
    pub fn follow(
        self: &Arc<Self>,
        changed: Arc<Changed>,
        logs: Arc<Logs>,
        now_us: impl Fn() -> u64 + Send + 'static,
    ) -> Result<(), LedgerError> {
        let now_us = Box::new(now_us);
        self.writing.lock().source = Some(Source { changed, now_us });
        let (counting, logging) = (Arc::clone(self), Arc::clone(self));
        let named = |name: &str| std::thread::Builder::new().name(name.into());
        let counting = named("lapidary-ledger").spawn(move || counting.count_until_stopped());
        self.threads
            .lock()
            .push(counting.map_err(LedgerError::Thread)?);
        let logging = named("lapidary-logs").spawn(move || {
            let files = logging.logs.clone();
            files.follow(&logs, |wait| logging.stops_within(wait));
        });
        self.threads
            .lock()
            .push(logging.map_err(LedgerError::Thread)?);
        Ok(())
    }

    /// Writes the rest and ends the threads.
    pub fn stop(&self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            // a panic there has been told by its hook
            let _ = thread.join();
        }
        if let Err(error) = self.flush() {
            tracing::error!("the last counts were not written: {error}");
        }
    }

    /// True when it was told to stop; waits for that at most so long.
    fn stops_within(&self, wait: Duration) -> bool {
        let mut stopped = self.stop.0.lock();
        if !*stopped {
            self.stop.1.wait_for(&mut stopped, wait);
        }
        *stopped
    }

    fn count_until_stopped(&self) {
        let mut written = Instant::now();
        while !self.stops_within(COLLECT) {
            let mut writing = self.writing.lock();
            self.collect(&mut writing);
            if written.elapsed() >= WRITE {
                written = Instant::now();
                let outcome = self.write(&mut writing);
                writing.tell(outcome.err());
            }
        }
    }

    /// Collects and writes now what has been counted until now.
    pub fn flush(&self) -> Result<(), LedgerError> {
        let mut writing = self.writing.lock();
        self.collect(&mut writing);
        self.write(&mut writing)
    }

    fn collect(&self, writing: &mut Writing) {
        let Some(source) = &writing.source else {
            return;
        };
        let now_us = (source.now_us)();
        let noted = source.changed.take();
        if noted.is_empty() && writing.again.is_empty() {
            return;
        }
        let now_ms = now_ms();
        let mut watches = self.watches.lock();
        let mut seen: HashSet<*const Meter> = HashSet::new();
        for metered in std::mem::take(&mut writing.again).into_iter().chain(noted) {
            if !seen.insert(Arc::as_ptr(&metered.meter)) {
                continue;
            }
            let goes_on = metered.meter.count_activity(now_us);
            let counts = metered.meter.take();
            if !counts.is_zero() {
                watches.count(&metered.node, &counts, now_ms);
            }
            let news = writing.news.entry(metered.node.clone()).or_default();
            news.counts += counts;
            news.database_bytes = metered.meter.take_database().or(news.database_bytes);
            if goes_on || !counts.is_zero() {
                writing.again.push(metered);
            }
        }
    }

    fn write(&self, writing: &mut Writing) -> Result<(), LedgerError> {
        let now_ms = now_ms();
        let used = self.used.lock().take();
        if writing.news.is_empty() && used.is_empty() {
            return Ok(());
        }
        let outcome = match writing.store.write(&writing.news, &used, now_ms) {
            Ok(outcome) => outcome,
            Err(error) => {
                self.used.lock().give_back(used);
                return Err(error);
            }
        };
        writing.news.clear();
        self.used.lock().told.extend(used);
        let went_back = std::mem::replace(&mut writing.written_ms, now_ms) > now_ms;
        self.tell_watches(&outcome, now_ms);
        if went_back {
            // today may be another day than it was
            let nodes = self.watches.lock().nodes();
            for node in nodes {
                self.watch_from(&node, now_ms)?;
            }
        }
        Ok(())
    }

    fn tell_watches(&self, outcome: &Outcome, now_ms: u64) {
        let mut watches = self.watches.lock();
        if watches.is_empty() {
            return;
        }
        for resized in &outcome.resized {
            watches.resize(&resized.node, resized.before, resized.now, now_ms);
        }
        let mut one = Counts::default();
        one[Count::DynamicWorkers] = 1;
        for worker in &outcome.dynamic {
            watches.count(worker, &one, now_ms);
        }
    }

    /// Watches what a node and all below it spend, so that [`Ledger::spent`] can be asked often.
    pub fn watch(&self, node: &str) -> Result<(), LedgerError> {
        let mut writing = self.writing.lock();
        if self.watches.lock().has(node) {
            return Ok(());
        }
        self.collect(&mut writing);
        self.write(&mut writing)?;
        self.watch_from(node, now_ms())
    }

    /// Begins with what is written; nothing may be collected that is not.
    fn watch_from(&self, node: &str, now_ms: u64) -> Result<(), LedgerError> {
        let reader = self.reader.lock();
        let day = reader.day(Nodes::From(node), Day::of(now_ms), now_ms)?;
        let month = reader.month(Nodes::From(node), Month::of(now_ms), now_ms)?;
        self.watches.lock().watch(node, &day, &month, now_ms);
        Ok(())
    }

    /// Watches it no longer.
    pub fn unwatch(&self, node: &str) {
        self.watches.lock().unwatch(node);
    }

    /// What a watched node with all below it has spent today or this month, before anything that
    /// is included, as of the last look at the meters; `None` when it is not watched. Cheap.
    pub fn spent(&self, node: &str, period: Period) -> Option<Money> {
        let now_ms = now_ms();
        self.watches
            .lock()
            .spent(node, period, &self.prices, now_ms)
    }

    /// What a node with all below it costs, watched or not; a look at the disk.
    pub fn figures(&self, node: &str) -> Result<Figures, LedgerError> {
        self.flush()?;
        let now_ms = now_ms();
        let reader = self.reader.lock();
        let nodes = Nodes::From(node);
        let cost = |usage: &[Usage]| {
            let each = usage.iter().map(|usage| (&*usage.node, &usage.counts));
            Sums::of(each).cost(&self.prices)
        };
        let (today, month) = (Day::of(now_ms), Month::of(now_ms));
        let yesterday = Day::of(now_ms.saturating_sub(DAY_MS));
        let spent_today = cost(&reader.day(nodes, today, now_ms)?);
        let spent_yesterday = cost(&reader.day(nodes, yesterday, now_ms)?);
        let spent_in_month = cost(&reader.month(nodes, month, now_ms)?);
        let since = reader.known_since(nodes)?.unwrap_or(now_ms);
        let since = since.clamp(yesterday.range_ms().start, now_ms);
        // less than a minute says nothing about a month
        let seen_ms = (now_ms - since).max(60_000);
        let left_ms = month.range_ms().end.saturating_sub(now_ms);
        let rest = (spent_yesterday + spent_today).share(left_ms, seen_ms);
        let seconds = now_ms / 1000;
        let minute = reader.between(nodes, seconds.saturating_sub(60)..seconds + 1)?;
        let mut last_minute = Sums::of(minute.iter().map(|(node, counts)| (&**node, counts)));
        last_minute.add_stored(byte_seconds(reader.stored(nodes)?, 60_000));
        Ok(Figures {
            today: spent_today,
            month: spent_in_month,
            per_hour: last_minute.cost(&self.prices).share(60, 1),
            projected: spent_in_month + rest,
        })
    }

    /// A month's bill, before the month has ended for what it has cost so far.
    pub fn statement(&self, month: Month, by_node: bool) -> Result<Statement, LedgerError> {
        self.flush()?;
        let now_ms = now_ms();
        let usage = self.reader.lock().month(Nodes::All, month, now_ms)?;
        Ok(Statement::new(month, &usage, &self.prices, by_node, now_ms))
    }

    /// The same from a data folder that a server may be using; with the prices of the last server
    /// unless others are given.
    pub fn read_statement(
        data: &Path,
        month: Option<Month>,
        prices: Option<PriceBook>,
        by_node: bool,
    ) -> Result<Statement, LedgerError> {
        let reader = Reader::open(data)?;
        let kept = || -> Result<PriceBook, LedgerError> {
            let text = reader.fact(PRICE_BOOK)?;
            // one that this program cannot read was another program's
            let book = text.and_then(|text| PriceBook::parse(PRICE_BOOK, &text).ok());
            Ok(book.unwrap_or_default())
        };
        let prices = prices.map_or_else(kept, Ok)?;
        let now_ms = now_ms();
        let month = month.unwrap_or(Month::of(now_ms));
        let usage = reader.month(Nodes::All, month, now_ms)?;
        Ok(Statement::new(month, &usage, &prices, by_node, now_ms))
    }

    /// What nodes counted in a month, with what they stored.
    pub fn month(&self, nodes: Nodes<'_>, month: Month) -> Result<Vec<Usage>, LedgerError> {
        self.reader.lock().month(nodes, month, now_ms())
    }

    /// All that a node has ever counted and what it has stored, as of the last second.
    pub fn lifetime(&self, node: &str) -> Result<Counts, LedgerError> {
        self.reader.lock().lifetime(node, now_ms())
    }

    /// One count of nodes together over a range of seconds since the epoch, in steps of so many
    /// seconds; steps without any are left out. Steps below a minute are there for a day, others
    /// for two.
    pub fn series(
        &self,
        nodes: Nodes<'_>,
        count: Count,
        seconds: Range<u64>,
        step: u64,
    ) -> Result<Vec<Point>, LedgerError> {
        self.reader.lock().series(nodes, count, seconds, step)
    }

    /// What things cost.
    pub fn prices(&self) -> &PriceBook {
        &self.prices
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Writes an act down; it is on disk when this returns. One that cannot be written is logged.
    pub fn audit(&self, entry: &Entry) {
        if let Err(error) = self.audit.record(entry) {
            let (what, node) = (&entry.what, &entry.node);
            tracing::error!("\"{what}\" of {node} is missing in the list of acts: {error}");
        }
    }

    /// Acts, the newest first.
    pub fn acts(&self, query: &AuditQuery) -> Result<Vec<Recorded>, LedgerError> {
        self.audit.list(query)
    }

    /// Log lines on disk, the newest first.
    pub fn search(&self, filter: &LogFilter) -> Result<Vec<Found>, LedgerError> {
        self.logs.search(filter)
    }

    /// A dynamic worker is used: `worker` loaded it, and `version` tells its id and code from
    /// others. It counts once a day.
    pub fn dynamic_worker(&self, worker: &str, version: &str) {
        self.used.lock().note(worker, version, now_ms() / DAY_MS);
    }

    /// What was found on disk of the nodes whose path is in a range: what each stores; others
    /// there store nothing. Nothing else is written meanwhile, so a range should not hold many.
    pub fn found(
        &self,
        paths: Range<&str>,
        stored: &HashMap<Arc<str>, u64>,
    ) -> Result<(), LedgerError> {
        let mut writing = self.writing.lock();
        let now_ms = now_ms();
        let outcome = writing.store.found(paths, stored, self.opened_ms, now_ms)?;
        self.tell_watches(&outcome, now_ms);
        // whoever waits has its turn before the next range
        MutexGuard::unlock_fair(writing);
        Ok(())
    }

    /// A node and all below it have been deleted: they store nothing more; what they cost stays in
    /// their worker's bill.
    pub fn delete(&self, node: &str) -> Result<(), LedgerError> {
        let mut writing = self.writing.lock();
        self.collect(&mut writing);
        self.write(&mut writing)?;
        let now_ms = now_ms();
        let outcome = writing.store.delete(node, now_ms)?;
        self.tell_watches(&outcome, now_ms);
        Ok(())
    }

    /// A node and all below it have another path from now on, and take along what they cost.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), LedgerError> {
        let mut writing = self.writing.lock();
        self.collect(&mut writing);
        self.write(&mut writing)?;
        let now_ms = now_ms();
        writing.store.rename(from, to, now_ms)?;
        let nodes = self.watches.lock().nodes();
        nodes
            .iter()
            .try_for_each(|node| self.watch_from(node, now_ms))
    }
}

impl Writing {
    /// Tells when writing begins to fail, and when it works again.
    fn tell(&mut self, failed: Option<LedgerError>) {
        match failed {
            Some(error) if !self.failing => {
                tracing::error!("counts wait in memory until they can be written: {error}");
                self.failing = true;
            }
            None if self.failing => {
                tracing::info!("counts are being written again");
                self.failing = false;
            }
            _ => {}
        }
    }
}

impl Used {
    fn note(&mut self, worker: &str, version: &str, day: u64) {
        if self.day != day {
            self.told.clear();
            self.day = day;
        }
        let used: DynamicUse = (worker.into(), version.into());
        if !self.told.contains(&used) {
            self.new.insert(used);
        }
    }

    fn take(&mut self) -> HashSet<DynamicUse> {
        std::mem::take(&mut self.new)
    }

    fn give_back(&mut self, used: HashSet<DynamicUse>) {
        self.new.extend(used);
    }
}

#[cfg(test)]
mod tests;
