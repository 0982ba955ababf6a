//! Erasing types from classes, and parameter properties, which are assignments in disguise.

use oxc_allocator::ArenaVec;
use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Kind;
use oxc_span::{GetSpan, Span};

use super::erase::Eraser;

/// A class around the walk.
#[derive(Clone, Copy)]
pub(super) struct ClassAround {
    extends: bool,
    /// The byte behind its opening brace.
    body_start: u32,
}

impl<'a> Eraser<'a> {
    pub(super) fn class(&mut self, class: &Class<'a>) {
        if class.r#abstract {
            self.erase_abstract(class);
        }
        self.classes.push(ClassAround {
            extends: class.heritage.is_some(),
            body_start: class.body.span.start + 1,
        });
        walk::walk_class(self, class);
        self.classes.pop();
    }

    /// The `abstract` before `class`. It stands inside or right before the class's span.
    fn erase_abstract(&mut self, class: &Class<'a>) {
        let keyword = self
            .canvas
            .tokens_in(class.span.start, class.body.span.start)
            .into_iter()
            .take_while(|token| token.kind() != Kind::Class)
            .find(|token| token.kind() == Kind::Abstract);
        let keyword = keyword.or_else(|| self.canvas.token_before(class.span.start));
        if let Some(token) = keyword
            && token.kind() == Kind::Abstract
        {
            self.canvas.erase(token.start(), token.end());
        }
    }

    /// `implements A, B`, with the keyword.
    pub(super) fn erase_implements(&mut self, list: &ArenaVec<'a, TSClassImplements<'a>>) {
        let (Some(first), Some(last)) = (list.first(), list.last()) else {
            return;
        };
        if let Some(keyword) = self.canvas.token_before(first.span.start) {
            self.canvas.erase(keyword.start(), last.span.end);
        }
    }

    pub(super) fn class_element(&mut self, element: &ClassElement<'a>) {
        self.starts.push(element.span().start);
        if is_type_element(element) {
            self.canvas.erase_span(element.span());
            return;
        }
        match element {
            ClassElement::StaticBlock(block) => self.visit_static_block(block),
            ClassElement::MethodDefinition(method) => self.method(method),
            ClassElement::PropertyDefinition(field) => self.field(field),
            ClassElement::AccessorProperty(accessor) => self.refuse(
                accessor.span.start,
                "`accessor` fields belong to decorators, which are not supported: write a getter \
                 and a setter",
            ),
            ClassElement::TSIndexSignature(_) => {}
        }
    }

    fn method(&mut self, method: &MethodDefinition<'a>) {
        self.erase_modifiers(method.span.start, method.key.span().start);
        if method.optional {
            self.erase_mark(self.key_end(method.key.span(), method.computed));
        }
        self.visit_decorators(&method.decorators);
        self.visit_property_key(&method.key);
        if method.kind.is_constructor() {
            self.constructor(method);
        } else {
            walk::walk_function(self, &method.value, oxc_syntax::scope::ScopeFlags::Function);
        }
    }

    fn field(&mut self, field: &PropertyDefinition<'a>) {
        self.erase_modifiers(field.span.start, field.key.span().start);
        let key_end = self.key_end(field.key.span(), field.computed);
        if field.optional || field.definite {
            self.erase_mark(key_end);
        }
        walk::walk_property_definition(self, field);
        // `get: T` before `f() {}` must not become a getter of `f`.
        let reads_on = matches!(&field.key, PropertyKey::StaticIdentifier(name)
            if matches!(name.name.as_str(), "get" | "set" | "static"));
        let was_typed = field.optional || field.definite || field.type_annotation.is_some();
        if reads_on
            && was_typed
            && field.value.is_none()
            && let Some(mark) = self.canvas.token_from(key_end)
        {
            self.canvas.write(mark.start(), ';');
        }
    }

    /// The end of a member's key; a computed one ends behind its bracket.
    fn key_end(&self, key: Span, computed: bool) -> u32 {
        match self.canvas.token_from(key.end) {
            Some(bracket) if computed => bracket.end(),
            _ => key.end,
        }
    }

    /// Erases the modifiers JavaScript does not have among the tokens before a name.
    fn erase_modifiers(&mut self, start: u32, name: u32) {
        for token in self.canvas.tokens_in(start, name) {
            if matches!(
                token.kind(),
                Kind::Public
                    | Kind::Private
                    | Kind::Protected
                    | Kind::Abstract
                    | Kind::Override
                    | Kind::Readonly
                    | Kind::Declare
            ) {
                self.canvas.erase(token.start(), token.end());
            }
        }
    }

    /// A constructor. Each parameter property becomes a field at the head of the class and an
    /// assignment at the start of the constructor's body, behind `super(…)`, as TypeScript does
    /// for targets that have fields.
    fn constructor(&mut self, method: &MethodDefinition<'a>) {
        let function = &method.value;
        let mut properties = Vec::new();
        for parameter in &function.params.items {
            if parameter.accessibility.is_some() || parameter.readonly || parameter.r#override {
                self.erase_modifiers(parameter.span.start, parameter.pattern.span().start);
                if let BindingPattern::BindingIdentifier(name) = &parameter.pattern {
                    properties.push(name.name.as_str());
                }
            }
            self.parameter(parameter);
        }
        if let Some(rest) = &function.params.rest {
            self.visit_formal_parameter_rest(rest);
        }
        let Some(body) = &function.body else { return };
        self.visit_function_body(body);
        if properties.is_empty() {
            return;
        }
        let Some(&class) = self.classes.last() else {
            return;
        };
        let fields: String = properties.iter().map(|name| format!(" {name};")).collect();
        self.canvas.insert(class.body_start, &fields);
        let assignments: String = properties
            .iter()
            .map(|name| format!(" this.{name} = {name};"))
            .collect();
        self.assign_properties(body, &assignments, class.extends);
    }

    fn assign_properties(&mut self, body: &FunctionBody<'a>, assignments: &str, extends: bool) {
        let behind = if extends {
            let Some(call) = body.statements.iter().find(|it| is_super_call(it)) else {
                self.refuse(
                    body.span.start,
                    "a constructor with parameter properties must call `super(…)` in a statement \
                     of its own: assign the properties by hand instead",
                );
                return;
            };
            call.span().end
        } else {
            match body.directives.last() {
                Some(directive) => directive.span.end,
                None => body.span.start + 1,
            }
        };
        let source = &self.canvas.source()[..behind as usize];
        if source.ends_with([';', '{']) {
            self.canvas.insert(behind, assignments);
        } else {
            self.canvas.insert(behind, &format!(";{assignments}"));
        }
    }
}

fn is_super_call(statement: &Statement<'_>) -> bool {
    matches!(statement, Statement::ExpressionStatement(it)
        if matches!(&it.expression, Expression::CallExpression(call)
            if matches!(call.callee, Expression::Super(_))))
}

/// Whether a class member exists for the type checker alone.
fn is_type_element(element: &ClassElement<'_>) -> bool {
    match element {
        ClassElement::TSIndexSignature(_) => true,
        ClassElement::MethodDefinition(method) => {
            method.r#type == MethodDefinitionType::TSAbstractMethodDefinition
                || method.value.body.is_none()
        }
        ClassElement::PropertyDefinition(field) => {
            field.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition || field.declare
        }
        ClassElement::AccessorProperty(accessor) => {
            accessor.r#type == AccessorPropertyType::TSAbstractAccessorProperty
        }
        ClassElement::StaticBlock(_) => false,
    }
}
