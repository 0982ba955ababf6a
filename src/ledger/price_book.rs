//! What things cost: a file that anyone may change, with Cloudflare's published prices as the
//! default.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    charges::{Charge, NodeKind},
    counts::Counts,
    money::Money,
};

/// Cloudflare's prices.
const DEFAULT: &str = include_str!("../../assets/price-book.toml");
/// What errors in it are said to be in.
const DEFAULT_NAME: &str = "price-book.toml";

/// The highest price that is believed, for whatever it is the price of.
const MAX_PRICE: u64 = 1_000_000;
/// The most units that a price may be for.
const MAX_PER: u64 = 1_000_000_000;
/// The most units that may be included.
const MAX_INCLUDED: u64 = 1_000_000_000_000_000;
/// The most messages that may count as one request.
const MAX_MESSAGES: u64 = 1_000_000;

/// One price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// The price of `per` units.
    pub price: Money,
    /// How many units it is for.
    pub per: u64,
    /// Units of a month that cost nothing.
    pub included: u64,
}

/// All prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceBook {
    /// Such as `USD`.
    pub currency: String,
    /// Incoming WebSocket messages that count as one request.
    pub messages_per_request: u64,
    prices: [Price; Charge::KINDS],
    text: String,
}

/// Why a price book cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceBookError {
    /// The file cannot be read.
    #[error("cannot read the price book {path}: {cause}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// Something in it is wrong.
    #[error("{file}:{line}: {key}: {what}")]
    Entry {
        /// The file, as it was named.
        file: String,
        /// From 1.
        line: usize,
        /// Such as `rows_read.price`.
        key: String,
        /// What is wrong, and the cure.
        what: String,
    },
}

