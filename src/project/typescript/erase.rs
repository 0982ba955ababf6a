//! The walk over a parsed file that erases statements and collects what the file's names are for.

use std::collections::{HashMap, HashSet};

use oxc_allocator::ArenaVec;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;

use super::canvas::Canvas;
use super::classes::ClassAround;
use super::enum_values::EnumValue;
use super::names::{self, TopLevelNames};
use super::{Fault, TypeOnlyNames};

/// Erases all that is TypeScript from a parsed file and returns the JavaScript.
pub(super) fn erase<'a>(
    canvas: Canvas<'a>,
    program: &Program<'a>,
    type_only: &TypeOnlyNames,
) -> Result<String, Fault> {
    let mut eraser = Eraser {
        canvas,
        top_level: TopLevelNames::of(program),
        used: HashSet::new(),
        scopes: Vec::new(),
        enums: HashMap::new(),
        classes: Vec::new(),
        heads: HashSet::new(),
        starts: Vec::new(),
        fault: None,
    };
    eraser.visit_program(program);
    names::erase_unused(&mut eraser, program, type_only);
    if let Some(fault) = eraser.fault {
        return Err(fault);
    }
    for start in eraser.starts {
        eraser.canvas.keep_apart(start);
    }
    Ok(eraser.canvas.finish())
}

/// A block or function, as far as enums declared in it need to know.
pub(super) struct Scope {
    /// Declarations in it are hoisted (`var`) rather than bound to the block (`let`).
    pub(super) hoists: bool,
    /// Enums declared in it so far.
    pub(super) enums: HashSet<String>,
}

pub(super) struct Eraser<'a> {
    pub(super) canvas: Canvas<'a>,
    pub(super) top_level: TopLevelNames<'a>,
    /// Names that the remaining JavaScript reads or writes somewhere, in whichever scope.
    pub(super) used: HashSet<&'a str>,
    pub(super) scopes: Vec<Scope>,
    /// Constant members of the enums met so far, by enum name.
    pub(super) enums: HashMap<String, HashMap<String, EnumValue>>,
    /// The classes around the walk, from outside in.
    pub(super) classes: Vec<ClassAround>,
    /// Where expressions start that must not start with `{`, `function` or `class`.
    pub(super) heads: HashSet<u32>,
    /// Where statements and class members start that follow another one.
    pub(super) starts: Vec<u32>,
    fault: Option<Fault>,
}

impl<'a> Eraser<'a> {
    /// Remembers a fault, unless one earlier in the file is known.
    pub(super) fn refuse(&mut self, offset: u32, message: impl Into<String>) {
        if self
            .fault
            .as_ref()
            .is_none_or(|known| offset < known.offset)
        {
            self.fault = Some(Fault {
                offset,
                message: message.into(),
            });
        }
    }

    /// Erases the `?` or `!` that follows byte `end`, if one does.
    pub(super) fn erase_mark(&mut self, end: u32) {
        use oxc_parser::Kind;
        if let Some(token) = self.canvas.token_from(end)
            && matches!(token.kind(), Kind::Question | Kind::Bang)
        {
            self.canvas.erase(token.start(), token.end());
        }
    }

    fn within_scope(&mut self, hoists: bool, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope {
            hoists,
            enums: HashSet::new(),
        });
        walk(self);
        self.scopes.pop();
    }

    /// A statement of a list. The parser lets none for the type checker stand elsewhere.
    fn listed_statement(&mut self, statement: &Statement<'a>) {
        self.starts.push(statement.span().start);
        match statement {
            _ if self.is_type_statement(statement) => self.canvas.erase_span(statement.span()),
            Statement::TSEnumDeclaration(declaration) => self.rewrite_enum(declaration, None),
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::TSEnumDeclaration(declaration) => {
                    self.rewrite_enum(declaration, Some(export.span.start));
                }
                _ => walk::walk_statement(self, statement),
            },
            _ => walk::walk_statement(self, statement),
        }
    }

    /// Whether a statement exists for the type checker alone.
    fn is_type_statement(&self, statement: &Statement<'a>) -> bool {
        match statement {
            Statement::ImportDeclaration(import) => import.import_kind.is_type(),
            Statement::ExportAllDeclaration(export) => export.export_kind.is_type(),
            Statement::ExportFromDeclaration(export) => export.export_kind.is_type(),
            Statement::ExportNamedDeclaration(export) => export.export_kind.is_type(),
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => true,
                ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                    function.declare || function.body.is_none()
                }
                ExportDefaultDeclarationKind::ClassDeclaration(class) => class.declare,
                ExportDefaultDeclarationKind::Identifier(name) => {
                    self.top_level.is_type_only(name.name.as_str())
                }
                _ => false,
            },
            Statement::TSNamespaceExportDeclaration(_) => true,
            Statement::ExportDeclaration(export) => names::is_type_declaration(&export.declaration),
            _ => statement
                .as_declaration()
                .is_some_and(names::is_type_declaration),
        }
    }
}

