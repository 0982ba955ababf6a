//! Exact money: whole numbers only, so that sums do not depend on their order.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub},
};

/// Digits of [`Money`] after the point.
const DIGITS: u32 = 18;
/// One unit of the currency, in [`Money`]'s own unit.
const ONE: i128 = 10_i128.pow(DIGITS);

/// An amount in 10^-18 of the currency's unit (a dollar's, not a cent's): fine enough for a byte
/// that is stored for a second, and wide enough for 10^20 dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// An amount in 10^-18.
    pub const fn from_atto(atto: i128) -> Self {
        Self(atto)
    }

    /// The amount in 10^-18.
    pub const fn atto(self) -> i128 {
        self.0
    }

    /// An amount in hundredths.
    pub const fn from_cents(cents: i128) -> Self {
        Self(cents.saturating_mul(ONE / 100))
    }

    /// The whole hundredths below or at it.
    pub fn cents_below(self) -> i128 {
        self.0.div_euclid(ONE / 100)
    }

    /// What is above its whole hundredths.
    pub fn above_cents(self) -> Money {
        Money(self.0.rem_euclid(ONE / 100))
    }

    /// The nearest hundredths; halves go away from zero.
    pub fn to_cents(self) -> i128 {
        rounded(self.0, ONE / 100)
    }

    /// Reads decimal digits, such as `12.50` or `1_000`; at most 18 of them after the point, and
    /// none that would be lost.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace('_', "");
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let part = part.trim_end_matches('0');
        if whole.is_empty() || !numeric(whole) || !numeric(part) || part.len() > DIGITS as usize {
            return None;
        }
        let padded = format!("{part:0<width$}", width = DIGITS as usize);
        let atto = whole
            .parse::<i128>()
            .ok()?
            .checked_mul(ONE)?
            .checked_add(padded.parse().ok()?)?;
        Some(Self(if negative { -atto } else { atto }))
    }

    /// What `amount` of something costs at this price for each `per` of it, rounded down to 10^-18.
    pub fn times(self, amount: u128, per: u128) -> Money {
        let (price, per) = (self.0, i128::try_from(per.max(1)).unwrap_or(i128::MAX));
        let amount = i128::try_from(amount).unwrap_or(i128::MAX);
        let whole = price.saturating_mul(amount / per);
        let (mut rest, mut per) = (amount % per, per);
        // amounts and prices beyond any bill lose their last digits
        let part = loop {
            match price.checked_mul(rest) {
                Some(product) => break product.div_euclid(per),
                None => (rest, per) = (rest >> 1, (per >> 1).max(1)),
            }
        };
        Money(whole.saturating_add(part))
    }

    /// This share of it: `part` of `whole`.
    pub fn share(self, part: u64, whole: u64) -> Money {
        self.times(part.into(), whole.into())
    }

    /// It as decimal digits, rounded to so many after the point.
    pub fn decimal(self, digits: u32) -> String {
        let digits = digits.min(DIGITS);
        let scaled = rounded(self.0, 10_i128.pow(DIGITS - digits));
        let sign = if scaled < 0 { "-" } else { "" };
        let (size, one) = (scaled.unsigned_abs(), 10_u128.pow(digits));
        match digits {
            0 => format!("{sign}{size}"),
            _ => format!(
                "{sign}{}.{:0>width$}",
                size / one,
                size % one,
                width = digits as usize
            ),
        }
    }
}

fn rounded(number: i128, unit: i128) -> i128 {
    let (whole, rest) = (number / unit, number % unit);
    match rest.unsigned_abs() * 2 >= unit.unsigned_abs() {
        true => whole + number.signum(),
        false => whole,
    }
}

