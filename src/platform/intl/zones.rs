//! Time zones: their names by ICU4X, their offsets by the time zone database.

use icu_datetime::{
    NoCalendarFormatter,
    fieldsets::{
        builder::{FieldSetBuilder, ZoneStyle},
        enums::ZoneFieldSet,
    },
};
use icu_time::zone::{
    TimeZone, TimeZoneInfo, UtcOffset, ZoneNameTimestamp, iana::IanaParserExtended,
};

use super::{IntlError, MAX_TAG, locale, missing};

/// The name that ECMA-402 calls a zone by, whatever the case it was written in.
pub fn canonical_zone(name: &str) -> Option<String> {
    if name.len() > MAX_TAG {
        return None;
    }
    let parser = IanaParserExtended::new();
    let found = parser.parse(name);
    (found.time_zone != TimeZone::UNKNOWN && jiff::tz::TimeZone::get(found.canonical).is_ok())
        .then(|| found.canonical.to_owned())
}

/// Seconds east of Greenwich in `zone` at `ms` milliseconds since 1970.
pub fn offset(zone: &str, ms: f64) -> Result<i32, IntlError> {
    let unknown = || IntlError::Zone(zone.chars().take(MAX_TAG).collect());
    let zone = jiff::tz::TimeZone::get(zone).map_err(|_| unknown())?;
    // JavaScript's times reach beyond jiff's years -9999 to 9999: the rules of the edge hold there
    let edge = 253_370_764_800_000.0;
    let at =
        jiff::Timestamp::from_millisecond(ms.clamp(-edge, edge) as i64).map_err(|_| unknown())?;
    Ok(zone.to_offset(at).seconds())
}

/// The name of `zone` at `ms`; `style` is ECMA-402's `timeZoneName`.
pub fn zone_name(tag: &str, zone: &str, ms: f64, style: &str) -> Result<String, IntlError> {
    let mut fields = FieldSetBuilder::new();
    fields.zone_style = Some(match style {
        "long" => ZoneStyle::SpecificLong,
        "shortGeneric" => ZoneStyle::GenericShort,
        "longGeneric" => ZoneStyle::GenericLong,
        "shortOffset" => ZoneStyle::LocalizedOffsetShort,
        "longOffset" => ZoneStyle::LocalizedOffsetLong,
        _ => ZoneStyle::SpecificShort,
    });
    let fields: ZoneFieldSet = fields.build_zone().map_err(missing)?;
    let formatter =
        NoCalendarFormatter::try_new((&locale(tag)?).into(), fields).map_err(missing)?;
    let seconds = if zone.starts_with(['+', '-']) {
        fixed(zone)
    } else {
        offset(zone, ms)?
    };
    let offset = UtcOffset::try_from_seconds(seconds).map_err(missing)?;
    let id = if zone.starts_with(['+', '-']) {
        TimeZone::UNKNOWN
    } else {
        IanaParserExtended::new().parse(zone).time_zone
    };
    let info: TimeZoneInfo<icu_time::zone::models::AtTime> = id
        .with_offset(Some(offset))
        .with_zone_name_timestamp(ZoneNameTimestamp::from_epoch_seconds((ms / 1000.0) as i64));
    Ok(formatter.format(&info).to_string())
}

/// The seconds of an offset written `+hh:mm`.
fn fixed(zone: &str) -> i32 {
    let number = |from: usize, to: usize| {
        zone.get(from..to)
            .and_then(|t| t.parse::<i32>().ok())
            .unwrap_or(0)
    };
    let seconds = number(1, 3) * 3600 + number(4, 6) * 60;
    if zone.starts_with('-') {
        -seconds
    } else {
        seconds
    }
}

/// The canonical names of all zones, in order.
pub fn zones() -> Vec<String> {
    let mut names: Vec<String> = IanaParserExtended::new()
        .iter()
        .map(|zone| zone.canonical.to_owned())
        .filter(|name| name.contains('/') && !name.starts_with("Etc/Unknown"))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
