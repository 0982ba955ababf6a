//! Erasing types from expressions and parameters without changing how the rest is read.

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Kind;
use oxc_span::GetSpan;
use oxc_syntax::operator::BinaryOperator;

use super::erase::Eraser;

impl<'a> Eraser<'a> {
    /// Erases what stands from the first token after byte `start` to byte `end`.
    pub(super) fn erase_after(&mut self, start: u32, end: u32) {
        if let Some(token) = self.canvas.token_from(start) {
            self.canvas.erase(token.start(), end);
        }
    }

    /// A parameter: pattern, `?`, type, default value.
    pub(super) fn parameter(&mut self, parameter: &FormalParameter<'a>) {
        if parameter.optional {
            self.erase_mark(parameter.pattern.span().end);
        }
        walk::walk_formal_parameter(self, parameter);
    }

    /// `(a: T): R => b`. No line may end between `)` and `=>`, nor between `async` or `return`
    /// and `(`, so where types span lines the parenthesis moves to the far side of them.
    pub(super) fn arrow_function(&mut self, arrow: &ArrowFunctionExpression<'a>) {
        if let ArrowFunctionBody::FunctionBody(_) = arrow.body {
        } else {
            self.heads.insert(arrow.body.span().start);
        }
        walk::walk_arrow_function_expression(self, arrow);
        if let Some(list) = &arrow.type_parameters
            && let Some(open) = self.canvas.token_from(list.span.end)
            && self.canvas.spans_lines(list.span.start, open.start())
        {
            self.canvas.erase(open.start(), open.end());
            self.canvas.write(list.span.start, '(');
        }
        let Some(returns) = &arrow.return_type else {
            return;
        };
        let Some(close) = self.canvas.token_before(returns.span.start) else {
            return;
        };
        let before_arrow = self.canvas.token_from(returns.span.end);
        let end = before_arrow.map_or(returns.span.end, |token| token.start());
        if self.canvas.spans_lines(close.end(), end) {
            self.canvas.erase(close.start(), close.end());
            let last = self.canvas.char_before(returns.span.end);
            self.canvas.write(last, ')');
        }
    }

    /// `<T>a`. Parentheses take the place of the angle brackets where a bare `a` would be read
    /// differently: as a block or declaration, or cut off from a `return` by a line end.
    pub(super) fn angle_assertion(&mut self, assertion: &TSTypeAssertion<'a>) {
        let (start, inner) = (assertion.span.start, assertion.expression.span());
        if let Some(close) = self.canvas.token_before(inner.start) {
            self.canvas.erase(start, close.end());
        }
        self.visit_expression(&assertion.expression);
        let leads = self.heads.contains(&start);
        if leads {
            self.heads.insert(inner.start);
        }
        let opens_differently = self.canvas.token_from(inner.start).is_some_and(|token| {
            matches!(
                token.kind(),
                Kind::LCurly | Kind::Function | Kind::Class | Kind::Async | Kind::Let
            )
        });
        if leads && opens_differently || self.canvas.spans_lines(start, inner.start) {
            self.canvas.write(start, '(');
            self.canvas.insert(inner.end, ")");
        }
    }

    /// `a ** b as T ** c` raises the power, and `-a as T ** b` the negative: without the type
    /// they need parentheses. With other operators the parser refuses what could regroup.
    pub(super) fn keep_grouping(&mut self, binary: &BinaryExpression<'a>) {
        if binary.operator != BinaryOperator::Exponential {
            return;
        }
        let mut inner = &binary.left;
        loop {
            inner = match inner {
                Expression::TSAsExpression(assertion) => &assertion.expression,
                Expression::TSSatisfiesExpression(assertion) => &assertion.expression,
                _ => break,
            };
        }
        let composed = matches!(
            inner,
            Expression::BinaryExpression(_)
                | Expression::UnaryExpression(_)
                | Expression::AwaitExpression(_)
        );
        if composed && inner.span() != binary.left.span() {
            self.canvas.insert_first(inner.span().start, "(");
            self.canvas.insert(inner.span().end, ")");
        }
    }
}
