//! Text from a worker, made harmless at intake: it may hold anything, and faces print it.

/// `text` with control characters made visible and cut at `max_bytes`. Line breaks and tabs
/// stay; so do all other characters, whatever their width.
pub fn harmless(text: &str, max_bytes: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_bytes));
    for c in text.chars() {
        if out.len() >= max_bytes {
            out.push('…');
            break;
        }
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {}
            // the picture of a control character: ␛ for escape
            '\0'..='\x1f' => out.extend(char::from_u32(0x2400 + c as u32)),
            '\x7f' => out.push('␡'),
            // C1 controls and the marks that turn text around
            '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push('\u{fffd}')
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::harmless;
    use proptest::prelude::*;

    #[test]
    fn an_escape_sequence_becomes_visible() {
        assert_eq!(harmless("\x1b[31mred\x07\r\nnext", 100), "␛[31mred␇\nnext");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(harmless("ééé", 3), "éé…");
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_is_left(text in any::<String>(), max in 0usize..64) {
            let out = harmless(&text, max);
            prop_assert!(out.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            prop_assert!(out.len() <= max + 8);
        }
    }
}
