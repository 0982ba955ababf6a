//! What a sandbox's `Intl` borrows from the host: locale data of ICU4X and the time zone database.
//! The digits, the options and the order of steps are the guest's; here are names, patterns, rules.
//!
//! Everything here is a pure function of its arguments. Texts that come from a guest are bounded by
//! [`MAX_TAG`] for tags and by the caller for what is compared or cut.

mod dates;
mod locales;
mod numbers;
mod sentences;
mod words;
mod zones;

pub use dates::{day_names, skeleton_pattern, style_pattern};
pub use locales::{canonical, known, likely};
pub use numbers::{Patterns, Symbols, compact, currency, currency_digits, symbols};
pub use sentences::{list_patterns, plural_categories, plural_category, relative};
pub use words::{Comparison, boundaries, compare, display_name, lower, upper};
pub use zones::{canonical_zone, offset, zone_name, zones};

/// The longest language tag or zone name, in bytes.
pub const MAX_TAG: usize = 255;

/// Why there is no answer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IntlError {
    /// Not a language tag.
    #[error("Invalid language tag: {0}")]
    Tag(String),
    /// Not a time zone.
    #[error("Invalid time zone specified: {0}")]
    Zone(String),
    /// The data holds nothing for it, or it is malformed.
    #[error("no locale data for {0}")]
    Data(String),
}

/// For errors of ICU4X, which name what is missing.
fn missing(error: impl std::fmt::Display) -> IntlError {
    IntlError::Data(error.to_string())
}

fn locale(tag: &str) -> Result<icu_locale::Locale, IntlError> {
    if tag.len() > MAX_TAG {
        return Err(IntlError::Tag(tag.chars().take(MAX_TAG).collect()));
    }
    icu_locale::Locale::try_from_str(tag).map_err(|_| IntlError::Tag(tag.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_locales_are_found_by_dropping_subtags() {
        assert_eq!(known("de-AT"), Some("de-AT"));
        assert_eq!(known("de-XX"), Some("de"));
        assert_eq!(known("zh-Hant-TW"), Some("zh-Hant-TW"));
        assert_eq!(known("xx-US"), None);
    }

    #[test]
    fn tags_are_made_canonical_or_refused() {
        assert_eq!(canonical("EN-us").as_deref(), Ok("en-US"));
        assert_eq!(canonical("a_"), Err(IntlError::Tag("a_".into())));
        let long = "a".repeat(MAX_TAG + 1);
        assert!(matches!(canonical(&long), Err(IntlError::Tag(tag)) if tag.len() == MAX_TAG));
    }

    #[test]
    fn money_and_short_numbers_come_as_patterns() {
        let euros = currency("de", "EUR", "symbol").expect("patterns");
        assert_eq!(euros[1], ("minus", "-{0}\u{a0}€".to_owned()));
        let short = compact("en", false).expect("patterns");
        assert_eq!(short[0].0, 3);
        assert!(short[0].1.contains(&("other", "{0}K".to_owned())));
        assert_eq!(currency_digits("JPY"), Ok(0));
    }

    #[test]
    fn zones_have_offsets_and_names() {
        assert_eq!(
            canonical_zone("us/pacific").as_deref(),
            Some("America/Los_Angeles")
        );
        assert_eq!(canonical_zone("nowhere"), None);
        assert_eq!(offset("America/New_York", 1.7e12), Ok(-5 * 3600));
        assert_eq!(
            offset("nowhere", 0.0),
            Err(IntlError::Zone("nowhere".into()))
        );
        assert!(offset("Europe/Berlin", f64::INFINITY).is_ok());
        assert_eq!(
            zone_name("en", "America/New_York", 1.7e12, "long").as_deref(),
            Ok("Eastern Standard Time")
        );
    }

    #[test]
    fn malformed_fields_are_errors() {
        assert!(skeleton_pattern("en", "qqq!", "").is_err());
        assert!(day_names("en", "'").is_err());
        assert!(plural_category("en", false, "one").is_err());
    }
}
