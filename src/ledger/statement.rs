//! A month's bill, by worker and if wanted by node, which adds up to the cent: its total is the
//! sum of its workers' and each of those the sum of its lines.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Value, json};

use super::{
    calendar::Month,
    charges::{Charge, NodeKind},
    money::{Money, in_cents, spread},
    price_book::PriceBook,
    reading::Usage,
};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The node, where the statement is by node; credits are the whole worker's.
    pub node: Option<String>,
    /// What is charged for.
    pub charge: Charge,
    /// True for what a month includes: its amount is negative.
    pub credit: bool,
    /// How much of it, in grains of [`Charge::grains_per_unit`].
    pub grains: u128,
    /// The exact amount.
    pub exact: Money,
    /// The amount on the bill, hundredths.
    pub cents: i128,
}

/// What a worker with its objects and facets cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerBill {
    /// Its name; `dynamic` for the stateless sides of dynamic workers.
    pub worker: String,
    /// What it is made of.
    pub lines: Vec<Line>,
    /// The exact sum of its lines.
    pub exact: Money,
    /// The sum of its lines, hundredths.
    pub cents: i128,
}

/// A month's bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Which month.
    pub month: Month,
    /// When it was made; a month that has not ended by then has only begun to cost.
    pub at_ms: u64,
    /// Such as `USD`.
    pub currency: String,
    /// How many grains make a unit of each charge.
    grains_per_unit: [u64; Charge::KINDS],
    /// By name.
    pub workers: Vec<WorkerBill>,
    /// The exact sum.
    pub exact: Money,
    /// The sum, hundredths.
    pub cents: i128,
}

/// Grains of one charge of a worker, by node.
type ByNode = BTreeMap<String, u128>;

impl Statement {
    /// The bill for what was counted in a month. With `by_node`, each node has lines of its own.
    pub fn new(
        month: Month,
        usage: &[Usage],
        prices: &PriceBook,
        by_node: bool,
        at_ms: u64,
    ) -> Self {
        let used = grains_of(usage, prices);
        let credits = credits(&used, prices);
        let mut workers = Vec::new();
        for (at, (worker, charges)) in used.iter().enumerate() {
            let mut lines = Vec::new();
            for charge in Charge::ALL {
                let by = &charges[charge as usize];
                let all: u128 = by.values().sum();
                if all == 0 {
                    continue;
                }
                lines.extend(gross_lines(charge, by, prices.cost(charge, all), by_node));
                let (grains, credit) = credits[charge as usize][at];
                if grains > 0 {
                    lines.push(Line {
                        node: None,
                        charge,
                        credit: true,
                        grains,
                        exact: -credit,
                        cents: 0,
                    });
                }
            }
            if !lines.is_empty() {
                workers.push(WorkerBill {
                    worker: worker.to_string(),
                    exact: lines.iter().map(|line| line.exact).sum(),
                    lines,
                    cents: 0,
                });
            }
        }
        let mut statement = Self {
            month,
            at_ms,
            currency: prices.currency.clone(),
            grains_per_unit: Charge::ALL.map(|charge| prices.grains_per_unit(charge)),
            exact: workers.iter().map(|worker| worker.exact).sum(),
            workers,
            cents: 0,
        };
        statement.round();
        statement
    }

    /// Whole cents for the total, then for the workers, then for their lines.
    fn round(&mut self) {
        self.cents = self.exact.to_cents();
        let exact: Vec<Money> = self.workers.iter().map(|worker| worker.exact).collect();
        for (worker, cents) in self.workers.iter_mut().zip(in_cents(&exact, self.cents)) {
            worker.cents = cents;
            let exact: Vec<Money> = worker.lines.iter().map(|line| line.exact).collect();
            for (line, cents) in worker.lines.iter_mut().zip(in_cents(&exact, cents)) {
                line.cents = cents;
            }
        }
    }

    /// Only one worker's part of it, with the same amounts.
    pub fn of_worker(mut self, name: &str) -> Self {
        self.workers.retain(|worker| worker.worker == name);
        self.exact = self.workers.iter().map(|worker| worker.exact).sum();
        self.cents = self.workers.iter().map(|worker| worker.cents).sum();
        self
    }

    /// A quantity in units, as decimal digits.
    fn quantity(&self, line: &Line) -> String {
        let per = u128::from(self.grains_per_unit[line.charge as usize]);
        let text = Money::from_cents(100).times(line.grains, per).to_string();
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    }

