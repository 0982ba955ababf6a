//! What numbers are written with: symbols, and the texts around the digits. ICU4X does not give its
//! patterns away, so samples are formatted and the digits taken out: `{0}` stands for them.

use icu_decimal::{
    CompactDecimalFormatter, DecimalFormatterPreferences,
    input::Decimal,
    provider::{Baked, DecimalDigitsV1, DecimalSymbolsV1},
};
use icu_experimental::dimension::{
    currency::{
        CurrencyType,
        formatter::CurrencyFormatter,
        options::{CurrencyFormatterOptions, CurrencyUsage},
    },
    percent::formatter::PercentFormatter,
    provider::currency::fractions::CurrencyFractionsV1,
};
use icu_locale::{
    Locale,
    extensions::unicode::{key, value},
};
use icu_plurals::PluralRules;
use icu_provider::{
    DataIdentifierBorrowed, DataMarkerAttributes, DataProvider, DataRequest,
    marker::DataMarkerExt as _,
};

use super::{IntlError, locale, missing, sentences::name_of};

/// What a locale's numbers are written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbols {
    /// `-` with what belongs to it.
    pub minus: String,
    /// `+` with what belongs to it.
    pub plus: String,
    /// Between the whole and its fraction.
    pub decimal: String,
    /// Between groups of digits.
    pub group: String,
    /// Digits in the lowest group, and in the others.
    pub sizes: (u8, u8),
    /// How many digits stand before the first separator at least.
    pub least: u8,
    /// Its numbering system, such as `latn`.
    pub system: String,
    /// The ten digits.
    pub digits: String,
    /// A percentage, with `{0}` for the number.
    pub percent: String,
}

