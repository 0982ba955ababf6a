//! The values of enum members, as far as they are known without running the program.

use std::collections::HashMap;

use oxc_ast::ast::*;
use oxc_syntax::operator::{BinaryOperator, UnaryOperator};

/// A constant member's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum EnumValue {
    Number(f64),
    Text(String),
}

impl EnumValue {
    /// As JavaScript writes it when it joins strings.
    fn to_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Number(number) => number_text(*number),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

/// A number as a JavaScript literal. None where Rust and JavaScript write it differently.
pub(super) fn number_text(number: f64) -> Option<String> {
    let plain = number == 0.0 || (number.abs() >= 1e-6 && number.abs() < 1e21);
    plain.then(|| format!("{}", number + 0.0))
}

/// What names mean inside an enum's initialisers.
pub(super) struct Known<'e> {
    /// The enum's name.
    pub(super) name: &'e str,
    /// Its members so far.
    pub(super) members: &'e HashMap<String, EnumValue>,
    /// Other enums of the file.
    pub(super) enums: &'e HashMap<String, HashMap<String, EnumValue>>,
}

impl Known<'_> {
    /// The value of a constant expression, by TypeScript's rules for enum initialisers.
    pub(super) fn value_of(&self, expression: &Expression<'_>) -> Option<EnumValue> {
        match expression {
            Expression::NumericLiteral(it) => Some(EnumValue::Number(it.value)),
            Expression::StringLiteral(it) => Some(EnumValue::Text(it.value.to_string())),
            Expression::TemplateLiteral(it) => self.template(it),
            Expression::ParenthesizedExpression(it) => self.value_of(&it.expression),
            Expression::TSAsExpression(it) => self.value_of(&it.expression),
            Expression::TSSatisfiesExpression(it) => self.value_of(&it.expression),
            Expression::TSNonNullExpression(it) => self.value_of(&it.expression),
            Expression::Identifier(it) => self.named(it.name.as_str()),
            Expression::StaticMemberExpression(it) => {
                self.member(&it.object, it.property.name.as_str())
            }
            Expression::ComputedMemberExpression(it) => match &it.expression {
                Expression::StringLiteral(key) => self.member(&it.object, key.value.as_str()),
                _ => None,
            },
            Expression::UnaryExpression(it) => self.unary(it),
            Expression::BinaryExpression(it) => self.binary(it),
            _ => None,
        }
    }

    /// Whether an expression is a string whatever its parts turn out to be: such a member has no
    /// entry from value back to name.
    pub(super) fn is_text(&self, expression: &Expression<'_>) -> bool {
        match expression {
            Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => true,
            Expression::ParenthesizedExpression(it) => self.is_text(&it.expression),
            Expression::TSAsExpression(it) => self.is_text(&it.expression),
            Expression::TSSatisfiesExpression(it) => self.is_text(&it.expression),
            Expression::TSNonNullExpression(it) => self.is_text(&it.expression),
            Expression::BinaryExpression(it) => {
                it.operator == BinaryOperator::Addition
                    && (self.is_text(&it.left) || self.is_text(&it.right))
            }
            _ => matches!(self.value_of(expression), Some(EnumValue::Text(_))),
        }
    }

    fn named(&self, name: &str) -> Option<EnumValue> {
        if let Some(value) = self.members.get(name) {
            return Some(value.clone());
        }
        match name {
            "Infinity" => Some(EnumValue::Number(f64::INFINITY)),
            "NaN" => Some(EnumValue::Number(f64::NAN)),
            _ => None,
        }
    }

    fn member(&self, object: &Expression<'_>, key: &str) -> Option<EnumValue> {
        let Expression::Identifier(object) = object else {
            return None;
        };
        let members = if object.name == self.name {
            self.members
        } else {
            self.enums.get(object.name.as_str())?
        };
        members.get(key).cloned()
    }

    fn template(&self, template: &TemplateLiteral<'_>) -> Option<EnumValue> {
        let mut text = String::new();
        for (index, quasi) in template.quasis.iter().enumerate() {
            text.push_str(quasi.value.cooked.as_ref()?.as_str());
            if let Some(expression) = template.expressions.get(index) {
                text.push_str(&self.value_of(expression)?.to_text()?);
            }
        }
        Some(EnumValue::Text(text))
    }

    fn unary(&self, unary: &UnaryExpression<'_>) -> Option<EnumValue> {
        let number = self.value_of(&unary.argument)?.number()?;
        let value = match unary.operator {
            UnaryOperator::UnaryPlus => number,
            UnaryOperator::UnaryNegation => -number,
            UnaryOperator::BitwiseNot => f64::from(!to_int32(number)),
            _ => return None,
        };
        Some(EnumValue::Number(value))
    }

    fn binary(&self, binary: &BinaryExpression<'_>) -> Option<EnumValue> {
        let (left, right) = (self.value_of(&binary.left)?, self.value_of(&binary.right)?);
        if let (EnumValue::Number(left), EnumValue::Number(right)) = (&left, &right) {
            return arithmetic(binary.operator, *left, *right).map(EnumValue::Number);
        }
        (binary.operator == BinaryOperator::Addition)
            .then(|| Some(EnumValue::Text(left.to_text()? + &right.to_text()?)))
            .flatten()
    }
}

fn arithmetic(operator: BinaryOperator, left: f64, right: f64) -> Option<f64> {
    let shift = to_int32(right) as u32 & 31;
    let value = match operator {
        BinaryOperator::Addition => left + right,
        BinaryOperator::Subtraction => left - right,
        BinaryOperator::Multiplication => left * right,
        BinaryOperator::Division => left / right,
        BinaryOperator::Remainder => left % right,
        BinaryOperator::Exponential => left.powf(right),
        BinaryOperator::ShiftLeft => f64::from(to_int32(left) << shift),
        BinaryOperator::ShiftRight => f64::from(to_int32(left) >> shift),
        BinaryOperator::ShiftRightZeroFill => f64::from(to_int32(left) as u32 >> shift),
        BinaryOperator::BitwiseOR => f64::from(to_int32(left) | to_int32(right)),
        BinaryOperator::BitwiseXOR => f64::from(to_int32(left) ^ to_int32(right)),
        BinaryOperator::BitwiseAnd => f64::from(to_int32(left) & to_int32(right)),
        _ => return None,
    };
    Some(value)
}

/// ECMAScript's ToInt32: modulo 2^32, as a signed number.
fn to_int32(number: f64) -> i32 {
    if !number.is_finite() {
        return 0;
    }
    number.trunc().rem_euclid(4_294_967_296.0) as u32 as i32
}

#[cfg(test)]
mod tests {
    use super::{number_text, to_int32};

    #[test]
    fn numbers_wrap_as_in_ecmascript() {
        assert_eq!(to_int32(4_294_967_297.0), 1);
        assert_eq!(to_int32(2_147_483_648.0), i32::MIN);
        assert_eq!(to_int32(-1.5), -1);
        assert_eq!(to_int32(f64::NAN), 0);
    }

    #[test]
    fn numbers_are_written_as_javascript_does() {
        assert_eq!(number_text(-0.0).as_deref(), Some("0"));
        assert_eq!(number_text(1.5).as_deref(), Some("1.5"));
        assert_eq!(number_text(-3.0).as_deref(), Some("-3"));
        assert_eq!(number_text(1e21), None);
        assert_eq!(number_text(f64::INFINITY), None);
    }
}
