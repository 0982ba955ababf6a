//! Words and numbers as the console prints them: short, aligned, harmless.

use std::borrow::Cow;

use ratatui::text::Span;

/// `text` without anything that a terminal could obey: control characters and the marks that
/// reorder or hide text become a space. Views promise this already; a face keeps it anyway.
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_harmful) {
        Cow::Owned(
            text.chars()
                .map(|c| if is_harmful(c) { ' ' } else { c })
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// True for control characters, bidirectional overrides and line separators.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Cells that `text` takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        Span::raw(text).width()
    }
}

/// `text` made harmless and cut to `cells`, with `…` where something is missing at the end.
pub fn clip(text: &str, cells: usize) -> String {
    let text = safe(text);
    if width(&text) <= cells {
        return text.into_owned();
    }
    let mut out = take(text.chars(), cells.saturating_sub(1));
    if cells > 0 {
        out.push('…');
    }
    out
}

/// Like [`clip`], but keeps the end: for paths, whose last part matters most.
pub fn clip_start(text: &str, cells: usize) -> String {
    let text = safe(text);
    if width(&text) <= cells {
        return text.into_owned();
    }
    let kept: String = take(text.chars().rev(), cells.saturating_sub(1));
    let mut out = String::from(if cells > 0 { "…" } else { "" });
    out.extend(kept.chars().rev());
    out
}

fn take(chars: impl Iterator<Item = char>, cells: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    let mut one = [0; 4];
    for c in chars {
        let w = width(c.encode_utf8(&mut one));
        if used + w > cells {
            break;
        }
        used += w;
        out.push(c);
    }
    out
}

/// `text` broken into lines of at most `cells`, at spaces where there are any.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in safe(paragraph).split_inclusive(' ') {
            if width(&line) + width(word.trim_end()) > cells && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            let mut rest = word;
            while width(rest.trim_end()) > cells {
                let head = take(rest.chars(), cells);
                // A character wider than the line still has to go somewhere.
                let cut = head
                    .len()
                    .max(rest.chars().next().map_or(0, char::len_utf8));
                lines.push(rest[..cut].to_owned());
                rest = &rest[cut..];
            }
            line.push_str(rest);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Whether `text` holds `needle`, which must be in lower case; ASCII letters match in both cases.
pub fn holds(text: &str, needle: &str) -> bool {
    let Some((first, rest)) = needle.as_bytes().split_first() else {
        return true;
    };
    if needle.is_ascii() {
        let bytes = text.as_bytes();
        return bytes.iter().enumerate().any(|(i, byte)| {
            byte.eq_ignore_ascii_case(first)
                && bytes
                    .get(i + 1..i + 1 + rest.len())
                    .is_some_and(|next| next.eq_ignore_ascii_case(rest))
        });
    }
    text.to_lowercase().contains(needle)
}

/// A count with thin groups: `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number in at most five cells: `0.4`, `12`, `1.2k`, `38k`, `4.0M`.
pub fn short(n: f64) -> String {
    const STEPS: [(f64, &str); 4] = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    if n < 9.95 {
        return if n == 0.0 {
            "0".into()
        } else {
            format!("{n:.1}")
        };
    }
    let (step, unit) = STEPS
        .into_iter()
        .find(|(step, _)| n >= step * 0.9995)
        .unwrap_or((1.0, ""));
    let value = n / step;
    if value < 9.95 && step > 1.0 {
        format!("{value:.1}{unit}")
    } else {
        format!("{value:.0}{unit}")
    }
}

/// A count in at most five cells: exact up to `9,999`, then as [`short`] has it.
pub fn tally(n: u64) -> String {
    if n < 10_000 {
        count(n)
    } else {
        short(n as f64)
    }
}

/// Bytes in at most five cells, in steps of 1024: `812B`, `12K`, `4.1M`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "K", "M", "G", "T"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit > 0 && value < 9.95 {
        format!("{value:.1}{}", UNITS[unit])
    } else {
        format!("{value:.0}{}", UNITS[unit])
    }
}

/// A duration given in microseconds, in at most five cells: `85µs`, `1.2ms`, `340ms`, `2.1s`.
pub fn micros(us: u64) -> String {
    let (value, unit) = match us {
        0..1_000 => return format!("{us}µs"),
        1_000..999_500 => (us as f64 / 1e3, "ms"),
        _ => (us as f64 / 1e6, "s"),
    };
    if value < 9.95 {
        format!("{value:.1}{unit}")
    } else {
        format!("{value:.0}{unit}")
    }
}

/// An amount of money given in millionths, in at most six cells: `0`, `<.0001`, `0.0312`, `4.20`,
/// `1,234`, `38k`.
pub fn money(micros: u64) -> String {
    let value = micros as f64 / 1e6;
    match micros {
        0 => "0".into(),
        1..100 => "<.0001".into(),
        100..999_950 => format!("{value:.4}"),
        999_950..99_995_000 => format!("{value:.2}"),
        _ => tally(value.round() as u64),
    }
}

/// All digits of an amount of money given in millionths, two after the point at least.
pub fn exact_money(micros: u64) -> String {
    let part = format!("{:06}", micros % 1_000_000);
    let kept = part.trim_end_matches('0').len().max(2);
    format!("{}.{}", micros / 1_000_000, &part[..kept])
}

