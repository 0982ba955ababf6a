//! Which names of a file are types only, and erasing the imports and exports of such names.

use std::collections::HashSet;

use oxc_ast::ast::*;
use oxc_ast_visit::Visit;
use oxc_span::GetSpan;

use super::TypeOnlyNames;
use super::erase::Eraser;

/// The names declared at the top of a file, by what they are.
#[derive(Default)]
pub(super) struct TopLevelNames<'a> {
    types: HashSet<&'a str>,
    values: HashSet<&'a str>,
}

impl<'a> TopLevelNames<'a> {
    pub(super) fn of(program: &Program<'a>) -> Self {
        let mut names = Self::default();
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(import) => names.import(import),
                Statement::TSImportEqualsDeclaration(import) => {
                    names.values.insert(import.id.name.as_str());
                }
                Statement::ExportDeclaration(export) => names.declare(&export.declaration),
                Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(it) => names.value(&it.id),
                    ExportDefaultDeclarationKind::ClassDeclaration(it) => names.value(&it.id),
                    ExportDefaultDeclarationKind::TSInterfaceDeclaration(it) => {
                        names.types.insert(it.id.name.as_str());
                    }
                    _ => {}
                },
                _ => {
                    if let Some(declaration) = statement.as_declaration() {
                        names.declare(declaration);
                    }
                }
            }
        }
        names
    }

    /// Whether a name is declared here, and only as a type.
    pub(super) fn is_type_only(&self, name: &str) -> bool {
        self.types.contains(name) && !self.values.contains(name)
    }

    fn value(&mut self, id: &Option<BindingIdentifier<'a>>) {
        if let Some(id) = id {
            self.values.insert(id.name.as_str());
        }
    }

    /// An import counts as a value here: whether it is one, its uses tell.
    fn import(&mut self, import: &ImportDeclaration<'a>) {
        for specifier in import.specifiers.iter().flatten() {
            let by_mark = matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(it)
                if it.import_kind.is_type());
            let name = specifier.local().name.as_str();
            if import.import_kind.is_type() || by_mark {
                self.types.insert(name);
            } else {
                self.values.insert(name);
            }
        }
    }

    fn declare(&mut self, declaration: &Declaration<'a>) {
        let names = if is_type_declaration(declaration) && !is_overload(declaration) {
            &mut self.types
        } else {
            &mut self.values
        };
        let id = match declaration {
            Declaration::VariableDeclaration(it) => {
                let mut bindings = Bindings { names };
                for declarator in &it.declarations {
                    bindings.visit_binding_pattern(&declarator.id);
                }
                None
            }
            Declaration::FunctionDeclaration(it) => it.id.as_ref(),
            Declaration::ClassDeclaration(it) => it.id.as_ref(),
            Declaration::TSTypeAliasDeclaration(it) => Some(&it.id),
            Declaration::TSInterfaceDeclaration(it) => Some(&it.id),
            Declaration::TSEnumDeclaration(it) => Some(&it.id),
            Declaration::TSNamespaceDeclaration(it) => Some(&it.id),
            Declaration::TSImportEqualsDeclaration(it) => Some(&it.id),
            Declaration::TSExternalModuleDeclaration(_) | Declaration::TSGlobalDeclaration(_) => {
                None
            }
        };
        if let Some(id) = id {
            names.insert(id.name.as_str());
        }
    }
}

/// Collects the names that a pattern binds.
struct Bindings<'n, 'a> {
    names: &'n mut HashSet<&'a str>,
}

impl<'a> Visit<'a> for Bindings<'_, 'a> {
    fn visit_binding_identifier(&mut self, id: &BindingIdentifier<'a>) {
        self.names.insert(id.name.as_str());
    }
    fn visit_expression(&mut self, _: &Expression<'a>) {}
}

fn is_overload(declaration: &Declaration<'_>) -> bool {
    matches!(declaration, Declaration::FunctionDeclaration(it) if !it.declare)
}

/// Whether a declaration exists for the type checker alone.
pub(super) fn is_type_declaration(declaration: &Declaration<'_>) -> bool {
    match declaration {
        Declaration::TSTypeAliasDeclaration(_)
        | Declaration::TSInterfaceDeclaration(_)
        | Declaration::TSExternalModuleDeclaration(_)
        | Declaration::TSGlobalDeclaration(_) => true,
        Declaration::VariableDeclaration(it) => it.declare,
        Declaration::FunctionDeclaration(it) => it.declare || it.body.is_none(),
        Declaration::ClassDeclaration(it) => it.declare,
        Declaration::TSEnumDeclaration(it) => it.declare,
        Declaration::TSNamespaceDeclaration(it) => it.declare || holds_only_types(&it.body),
        Declaration::TSImportEqualsDeclaration(it) => it.import_kind.is_type(),
    }
}

/// Whether a namespace declares no value, so that nothing of it exists at run time.
fn holds_only_types(body: &TSNamespaceDeclarationBody<'_>) -> bool {
    match body {
        TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => holds_only_types(&inner.body),
        TSNamespaceDeclarationBody::TSModuleBlock(block) => {
            block.body.iter().all(|statement| match statement {
                Statement::ExportDeclaration(export) => is_type_declaration(&export.declaration),
                Statement::ExportNamedDeclaration(export) => export.export_kind.is_type(),
                Statement::ImportDeclaration(import) => import.import_kind.is_type(),
                _ => statement.as_declaration().is_some_and(is_type_declaration),
            })
        }
    }
}

/// `import a = require("b")` and `import a = b.c`, which JavaScript modules do not have. One whose
/// name nothing uses as a value is for types and erased.
fn import_equals<'a>(eraser: &mut Eraser<'a>, import: &TSImportEqualsDeclaration<'a>) {
    let name = import.id.name.as_str();
    if !eraser.used.contains(name) {
        eraser.canvas.erase_span(import.span);
        return;
    }
    let message = match &import.module_reference {
        TSModuleReference::ExternalModuleReference(module) => format!(
            "`import {name} = require(…)` makes a CommonJS module: write `import {name} from \
             \"{from}\"` or `import * as {name} from \"{from}\"`",
            from = module.expression.value
        ),
        _ => format!(
            "`import {name} = …` makes an alias that cannot be erased: write `const {name} = …` \
             or, for a type, `type {name} = …`"
        ),
    };
    eraser.refuse(import.span.start, message);
}