impl PriceBook {
    /// The prices in a file.
    pub fn read(path: &Path) -> Result<Self, PriceBookError> {
        let text = std::fs::read_to_string(path).map_err(|cause| PriceBookError::File {
            path: path.to_path_buf(),
            cause: cause.to_string(),
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// The prices in a file's text; errors name it `file`.
    pub fn parse(file: &str, text: &str) -> Result<Self, PriceBookError> {
        let reader = Reader { file, text };
        let table = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            let message = error.message().trim_end().replace('\n', " ");
            reader.wrong(&span, "the file", format!("this is not TOML: {message}"))
        })?;
        reader.book(table.get_ref())
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The price of a charge.
    pub fn price(&self, charge: Charge) -> &Price {
        &self.prices[charge as usize]
    }

    /// What so many grains of a charge cost, included ones too.
    pub fn cost(&self, charge: Charge, grains: u128) -> Money {
        let price = self.price(charge);
        let per = u128::from(self.grains_per_unit(charge)) * u128::from(price.per);
        price.price.times(grains, per)
    }

    /// How many grains of a charge a month includes.
    pub fn included(&self, charge: Charge) -> u128 {
        u128::from(self.grains_per_unit(charge)) * u128::from(self.price(charge).included)
    }

    /// How many grains make a unit of a charge.
    pub fn grains_per_unit(&self, charge: Charge) -> u64 {
        charge.grains_per_unit(self.messages_per_request)
    }

    /// How much of a charge these counts are, in grains.
    pub fn grains(&self, charge: Charge, kind: NodeKind, counts: &Counts) -> u128 {
        charge.grains(kind, counts, self.messages_per_request)
    }

    /// What these counts of such a node cost, before anything that is included.
    pub fn cost_of(&self, kind: NodeKind, counts: &Counts) -> Money {
        let cost = |charge: &Charge| self.cost(*charge, self.grains(*charge, kind, counts));
        Charge::ALL.iter().map(cost).sum()
    }
}

impl Default for PriceBook {
    /// Cloudflare's published prices.
    fn default() -> Self {
        match Self::parse(DEFAULT_NAME, DEFAULT) {
            Ok(book) => book,
            // a test reads it
            Err(error) => unreachable!("the built-in price book: {error}"),
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

type Entry<'t, 'i> = (
    &'t Spanned<std::borrow::Cow<'i, str>>,
    &'t Spanned<DeValue<'i>>,
);

impl Reader<'_> {
    fn book(&self, table: &DeTable<'_>) -> Result<PriceBook, PriceBookError> {
        let mut book = PriceBook {
            currency: String::new(),
            messages_per_request: 0,
            prices: Default::default(),
            text: self.text.to_string(),
        };
        let mut priced = [false; Charge::KINDS];
        for (key, value) in table {
            let name: &str = key.get_ref();
            match (
                name,
                Charge::ALL.iter().find(|charge| charge.name() == name),
            ) {
                ("currency", _) => book.currency = self.currency(value)?,
                ("messages_per_request", _) => {
                    book.messages_per_request = self.number(name, value, 1, MAX_MESSAGES)?;
                }
                (_, Some(charge)) => {
                    book.prices[*charge as usize] = self.price(name, (key, value))?;
                    priced[*charge as usize] = true;
                }
                (_, None) => return Err(self.unknown(&key.span(), name, &known_keys())),
            }
        }
        let absent = |name: &str, cure: &str| {
            self.wrong(
                &(self.text.len()..self.text.len()),
                name,
                format!("it is missing: {cure}"),
            )
        };
        if book.currency.is_empty() {
            return Err(absent(
                "currency",
                "add `currency = \"USD\"` or another currency at the top",
            ));
        }
        if book.messages_per_request == 0 {
            return Err(absent(
                "messages_per_request",
                "add `messages_per_request = 20` at the top",
            ));
        }
        match Charge::ALL.iter().find(|charge| !priced[**charge as usize]) {
            None => Ok(book),
            Some(charge) => Err(absent(
                charge.name(),
                "add this table with `price`, `per` and `included`; a price of 0 makes it free",
            )),
        }
    }

    fn currency(&self, value: &Spanned<DeValue<'_>>) -> Result<String, PriceBookError> {
        let text = value.get_ref().as_str().unwrap_or_default();
        if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(text.to_string());
        }
        let what = "it must be three capital letters in quotes, such as \"USD\" or \"EUR\"";
        Err(self.wrong(&value.span(), "currency", what.into()))
    }

    fn price(&self, table: &str, (key, value): Entry<'_, '_>) -> Result<Price, PriceBookError> {
        let Some(entries) = value.get_ref().as_table() else {
            let what = format!("it must be a table: write [{table}], and below it `price = …`");
            return Err(self.wrong(&value.span(), table, what));
        };
        let mut price = Price::default();
        let mut found = [false; 3];
        for (name, value) in entries {
            let path = format!("{table}.{}", name.get_ref());
            match &**name.get_ref() {
                "price" => (price.price, found[0]) = (self.money(&path, value)?, true),
                "per" => (price.per, found[1]) = (self.number(&path, value, 1, MAX_PER)?, true),
                "included" => {
                    price.included = self.number(&path, value, 0, MAX_INCLUDED)?;
                    found[2] = true;
                }
                _ => return Err(self.unknown(&name.span(), &path, "price, per, included")),
            }
        }
        match ["price", "per", "included"]
            .iter()
            .zip(found)
            .find(|(_, found)| !found)
        {
            None => Ok(price),
            Some((name, _)) => {
                let what = format!("it is missing: add `{name} = …` below [{table}]");
                Err(self.wrong(&key.span(), &format!("{table}.{name}"), what))
            }
        }
    }

    /// An amount of money, read from its digits and not from a float.
    fn money(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Money, PriceBookError> {
        let digits = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            DeValue::String(text) => text,
            _ => "",
        };
        let Some(money) = Money::parse(digits) else {
            let what =
                "it must be a decimal number with at most 18 digits after the point, such as 0.15";
            return Err(self.wrong(&value.span(), key, what.into()));
        };
        if money < Money::ZERO {
            let what = "it is negative: a price is 0 or more";
            return Err(self.wrong(&value.span(), key, what.into()));
        }
        if money > Money::from_cents(i128::from(MAX_PRICE) * 100) {
            let what =
                format!("it is too high to be meant: at most {MAX_PRICE}; look at `per` too");
            return Err(self.wrong(&value.span(), key, what));
        }
        Ok(money)
    }

    fn number(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        least: u64,
        most: u64,
    ) -> Result<u64, PriceBookError> {
        let parsed = match value.get_ref() {
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        match parsed {
            Some(number) if number < i128::from(least) && number < 0 => {
                let what = format!("it is negative: write a whole number from {least} on");
                Err(self.wrong(&value.span(), key, what))
            }
            Some(number) if number >= i128::from(least) && number <= i128::from(most) => {
                Ok(number as u64)
            }
            _ => {
                let what = format!("it must be a whole number from {least} to {most}");
                Err(self.wrong(&value.span(), key, what))
            }
        }
    }

    fn unknown(&self, span: &Range<usize>, key: &str, known: &str) -> PriceBookError {
        let what = format!("there is no such key: remove it, or write one of {known}");
        self.wrong(span, key, what)
    }

    fn wrong(&self, span: &Range<usize>, key: &str, what: String) -> PriceBookError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        PriceBookError::Entry {
            file: self.file.to_string(),
            line,
            key: key.to_string(),
            what,
        }
    }
}

fn known_keys() -> String {
    let charges = Charge::ALL.iter().map(|charge| charge.name());
    let all = ["currency", "messages_per_request"]
        .into_iter()
        .chain(charges);
    all.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Count;

    fn counts(of: &[(Count, u64)]) -> Counts {
        let mut counts = Counts::default();
        for (count, number) in of {
            counts[*count] = *number;
        }
        counts
    }

    #[test]
    fn the_default_costs_what_the_published_examples_cost() {
        let book = PriceBook::default();
        let object = |of: &[_]| book.cost_of(NodeKind::Object, &counts(of)).to_string();
        assert_eq!(object(&[(Count::Calls, 1_000_000)]), "0.15");
        assert_eq!(object(&[(Count::MessagesIn, 100)]), "0.00000075");
        assert_eq!(object(&[(Count::MessagesOut, 100)]), "0.00");
        // 100 objects, active for 30 days: 33,177,600 GB-s
        let month_us = 2_592_000 * 1_000_000;
        assert_eq!(object(&[(Count::ActiveUs, 100 * month_us)]), "414.72");
        assert_eq!(object(&[(Count::RowsRead, 25_000_000)]), "0.025");
        assert_eq!(object(&[(Count::RowsWritten, 3)]), "0.000003");
        let gb_month = 1_000_000_000 * 2_592_000;
        assert_eq!(object(&[(Count::StoredByteSeconds, 3 * gb_month)]), "0.60");
        let stateless = |of: &[_]| book.cost_of(NodeKind::Stateless, &counts(of)).to_string();
        assert_eq!(
            stateless(&[(Count::Requests, 1_000_000), (Count::CpuUs, 2_000_000_000)]),
            "0.34"
        );
        assert_eq!(stateless(&[(Count::ActiveUs, month_us)]), "0.00");
        assert_eq!(stateless(&[(Count::DynamicWorkers, 3)]), "0.006");
    }

    #[track_caller]
    fn refused(change: impl Fn(&str) -> String, line: usize, key: &str, what: &str) {
        match PriceBook::parse("prices.toml", &change(DEFAULT)) {
            Err(PriceBookError::Entry {
                line: at,
                key: named,
                what: why,
                ..
            }) => {
                assert_eq!(named, key);
                assert!(why.contains(what), "{why}");
                assert!(line == 0 || at == line, "line {at}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_cure() {
        refused(
            |text| text.replace("[rows_read]", "[row_read]"),
            27,
            "row_read",
            "rows_read",
        );
        refused(
            |text| text.replace("price = 0.001", "price = -0.001"),
            28,
            "rows_read.price",
            "negative",
        );
        refused(
            |text| text.replace("price = 0.001", "price = 1e-3"),
            28,
            "rows_read.price",
            "decimal",
        );
        refused(
            |text| text.replace("price = 0.001", "price = 1000001"),
            28,
            "rows_read.price",
            "too high",
        );
        refused(
            |text| text.replace("price = 0.001", "prize = 1"),
            28,
            "rows_read.prize",
            "no such key",
        );
        refused(
            |text| text.replace("price = 0.001\n", ""),
            27,
            "rows_read.price",
            "missing",
        );
        refused(
            |text| text.replace("included = 5\n", "included = -5\n"),
            0,
            "stored.included",
            "negative",
        );
        refused(
            |text| text.replace("per = 1\n", "per = 0\n"),
            0,
            "dynamic_workers.per",
            "from 1 to",
        );
        refused(
            |text| text.replace("\"USD\"", "\"dollar\""),
            9,
            "currency",
            "three capital letters",
        );
        refused(
            |text| text.replace("currency = \"USD\"", ""),
            0,
            "currency",
            "missing",
        );
        refused(
            |text| text.replace("messages_per_request = 20", ""),
            0,
            "messages_per_request",
            "missing",
        );
        refused(
            |text| text[..text.find("[dynamic_workers]").unwrap()].into(),
            0,
            "dynamic_workers",
            "missing",
        );
        refused(|_| "currency = ".into(), 1, "the file", "not TOML");
        refused(
            |text| format!("stored = 5\n{text}"),
            0,
            "the file",
            "not TOML",
        );
        let error = PriceBook::read(Path::new("/nowhere/prices.toml")).unwrap_err();
        assert!(
            error.to_string().contains("/nowhere/prices.toml"),
            "{error}"
        );
    }

    #[test]
    fn the_text_is_kept_and_reads_the_same() {
        let book = PriceBook::parse("x", &DEFAULT.replace("USD", "EUR")).unwrap();
        assert_eq!(book.currency, "EUR");
        assert_eq!(PriceBook::parse("y", book.text()), Ok(book));
    }
}
