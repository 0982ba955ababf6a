//! Paths in the host's sentences, as the table names them.

use std::borrow::Cow;

use super::tree::Tree;
use crate::control::view::NodeId;

/// Digits of an object's id.
const ID: usize = 64;
/// Digits that are kept of one that is not in the table.
const KEPT: usize = 8;

/// `text` with the paths of nodes replaced by their names; an object that is not known keeps the
/// first digits of its id.
pub fn named<'a>(text: &'a str, tree: &Tree) -> Cow<'a, str> {
    if !text.contains('/') {
        return Cow::Borrowed(text);
    }
    let words = text.split_inclusive(' ').map(|word| named_word(word, tree));
    Cow::Owned(words.collect())
}

fn named_word<'a>(word: &'a str, tree: &Tree) -> Cow<'a, str> {
    let path = word.trim_end_matches([' ', '.', ',', ':', ';']);
    if !path.contains('/') {
        return Cow::Borrowed(word);
    }
    let rest = &word[path.len()..];
    if let Some(row) = tree.row(&NodeId(path.into())) {
        return Cow::Owned(format!("{}{rest}", row.label));
    }
    let is_id = |part: &str| part.len() == ID && part.bytes().all(|b| b.is_ascii_hexdigit());
    let parts = path.split('/').map(|part| match is_id(part) {
        true => format!("{}…", &part[..KEPT]),
        false => part.to_owned(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    Cow::Owned(format!("{path}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fake;

    #[test]
    fn paths_become_names() {
        let model = fake::model();
        let id = "0123456789abcdef".repeat(4);
        for (said, shown) in [
            (
                "paused apps/AppRunner/my-app: wait".to_owned(),
                "paused my-app: wait".to_owned(),
            ),
            (
                "killed 2 in shop/Cart/runaway.".into(),
                "killed 2 in runaway.".into(),
            ),
            (
                format!("it is x now: w/C/{id}/app"),
                "it is x now: w/C/01234567…/app".into(),
            ),
            ("src/a.ts:4:1: no".into(), "src/a.ts:4:1: no".into()),
            ("nothing".into(), "nothing".into()),
        ] {
            assert_eq!(named(&said, &model.tree), shown);
        }
    }
}