/// All its digits, but for zeros at the end beyond the second after the point.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.decimal(DIGITS);
        let point = all.find('.').unwrap_or(all.len());
        let least = (point + 3).min(all.len());
        let kept = all.trim_end_matches('0').len().max(least);
        f.write_str(&all[..kept])
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, more: Money) -> Money {
        Money(self.0.saturating_add(more.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, more: Money) {
        *self = *self + more;
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, less: Money) -> Money {
        Money(self.0.saturating_sub(less.0))
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(all: I) -> Money {
        all.fold(Money::ZERO, Add::add)
    }
}

/// Whole hundredths for each of `exact`, together `total_cents`: everyone gets those below, and
/// those that remain go where most was cut off. `total_cents` must be one of the two that the
/// exact sum lies between.
pub fn in_cents(exact: &[Money], total_cents: i128) -> Vec<i128> {
    let mut cents: Vec<i128> = exact.iter().map(|amount| amount.cents_below()).collect();
    let remain = total_cents - cents.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..exact.len()).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(exact[at].above_cents()), at));
    let lucky = usize::try_from(remain).unwrap_or(0);
    for at in order.into_iter().take(lucky) {
        cents[at] += 1;
    }
    cents
}

/// `total` in parts as the weights are, which add up to it exactly.
pub fn spread(total: Money, weights: &[u128]) -> Vec<Money> {
    let all: u128 = weights.iter().sum();
    if all == 0 {
        return vec![Money::ZERO; weights.len()];
    }
    let mut parts: Vec<Money> = weights.iter().map(|it| total.times(*it, all)).collect();
    // each lost less than one unit
    let mut remain = (total - parts.iter().copied().sum()).atto();
    for (part, weight) in parts.iter_mut().zip(weights) {
        if remain > 0 && *weight > 0 {
            part.0 += 1;
            remain -= 1;
        }
    }
    // what absurd amounts lost beyond that
    if let Some(largest) = (0..weights.len()).max_by_key(|at| weights[*at]) {
        parts[largest].0 += remain;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_read_and_written_exactly() {
        for text in [
            "0.15",
            "12.50",
            "0.00",
            "-0.002",
            "0.000000000000000001",
            "1000000.00",
        ] {
            assert_eq!(Money::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Money::parse("1_000").unwrap().to_string(), "1000.00");
        assert_eq!(Money::parse("-0.005").unwrap().decimal(2), "-0.01");
        assert_eq!(Money::parse("0.005").unwrap().to_cents(), 1);
        assert_eq!(Money::parse("-0.004").unwrap().decimal(2), "0.00");
        assert_eq!(Money::parse("9.99").unwrap().decimal(0), "10");
        for wrong in [
            "",
            ".",
            "1e5",
            "0x1",
            "1.2.3",
            "nan",
            "-",
            "0.0000000000000000001",
        ] {
            assert_eq!(Money::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_price_times_an_amount_is_exact() {
        let price = Money::parse("0.15").unwrap();
        assert_eq!(price.times(1_000_000, 1_000_000), price);
        assert_eq!(price.times(1, 1_000_000).to_string(), "0.00000015");
        // far beyond any bill, but no panic
        let absurd = Money::parse("1000000").unwrap();
        assert!(absurd.times(u128::MAX, 1) > Money::ZERO);
        assert!(absurd.times(u64::MAX.into(), u128::MAX) < absurd);
    }

    proptest! {
        #[test]
        fn cents_add_up(amounts in prop::collection::vec(-10_i128.pow(20)..10_i128.pow(20), 0..40)) {
            let exact: Vec<Money> = amounts.into_iter().map(Money::from_atto).collect();
            let total: Money = exact.iter().copied().sum();
            let cents = in_cents(&exact, total.to_cents());
            prop_assert_eq!(cents.iter().sum::<i128>(), total.to_cents());
            for (cents, exact) in cents.iter().zip(&exact) {
                let off = (Money::from_cents(*cents) - *exact).atto().abs();
                prop_assert!(off < ONE / 100, "{cents} for {exact}");
            }
        }

        #[test]
        fn parts_add_up(total in 0..10_i128.pow(24), weights in prop::collection::vec(0u128..1 << 60, 0..20)) {
            let total = Money::from_atto(total);
            let parts = spread(total, &weights);
            let sum: Money = parts.iter().copied().sum();
            let nothing = weights.iter().all(|weight| *weight == 0);
            prop_assert_eq!(sum, if nothing { Money::ZERO } else { total });
        }

        #[test]
        fn a_written_amount_reads_the_same(atto in any::<i64>()) {
            let money = Money::from_atto(atto.into());
            prop_assert_eq!(Money::parse(&money.to_string()), Some(money));
        }
    }
}
