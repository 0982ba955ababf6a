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
pub use numbers::{Symbols, compact, currency, currency_digits, symbols};
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