/// Names, such as plural categories, with the pattern for each: `{0}` is the number.
pub type Patterns = Vec<(&'static str, String)>;

/// The symbols of a locale, in the numbering system `system` or the locale's own when it is empty
/// or not known.
pub fn symbols(tag: &str, system: &str) -> Result<Symbols, IntlError> {
    let locale = locale(tag)?;
    let prefs = DecimalFormatterPreferences::from(&locale);
    let data_locale = DecimalSymbolsV1::make_locale(prefs.locale_preferences);
    let load = |attributes: &DataMarkerAttributes| {
        let id = DataIdentifierBorrowed::for_marker_attributes_and_locale(attributes, &data_locale);
        DataProvider::<DecimalSymbolsV1>::load(
            &Baked,
            DataRequest {
                id,
                ..Default::default()
            },
        )
    };
    let named = DataMarkerAttributes::try_from_str(system)
        .ok()
        .filter(|name| !name.is_empty());
    let found = match named.map(load) {
        Some(Ok(found)) => found,
        _ => load(Default::default()).map_err(missing)?,
    };
    let data = found.payload.get();
    let own = data.numsys().to_owned();
    let chosen = named.map_or(own.as_str(), |name| name.as_str());
    let digits = digits(chosen).or_else(|_| digits(&own))?;
    let percent =
        PercentFormatter::try_new((&latin(&locale)).into(), Default::default()).map_err(missing)?;
    let percent = around(&percent.format(&Decimal::from(1)).to_string());
    let sizes = data.grouping_sizes;
    Ok(Symbols {
        minus: [data.minus_sign_prefix(), data.minus_sign_suffix()].concat(),
        plus: [data.plus_sign_prefix(), data.plus_sign_suffix()].concat(),
        decimal: data.decimal_separator().to_owned(),
        group: data.grouping_separator().to_owned(),
        sizes: (
            sizes.primary,
            if sizes.secondary == 0 {
                sizes.primary
            } else {
                sizes.secondary
            },
        ),
        least: sizes.min_grouping,
        system: chosen.to_owned(),
        digits,
        percent,
    })
}

fn digits(system: &str) -> Result<String, IntlError> {
    let name = DataMarkerAttributes::try_from_str(system)
        .map_err(|_| IntlError::Data(system.to_owned()))?;
    let id = DataIdentifierBorrowed::for_marker_attributes(name);
    let found = DataProvider::<DecimalDigitsV1>::load(
        &Baked,
        DataRequest {
            id,
            ..Default::default()
        },
    );
    Ok(found.map_err(missing)?.payload.get().iter().collect())
}

/// The same locale with Latin digits.
fn latin(locale: &Locale) -> Locale {
    let mut latin = locale.clone();
    latin
        .extensions
        .unicode
        .keywords
        .set(key!("nu"), value!("latn"));
    latin
}

/// The text with everything from the first digit to the last replaced by `{0}`.
pub(super) fn around(text: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    match (text.find(is_digit), text.rfind(is_digit)) {
        (Some(first), Some(last)) => [&text[..first], "{0}", &text[last + 1..]].concat(),
        _ => text.to_owned(),
    }
}

/// One number for each plural category of a locale's cardinals.
pub(super) fn samples(locale: &Locale) -> Result<Vec<(&'static str, Decimal)>, IntlError> {
    let rules = PluralRules::try_new_cardinal(locale.into()).map_err(missing)?;
    let mut found: Vec<(&'static str, Decimal)> = Vec::new();
    for text in ["1", "2", "3", "5", "0", "11", "20", "1000000", "1.5", "0.5"] {
        let number: Decimal = text.parse().map_err(missing)?;
        let name = name_of(rules.category_for(&number));
        if found.iter().all(|(other, _)| *other != name) {
            found.push((name, number));
        }
    }
    Ok(found)
}

/// How money is written: pairs of a name and a pattern. `display` is ECMA-402's `currencyDisplay`;
/// for `name` the names are plural categories, for the others `plain`, `minus` and `accounting`.
pub fn currency(tag: &str, code: &str, display: &str) -> Result<Patterns, IntlError> {
    let plain = locale(tag)?;
    let locale = latin(&plain);
    let unknown = || IntlError::Data(code.chars().take(3).collect());
    let currency: CurrencyType = currency_of(code).ok_or_else(unknown)?;
    let prefs = (&locale).into();
    if display == "name" {
        let formatter = CurrencyFormatter::try_new_name(prefs, currency).map_err(missing)?;
        let write = |(name, number): (_, Decimal)| {
            (
                name,
                around(&formatter.format_fixed_decimal(&number).to_string()),
            )
        };
        return Ok(samples(&locale)?.into_iter().map(write).collect());
    }
    let write = |usage: CurrencyUsage, number: i32| {
        let options = CurrencyFormatterOptions::from(usage);
        let formatter = match display {
            "code" => CurrencyFormatter::try_new_code(prefs, currency, options),
            "narrowSymbol" => CurrencyFormatter::try_new_symbol_narrow(prefs, currency, options),
            _ => CurrencyFormatter::try_new_symbol(prefs, currency, options),
        };
        let number = Decimal::from(number);
        Ok::<_, IntlError>(around(
            &formatter
                .map_err(missing)?
                .format_fixed_decimal(&number)
                .to_string(),
        ))
    };
    Ok(vec![
        ("plain", write(CurrencyUsage::Standard, 1)?),
        ("minus", write(CurrencyUsage::Standard, -1)?),
        ("accounting", write(CurrencyUsage::Accounting, -1)?),
    ])
}

fn currency_of(code: &str) -> Option<CurrencyType> {
    let value: icu_locale::extensions::unicode::Value = code.to_ascii_lowercase().parse().ok()?;
    CurrencyType::try_from(value).ok()
}

/// How many digits a currency's fraction has.
pub fn currency_digits(code: &str) -> Result<u8, IntlError> {
    let Some(currency) = currency_of(code) else {
        return Ok(2);
    };
    let baked = icu_experimental::provider::Baked;
    let found = DataProvider::<CurrencyFractionsV1>::load(&baked, DataRequest::default())
        .map_err(missing)?;
    Ok(found.payload.get().resolve(currency).digits)
}

/// How thousands and more are shortened: for each power of ten from 3 to 14, how many digits are
/// cut off, and the pattern by plural category of what is left.
pub fn compact(tag: &str, is_long: bool) -> Result<Vec<(u8, Patterns)>, IntlError> {
    let locale = latin(&locale(tag)?);
    let prefs = (&locale).into();
    let formatter = if is_long {
        CompactDecimalFormatter::try_new_long(prefs, Default::default())
    } else {
        CompactDecimalFormatter::try_new_short(prefs, Default::default())
    };
    let formatter = formatter.map_err(missing)?;
    let numbers = samples(&locale)?;
    (3..15_i16)
        .map(|power| {
            let cut = formatter.compact_exponent_for_magnitude(power);
            let write = |(name, number): &(&'static str, Decimal)| {
                // as it is, or with as many digits as are left of a number of this power
                let mut larger = number.clone();
                larger.multiply_pow10(power - i16::from(cut));
                let mut pattern = String::new();
                for sample in [number, &larger, &"1.2".parse().map_err(missing)?] {
                    if let Ok(text) = formatter.format_with_exponent(sample, cut) {
                        pattern = around(&text.to_string());
                    }
                    // some languages say just "thousand" for 1,000
                    if pattern.contains("{0}") {
                        break;
                    }
                }
                Ok::<_, IntlError>((*name, pattern))
            };
            let mut fitting = numbers.iter().map(write).collect::<Result<Vec<_>, _>>()?;
            fitting.retain(|(_, pattern)| pattern.contains("{0}"));
            Ok((cut, fitting))
        })
        .collect()
}
