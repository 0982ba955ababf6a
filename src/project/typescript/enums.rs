//! Enums, which exist at run time: rewritten on the lines where they stand.

use std::collections::{HashMap, HashSet};

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_span::GetSpan;

use super::canvas::Canvas;
use super::enum_values::{EnumValue, Known, number_text};
use super::erase::Eraser;

impl<'a> Eraser<'a> {
    /// `enum E { A, B = "b" }` becomes `var E = ((E) => { E[E["A"] = 0] = "A"; E["B"] = "b";
    /// return E; })({});`. A later declaration of the same enum adds to the object of the first.
    /// `export` is where an `export` before it starts.
    pub(super) fn rewrite_enum(
        &mut self,
        declaration: &TSEnumDeclaration<'a>,
        export: Option<u32>,
    ) {
        let name = declaration.id.name.as_str();
        let (hoists, adds) = match self.scopes.last_mut() {
            Some(scope) => (scope.hoists, !scope.enums.insert(name.to_owned())),
            None => (true, false),
        };
        let start = declaration.span.start;
        let members = &declaration.body.members;
        let first = members.first().map(|member| member.span.start);
        let end = declaration.body.span.end - 1;
        let (keyword, from) = match (adds, hoists) {
            (true, _) => ("", name),
            (false, true) => ("var ", "{}"),
            (false, false) => ("let ", "{}"),
        };
        if adds && let Some(export) = export {
            self.canvas.erase(export, start);
        }
        self.canvas.erase(start, first.unwrap_or(end));
        self.canvas
            .insert(start, &format!("{keyword}{name} = (({name}) => {{"));

        let mut values = if adds {
            self.enums.remove(name).unwrap_or_default()
        } else {
            HashMap::new()
        };
        let mut next = Some(0.0);
        let mut names: HashSet<String> = values.keys().cloned().collect();
        for member in members {
            next = self.rewrite_member(name, member, next, &mut values, &mut names);
        }
        self.enums.insert(name.to_owned(), values);
        self.canvas.erase(end, end + 1);
        self.canvas
            .insert(end, &format!(" return {name}; }})({from});"));
    }

    /// Rewrites one member as an assignment. `next` is its value if it has no initialiser; the
    /// answer is the one of the member behind it, None where that needs an initialiser.
    fn rewrite_member(
        &mut self,
        of: &str,
        member: &TSEnumMember<'a>,
        next: Option<f64>,
        values: &mut HashMap<String, EnumValue>,
        names: &mut HashSet<String>,
    ) -> Option<f64> {
        let key = self.member_name(member)?;
        let quoted = quote(&key);
        let (start, end) = (member.span.start, member.span.end);
        let comma = self.canvas.end_with_comma(end);
        self.canvas.erase(end, comma);
        names.insert(key.clone());

        let Some(initializer) = &member.initializer else {
            let Some(text) = next.and_then(number_text) else {
                self.refuse(
                    start,
                    format!(
                        "enum member `{of}.{key}` needs an initialiser: the value of the member \
                         before it is not a constant number"
                    ),
                );
                return None;
            };
            self.canvas.erase(start, end);
            self.canvas
                .insert(start, &format!("{of}[{of}[{quoted}] = {text}] = {quoted};"));
            let value = next?;
            values.insert(key, EnumValue::Number(value));
            return Some(value + 1.0);
        };

        let known = Known {
            name: of,
            members: values,
            enums: &self.enums,
        };
        let (value, is_text) = (known.value_of(initializer), known.is_text(initializer));
        self.canvas.erase(start, initializer.span().start);
        let before = if is_text {
            format!("{of}[{quoted}] = ")
        } else {
            format!("{of}[{of}[{quoted}] = ")
        };
        self.canvas.insert(start, &before);
        self.visit_expression(initializer);
        MemberUses {
            canvas: &mut self.canvas,
            of,
            names,
        }
        .visit_expression(initializer);
        let after = if is_text {
            ";".to_owned()
        } else {
            format!("] = {quoted};")
        };
        self.canvas.insert(end, &after);
        let following = match &value {
            Some(EnumValue::Number(number)) => Some(number + 1.0),
            _ => None,
        };
        if let Some(value) = value {
            values.insert(key, value);
        }
        following
    }

    fn member_name(&mut self, member: &TSEnumMember<'a>) -> Option<String> {
        match &member.id {
            TSEnumMemberName::Identifier(it) => Some(it.name.to_string()),
            TSEnumMemberName::String(it) | TSEnumMemberName::ComputedString(it) => {
                Some(it.value.to_string())
            }
            TSEnumMemberName::ComputedTemplateString(it) => {
                let cooked = it.quasis.first().and_then(|quasi| quasi.value.cooked);
                if cooked.is_none() || !it.expressions.is_empty() {
                    self.refuse(
                        member.span.start,
                        "an enum member's name must be a constant",
                    );
                }
                cooked.map(|text| text.to_string())
            }
        }
    }
}

/// Makes an enum's bare member names in an initialiser reach the enum's object.
struct MemberUses<'c, 'a, 'n> {
    canvas: &'c mut Canvas<'a>,
    of: &'n str,
    names: &'n HashSet<String>,
}

impl<'a> Visit<'a> for MemberUses<'_, 'a, '_> {
    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        if self.names.contains(it.name.as_str()) {
            self.canvas.insert(it.span.start, &format!("{}.", self.of));
        }
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        if it.shorthand
            && let Expression::Identifier(name) = &it.value
            && self.names.contains(name.name.as_str())
        {
            self.canvas
                .insert(it.span.start, &format!("{}: {}.", name.name, self.of));
        } else {
            walk::walk_object_property(self, it);
        }
    }

    fn visit_ts_type(&mut self, _: &TSType<'a>) {}
    fn visit_ts_type_annotation(&mut self, _: &TSTypeAnnotation<'a>) {}
    fn visit_ts_type_parameter_instantiation(&mut self, _: &TSTypeParameterInstantiation<'a>) {}
}

/// A JavaScript string literal. Every JSON string is one.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
