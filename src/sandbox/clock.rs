//! CPU time of threads.
//!
//! Asking the system for it takes as long as a good part of a short turn. Close to an answer it is
//! not asked again: a thread that has not waited meanwhile has run all the while, so its CPU time
//! has gone on as all clocks have.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// How long an answer of the system serves. An estimate is wrong by less than this, and only when
/// the thread had to let another one run.
const SERVES: Duration = Duration::from_millis(1);

thread_local! {
    /// The system's last answer, and when it gave it.
    static ANSWER: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

/// CPU time that this thread has used.
pub(super) fn thread_cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        now.tv_sec.try_into().unwrap_or(0),
        now.tv_nsec.try_into().unwrap_or(0),
    )
}

/// About the CPU time that this thread has used.
pub(super) fn about_thread_cpu() -> Duration {
    let now = Instant::now();
    if let Some((at, cpu)) = ANSWER.get() {
        let since = now.saturating_duration_since(at);
        if since < SERVES {
            return cpu + since;
        }
    }
    let cpu = thread_cpu();
    ANSWER.set(Some((now, cpu)));
    cpu
}

/// To be called when this thread has waited for something: that was no CPU time.
pub fn thread_waited() {
    ANSWER.set(None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_close_to_the_truth() {
        let began = about_thread_cpu();
        let mut rounds = 0u64;
        while thread_cpu().saturating_sub(began) < Duration::from_millis(20) {
            rounds += 1;
            let (about, exact) = (about_thread_cpu(), thread_cpu());
            assert!(about < exact + SERVES && exact.saturating_sub(about) < SERVES);
        }
        assert!(rounds > 0);
    }

    #[test]
    fn waiting_is_no_cpu_time() {
        let began = about_thread_cpu();
        std::thread::sleep(Duration::from_millis(20));
        thread_waited();
        assert!(about_thread_cpu().saturating_sub(began) < Duration::from_millis(20));
    }
}
