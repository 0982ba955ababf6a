//! Days and months of bills: those of UTC, whatever the machine's own zone is.

use std::{fmt, ops::Range};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// Milliseconds of a day; UTC has no others.
pub(super) const DAY_MS: u64 = 86_400_000;

/// A span of time that is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// Today.
    Day,
    /// This month.
    Month,
}

/// A month, such as 2026-05.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Day(Date);

fn date(ms: u64) -> Date {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    // beyond year 9999 there is only one day
    let moment = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    TimeZone::UTC.to_datetime(moment).date()
}

fn start_of(date: Date) -> u64 {
    let moment = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
    moment.map_or(u64::MAX, |it| it.as_millisecond().max(0) as u64)
}

impl Month {
    /// The month of a time in milliseconds since the epoch.
    pub fn of(ms: u64) -> Self {
        let first = date(ms).first_of_month();
        Self { first }
    }

    /// Reads `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |text: &str, count| {
            text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
        (first.year() >= 1970).then_some(Self { first })
    }

    /// From its first millisecond up to the next one's.
    pub fn range_ms(self) -> Range<u64> {
        start_of(self.first)..self.next().map_or(u64::MAX, |next| start_of(next.first))
    }

    fn next(self) -> Option<Self> {
        let first = self.first.last_of_month().tomorrow().ok()?;
        Some(Self { first })
    }

    /// Its number on disk: `yyyymm`.
    pub(super) fn number(self) -> i64 {
        i64::from(self.first.year()) * 100 + i64::from(self.first.month())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl Day {
    /// The day of a time.
    pub fn of(ms: u64) -> Self {
        Self(date(ms))
    }

    /// From its first millisecond up to the next one's.
    pub fn range_ms(self) -> Range<u64> {
        let start = start_of(self.0);
        start..start.saturating_add(DAY_MS)
    }

    /// Its number on disk: `yyyymmdd`.
    pub fn number(self) -> i64 {
        let (year, month) = (i64::from(self.0.year()), i64::from(self.0.month()));
        (year * 100 + month) * 100 + i64::from(self.0.day())
    }
}

/// How much of one range lies within another.
pub(super) fn overlap(a: &Range<u64>, b: &Range<u64>) -> u64 {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn months_have_names_and_borders() {
        let month = Month::parse("2028-02").unwrap();
        assert_eq!(
            (month.to_string(), month.number()),
            ("2028-02".into(), 202_802)
        );
        let range = month.range_ms();
        assert_eq!(range.end - range.start, 29 * DAY_MS);
        assert_eq!(Month::of(range.start), month);
        assert_eq!(Month::of(range.end - 1), month);
        assert_eq!(Month::of(range.end).to_string(), "2028-03");
        for wrong in [
            "2026", "2026-13", "2026-00", "2026-1", "26-01", "1969-12", "+026-01",
        ] {
            assert_eq!(Month::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_time_is_too_late() {
        assert_eq!(Month::of(u64::MAX).to_string(), "9999-12");
        assert!(Month::of(u64::MAX).range_ms().start < u64::MAX);
        assert!(Day::of(u64::MAX).number() > 0);
    }

    proptest! {
        #[test]
        fn a_time_lies_in_its_day_and_its_day_in_its_month(ms in 0u64..10_u64.pow(14)) {
            let (day, month) = (Day::of(ms), Month::of(ms));
            prop_assert!(day.range_ms().contains(&ms));
            prop_assert_eq!(overlap(&day.range_ms(), &month.range_ms()), DAY_MS);
            prop_assert_eq!(day.number() / 100, month.number());
        }
    }
}
