//! What every node has cost this month, for pictures of the tree. One look at the disk for all nodes
//! together, every few seconds: a picture, made four times a second, only looks a path up.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::{
    host::Host,
    ledger::{Ledger, LedgerError, Money, Month, NodeKind, Nodes, PriceBook, Usage, now_ms},
};

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(5);
/// With very many nodes: looking takes at most one part in so many of the time.
const SHARE: u32 = 50;

/// Costs by path, each with all below it.
#[derive(Debug, Default)]
pub(super) struct Costs(HashMap<String, Money>);

impl Costs {
    fn read(ledger: &Ledger) -> Result<Self, LedgerError> {
        let usage = ledger.month(Nodes::All, Month::of(now_ms()))?;
        Ok(Self::of(&usage, ledger.prices()))
    }

    fn of(usage: &[Usage], prices: &PriceBook) -> Self {
        let mut costs: HashMap<String, Money> = HashMap::with_capacity(usage.len());
        for usage in usage {
            let cost = prices.cost_of(NodeKind::of(&usage.node), &usage.counts);
            let mut path = &*usage.node;
            loop {
                match costs.get_mut(path) {
                    Some(sum) => *sum += cost,
                    None => drop(costs.insert(path.to_owned(), cost)),
                }
                match path.rfind('/') {
                    Some(end) => path = &path[..end],
                    None => break,
                }
            }
        }
        Self(costs)
    }

    /// What a node and all below it have cost, in millionths.
    pub fn micros(&self, path: &str) -> u64 {
        self.0.get(path).copied().map_or(0, micros)
    }
}

/// Whole millionths of an amount.
pub(super) fn micros(amount: Money) -> u64 {
    const ATTO: i128 = 1_000_000_000_000;
    u64::try_from((amount.atto() / ATTO).max(0)).unwrap_or(u64::MAX)
}

/// Keeps `costs` up to date until the host or whoever looks at them goes.
pub(super) async fn follow(host: Weak<Host>, costs: watch::Sender<Arc<Costs>>) {
    let mut failing = false;
    while let Some(host) = host.upgrade() {
        let start = Instant::now();
        let read = tokio::task::spawn_blocking(move || Costs::read(host.ledger())).await;
        match read {
            Ok(Ok(read)) => {
                failing = false;
                if costs.send(Arc::new(read)).is_err() {
                    return;
                }
            }
            Ok(Err(error)) if !failing => {
                failing = true;
                tracing::warn!("costs cannot be shown: {error}");
            }
            // told before, or a panic that its hook has told
            Ok(Err(_)) | Err(_) => {}
        }
        tokio::time::sleep(EVERY.max(start.elapsed() * SHARE)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Count, Counts};

    #[test]
    fn a_node_costs_what_all_below_it_costs() {
        let usage = |node: &str, millions: u64| {
            let mut counts = Counts::default();
            counts[Count::Requests] = millions * 1_000_000;
            Usage {
                node: node.into(),
                counts,
                database_bytes: 0,
            }
        };
        let all = [usage("w", 1), usage("w/C/1", 2), usage("w/C/2", 4)];
        let prices = PriceBook::default();
        let costs = Costs::of(&all, &prices);
        let one = micros(prices.cost_of(NodeKind::Object, &usage("", 1).counts));
        assert!(one > 0);
        assert_eq!(costs.micros("w/C/1"), 2 * one);
        assert_eq!(costs.micros("w/C"), 6 * one);
        let stateless = micros(prices.cost_of(NodeKind::Stateless, &usage("", 1).counts));
        assert_eq!(costs.micros("w"), 6 * one + stateless);
        assert_eq!(costs.micros("w/D"), 0);
    }

    #[test]
    fn millionths_are_whole_and_never_below_nothing() {
        assert_eq!(micros(Money::from_cents(123)), 1_230_000);
        assert_eq!(micros(Money::from_atto(999_999_999_999)), 0);
        assert_eq!(micros(Money::from_cents(-1)), 0);
    }
}
