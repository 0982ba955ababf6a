//! Patterns and names of dates, in the Gregorian calendar.

use icu_calendar::{Date, Gregorian};
use icu_datetime::{
    FixedCalendarDateTimeFormatter,
    fieldbag::DateTimeFieldBag,
    fieldsets::{
        builder::{DateFields, FieldSetBuilder, ZoneStyle},
        enums::{CompositeDateTimeFieldSet, CompositeFieldSet},
    },
    options::{Length, TimePrecision},
    pattern::{DateTimePattern, FixedCalendarDateTimeNames},
    preferences::HourCycle,
    unchecked::DateTimeInputUnchecked,
};
use icu_locale::Locale;
use icu_time::{DateTime, Time};
use writeable::TryWriteable as _;

use super::{IntlError, locale, missing};

/// The pattern (UTS 35) for the fields of `skeleton`, such as `yMMMd`; their widths may come out
/// otherwise than asked. `cycle` is `h11`, `h12`, `h23` or empty for the locale's own.
pub fn skeleton_pattern(tag: &str, skeleton: &str, cycle: &str) -> Result<String, IntlError> {
    let fields = DateTimeFieldBag::try_from_skeleton(skeleton).map_err(missing)?;
    pattern(&locale(tag)?, fields.to_composite_field_set(), cycle)
}

/// The pattern for ECMA-402's `dateStyle` and `timeStyle`, either of which may be empty.
pub fn style_pattern(tag: &str, date: &str, time: &str, cycle: &str) -> Result<String, IntlError> {
    let mut fields = FieldSetBuilder::new();
    fields.length = Some(match date {
        "full" | "long" => Length::Long,
        "medium" => Length::Medium,
        _ => Length::Short,
    });
    fields.date_fields = match date {
        "" => None,
        "full" => Some(DateFields::YMDE),
        _ => Some(DateFields::YMD),
    };
    fields.time_precision = match time {
        "" => None,
        "short" => Some(TimePrecision::Minute),
        _ => Some(TimePrecision::Second),
    };
    fields.zone_style = match time {
        "full" => Some(ZoneStyle::SpecificLong),
        "long" => Some(ZoneStyle::SpecificShort),
        _ => None,
    };
    pattern(
        &locale(tag)?,
        fields.build_composite().map_err(missing)?,
        cycle,
    )
}

fn pattern(locale: &Locale, fields: CompositeFieldSet, cycle: &str) -> Result<String, IntlError> {
    let mut prefs = icu_datetime::DateTimeFormatterPreferences::from(locale);
    prefs.hour_cycle = match cycle {
        "h11" => Some(HourCycle::H11),
        "h12" => Some(HourCycle::H12),
        "h23" => Some(HourCycle::H23),
        _ => prefs.hour_cycle,
    };
    let formatter =
        FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(prefs, fields).map_err(missing)?;
    // noon of a day whose year needs four digits: no field is left out for being small
    let mut input = DateTimeInputUnchecked::default();
    let day = Date::try_new_gregorian(2023, 11, 22).map_err(missing)?;
    input.set_date_fields_unchecked(day);
    input.set_time_fields(Time::try_new(14, 35, 46, 0).map_err(missing)?);
    Ok(formatter.format_unchecked(input).pattern().to_string())
}

/// What a pattern of one field says: for months (`M`, `L`) twelve names, for weekdays (`E`, `c`)
/// seven from Sunday, for eras (`G`) the one before and the one after, for parts of the day (`a`,
/// `b`, `B`) twenty-four by hour.
pub fn day_names(tag: &str, field: &str) -> Result<Vec<String>, IntlError> {
    let pattern = DateTimePattern::try_from_pattern_str(field).map_err(missing)?;
    let prefs = (&locale(tag)?).into();
    let mut names =
        FixedCalendarDateTimeNames::<Gregorian, CompositeDateTimeFieldSet>::try_new(prefs)
            .map_err(missing)?;
    let formatter = names.include_for_pattern(&pattern).map_err(missing)?;
    let moments: Vec<(i32, u8, u8, u8)> = match field.chars().next() {
        Some('M' | 'L') => (1..=12).map(|month| (2023, month, 1, 0)).collect(),
        Some('E' | 'c') => (1..=7).map(|day| (2023, 1, day, 0)).collect(),
        Some('G') => vec![(-5, 1, 1, 0), (2023, 1, 1, 0)],
        _ => (0..24).map(|hour| (2023, 1, 1, hour)).collect(),
    };
    moments
        .into_iter()
        .map(|(year, month, day, hour)| {
            let date = Date::try_new_gregorian(year, month, day).map_err(missing)?;
            let time = Time::try_new(hour, 0, 0, 0).map_err(missing)?;
            let text = formatter.format(&DateTime { date, time });
            Ok(text
                .try_write_to_string()
                .map_err(|_| IntlError::Data(field.to_owned()))?
                .into_owned())
        })
        .collect()
}