/// The name of a limit as a person reads it, in at most sixteen cells: `requests/s`, `cpu/min`.
pub fn limit_words(name: &str) -> String {
    match name {
        "concurrent_requests" => return "requests at once".into(),
        "error_percent_after_reload" => return "failing % after".into(),
        _ => {}
    }
    let words = name
        .replace("_per_second", "/s")
        .replace("_per_minute", "/min")
        .replace("_per_", "/")
        .replace("_ms", "")
        .replace("_bytes", "")
        .replace('_', " ");
    clip(&words, 16)
}

/// A value of a limit, whose name says its unit.
pub fn of_limit(name: &str, value: u64) -> String {
    if name.ends_with("_bytes") {
        bytes(value)
    } else if name.contains("_ms") {
        micros(value.saturating_mul(1000))
    } else if name.contains("percent") {
        format!("{value}%")
    } else {
        tally(value)
    }
}

/// How long something has lasted, in its largest unit: `12s`, `4m`, `3h`, `2d`.
pub fn age(ms: u64) -> String {
    match ms / 1000 {
        s @ 0..60 => format!("{s}s"),
        s @ 60..3_600 => format!("{}m", s / 60),
        s @ 3_600..86_400 => format!("{}h", s / 3_600),
        s => format!("{}d", s / 86_400),
    }
}

/// The word for `n` things: `1 object`, `3 objects`.
pub fn plural(n: u64, word: &str) -> String {
    format!("{} {word}{}", count(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmful_characters_become_spaces() {
        assert_eq!(safe("a\x1b[31mb\tc\u{202e}d"), "a [31mb c d");
        assert!(matches!(safe("plain é 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn clipping_counts_cells_not_characters() {
        assert_eq!(clip("abcdef", 4), "abc…");
        assert_eq!(clip("漢字漢字", 5), "漢字…");
        assert_eq!(clip("漢字漢字", 4), "漢…");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(clip_start("/a/b/c", 4), "…b/c");
    }

    #[test]
    fn wrapping_keeps_every_letter() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("漢字", 1), ["漢", "字", ""]);
    }

    #[test]
    fn numbers_stay_within_five_cells() {
        for n in [
            0.0, 0.04, 9.94, 9.96, 99.9, 999.4, 999.6, 9_960.0, 99_999.0, 999_700.0, 1e8, 1e11,
        ] {
            assert!(width(&short(n)) <= 5, "{n} → {}", short(n));
        }
        for n in (0..50).map(|shift| 3u64 << shift) {
            assert!(width(&bytes(n)) <= 5, "{n} → {}", bytes(n));
        }
        for n in [0, 999, 1_000, 9_960, 99_999, 999_400, 999_600, 90_000_000] {
            assert!(width(&micros(n)) <= 5, "{n} → {}", micros(n));
        }
        assert_eq!(tally(9_999), "9,999");
        assert_eq!(tally(10_000), "10k");
        assert_eq!(short(1_234.0), "1.2k");
        assert_eq!(short(999.6), "1.0k");
        assert_eq!(bytes(4_300_000), "4.1M");
        assert_eq!(micros(1_240), "1.2ms");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(age(3 * 3_600_000 + 5), "3h");
    }

    #[test]
    fn money_keeps_what_is_small() {
        for (micros, shown) in [
            (0, "0"),
            (99, "<.0001"),
            (31_249, "0.0312"),
            (999_949, "0.9999"),
            (999_950, "1.00"),
            (4_199_000, "4.20"),
            (99_994_999, "99.99"),
            (99_995_000, "100"),
            (1_234_000_000, "1,234"),
            (38_000_000_000, "38k"),
            (u64::MAX, "18447G"),
        ] {
            assert_eq!(money(micros), shown);
            assert!(width(&money(micros)) <= 6);
        }
        assert_eq!(exact_money(500_000), "0.50");
        assert_eq!(exact_money(1_000_001), "1.000001");
        assert_eq!(exact_money(20_000_000), "20.00");
    }

    #[test]
    fn limits_are_named_and_valued_for_people() {
        for (name, words) in [
            ("requests_per_second", "requests/s"),
            ("cpu_ms_per_minute", "cpu/min"),
            ("rows_written_per_minute", "rows written/min"),
            ("memory_bytes", "memory"),
            ("log_lines_per_second", "log lines/s"),
            ("concurrent_requests", "requests at once"),
            ("wall_ms_per_request", "wall/request"),
        ] {
            assert_eq!(limit_words(name), words);
        }
        assert_eq!(of_limit("memory_bytes", 64 << 20), "64M");
        assert_eq!(of_limit("cpu_ms_per_request", 30_000), "30s");
        assert_eq!(of_limit("error_percent_after_reload", 20), "20%");
        assert_eq!(of_limit("facets", 12_000), "12k");
    }

    #[test]
    fn search_ignores_case() {
        assert!(holds("Hello World", "lo wo"));
        assert!(holds("Élan", "élan"));
        assert!(!holds("abc", "abcd"));
        assert!(holds("abc", ""));
    }
}
