//! `Intl` for a sandbox.

use super::{Done, Failed};
use crate::{
    object::message::CallError,
    platform::intl::{self, Comparison, IntlError},
    sandbox::wire::{Reader, Value, Writer},
};

/// The longest text that is compared, cut or changed in case at once, in bytes.
const MAX_TEXT: usize = 4 * 1024 * 1024;
/// The most items of a list.
const MAX_ITEMS: usize = 10_000;

impl From<IntlError> for Failed {
    fn from(error: IntlError) -> Self {
        Failed::Throw(CallError::of("RangeError", error.to_string()))
    }
}

/// * `intl.canonical(tag)`, `intl.known(tag)`, `intl.likely(tag, fuller)`: tags; `known` may be null
/// * `intl.symbols(tag, system)`: what numbers are written with
/// * `intl.currency(tag, code, display)`, `intl.digits(code)`, `intl.compact(tag, isLong)`
/// * `intl.plural(tag, isOrdinal, number)`, `intl.categories(tag, isOrdinal)`
/// * `intl.skeleton(tag, skeleton, cycle)`, `intl.style(tag, date, time, cycle)`: patterns
/// * `intl.names(tag, field)`: names of months, weekdays, eras, parts of the day
/// * `intl.zone(name)`, `intl.zones("")`, `intl.offset(zone, ms)`, `intl.zoneName(tag, zone, ms, style)`
/// * `intl.list(tag, type, style, items)`, `intl.relative(tag, unit, style)`
/// * `intl.compare(tag, left, right, sensitivity, ignores, isNumeric, caseFirst)`
/// * `intl.boundaries(granularity, text)`, `intl.upper(tag, text)`, `intl.lower(tag, text)`
/// * `intl.name(tag, type, style, isDialect, code)`
pub(super) fn intl_call(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    match verb {
        "canonical" | "known" | "likely" => tags(verb, args, answer),
        "symbols" | "currency" | "digits" | "compact" | "plural" | "categories" => {
            numbers(verb, args, answer)
        }
        "skeleton" | "style" | "names" | "zone" | "zones" | "offset" | "zoneName" => {
            dates(verb, args, answer)
        }
        _ => texts(verb, args, answer),
    }
}

fn tags(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let tag = args.lossy()?;
    match verb {
        "canonical" => answer.text(&intl::canonical(&tag)?),
        "known" => answer.optional_text(intl::known(&tag)),
        _ => answer.text(&intl::likely(&tag, is_true(args)?)?),
    };
    Ok(())
}

fn numbers(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let tag = args.text()?;
    match verb {
        "symbols" => {
            let found = intl::symbols(tag, args.text()?)?;
            answer.map(10);
            answer.key("minus").text(&found.minus);
            answer.key("plus").text(&found.plus);
            answer.key("decimal").text(&found.decimal);
            answer.key("group").text(&found.group);
            answer.key("primary").int(found.sizes.0.into());
            answer.key("secondary").int(found.sizes.1.into());
            answer.key("least").int(found.least.into());
            answer.key("system").text(&found.system);
            answer.key("digits").text(&found.digits);
            answer.key("percent").text(&found.percent);
        }
        "currency" => write_pairs(answer, &intl::currency(tag, args.text()?, args.text()?)?),
        "digits" => {
            answer.int(intl::currency_digits(tag)?.into());
        }
        "compact" => {
            let powers = intl::compact(tag, is_true(args)?)?;
            answer.list(powers.len());
            for (cut, patterns) in powers {
                answer.list(2).int(cut.into());
                write_pairs(answer, &patterns);
            }
        }
        "plural" => {
            let is_ordinal = is_true(args)?;
            answer.text(intl::plural_category(tag, is_ordinal, args.text()?)?);
        }
        _ => write_texts(answer, &intl::plural_categories(tag, is_true(args)?)?),
    }
    Ok(())
}

fn dates(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let first = args.lossy()?;
    match verb {
        "skeleton" => {
            answer.text(&intl::skeleton_pattern(&first, args.text()?, args.text()?)?);
        }
        "style" => {
            let (date, time, cycle) = (args.text()?, args.text()?, args.text()?);
            answer.text(&intl::style_pattern(&first, date, time, cycle)?);
        }
        "names" => write_texts(answer, &intl::day_names(&first, args.text()?)?),
        "zone" => {
            answer.optional_text(intl::canonical_zone(&first).as_deref());
        }
        "zones" => write_texts(answer, &intl::zones()),
        "offset" => {
            answer.int(intl::offset(&first, args.number()?)?.into());
        }
        _ => {
            let (zone, ms, style) = (args.text()?, args.number()?, args.text()?);
            answer.text(&intl::zone_name(&first, zone, ms, style)?);
        }
    }
    Ok(())
}

fn texts(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let tag = args.text()?;
    match verb {
        "list" => {
            let (kind, style, items) = (args.text()?, args.text()?, args.value()?);
            if items.items().len() > MAX_ITEMS {
                return Err(too_long("A list", MAX_ITEMS, "items"));
            }
            let items: Vec<String> = items.items().iter().filter_map(Value::to_text).collect();
            answer.text(&intl::list_patterns(tag, kind, style, &items)?);
        }
        "relative" => write_pairs(answer, &intl::relative(tag, args.text()?, args.text()?)?),
        "compare" => {
            let (left, right) = (bounded(args)?, bounded(args)?);
            let how = Comparison {
                sensitivity: args.text()?,
                ignores_punctuation: is_true(args)?,
                is_numeric: is_true(args)?,
                case_first: args.text()?,
            };
            answer.int(intl::compare(tag, how, &left, &right)? as i64);
        }
        "boundaries" => {
            let cuts = intl::boundaries(tag, &bounded(args)?);
            answer.list(cuts.len() * 2);
            for (at, is_word) in cuts {
                answer.int(at as i64).bool(is_word);
            }
        }
        "upper" => {
            answer.text(&intl::upper(tag, &bounded(args)?)?);
        }
        "lower" => {
            answer.text(&intl::lower(tag, &bounded(args)?)?);
        }
        "name" => {
            let (kind, style) = (args.text()?, args.text()?);
            let is_dialect = is_true(args)?;
            let name = intl::display_name(tag, kind, style, is_dialect, args.text()?)?;
            answer.optional_text(name.as_deref());
        }
        other => return Err(CallError::new(format!("unknown host call intl.{other}")).into()),
    }
    Ok(())
}

fn is_true(args: &mut Reader<'_>) -> Result<bool, Failed> {
    Ok(args.value()? == Value::Bool(true))
}

fn bounded(args: &mut Reader<'_>) -> Result<String, Failed> {
    let text = args.lossy()?;
    if text.len() > MAX_TEXT {
        return Err(too_long("A text given to Intl", MAX_TEXT, "bytes"));
    }
    Ok(text)
}

fn too_long(what: &str, most: usize, unit: &str) -> Failed {
    CallError::of(
        "RangeError",
        format!("{what} may be {most} {unit} long at most"),
    )
    .into()
}

fn write_pairs<K: AsRef<str>>(answer: &mut Writer, pairs: &[(K, String)]) {
    answer.map(pairs.len());
    for (key, text) in pairs {
        answer.key(key.as_ref()).text(text);
    }
}

fn write_texts<T: AsRef<str>>(answer: &mut Writer, texts: &[T]) {
    answer.list(texts.len());
    for text in texts {
        answer.text(text.as_ref());
    }
}
