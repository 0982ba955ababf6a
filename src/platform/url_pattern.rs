//! URLPattern: patterns to regular expressions, and input to the parts that they are tried on.
//! The expressions run in the guest, whose engine they are written for.

use url::Url;
use urlpattern::{
    RegexSyntax, UrlPatternMatchInput, UrlPatternOptions,
    quirks::{self, EcmaRegexp, StringOrInit},
    regexp::RegExp,
};

/// The names of the parts, in the order of the standard.
pub const PARTS: [&str; 8] = [
    "protocol", "username", "password", "hostname", "port", "pathname", "search", "hash",
];

/// The longest pattern or input, bytes; parsing takes time in proportion to it.
pub const MAX_LENGTH: usize = 64 << 10;

/// A pattern, or what is tried on one: text, or the parts with their base URL.
pub type Input = quirks::StringOrInit<'static>;

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The pattern, normalised.
    pub pattern: String,
    /// The same as an ECMAScript regular expression.
    pub expression: String,
    /// What its groups are called.
    pub groups: Vec<String>,
}

/// An expression that only the guest can judge.
struct Foreign {
    pattern: String,
    flags: String,
}

impl RegExp for Foreign {
    fn syntax() -> RegexSyntax {
        RegexSyntax::EcmaScript
    }

    fn parse(pattern: &str, flags: &str, _: bool) -> Result<Self, ()> {
        Ok(Foreign {
            pattern: pattern.into(),
            flags: flags.into(),
        })
    }

    /// Asked only whether a protocol may be one of the special ones.
    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        EcmaRegexp::parse(&self.pattern, &self.flags, false)
            .ok()?
            .matches(text)
    }

    fn pattern_string(&self) -> &str {
        &self.pattern
    }
}

/// A host with other letters than ASCII, written as a URL has it; `None` for patterns and others.
fn ascii_host(host: &str) -> Option<String> {
    if host.is_ascii()
        || host.contains(['{', '}', '(', ')', '*', '+', '?', ':', '\\', '/', '#', '@'])
    {
        return None;
    }
    let url = Url::parse(&format!("http://{host}")).ok()?;
    url.host_str().map(str::to_owned)
}

/// A pattern's parts, in the order of [`PARTS`], and whether one of them holds a regular
/// expression. `None` when it is no pattern.
pub fn parse(input: Input, base: Option<&str>, ignore_case: bool) -> Option<(Vec<Part>, bool)> {
    let mut init = quirks::process_construct_pattern_input(input, base).ok()?;
    init.hostname = init.hostname.map(|host| ascii_host(&host).unwrap_or(host));
    let options = UrlPatternOptions {
        ignore_case,
        regex_syntax: RegexSyntax::EcmaScript,
    };
    let found = quirks::parse_pattern::<Foreign>(init, options).ok()?;
    let parts = [
        found.protocol,
        found.username,
        found.password,
        found.hostname,
        found.port,
        found.pathname,
        found.search,
        found.hash,
    ];
    let parts = parts.map(|part| Part {
        pattern: part.pattern_string,
        expression: part.regexp_string,
        groups: part.group_name_list,
    });
    Some((parts.into(), found.has_regexp_groups))
}

/// The input's parts, in the order of [`PARTS`]; `None` when nothing can match it. The error is a
/// base URL beside an input that brings its own.
pub fn parts_of(
    input: Input,
    base: Option<&str>,
) -> Result<Option<[String; 8]>, urlpattern::Error> {
    let parsed = match (&input, base) {
        (StringOrInit::String(text), None) => Url::parse(text).ok().map(UrlPatternMatchInput::Url),
        _ => quirks::process_match_input(input, base)?.map(|(parsed, _)| parsed),
    };
    Ok(parsed.and_then(quirks::parse_match_input).map(|parts| {
        [
            parts.protocol,
            parts.username,
            parts.password,
            parts.hostname,
            parts.port,
            parts.pathname,
            parts.search,
            parts.hash,
        ]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rubbish_never_panics(text in "[a-z:/{}()*?+\\\\\\[\\]#@.%0-9 é]{0,40}", base in ".{0,10}") {
            let input = || StringOrInit::String(text.clone().into());
            let _ = parse(input(), Some("http://x"), false);
            let _ = parse(input(), Some(&base), true);
            let _ = parts_of(input(), Some(&base));
        }
    }

    #[test]
    fn a_pattern_has_eight_parts() {
        let input = StringOrInit::String("http://x/a/:b".into());
        let (parts, regexp) = parse(input, None, false).unwrap();
        assert_eq!(parts.len(), PARTS.len());
        assert!(!regexp);
        assert_eq!(parts[5].pattern, "/a/:b");
        assert_eq!(parts[5].groups, ["b"]);
    }
}
