//! What one object has used: counters that any thread may add to and any face may read.

use std::{
    collections::VecDeque,
    sync::{
        OnceLock,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use parking_lot::Mutex;

use super::counts::{Count, Counts};

/// Requests that are remembered one by one.
const RECENT: usize = 20;
/// Latency buckets: eight for each power of two of microseconds.
const BUCKETS: usize = 8 * 32;

/// One finished request.
#[derive(Clone, Debug)]
pub struct Finished {
    /// When it ended, milliseconds since the epoch.
    pub at_ms: u64,
    /// What it counts as: [`Count::Requests`], [`Count::Calls`] or [`Count::Alarms`].
    pub kind: Count,
    /// As the caller wrote it.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// 0 when it failed without an answer.
    pub status: u16,
    /// From arrival to answer.
    pub duration: Duration,
}

/// Something that went wrong, for the author's eyes.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Milliseconds since the epoch.
    pub at_ms: u64,
    /// Class and message.
    pub message: String,
    /// Stack with positions in the author's files; may be empty.
    pub stack: String,
}

/// What one object has used since the program started, and what it holds now.
///
/// An object that has done nothing takes little memory: the latencies and what it remembers are
/// made with the first request.
#[derive(Default)]
pub struct Meter {
    counts: [AtomicU64; Count::KINDS],
    memory_bytes: AtomicU64,
    memory_peak: AtomicU64,
    database_bytes: AtomicU64,
    /// Somebody has looked how large the database is since the ledger last asked.
    database_seen: AtomicBool,
    accepted_sockets: AtomicU32,
    kept_sockets: AtomicU32,
    /// When it became active, on the clock of [`Meter::active`]; 0 when it is not.
    active_since_us: AtomicU64,
    /// Changed since the ledger last took its counts.
    touched: AtomicBool,
    latency: OnceLock<Box<[AtomicU32]>>,
    memory: Mutex<Option<Box<Memory>>>,
}

/// What is remembered of single events.
#[derive(Default)]
struct Memory {
    recent: VecDeque<Finished>,
    failure: Option<Failure>,
    /// What the ledger has taken.
    taken: Counts,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// What was counted.
    pub counts: Counts,
    /// Linear memory now; 0 when not in memory.
    pub memory_bytes: u64,
    /// The most that it was.
    pub memory_peak: u64,
    /// Database file, as last seen.
    pub database_bytes: u64,
    /// WebSockets now that live and die with the sandbox.
    pub accepted_sockets: u64,
    /// WebSockets now that may hibernate.
    pub kept_sockets: u64,
}

impl Meter {
    /// Counts a finished request or call.
    pub fn finished(&self, request: Finished) {
        self.add(request.kind, 1);
        if request.status == 0 || request.status >= 500 {
            self.add(Count::Errors, 1);
        }
        self.buckets()[bucket(request.duration)].fetch_add(1, Relaxed);
        let mut memory = self.memory.lock();
        let recent = &mut memory.get_or_insert_default().recent;
        if recent.len() == RECENT {
            recent.pop_back();
        }
        recent.push_front(request);
    }

    /// Goes on from what was counted before, of which the ledger knows.
    pub fn count_on(&self, before: &Counts) {
        if before.is_zero() {
            return;
        }
        for count in Count::ALL {
            self.add(count, before[count]);
        }
        self.memory.lock().get_or_insert_default().taken += *before;
    }

    /// Adds to a count.
    pub fn add(&self, count: Count, more: u64) {
        if more > 0 {
            self.counts[count as usize].fetch_add(more, Relaxed);
        }
    }

    /// One count.
    pub fn count(&self, count: Count) -> u64 {
        self.counts[count as usize].load(Relaxed)
    }

    /// Notes the memory in use now, bytes.
    pub fn set_memory(&self, bytes: u64) {
        self.memory_bytes.store(bytes, Relaxed);
        if bytes > self.memory_peak.load(Relaxed) {
            self.memory_peak.store(bytes, Relaxed);
        }
    }

    /// Notes the size of the database file, bytes.
    pub fn set_database(&self, bytes: u64) {
        self.database_bytes.store(bytes, Relaxed);
        self.database_seen.store(true, Release);
    }

    /// Bytes of the database file, if somebody has looked since the last call: what outlives its
    /// files must not tell the ledger of them again.
    pub fn take_database(&self) -> Option<u64> {
        self.database_seen
            .swap(false, Acquire)
            .then(|| self.database_bytes())
    }

    /// Bytes of the database file, as last seen.
    pub fn database_bytes(&self) -> u64 {
        self.database_bytes.load(Relaxed)
    }

    /// Notes how many WebSockets live and die with the sandbox.
    pub fn set_accepted_sockets(&self, count: usize) {
        self.accepted_sockets.store(count as u32, Relaxed);
    }

    /// Notes how many WebSockets may hibernate.
    pub fn set_kept_sockets(&self, count: usize) {
        self.kept_sockets.store(count as u32, Relaxed);
    }

    /// It is busy, or cannot leave memory, from `now_us` on. The clock is any that only goes
    /// forward, the same for all calls.
    pub fn active(&self, now_us: u64) {
        if self.active_since_us.load(Relaxed) == 0 {
            self.active_since_us.store(now_us.max(1), Relaxed);
        }
    }

    /// It has nothing more to do.
    pub fn at_rest(&self, now_us: u64) {
        let since = self.active_since_us.swap(0, Relaxed);
        if since > 0 {
            self.add(Count::ActiveUs, now_us.saturating_sub(since));
        }
    }

    /// Counts the time until now of an activity that goes on; true when one does.
    pub fn count_activity(&self, now_us: u64) -> bool {
        let since = self.active_since_us.load(Relaxed);
        let goes_on = since > 0
            && self
                .active_since_us
                .compare_exchange(since, now_us.max(1), Relaxed, Relaxed)
                .is_ok();
        if goes_on {
            self.add(Count::ActiveUs, now_us.saturating_sub(since));
        }
        goes_on
    }

    /// Notes that something is counted. True when the ledger has to be told: it has taken the
    /// counts since the last time.
    pub fn touch(&self) -> bool {
        !self.touched.load(Relaxed) && !self.touched.swap(true, Relaxed)
    }

    /// What came since the last call, for the ledger.
    pub fn take(&self) -> Counts {
        self.touched.store(false, Relaxed);
        let now = self.counts();
        let mut memory = self.memory.lock();
        let taken = &mut memory.get_or_insert_default().taken;
        let news = now - *taken;
        *taken = now;
        news
    }

    /// Notes a failure; the newest one is kept.
    pub fn failed(&self, failure: Failure) {
        self.memory.lock().get_or_insert_default().failure = Some(failure);
    }

    /// The newest failure.
    pub fn failure(&self) -> Option<Failure> {
        self.memory.lock().as_ref()?.failure.clone()
    }

    /// The newest requests, newest first.
    pub fn recent(&self) -> Vec<Finished> {
        let memory = self.memory.lock();
        memory
            .as_ref()
            .map_or_else(Vec::new, |memory| memory.recent.iter().cloned().collect())
    }

    /// All counts now.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for count in Count::ALL {
            counts[count] = self.count(count);
        }
        counts
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            counts: self.counts(),
            memory_bytes: self.memory_bytes.load(Relaxed),
            memory_peak: self.memory_peak.load(Relaxed),
            database_bytes: self.database_bytes.load(Relaxed),
            accepted_sockets: self.accepted_sockets.load(Relaxed).into(),
            kept_sockets: self.kept_sockets.load(Relaxed).into(),
        }
    }

    fn buckets(&self) -> &[AtomicU32] {
        self.latency
            .get_or_init(|| (0..BUCKETS).map(|_| AtomicU32::new(0)).collect())
    }

    /// The latency that this share of all requests (0 to 1) stayed within, at most 13 % too high;
    /// zero when there were none.
    pub fn latency(&self, share: f64) -> Duration {
        Self::latency_of(&[self], share)
    }

    /// The same over several objects' requests together.
    pub fn latency_of(meters: &[&Meter], share: f64) -> Duration {
        let count = |index: usize| {
            meters
                .iter()
                .filter_map(|m| m.latency.get())
                .map(|latency| u64::from(latency[index].load(Relaxed)))
                .sum::<u64>()
        };
        let counts: Vec<u64> = (0..BUCKETS).map(count).collect();
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return Duration::ZERO;
        }
        let wanted = (total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        found.map_or(Duration::ZERO, upper_bound)
    }
}