    /// As JSON. Amounts are texts, so that no reader makes floats of them.
    pub fn to_json(&self) -> Value {
        let line = |line: &Line| {
            let mut json = json!({
                "charge": line.charge.name(),
                "credit": line.credit,
                "quantity": self.quantity(line),
                "unit": line.charge.unit(),
                "amount": decimal(line.cents),
                "exact": line.exact.to_string(),
            });
            if let Some(node) = &line.node {
                json["node"] = node.as_str().into();
            }
            json
        };
        let worker = |worker: &WorkerBill| {
            json!({
                "worker": worker.worker,
                "amount": decimal(worker.cents),
                "exact": worker.exact.to_string(),
                "lines": worker.lines.iter().map(line).collect::<Vec<_>>(),
            })
        };
        json!({
            "month": self.month.to_string(),
            "complete": self.is_complete(),
            "at_ms": self.at_ms,
            "currency": self.currency,
            "amount": decimal(self.cents),
            "exact": self.exact.to_string(),
            "workers": self.workers.iter().map(worker).collect::<Vec<_>>(),
        })
    }

    /// As CSV: a line for each line, and none for sums.
    pub fn to_csv(&self) -> String {
        let mut out =
            String::from("month,worker,node,charge,credit,quantity,unit,exact,amount,currency\r\n");
        for worker in &self.workers {
            for line in &worker.lines {
                let fields = [
                    self.month.to_string().as_str(),
                    &worker.worker,
                    line.node.as_deref().unwrap_or_default(),
                    line.charge.name(),
                    if line.credit { "yes" } else { "no" },
                    &self.quantity(line),
                    line.charge.unit(),
                    &line.exact.to_string(),
                    &decimal(line.cents),
                    &self.currency,
                ]
                .map(field);
                out.push_str(&fields.join(","));
                out.push_str("\r\n");
            }
        }
        out
    }

    /// As a table for a terminal.
    pub fn to_text(&self) -> String {
        let so_far = if self.is_complete() { "" } else { ", so far" };
        let mut out = format!("{} in {}{so_far}\n", self.month, self.currency);
        let mut row = |name: &str, quantity: &str, exact: Money, cents: i128| {
            let exact = exact.decimal(6);
            let _ = writeln!(
                out,
                "{name:<34} {quantity:>30} {exact:>16} {:>12}",
                decimal(cents)
            );
        };
        for worker in &self.workers {
            row(&worker.worker, "", worker.exact, worker.cents);
            for line in &worker.lines {
                let name = line.charge.name();
                let what = match &line.node {
                    _ if line.credit => format!("  {name} included"),
                    Some(node) => format!("  {name} of {node}"),
                    None => format!("  {name}"),
                };
                let quantity = format!("{} {}", self.rounded(line), line.charge.unit());
                row(&what, &quantity, line.exact, line.cents);
            }
        }
        row("total", "", self.exact, self.cents);
        out
    }

    /// A quantity for people.
    fn rounded(&self, line: &Line) -> String {
        let per = u128::from(self.grains_per_unit[line.charge as usize]);
        let digits = if per == 1 { 0 } else { 3 };
        Money::from_cents(100)
            .times(line.grains, per)
            .decimal(digits)
    }

    /// Whether the month had ended when the statement was made.
    pub fn is_complete(&self) -> bool {
        self.at_ms >= self.month.range_ms().end
    }
}

fn decimal(cents: i128) -> String {
    Money::from_cents(cents).decimal(2)
}

/// A field of CSV; quoted where a comma or quote is in it.
fn field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    }
}

fn grains_of<'u>(
    usage: &'u [Usage],
    prices: &PriceBook,
) -> BTreeMap<&'u str, [ByNode; Charge::KINDS]> {
    let mut used: BTreeMap<&str, [ByNode; Charge::KINDS]> = BTreeMap::new();
    for usage in usage {
        let kind = NodeKind::of(&usage.node);
        let worker = usage.node.split('/').next().unwrap_or_default();
        let charges = used.entry(worker).or_default();
        for charge in Charge::ALL {
            let grains = prices.grains(charge, kind, &usage.counts);
            if grains > 0 {
                *charges[charge as usize]
                    .entry(usage.node.clone())
                    .or_default() += grains;
            }
        }
    }
    used
}

/// For each charge and worker what it is credited: grains, and what they would have cost. What a
/// month includes goes to the workers as they used it.
fn credits(
    used: &BTreeMap<&str, [ByNode; Charge::KINDS]>,
    prices: &PriceBook,
) -> [Vec<(u128, Money)>; Charge::KINDS] {
    Charge::ALL.map(|charge| {
        let of = |charges: &[ByNode; Charge::KINDS]| charges[charge as usize].values().sum();
        let weights: Vec<u128> = used.values().map(of).collect();
        let all: u128 = weights.iter().sum();
        let free = all.min(prices.included(charge));
        if free == all {
            // nothing may be left of what is free as a whole
            let whole = |grains: &u128| (*grains, prices.cost(charge, *grains));
            return weights.iter().map(whole).collect();
        }
        let money = spread(prices.cost(charge, free), &weights);
        let grains = spread(
            Money::from_atto(i128::try_from(free).unwrap_or(i128::MAX)),
            &weights,
        );
        let grains = grains.iter().map(|grains| grains.atto().unsigned_abs());
        grains.zip(money).collect()
    })
}

