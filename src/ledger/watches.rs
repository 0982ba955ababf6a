//! What watched nodes have spent today and this month, in memory and up to the moment: asking
//! costs no look at a disk.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{
    calendar::{Day, Month, Period, overlap},
    charges::NodeKind,
    counts::{Count, Counts},
    money::Money,
    price_book::PriceBook,
    reading::Usage,
    store::byte_seconds,
};

/// What nodes counted, by the kind of node, which is what prices go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums([Counts; 3]);

impl Sums {
    /// Adds what a node counted.
    pub fn add(&mut self, node: &str, counts: &Counts) {
        self.0[NodeKind::of(node) as usize] += *counts;
    }

    /// The sums of several nodes.
    pub fn of<'a>(usage: impl IntoIterator<Item = (&'a str, &'a Counts)>) -> Self {
        let mut sums = Self::default();
        for (node, counts) in usage {
            sums.add(node, counts);
        }
        sums
    }

    /// Adds what is stored: it costs the same wherever it is.
    pub fn add_stored(&mut self, byte_seconds: u64) {
        let count = &mut self.0[NodeKind::Object as usize][Count::StoredByteSeconds];
        *count = count.saturating_add(byte_seconds);
    }

    /// What they cost.
    pub fn cost(&self, prices: &PriceBook) -> Money {
        let kinds = [NodeKind::Stateless, NodeKind::Object, NodeKind::Facet];
        let cost = |kind: NodeKind| prices.cost_of(kind, &self.0[kind as usize]);
        kinds.into_iter().map(cost).sum()
    }
}

/// A day or month under way.
struct Running {
    range_ms: Range<u64>,
    sums: Sums,
}

struct Watched {
    day: Running,
    month: Running,
    /// Bytes stored now, and until when that has been added up.
    stored: u64,
    until_ms: u64,
}

/// All watched nodes.
#[derive(Default)]
pub(super) struct Watches(HashMap<Arc<str>, Watched>);

impl Running {
    fn new(range_ms: Range<u64>, usage: &[Usage]) -> Self {
        let each = usage.iter().map(|usage| (&*usage.node, &usage.counts));
        Self {
            range_ms,
            sums: Sums::of(each),
        }
    }

    /// What was stored meanwhile is added; in another span than before, everything begins anew.
    fn go_on(&mut self, range_ms: Range<u64>, stored: u64, since: &Range<u64>) {
        if self.range_ms != range_ms {
            *self = Self::new(range_ms, &[]);
        }
        let bytes = byte_seconds(stored, overlap(&self.range_ms, since));
        self.sums.add_stored(bytes);
    }
}

impl Watched {
    /// Adds up what was stored until now, in whole seconds.
    fn go_on(&mut self, now_ms: u64) {
        let whole_ms = now_ms.saturating_sub(self.until_ms) / 1000 * 1000;
        let since = self.until_ms..self.until_ms + whole_ms;
        self.day
            .go_on(Day::of(now_ms).range_ms(), self.stored, &since);
        self.month
            .go_on(Month::of(now_ms).range_ms(), self.stored, &since);
        self.until_ms = since.end.min(now_ms);
    }
}

impl Watches {
    /// Watches a node, of which this is known: what it and all below it have counted today and in
    /// this month until now.
    pub fn watch(&mut self, node: &str, day: &[Usage], month: &[Usage], now_ms: u64) {
        let watched = Watched {
            day: Running::new(Day::of(now_ms).range_ms(), day),
            month: Running::new(Month::of(now_ms).range_ms(), month),
            stored: month.iter().map(|usage| usage.database_bytes).sum(),
            until_ms: now_ms,
        };
        self.0.insert(node.into(), watched);
    }

    pub fn unwatch(&mut self, node: &str) {
        self.0.remove(node);
    }

