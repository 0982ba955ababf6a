//! What one object has used: counters that any thread may add to and any face may read.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use parking_lot::Mutex;

/// Requests that are remembered one by one.
const RECENT: usize = 20;
/// Latency buckets: eight for each power of two of microseconds.
const BUCKETS: usize = 8 * 32;

/// One finished request.
#[derive(Clone, Debug)]
pub struct Finished {
    /// When it ended, milliseconds since the epoch.
    pub at_ms: u64,
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

/// The counters of one object, since the program started.
pub struct Meter {
    requests: AtomicU64,
    errors: AtomicU64,
    cpu_us: AtomicU64,
    rows_read: AtomicU64,
    rows_written: AtomicU64,
    starts: AtomicU64,
    memory_bytes: AtomicU64,
    database_bytes: AtomicU64,
    messages_in: AtomicU64,
    messages_out: AtomicU64,
    accepted_sockets: AtomicU64,
    kept_sockets: AtomicU64,
    latency: Box<[AtomicU32]>,
    recent: Mutex<VecDeque<Finished>>,
    failure: Mutex<Option<Failure>>,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Requests finished, failed ones included.
    pub requests: u64,
    /// Requests that failed or were answered with 500 and above.
    pub errors: u64,
    /// CPU time, microseconds.
    pub cpu_us: u64,
    /// Rows that SQL and the key-value API read.
    pub rows_read: u64,
    /// Rows that they wrote.
    pub rows_written: u64,
    /// Times that a sandbox was started.
    pub starts: u64,
    /// Linear memory now; 0 when not in memory.
    pub memory_bytes: u64,
    /// Database file, as last seen.
    pub database_bytes: u64,
    /// WebSocket messages that came in, those answered without code included.
    pub messages_in: u64,
    /// WebSocket messages that went out.
    pub messages_out: u64,
    /// WebSockets now that live and die with the sandbox.
    pub accepted_sockets: u64,
    /// WebSockets now that may hibernate.
    pub kept_sockets: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            cpu_us: AtomicU64::new(0),
            rows_read: AtomicU64::new(0),
            rows_written: AtomicU64::new(0),
            starts: AtomicU64::new(0),
            memory_bytes: AtomicU64::new(0),
            database_bytes: AtomicU64::new(0),
            messages_in: AtomicU64::new(0),
            messages_out: AtomicU64::new(0),
            accepted_sockets: AtomicU64::new(0),
            kept_sockets: AtomicU64::new(0),
            latency: (0..BUCKETS).map(|_| AtomicU32::new(0)).collect(),
            recent: Mutex::new(VecDeque::new()),
            failure: Mutex::new(None),
        }
    }
}

impl Meter {
    /// Counts a finished request.
    pub fn finished(&self, request: Finished) {
        self.requests.fetch_add(1, Relaxed);
        if request.status == 0 || request.status >= 500 {
            self.errors.fetch_add(1, Relaxed);
        }
        self.latency[bucket(request.duration)].fetch_add(1, Relaxed);
        let mut recent = self.recent.lock();
        if recent.len() == RECENT {
            recent.pop_back();
        }
        recent.push_front(request);
    }

    /// Adds CPU time.
    pub fn add_cpu(&self, cpu: Duration) {
        self.cpu_us.fetch_add(cpu.as_micros() as u64, Relaxed);
    }

    /// Adds rows.
    pub fn add_rows(&self, read: u64, written: u64) {
        if read > 0 {
            self.rows_read.fetch_add(read, Relaxed);
        }
        if written > 0 {
            self.rows_written.fetch_add(written, Relaxed);
        }
    }

    /// Counts a start.
    pub fn started(&self) {
        self.starts.fetch_add(1, Relaxed);
    }

    /// Notes the memory in use now, bytes.
    pub fn set_memory(&self, bytes: u64) {
        self.memory_bytes.store(bytes, Relaxed);
    }

    /// Notes the size of the database file, bytes.
    pub fn set_database(&self, bytes: u64) {
        self.database_bytes.store(bytes, Relaxed);
    }

    /// Counts a WebSocket message that came in.
    pub fn message_in(&self) {
        self.messages_in.fetch_add(1, Relaxed);
    }

    /// Counts a WebSocket message that went out.
    pub fn message_out(&self) {
        self.messages_out.fetch_add(1, Relaxed);
    }

    /// Notes how many WebSockets live and die with the sandbox.
    pub fn set_accepted_sockets(&self, count: usize) {
        self.accepted_sockets.store(count as u64, Relaxed);
    }

    /// Notes how many WebSockets may hibernate.
    pub fn set_kept_sockets(&self, count: usize) {
        self.kept_sockets.store(count as u64, Relaxed);
    }

    /// Notes a failure; the newest one is kept.
    pub fn failed(&self, failure: Failure) {
        *self.failure.lock() = Some(failure);
    }

    /// The newest failure.
    pub fn failure(&self) -> Option<Failure> {
        self.failure.lock().clone()
    }

    /// The newest requests, newest first.
    pub fn recent(&self) -> Vec<Finished> {
        self.recent.lock().iter().cloned().collect()
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            requests: self.requests.load(Relaxed),
            errors: self.errors.load(Relaxed),
            cpu_us: self.cpu_us.load(Relaxed),
            rows_read: self.rows_read.load(Relaxed),
            rows_written: self.rows_written.load(Relaxed),
            starts: self.starts.load(Relaxed),
            memory_bytes: self.memory_bytes.load(Relaxed),
            database_bytes: self.database_bytes.load(Relaxed),
            messages_in: self.messages_in.load(Relaxed),
            messages_out: self.messages_out.load(Relaxed),
            accepted_sockets: self.accepted_sockets.load(Relaxed),
            kept_sockets: self.kept_sockets.load(Relaxed),
        }
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
                .map(|m| u64::from(m.latency[index].load(Relaxed)))
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
        let now = meter.snapshot();
        assert_eq!((now.requests, now.errors), (3, 2));
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