fn gross_lines(charge: Charge, by: &ByNode, exact: Money, by_node: bool) -> Vec<Line> {
    let line = |node, grains, exact| Line {
        node,
        charge,
        credit: false,
        grains,
        exact,
        cents: 0,
    };
    if !by_node {
        return vec![line(None, by.values().sum(), exact)];
    }
    let weights: Vec<u128> = by.values().copied().collect();
    let parts = spread(exact, &weights);
    let each = by.iter().zip(parts);
    each.map(|((node, grains), exact)| line(Some(node.clone()), *grains, exact))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Count, Counts};
    use proptest::prelude::*;

    fn month() -> Month {
        Month::parse("2026-05").unwrap()
    }

    fn usage(node: &str, of: &[(Count, u64)]) -> Usage {
        let mut counts = Counts::default();
        for (count, number) in of {
            counts[*count] = *number;
        }
        Usage {
            node: node.into(),
            counts,
            database_bytes: 0,
        }
    }

    fn bill(usage: &[Usage], by_node: bool) -> Statement {
        Statement::new(month(), usage, &PriceBook::default(), by_node, u64::MAX)
    }

    #[test]
    fn included_amounts_are_credits_as_workers_used_them() {
        let million = 1_000_000;
        let used = [
            usage("a/C/1", &[(Count::Requests, million)]),
            usage("b/C/1", &[(Count::Calls, 2 * million)]),
            usage("b/C/2", &[(Count::RowsRead, 5)]),
        ];
        let bill = bill(&used, false);
        assert_eq!(decimal(bill.cents), "0.30");
        let lines = |worker: usize| {
            let lines = bill.workers[worker].lines.iter();
            lines
                .map(|it| format!("{} {}", it.charge.name(), it.exact))
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(0), ["object_requests 0.15", "object_requests -0.05"]);
        let expected = [
            "object_requests 0.30",
            "object_requests -0.10",
            "rows_read 0.000000005",
            "rows_read -0.000000005",
        ];
        assert_eq!(lines(1), expected);
        let only = bill.clone().of_worker("b");
        assert_eq!(
            (only.workers.len(), decimal(only.cents)),
            (1, "0.20".into())
        );
    }

    #[test]
    fn it_is_written_as_json_csv_and_text() {
        let used = [usage(
            "a,\"b\"/C/1",
            &[(Count::Alarms, 3_000_000), (Count::MessagesIn, 10)],
        )];
        let bill = bill(&used, true);
        let csv = bill.to_csv();
        let first = "2026-05,\"a,\"\"b\"\"\",\"a,\"\"b\"\"/C/1\",object_requests,no,3000000.5,requests,0.450000075,0.45,USD";
        assert_eq!(csv.lines().nth(1), Some(first));
        let json = bill.to_json();
        assert_eq!(json["amount"], "0.30");
        assert_eq!(json["workers"][0]["lines"][1]["exact"], "-0.15");
        assert_eq!(json["complete"], true);
        assert!(bill.to_text().ends_with("0.30\n"), "{}", bill.to_text());
    }

    fn any_usage() -> impl Strategy<Value = Vec<Usage>> {
        let number = || prop_oneof![Just(0_u64), 0..100_u64, 0..1_u64 << 40, 0..1_u64 << 58];
        let node = "[abc](/C/[0-3](/f)?)?";
        let one =
            (node, prop::collection::vec(number(), Count::KINDS)).prop_map(|(node, numbers)| {
                let pairs: Vec<_> = Count::ALL.into_iter().zip(numbers).collect();
                usage(&node, &pairs)
            });
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn every_statement_adds_up(used in any_usage()) {
            let whole = bill(&used, false);
            let by_node = bill(&used, true);
            for bill in [&whole, &by_node] {
                let workers: i128 = bill.workers.iter().map(|worker| worker.cents).sum();
                prop_assert_eq!(workers, bill.cents);
                for worker in &bill.workers {
                    let lines: i128 = worker.lines.iter().map(|line| line.cents).sum();
                    prop_assert_eq!(lines, worker.cents);
                }
                prop_assert!(bill.exact >= Money::ZERO);
                prop_assert_eq!(bill.exact.to_cents(), bill.cents);
            }
            prop_assert_eq!(whole.cents, by_node.cents);
            let totals = |bill: &Statement| bill.workers.iter().map(|it| it.cents).collect::<Vec<_>>();
            prop_assert_eq!(totals(&whole), totals(&by_node));
        }

        #[test]
        fn no_more_is_credited_than_a_month_includes(used in any_usage()) {
            let prices = PriceBook::default();
            let bill = bill(&used, false);
            for charge in Charge::ALL {
                let lines = || bill.workers.iter().flat_map(|worker| &worker.lines);
                let sum = |credit| {
                    let mine = lines().filter(|line| line.charge == charge && line.credit == credit);
                    mine.map(|line| line.grains).sum::<u128>()
                };
                prop_assert_eq!(sum(true), sum(false).min(prices.included(charge)));
            }
        }
    }
}