    /// Whether a node is watched.
    pub fn has(&self, node: &str) -> bool {
        self.0.contains_key(node)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All watched nodes.
    pub fn nodes(&self) -> Vec<Arc<str>> {
        self.0.keys().cloned().collect()
    }

    /// A node counted this.
    pub fn count(&mut self, node: &str, counts: &Counts, now_ms: u64) {
        self.above(node, |watched| {
            watched.go_on(now_ms);
            watched.day.sums.add(node, counts);
            watched.month.sums.add(node, counts);
        });
    }

    /// A node stores another amount from now on.
    pub fn resize(&mut self, node: &str, before: u64, now: u64, now_ms: u64) {
        self.above(node, |watched| {
            watched.go_on(now_ms);
            watched.stored = watched.stored.saturating_add(now).saturating_sub(before);
        });
    }

    /// What a watched node has spent.
    pub fn spent(
        &mut self,
        node: &str,
        period: Period,
        prices: &PriceBook,
        now_ms: u64,
    ) -> Option<Money> {
        let watched = self.0.get_mut(node)?;
        watched.go_on(now_ms);
        let running = match period {
            Period::Day => &watched.day,
            Period::Month => &watched.month,
        };
        Some(running.sums.cost(prices))
    }

    /// The watched ones among a node and those above it.
    fn above(&mut self, node: &str, mut each: impl FnMut(&mut Watched)) {
        if self.0.is_empty() {
            return;
        }
        let mut path = node;
        loop {
            if let Some(watched) = self.0.get_mut(path) {
                each(watched);
            }
            match path.rfind('/') {
                Some(end) => path = &path[..end],
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-05-31, a minute before June.
    const LATE_MAY: u64 = 1_780_271_940_000;

    fn requests(number: u64) -> Counts {
        let mut counts = Counts::default();
        counts[Count::Requests] = number;
        counts
    }

    fn text(money: Option<Money>) -> String {
        money.map_or("not watched".into(), |money| money.to_string())
    }

    #[test]
    fn a_node_is_watched_with_all_below_it() {
        let prices = PriceBook::default();
        let mut watches = Watches::default();
        let known = |number| {
            [Usage {
                node: "w/C/1".into(),
                counts: requests(number),
                database_bytes: 0,
            }]
        };
        watches.watch("w/C", &known(1_000_000), &known(3_000_000), LATE_MAY);
        for node in ["w/C/1", "w/C/2", "w/C", "w/D/1", "w/C2/1", "w"] {
            watches.count(node, &requests(1_000_000), LATE_MAY);
        }
        watches.count("w/C/1/f", &requests(1_000_000), LATE_MAY);
        let mut spent = |period, now_ms| text(watches.spent("w/C", period, &prices, now_ms));
        assert_eq!(spent(Period::Day, LATE_MAY), "0.90");
        assert_eq!(spent(Period::Month, LATE_MAY), "1.20");
        assert_eq!(
            spent(Period::Month, LATE_MAY + 60_000),
            "0.00",
            "it is June"
        );
        assert_eq!(spent(Period::Day, LATE_MAY + 60_000), "0.00");
        assert_eq!(
            text(watches.spent("w", Period::Day, &prices, LATE_MAY)),
            "not watched"
        );
        watches.unwatch("w/C");
        assert_eq!(
            text(watches.spent("w/C", Period::Day, &prices, LATE_MAY)),
            "not watched"
        );
    }

    #[test]
    fn what_is_stored_goes_on_costing() {
        let prices = PriceBook::default();
        // a tenth of a dollar for each of these seconds
        let size = 1_000_000_000 / 2 * 30 * 86_400;
        let mut watches = Watches::default();
        watches.watch("w", &[], &[], LATE_MAY);
        watches.resize("w/C/1", 0, size, LATE_MAY);
        for asked in (0..10_000).step_by(333) {
            watches.spent("w", Period::Day, &prices, LATE_MAY + asked);
        }
        let mut spent =
            |after_ms| text(watches.spent("w", Period::Month, &prices, LATE_MAY + after_ms));
        assert_eq!(spent(10_000), "1.00");
        assert_eq!(spent(70_000), "1.00", "of ten seconds of June");
        assert_eq!(spent(71_999), "1.10");
        watches.resize("w/C/1", size, 0, LATE_MAY + 75_000);
        assert_eq!(
            text(watches.spent("w", Period::Day, &prices, LATE_MAY + 100_000)),
            "1.50"
        );
    }

    #[test]
    fn a_clock_that_is_set_back_charges_nothing_twice() {
        let prices = PriceBook::default();
        let mut watches = Watches::default();
        watches.watch("w", &[], &[], LATE_MAY);
        watches.resize("w/C/1", 0, 1_000_000_000, LATE_MAY);
        watches.spent("w", Period::Day, &prices, LATE_MAY + 30_000);
        let there = watches.spent("w", Period::Day, &prices, LATE_MAY + 10_000);
        let again = watches.spent("w", Period::Day, &prices, LATE_MAY + 10_900);
        assert_eq!(there, again);
    }
}