/// Exponent and three bits of the mantissa, as a floating-point number has them.
fn bucket(duration: Duration) -> usize {
    let us = (duration.as_micros() as u64).max(1);
    let exponent = 63 - us.leading_zeros() as usize;
    let fraction = if exponent >= 3 {
        (us >> (exponent - 3)) & 7
    } else {
        (us << (3 - exponent)) & 7
    };
    (exponent * 8 + fraction as usize).min(BUCKETS - 1)
}

fn upper_bound(bucket: usize) -> Duration {
    let (exponent, fraction) = (bucket / 8, bucket % 8);
    Duration::from_nanos(
        ((1u64 << exponent) as f64 * (1.0 + (fraction + 1) as f64 / 8.0) * 1000.0) as u64,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finished(status: u16, duration: Duration) -> Finished {
        Finished {
            at_ms: 0,
            kind: Count::Requests,
            method: "GET".into(),
            path: "/".into(),
            status,
            duration,
        }
    }

    #[test]
    fn counts_requests_and_errors() {
        let meter = Meter::default();
        meter.finished(finished(200, Duration::from_millis(1)));
        meter.finished(finished(500, Duration::from_millis(1)));
        meter.finished(finished(0, Duration::from_millis(1)));
        let now = meter.counts();
        assert_eq!((now[Count::Requests], now[Count::Errors]), (3, 2));
    }

    #[test]
    fn nothing_is_taken_twice() {
        let meter = Meter::default();
        assert!(meter.touch() && !meter.touch());
        meter.add(Count::RowsRead, 5);
        assert_eq!(meter.take()[Count::RowsRead], 5);
        assert!(meter.touch());
        assert!(meter.take().is_zero());
    }

    #[test]
    fn time_at_rest_does_not_count() {
        let meter = Meter::default();
        meter.at_rest(50);
        meter.active(100);
        meter.active(150);
        assert!(meter.count_activity(160));
        meter.at_rest(200);
        assert!(!meter.count_activity(900));
        meter.active(1000);
        meter.at_rest(1001);
        assert_eq!(meter.count(Count::ActiveUs), 101);
    }

    #[test]
    fn remembers_only_the_newest() {
        let meter = Meter::default();
        for status in 200..260 {
            meter.finished(finished(status, Duration::ZERO));
        }
        let recent = meter.recent();
        assert_eq!(recent.len(), RECENT);
        assert_eq!(recent[0].status, 259);
    }

    #[test]
    fn percentiles_follow_the_distribution() {
        let meter = Meter::default();
        assert_eq!(meter.latency(0.5), Duration::ZERO);
        for ms in 1..=100 {
            meter.finished(finished(200, Duration::from_millis(ms)));
        }
        let close = |got: Duration, ms: f64| {
            let got = got.as_secs_f64() * 1000.0;
            assert!(got >= ms && got <= ms * 1.13, "{got} for {ms}");
        };
        close(meter.latency(0.5), 50.0);
        close(meter.latency(0.99), 99.0);
    }

    proptest! {
        #[test]
        fn a_bucket_holds_what_it_says(us in 1u64..1_000_000_000) {
            let duration = Duration::from_micros(us);
            let bound = upper_bound(bucket(duration));
            prop_assert!(bound >= duration);
            prop_assert!(bound.as_micros() as f64 <= us as f64 * 1.13 + 1.0);
        }
    }
}
