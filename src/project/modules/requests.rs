//! What a module asks of others and offers to them, as its source tells.

use std::collections::{BTreeSet, HashMap};

use oxc_allocator::Allocator;
use oxc_ast::ast::{Argument, CallExpression, Expression, ImportExpression};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_syntax::module_record::{
    ExportExportName, ExportImportName, ImportImportName, ModuleRecord,
};

use crate::project::diagnostic::Diagnostic;
use crate::project::typescript::{first_error, source_type};

/// One specifier that a module imports from, with all names it imports by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) specifier: String,
    /// The byte where the specifier first stands.
    pub(super) offset: usize,
    /// Names that the other module must export, and the bytes where they stand.
    pub(super) names: Vec<(String, usize)>,
}

/// What a module asks and offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Surface {
    /// In the order of the source.
    pub(super) requests: Vec<Request>,
    /// Exported names.
    pub(super) exports: BTreeSet<String>,
    /// Specifiers of which all names but `default` are exported.
    pub(super) stars: Vec<String>,
}

/// Reads a JavaScript module's surface. `module` is its name, by whose ending it is an ES module
/// or CommonJS; `file` is its name for messages.
///
/// In CommonJS, `require("…")` asks instead of `import`; there what it offers is not known.
pub(super) fn surface(file: &str, module: &str, source: &str) -> Result<Surface, Diagnostic> {
    let allocator = Allocator::default();
    let kind = source_type(module, false);
    let parsed = Parser::new(&allocator, source, kind).parse();
    first_error(file, source, &parsed)?;
    let mut found = Requests::default();
    static_requests(&mut found, &parsed.module_record);
    let mut calls = Calls {
        found: &mut found,
        require: kind.is_commonjs(),
        jsx: None,
    };
    calls.visit_program(&parsed.program);
    if let Some(offset) = calls.jsx {
        let message = crate::project::typescript::JSX_REFUSED;
        return Err(Diagnostic::at(file, source, offset, message));
    }
    let record = &parsed.module_record;
    let exported = record
        .local_export_entries
        .iter()
        .chain(&record.indirect_export_entries);
    let stars = record.star_export_entries.iter();
    Ok(Surface {
        requests: found.in_order(),
        exports: exported
            .filter_map(|entry| match &entry.export_name {
                ExportExportName::Name(name) => Some(name.name.to_string()),
                ExportExportName::Default(_) => Some("default".to_owned()),
                ExportExportName::Null => None,
            })
            .collect(),
        stars: stars
            .filter_map(|entry| Some(entry.module_request.as_ref()?.name.to_string()))
            .collect(),
    })
}

/// Requests by specifier.
#[derive(Default)]
struct Requests {
    by_specifier: HashMap<String, Request>,
}

impl Requests {
    fn add(&mut self, specifier: &str, offset: u32, name: Option<(String, u32)>) {
        let offset = offset as usize;
        let request = self
            .by_specifier
            .entry(specifier.to_owned())
            .or_insert_with(|| Request {
                specifier: specifier.to_owned(),
                offset,
                names: Vec::new(),
            });
        request.offset = request.offset.min(offset);
        if let Some((name, offset)) = name {
            request.names.push((name, offset as usize));
        }
    }

    fn in_order(self) -> Vec<Request> {
        let mut requests: Vec<Request> = self.by_specifier.into_values().collect();
        requests.sort_by_key(|request| request.offset);
        requests
    }
}

fn static_requests(found: &mut Requests, record: &ModuleRecord<'_>) {
    for (specifier, places) in &record.requested_modules {
        for place in places {
            found.add(specifier.as_str(), place.span.start, None);
        }
    }
    for entry in &record.import_entries {
        let name = match &entry.import_name {
            ImportImportName::Name(name) => (name.name.to_string(), name.span.start),
            ImportImportName::Default(span) => ("default".to_owned(), span.start),
            ImportImportName::NamespaceObject => continue,
        };
        let request = &entry.module_request;
        found.add(request.name.as_str(), request.span.start, Some(name));
    }
    for entry in &record.indirect_export_entries {
        if let (Some(request), ExportImportName::Name(name)) =
            (&entry.module_request, &entry.import_name)
        {
            let name = (name.name.to_string(), name.span.start);
            found.add(request.name.as_str(), request.span.start, Some(name));
        }
    }
}

/// Finds `import("…")` and, in CommonJS, `require("…")`.
struct Calls<'f> {
    found: &'f mut Requests,
    require: bool,
    jsx: Option<usize>,
}

impl<'a> Visit<'a> for Calls<'_> {
    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        match &import.source {
            Expression::StringLiteral(it) => {
                self.found.add(it.value.as_str(), it.span.start, None);
            }
            Expression::TemplateLiteral(it) if it.expressions.is_empty() => {
                let text = it.quasis.first().and_then(|quasi| quasi.value.cooked);
                if let Some(text) = text {
                    self.found.add(text.as_str(), it.span.start, None);
                }
            }
            _ => {}
        }
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        if self.require
            && matches!(&call.callee, Expression::Identifier(it) if it.name == "require")
            && let [Argument::StringLiteral(it)] = call.arguments.as_slice()
        {
            self.found.add(it.value.as_str(), it.span.start, None);
        }
        walk::walk_call_expression(self, call);
    }

    fn visit_jsx_element(&mut self, element: &oxc_ast::ast::JSXElement<'a>) {
        self.jsx.get_or_insert(element.span.start as usize);
    }

    fn visit_jsx_fragment(&mut self, fragment: &oxc_ast::ast::JSXFragment<'a>) {
        self.jsx.get_or_insert(fragment.span.start as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::surface;

    #[test]
    fn finds_imports_exports_and_literal_calls() {
        let source = "import a, { b as c } from './x.js';\nexport * from './y.js';\n\
             export { d as e } from './x.js';\nimport * as n from './z.js';\n\
             const f = await import(`./t.js`), g = await import(a + c + n);\n\
             export default f; export const h = g;";
        let found = surface("m.js", "m.js", source).map(|it| {
            let names = |request: &super::Request| {
                let names = request.names.iter().map(|(name, _)| name.clone());
                (request.specifier.clone(), names.collect::<Vec<_>>())
            };
            let requests: Vec<_> = it.requests.iter().map(names).collect();
            (
                requests,
                it.exports.into_iter().collect::<Vec<_>>(),
                it.stars,
            )
        });
        let expected = (
            vec![
                (
                    "./x.js".to_owned(),
                    vec!["default".to_owned(), "b".to_owned(), "d".to_owned()],
                ),
                ("./y.js".to_owned(), vec![]),
                ("./z.js".to_owned(), vec![]),
                ("./t.js".to_owned(), vec![]),
            ],
            vec!["default".to_owned(), "e".to_owned(), "h".to_owned()],
            vec!["./y.js".to_owned()],
        );
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn require_asks_in_commonjs_only() {
        let source = "const a = require('./a.cjs'); if (a) { require(a); }";
        let requests = |name| surface(name, name, source).map(|it| it.requests.len());
        assert_eq!(requests("m.cjs"), Ok(1));
        assert_eq!(requests("m.js"), Ok(0));
    }
}
