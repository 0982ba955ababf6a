//! Two versions compared, as developers expect it: a unified diff, module by module.

use similar::TextDiff;

use super::Content;
use crate::{
    ledger::harmless,
    object::{Module, ModuleKind},
};

/// Lines around each change.
const CONTEXT: usize = 3;

/// What has to be changed in `old` to get `new`; empty when they are the same.
pub fn diff(old: &Content, new: &Content) -> String {
    let mut text = String::new();
    if old.main != new.main {
        text.push_str(&format!("main module: {} -> {}\n", old.main, new.main));
    }
    let mut names: Vec<&str> = old.modules.iter().map(|module| &*module.name).collect();
    for module in &new.modules {
        if !names.contains(&&*module.name) {
            names.push(&module.name);
        }
    }
    for name in names {
        let (before, after) = (named(old, name), named(new, name));
        module_diff(name, before, after, &mut text);
    }
    text
}

fn named<'a>(content: &'a Content, name: &str) -> Option<&'a Module> {
    content.modules.iter().find(|module| module.name == name)
}

fn module_diff(name: &str, before: Option<&Module>, after: Option<&Module>, text: &mut String) {
    let name = harmless(name, 256);
    let source = |module: Option<&Module>| module.map(|module| module.source.clone());
    let (old, new) = (source(before), source(after));
    if old == new {
        return;
    }
    let readable = [before, after].into_iter().flatten().all(is_text);
    if !readable {
        let size = |bytes: &Option<bytes::Bytes>| match bytes {
            Some(bytes) => format!("{} bytes", bytes.len()),
            None => "nothing".into(),
        };
        text.push_str(&format!("{name}: {} -> {}\n", size(&old), size(&new)));
        return;
    }
    let lossy = |bytes: &Option<bytes::Bytes>| match bytes {
        Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        None => String::new(),
    };
    let header = |module: Option<&Module>, side: &str| match module {
        Some(_) => format!("{side}/{name}"),
        None => "/dev/null".into(),
    };
    let (old, new) = (lossy(&old), lossy(&new));
    let lines = TextDiff::from_lines(&old, &new);
    let unified = lines
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&header(before, "a"), &header(after, "b"))
        .to_string();
    text.push_str(&unified);
}

fn is_text(module: &Module) -> bool {
    !matches!(module.kind, ModuleKind::Data | ModuleKind::Wasm)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(modules: &[(&str, ModuleKind, &str)]) -> Content {
        let module = |(name, kind, source): &(&str, ModuleKind, &str)| Module {
            name: (*name).into(),
            kind: *kind,
            source: source.to_string().into(),
            imports: Vec::new(),
        };
        Content {
            main: modules[0].0.into(),
            modules: modules.iter().map(module).collect(),
        }
    }

    #[test]
    fn shows_what_changed_and_nothing_else() {
        let old = content(&[
            ("a.js", ModuleKind::Js, "one\ntwo\nthree\n"),
            ("same.js", ModuleKind::Js, "same\n"),
            ("gone.txt", ModuleKind::Text, "gone\n"),
            ("w.wasm", ModuleKind::Wasm, "123"),
        ]);
        let new = content(&[
            ("a.js", ModuleKind::Js, "one\n2\nthree\n"),
            ("same.js", ModuleKind::Js, "same\n"),
            ("new.js", ModuleKind::Js, "new\n"),
            ("w.wasm", ModuleKind::Wasm, "12345"),
        ]);
        let text = diff(&old, &new);
        for part in [
            "--- a/a.js\n+++ b/a.js\n",
            "-two\n+2\n",
            "--- a/gone.txt\n+++ /dev/null\n",
            "--- /dev/null\n+++ b/new.js\n",
            "w.wasm: 3 bytes -> 5 bytes\n",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("same.js"), "{text}");
        assert_eq!(diff(&old, &old), "");
    }
}
