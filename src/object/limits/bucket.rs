//! How much is left of a rate: a bucket that fills at the rate and holds one burst of it.

/// A bucket of one rate. It may hold less than nothing: what one turn or statement used is known
/// only afterwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    left: f64,
    at_us: u64,
}

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Units that it holds.
    pub burst: f64,
    /// Units a microsecond.
    pub per_us: f64,
}

impl Rate {
    pub fn per_second(units: u64) -> Self {
        Self {
            burst: (units as f64).max(1.0),
            per_us: units as f64 / 1e6,
        }
    }

    pub fn per_minute(units: u64) -> Self {
        Self {
            burst: (units as f64).max(1.0),
            per_us: units as f64 / 60e6,
        }
    }
}

impl Bucket {
    /// A full one.
    pub fn full(rate: Rate, now_us: u64) -> Self {
        Self {
            left: rate.burst,
            at_us: now_us,
        }
    }

    fn fill(&mut self, rate: Rate, now_us: u64) {
        let passed = now_us.saturating_sub(self.at_us) as f64;
        self.left = (self.left + passed * rate.per_us).min(rate.burst);
        self.at_us = now_us.max(self.at_us);
    }

    /// What is left now; less than zero when too much was taken.
    pub fn left(&mut self, rate: Rate, now_us: u64) -> f64 {
        self.fill(rate, now_us);
        self.left
    }

    /// Takes `units`, whether or not they are there.
    pub fn take(&mut self, rate: Rate, now_us: u64, units: f64) {
        self.fill(rate, now_us);
        self.left -= units;
    }

    /// Takes `units` if they are there; otherwise says how long until they are, microseconds.
    pub fn try_take(&mut self, rate: Rate, now_us: u64, units: f64) -> Result<(), u64> {
        self.fill(rate, now_us);
        if self.left >= units {
            self.left -= units;
            return Ok(());
        }
        Err(self.wait(rate, units))
    }

    /// How long until `units` are there, microseconds.
    pub fn wait(&self, rate: Rate, units: f64) -> u64 {
        ((units - self.left) / rate.per_us).ceil().clamp(1.0, 1e15) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let rate = Rate::per_second(10);
        let mut bucket = Bucket::full(rate, 0);
        let taken = (0..20).filter(|_| bucket.try_take(rate, 0, 1.0).is_ok());
        assert_eq!(taken.count(), 10);
        assert_eq!(bucket.try_take(rate, 0, 1.0), Err(100_000));
        assert_eq!(bucket.try_take(rate, 100_001, 1.0), Ok(()));
    }

    #[test]
    fn a_debt_is_paid_first() {
        let rate = Rate::per_minute(60);
        let mut bucket = Bucket::full(rate, 0);
        bucket.take(rate, 0, 120.0);
        assert!(bucket.left(rate, 59_000_000) < 0.0);
        assert!(bucket.left(rate, 61_500_000) > 0.0);
    }

    proptest! {
        #[test]
        fn no_more_than_burst_and_rate_is_given(
            units in 1u64..1000,
            steps in prop::collection::vec(0u64..200_000, 1..400),
        ) {
            let rate = Rate::per_second(units);
            let mut bucket = Bucket::full(rate, 0);
            let (mut now, mut given) = (0, 0u64);
            for step in steps {
                now += step;
                given += u64::from(bucket.try_take(rate, now, 1.0).is_ok());
            }
            let most = units as f64 + now as f64 * rate.per_us + 1.0;
            prop_assert!(given as f64 <= most, "{given} of {most}");
        }

        #[test]
        fn after_the_wait_it_is_there(units in 1u64..1_000_000, wanted in 1u64..50) {
            let rate = Rate::per_minute(units);
            let mut bucket = Bucket::full(rate, 0);
            bucket.take(rate, 0, units as f64 + wanted as f64);
            if let Err(wait) = bucket.try_take(rate, 0, 1.0) {
                prop_assert!(bucket.try_take(rate, wait + 1, 1.0).is_ok());
            }
        }
    }
}