impl<'a> Visit<'a> for Eraser<'a> {
    fn visit_program(&mut self, program: &Program<'a>) {
        self.within_scope(true, |eraser| walk::walk_program(eraser, program));
    }

    fn visit_statements(&mut self, statements: &ArenaVec<'a, Statement<'a>>) {
        for statement in statements {
            self.listed_statement(statement);
        }
    }

    fn visit_block_statement(&mut self, block: &BlockStatement<'a>) {
        self.within_scope(false, |eraser| walk::walk_block_statement(eraser, block));
    }

    fn visit_switch_statement(&mut self, switch: &SwitchStatement<'a>) {
        self.within_scope(false, |eraser| walk::walk_switch_statement(eraser, switch));
    }

    fn visit_static_block(&mut self, block: &StaticBlock<'a>) {
        self.within_scope(true, |eraser| walk::walk_static_block(eraser, block));
    }

    fn visit_function_body(&mut self, body: &FunctionBody<'a>) {
        self.within_scope(true, |eraser| walk::walk_function_body(eraser, body));
    }

    fn visit_expression_statement(&mut self, statement: &ExpressionStatement<'a>) {
        self.heads.insert(statement.span.start);
        walk::walk_expression_statement(self, statement);
    }

    fn visit_export_default_declaration(&mut self, export: &ExportDefaultDeclaration<'a>) {
        self.heads.insert(export.declaration.span().start);
        walk::walk_export_default_declaration(self, export);
    }

    // Imports and export lists are treated when all uses of names are known.
    fn visit_import_declaration(&mut self, _: &ImportDeclaration<'a>) {}
    fn visit_export_named_declaration(&mut self, _: &ExportNamedDeclaration<'a>) {}
    fn visit_export_from_declaration(&mut self, _: &ExportFromDeclaration<'a>) {}
    fn visit_ts_import_equals_declaration(&mut self, _: &TSImportEqualsDeclaration<'a>) {}

    fn visit_identifier_reference(&mut self, name: &IdentifierReference<'a>) {
        self.used.insert(name.name.as_str());
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if declarator.definite {
            self.erase_mark(declarator.id.span().end);
        }
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_ts_this_parameter(&mut self, this: &TSThisParameter<'a>) {
        let end = self.canvas.end_with_comma(this.span.end);
        self.canvas.erase(this.span.start, end);
    }

    fn visit_formal_parameter(&mut self, parameter: &FormalParameter<'a>) {
        self.parameter(parameter);
    }

    fn visit_ts_type_annotation(&mut self, annotation: &TSTypeAnnotation<'a>) {
        // The span starts at the colon.
        self.canvas.erase_span(annotation.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, list: &TSTypeParameterDeclaration<'a>) {
        self.canvas.erase_span(list.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, list: &TSTypeParameterInstantiation<'a>) {
        self.canvas.erase_span(list.span);
    }

    fn visit_arrow_function_expression(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        self.arrow_function(arrow);
    }

    fn visit_binary_expression(&mut self, binary: &BinaryExpression<'a>) {
        walk::walk_binary_expression(self, binary);
        self.keep_grouping(binary);
    }

    fn visit_ts_as_expression(&mut self, assertion: &TSAsExpression<'a>) {
        self.visit_expression(&assertion.expression);
        self.erase_after(assertion.expression.span().end, assertion.span.end);
    }

    fn visit_ts_satisfies_expression(&mut self, assertion: &TSSatisfiesExpression<'a>) {
        self.visit_expression(&assertion.expression);
        self.erase_after(assertion.expression.span().end, assertion.span.end);
    }

    fn visit_ts_type_assertion(&mut self, assertion: &TSTypeAssertion<'a>) {
        self.angle_assertion(assertion);
    }

    fn visit_ts_non_null_expression(&mut self, assertion: &TSNonNullExpression<'a>) {
        self.visit_expression(&assertion.expression);
        self.erase_after(assertion.expression.span().end, assertion.span.end);
    }

    fn visit_class(&mut self, class: &Class<'a>) {
        self.class(class);
    }

    fn visit_ts_class_implements_list(&mut self, list: &ArenaVec<'a, TSClassImplements<'a>>) {
        self.erase_implements(list);
    }

    fn visit_class_body(&mut self, body: &ClassBody<'a>) {
        for element in &body.body {
            self.class_element(element);
        }
    }

    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.refuse(
            decorator.span.start,
            "decorators are not supported: bundle the project with a compiler that lowers them \
             (for example `esbuild --bundle --format=esm --target=es2022`) and set \"main\" to \
             the bundle",
        );
    }

    fn visit_jsx_element(&mut self, element: &JSXElement<'a>) {
        self.refuse(element.span.start, super::JSX_REFUSED);
    }

    fn visit_jsx_fragment(&mut self, fragment: &JSXFragment<'a>) {
        self.refuse(fragment.span.start, super::JSX_REFUSED);
    }

    fn visit_ts_namespace_declaration(&mut self, namespace: &TSNamespaceDeclaration<'a>) {
        self.refuse(
            namespace.span.start,
            format!(
                "namespace `{}` holds values, which cannot be erased: move them to a module of \
                 their own and import it as `import * as {} from \"./…\"`",
                namespace.id.name, namespace.id.name
            ),
        );
    }

    fn visit_ts_export_assignment(&mut self, export: &TSExportAssignment<'a>) {
        self.refuse(
            export.span.start,
            "`export =` makes a CommonJS module: write `export default …` instead",
        );
    }
}
