//! TypeScript to JavaScript by erasing types in place, so that lines and columns stay the user's.
//!
//! What only the type checker sees becomes blanks. Enums and parameter properties, which exist at
//! run time, are rewritten on the lines where they stand. What would need code elsewhere
//! (namespaces with values, `import x = require()`, `export =`, decorators, JSX) is refused with
//! the place and a cure.

mod canvas;
mod classes;
mod enum_values;
mod enums;
mod erase;
mod expressions;
mod names;
#[cfg(test)]
mod position_tests;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use oxc_allocator::Allocator;
use oxc_parser::config::TokensParserConfig;
use oxc_parser::{Parser, ParserReturn};
use oxc_span::SourceType;

use super::diagnostic::Diagnostic;
use super::stack::with_large_stack;

/// Names that a module asks another for though only their types exist: (specifier, imported
/// name). They are learnt from the other module, since the asking one need not tell.
pub(super) type TypeOnlyNames = HashSet<(String, String)>;

/// What is wrong at a byte of the source, before file and line are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: u32,
    pub(super) message: String,
}

/// Turns TypeScript into JavaScript by erasing types in place.
///
/// `name` is the file's name for messages; a name ending `.tsx` lets `<T>` be read as JSX, as
/// TypeScript does. Imports of which no name is used as a value are erased too.
///
/// # Errors
/// The first syntax error, or the first construct that cannot be erased, with its place.
pub fn strip_types(name: &str, source: &str) -> Result<String, Diagnostic> {
    with_large_stack(|| strip_types_knowing(name, source, &TypeOnlyNames::new()))
}

/// [`strip_types`], erasing also the named imports and re-exports of which other modules told
/// that they are types.
pub(super) fn strip_types_knowing(
    name: &str,
    source: &str,
    type_only: &TypeOnlyNames,
) -> Result<String, Diagnostic> {
    // The parser may not be asked for the tokens of a text that does not parse.
    parses(name, source, source_type(name, true))?;
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, source_type(name, true))
        .with_config(TokensParserConfig)
        .parse();
    let canvas = canvas::Canvas::new(source, parsed.tokens.to_vec());
    erase::erase(canvas, &parsed.program, type_only)
        .map_err(|fault| Diagnostic::at(name, source, fault.offset as usize, fault.message))
}

/// Checks that a source parses: as TypeScript when `is_typescript`, otherwise as the JavaScript
/// its name tells (`.cjs` is CommonJS, all else an ES module).
///
/// # Errors
/// The first syntax error with its place.
pub fn check_syntax(name: &str, source: &str, is_typescript: bool) -> Result<(), Diagnostic> {
    with_large_stack(|| parses(name, source, source_type(name, is_typescript)))
}

fn parses(name: &str, source: &str, kind: SourceType) -> Result<(), Diagnostic> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, kind).parse();
    first_error(name, source, &parsed)
}

/// How the parser shall read a file of this name.
pub(super) fn source_type(name: &str, is_typescript: bool) -> SourceType {
    let name = name.to_ascii_lowercase();
    if is_typescript {
        if name.ends_with(".tsx") {
            SourceType::tsx()
        } else {
            SourceType::ts()
        }
    } else if name.ends_with(".cjs") {
        SourceType::cjs()
    } else if name.ends_with(".jsx") || name.ends_with(".tsx") {
        SourceType::jsx()
    } else {
        SourceType::mjs()
    }
}

/// The parser's first error as a diagnostic.
pub(super) fn first_error(
    name: &str,
    source: &str,
    parsed: &ParserReturn<'_>,
) -> Result<(), Diagnostic> {
    let Some(error) = parsed.diagnostics.errors().next() else {
        return Ok(());
    };
    let offset = error.labels.first().map_or(0, |label| label.offset());
    let mut message = error.message.to_string();
    if let Some(help) = error.help.as_deref() {
        message.push_str(" (");
        message.push_str(help.trim_end_matches('.'));
        message.push(')');
    }
    Err(Diagnostic::at(name, source, offset as usize, message))
}

/// Why JSX is refused.
pub(super) const JSX_REFUSED: &str = "JSX is not compiled here: bundle the project (for example with \
     `esbuild --bundle --format=esm`) and set \"main\" to the bundle";
