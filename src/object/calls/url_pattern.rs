//! URLPattern for a sandbox.

use super::{Done, Failed};
use crate::{
    object::message::CallError,
    platform::url_pattern::{Input, MAX_LENGTH, PARTS, parse, parts_of},
    sandbox::wire::{Malformed, Reader, Value, Writer},
};

/// * `pattern.parse(input, base, ignoreCase)`: each part's pattern, expression and groups, then
///   whether there are regular expressions; null when it is no pattern
/// * `pattern.input(input, base)`: the parts of what is tried; null when nothing can match
///
/// An input is text, or a list of the parts and the base URL.
pub(super) fn pattern_call(verb: &str, args: &mut Reader<'_>, answer: &mut Writer) -> Done {
    let (input, base) = (read_input(&args.value()?)?, args.value()?.to_text());
    if verb == "parse" {
        let ignore_case = args.value()? == Value::Bool(true);
        let Some((parts, regexp)) = parse(input, base.as_deref(), ignore_case) else {
            answer.null();
            return Ok(());
        };
        answer.list(parts.len() + 1);
        for part in &parts {
            answer
                .list(3)
                .text(&part.pattern)
                .text(&part.expression)
                .list(part.groups.len());
            for group in &part.groups {
                answer.text(group);
            }
        }
        answer.bool(regexp);
        return Ok(());
    }
    let parts = parts_of(input, base.as_deref())
        .map_err(|error| CallError::of("TypeError", error.to_string()))?;
    match parts {
        Some(parts) => {
            answer.list(parts.len());
            for part in &parts {
                answer.text(part);
            }
        }
        None => {
            answer.null();
        }
    }
    Ok(())
}

fn read_input(value: &Value<'_>) -> Result<Input, Failed> {
    let bounded = |text: String| {
        if text.len() <= MAX_LENGTH {
            return Ok(text);
        }
        let text = format!("A URLPattern and its input are at most {MAX_LENGTH} bytes long.");
        Err(Failed::from(CallError::of("RangeError", text)))
    };
    if let Some(text) = value.to_text() {
        return Ok(Input::String(bounded(text)?.into()));
    }
    let items = value.items();
    if items.len() != PARTS.len() + 1 {
        return Err(Malformed.into());
    }
    let part = |index: usize| items[index].to_text().map(bounded).transpose();
    Ok(Input::Init(urlpattern::quirks::UrlPatternInit {
        protocol: part(0)?,
        username: part(1)?,
        password: part(2)?,
        hostname: part(3)?,
        port: part(4)?,
        pathname: part(5)?,
        search: part(6)?,
        hash: part(7)?,
        base_url: part(8)?,
    }))
}