/// Erases the imported names that the remaining JavaScript does not use, and exports of names
/// that are types. To be called when the walk has collected all uses.
pub(super) fn erase_unused<'a>(
    eraser: &mut Eraser<'a>,
    program: &Program<'a>,
    type_only: &TypeOnlyNames,
) {
    let imported_types = types_imported(program, type_only);
    for statement in &program.body {
        match statement {
            Statement::ExportNamedDeclaration(export) if export.export_kind.is_value() => {
                export_list(eraser, export, &imported_types);
            }
            Statement::ExportFromDeclaration(export) if export.export_kind.is_value() => {
                export_from(eraser, export, type_only);
            }
            _ => {}
        }
    }
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) if import.import_kind.is_value() => {
                import_list(eraser, import, &imported_types);
            }
            Statement::TSImportEqualsDeclaration(import) if import.import_kind.is_value() => {
                import_equals(eraser, import);
            }
            Statement::ExportDeclaration(export) => {
                if let Declaration::TSImportEqualsDeclaration(import) = &export.declaration
                    && import.import_kind.is_value()
                {
                    eraser.used.insert(import.id.name.as_str());
                    import_equals(eraser, import);
                }
            }
            _ => {}
        }
    }
}

/// The local names of imports that other modules told to be types.
fn types_imported<'a>(program: &Program<'a>, type_only: &TypeOnlyNames) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    if type_only.is_empty() {
        return names;
    }
    for statement in &program.body {
        let Statement::ImportDeclaration(import) = statement else {
            continue;
        };
        for specifier in import.specifiers.iter().flatten() {
            let imported = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(it) => it.imported.name().to_string(),
                ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => "default".to_owned(),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => continue,
            };
            if type_only.contains(&(import.source.value.to_string(), imported)) {
                names.insert(specifier.local().name.as_str());
            }
        }
    }
    names
}

fn export_list<'a>(
    eraser: &mut Eraser<'a>,
    export: &ExportNamedDeclaration<'a>,
    imported_types: &HashSet<&str>,
) {
    for specifier in &export.specifiers {
        let local = match &specifier.local {
            ModuleExportName::IdentifierReference(it) => it.name.as_str(),
            ModuleExportName::IdentifierName(it) => it.name.as_str(),
            ModuleExportName::StringLiteral(_) => continue,
        };
        let is_type = specifier.export_kind.is_type()
            || eraser.top_level.is_type_only(local)
            || imported_types.contains(local);
        if is_type {
            let end = eraser.canvas.end_with_comma(specifier.span.end);
            eraser.canvas.erase(specifier.span.start, end);
        } else {
            eraser.used.insert(local);
        }
    }
}

fn export_from<'a>(
    eraser: &mut Eraser<'a>,
    export: &ExportFromDeclaration<'a>,
    type_only: &TypeOnlyNames,
) {
    let mut kept = 0;
    for specifier in &export.specifiers {
        let name = specifier.local.name().to_string();
        let told =
            !type_only.is_empty() && type_only.contains(&(export.source.value.to_string(), name));
        if specifier.export_kind.is_type() || told {
            let end = eraser.canvas.end_with_comma(specifier.span.end);
            eraser.canvas.erase(specifier.span.start, end);
        } else {
            kept += 1;
        }
    }
    if kept == 0 && !export.specifiers.is_empty() {
        eraser.canvas.erase_span(export.span);
    }
}

fn import_list<'a>(
    eraser: &mut Eraser<'a>,
    import: &ImportDeclaration<'a>,
    imported_types: &HashSet<&str>,
) {
    let Some(specifiers) = &import.specifiers else {
        return;
    };
    let mut unused = Vec::new();
    for specifier in specifiers {
        let by_mark = matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(it)
            if it.import_kind.is_type());
        let name = specifier.local().name.as_str();
        if imported_types.contains(name) && eraser.used.contains(name) {
            let message = format!(
                "`{name}` is used as a value, but \"{}\" exports no such value",
                import.source.value
            );
            eraser.refuse(specifier.span().start, message);
        }
        if by_mark || imported_types.contains(name) || !eraser.used.contains(name) {
            unused.push(specifier);
        }
    }
    if unused.is_empty() {
        return;
    }
    if unused.len() == specifiers.len() {
        eraser.canvas.erase_span(import.span);
        return;
    }
    for specifier in unused {
        erase_import(eraser, specifier);
    }
}

/// One of several imports of a statement, with the comma that joins it to the others.
fn erase_import<'a>(eraser: &mut Eraser<'a>, specifier: &ImportDeclarationSpecifier<'a>) {
    let span = specifier.span();
    if let ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) = specifier {
        // It comes last, behind a default import and a comma.
        let start = eraser.canvas.token_before(span.start);
        let start = start.map_or(span.start, |comma| comma.start());
        eraser.canvas.erase(start, span.end);
    } else {
        let end = eraser.canvas.end_with_comma(span.end);
        eraser.canvas.erase(span.start, end);
    }
}
