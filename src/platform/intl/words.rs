//! Comparing, cutting and changing the case of texts; names of languages, regions and scripts.

use std::cmp::Ordering;

use icu_casemap::CaseMapper;
use icu_collator::{
    Collator, CollatorPreferences,
    options::{AlternateHandling, CaseLevel, CollatorOptions, Strength},
    preferences::{CollationCaseFirst, CollationNumericOrdering},
};
use icu_experimental::dimension::{
    currency::formatter::CurrencyFormatterPreferences,
    provider::currency::displayname::CurrencyDisplaynameV1,
};
use icu_experimental::displaynames::{
    DisplayNamesOptions, LanguageDisplay, Style,
    multi::{LocaleDisplayNamesFormatter, RegionDisplayNames, ScriptDisplayNames},
};
use icu_provider::{
    DataIdentifierBorrowed, DataMarkerAttributes, DataProvider as _, DataRequest, DataResponse,
    marker::DataMarkerExt as _,
};
use icu_segmenter::{GraphemeClusterSegmenter, SentenceSegmenter, WordSegmenter};

use super::{IntlError, locale, missing};

/// How texts are compared: ECMA-402's options of a Collator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison<'a> {
    /// `base`, `accent`, `case` or `variant`.
    pub sensitivity: &'a str,
    /// Whether punctuation does not count.
    pub ignores_punctuation: bool,
    /// Whether digits compare as the number they are.
    pub is_numeric: bool,
    /// `upper`, `lower` or `false`.
    pub case_first: &'a str,
}

/// Which of two texts comes first.
pub fn compare(
    tag: &str,
    how: Comparison<'_>,
    left: &str,
    right: &str,
) -> Result<Ordering, IntlError> {
    let mut prefs = CollatorPreferences::from(&locale(tag)?);
    prefs.numeric_ordering = Some(if how.is_numeric {
        CollationNumericOrdering::True
    } else {
        CollationNumericOrdering::False
    });
    prefs.case_first = match how.case_first {
        "upper" => Some(CollationCaseFirst::Upper),
        "lower" => Some(CollationCaseFirst::Lower),
        _ => prefs.case_first,
    };
    let mut options = CollatorOptions::default();
    options.strength = Some(match how.sensitivity {
        "base" | "case" => Strength::Primary,
        "accent" => Strength::Secondary,
        _ => Strength::Tertiary,
    });
    if how.sensitivity == "case" {
        options.case_level = Some(CaseLevel::On);
    }
    if how.ignores_punctuation {
        options.alternate_handling = Some(AlternateHandling::Shifted);
    }
    Ok(Collator::try_new(prefs, options)
        .map_err(missing)?
        .compare(left, right))
}

/// Where a text may be cut, in bytes, from 0 to its length; for words, whether each piece is a word.
/// `granularity` is ECMA-402's.
pub fn boundaries(granularity: &str, text: &str) -> Vec<(usize, bool)> {
    match granularity {
        "word" => {
            let segmenter = WordSegmenter::new_auto(Default::default());
            let mut cuts = segmenter.segment_str(text).iter_with_word_type();
            cuts.by_ref()
                .map(|(at, kind)| (at, kind.is_word_like()))
                .collect()
        }
        "sentence" => SentenceSegmenter::new(Default::default())
            .segment_str(text)
            .map(|at| (at, false))
            .collect(),
        _ => GraphemeClusterSegmenter::new()
            .segment_str(text)
            .map(|at| (at, false))
            .collect(),
    }
}

/// The text in capitals, by the rules of a language.
pub fn upper(tag: &str, text: &str) -> Result<String, IntlError> {
    Ok(CaseMapper::new()
        .uppercase_to_string(text, &locale(tag)?.id)
        .into_owned())
}

/// The text in small letters, by the rules of a language.
pub fn lower(tag: &str, text: &str) -> Result<String, IntlError> {
    Ok(CaseMapper::new()
        .lowercase_to_string(text, &locale(tag)?.id)
        .into_owned())
}

/// What a language, region or script is called. `kind`, `style` and `is_dialect` are ECMA-402's
/// `type`, `style` and `languageDisplay`.
pub fn display_name(
    tag: &str,
    kind: &str,
    style: &str,
    is_dialect: bool,
    code: &str,
) -> Result<Option<String>, IntlError> {
    let prefs = (&locale(tag)?).into();
    let mut options = DisplayNamesOptions::default();
    options.style = match style {
        "narrow" => Some(Style::Narrow),
        "short" => Some(Style::Short),
        // the plain name: what the data calls long says more than ECMA-402's long does
        _ => None,
    };
    if !is_dialect {
        options.language_display = LanguageDisplay::Standard;
    }
    Ok(match kind {
        "currency" => currency_name(tag, code),
        "region" => {
            let names = RegionDisplayNames::try_new(prefs, options).map_err(missing)?;
            code.parse()
                .ok()
                .and_then(|region| names.of(region).map(str::to_owned))
        }
        "script" => {
            let names = ScriptDisplayNames::try_new(prefs, options).map_err(missing)?;
            code.parse()
                .ok()
                .and_then(|script| names.of(script).map(str::to_owned))
        }
        _ => {
            let names = LocaleDisplayNamesFormatter::try_new(prefs, options).map_err(missing)?;
            Some(names.of(&locale(code)?).into_owned())
        }
    })
}

/// What a currency is called on its own.
fn currency_name(tag: &str, code: &str) -> Option<String> {
    let locale = CurrencyDisplaynameV1::make_locale(
        CurrencyFormatterPreferences::from(&locale(tag).ok()?).locale_preferences,
    );
    let attributes = DataMarkerAttributes::try_from_str(code).ok()?;
    let id = DataIdentifierBorrowed::for_marker_attributes_and_locale(attributes, &locale);
    let request = DataRequest {
        id,
        ..Default::default()
    };
    let found: DataResponse<CurrencyDisplaynameV1> =
        icu_experimental::provider::Baked.load(request).ok()?;
    Some(found.payload.get().to_string())
}
