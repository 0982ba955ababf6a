//! Plural categories, lists and distances in time.

use icu_decimal::input::Decimal;
use icu_experimental::relativetime::{
    RelativeTimeFormatter, RelativeTimeFormatterOptions, options::Numeric,
};
use icu_list::{
    ListFormatter,
    options::{ListFormatterOptions, ListLength},
};
use icu_locale::Locale;
use icu_plurals::{PluralCategory, PluralRules};

use super::{
    IntlError, locale, missing,
    numbers::{around, samples},
};

/// The name that CLDR and ECMA-402 give a category.
pub(super) fn name_of(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

fn rules(locale: &Locale, is_ordinal: bool) -> Result<PluralRules, IntlError> {
    let rules = if is_ordinal {
        PluralRules::try_new_ordinal(locale.into())
    } else {
        PluralRules::try_new_cardinal(locale.into())
    };
    rules.map_err(missing)
}

/// The category of a number, which is written in digits as it will be shown (`1.50`).
pub fn plural_category(
    tag: &str,
    is_ordinal: bool,
    number: &str,
) -> Result<&'static str, IntlError> {
    let number: Decimal = number.parse().map_err(missing)?;
    Ok(name_of(
        rules(&locale(tag)?, is_ordinal)?.category_for(&number),
    ))
}

/// The categories that a locale tells apart.
pub fn plural_categories(tag: &str, is_ordinal: bool) -> Result<Vec<&'static str>, IntlError> {
    Ok(rules(&locale(tag)?, is_ordinal)?
        .categories()
        .map(name_of)
        .collect())
}

/// What `items` are as a list. `kind` and `style` are ECMA-402's `type` and `style`.
pub fn list_patterns(
    tag: &str,
    kind: &str,
    style: &str,
    items: &[String],
) -> Result<String, IntlError> {
    let length = match style {
        "long" => ListLength::Wide,
        "short" => ListLength::Short,
        _ => ListLength::Narrow,
    };
    let options = ListFormatterOptions::default().with_length(length);
    let prefs = (&locale(tag)?).into();
    let formatter = match kind {
        "conjunction" => ListFormatter::try_new_and(prefs, options),
        "disjunction" => ListFormatter::try_new_or(prefs, options),
        _ => ListFormatter::try_new_unit(prefs, options),
    };
    Ok(formatter.map_err(missing)?.format(items.iter()).to_string())
}

/// How far `unit`s lie away, as pairs of a name and a pattern: `past.CATEGORY`, `future.CATEGORY`,
/// and when there is a word for it, the number itself (`-1` → `yesterday`).
pub fn relative(tag: &str, unit: &str, style: &str) -> Result<Vec<(String, String)>, IntlError> {
    let mut locale = locale(tag)?;
    locale.extensions.unicode.keywords.set(
        icu_locale::extensions::unicode::key!("nu"),
        icu_locale::extensions::unicode::value!("latn"),
    );
    let always = relative_formatter(&locale, unit, style, Numeric::Always)?;
    let mut found = Vec::new();
    for (name, number) in samples(&locale)? {
        let past: Decimal = format!("-{number}").parse().map_err(missing)?;
        found.push((
            format!("past.{name}"),
            around(&always.format(past).to_string()),
        ));
        found.push((
            format!("future.{name}"),
            around(&always.format(number).to_string()),
        ));
    }
    let auto = relative_formatter(&locale, unit, style, Numeric::Auto)?;
    for number in -3..=3 {
        let (word, plain) = (
            auto.format(number.into()).to_string(),
            always.format(number.into()).to_string(),
        );
        if word != plain {
            found.push((number.to_string(), word));
        }
    }
    Ok(found)
}

/// Names the constructors of one style.
macro_rules! by_unit {
    ($unit:expr, $prefs:expr, $options:expr, $second:ident $minute:ident $hour:ident $day:ident $week:ident $month:ident $quarter:ident $year:ident) => {
        match $unit {
            "second" => RelativeTimeFormatter::$second($prefs, $options),
            "minute" => RelativeTimeFormatter::$minute($prefs, $options),
            "hour" => RelativeTimeFormatter::$hour($prefs, $options),
            "day" => RelativeTimeFormatter::$day($prefs, $options),
            "week" => RelativeTimeFormatter::$week($prefs, $options),
            "month" => RelativeTimeFormatter::$month($prefs, $options),
            "quarter" => RelativeTimeFormatter::$quarter($prefs, $options),
            _ => RelativeTimeFormatter::$year($prefs, $options),
        }
    };
}

fn relative_formatter(
    locale: &Locale,
    unit: &str,
    style: &str,
    numeric: Numeric,
) -> Result<RelativeTimeFormatter, IntlError> {
    let options = RelativeTimeFormatterOptions::default().with_numeric(numeric);
    let prefs = locale.into();
    let formatter = match style {
        "long" => by_unit!(unit, prefs, options, try_new_long_second try_new_long_minute
            try_new_long_hour try_new_long_day try_new_long_week try_new_long_month
            try_new_long_quarter try_new_long_year),
        "short" => by_unit!(unit, prefs, options, try_new_short_second try_new_short_minute
            try_new_short_hour try_new_short_day try_new_short_week try_new_short_month
            try_new_short_quarter try_new_short_year),
        _ => by_unit!(unit, prefs, options, try_new_narrow_second try_new_narrow_minute
            try_new_narrow_hour try_new_narrow_day try_new_narrow_week try_new_narrow_month
            try_new_narrow_quarter try_new_narrow_year),
    };
    formatter.map_err(missing)
}
