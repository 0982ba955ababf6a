//! What a worker's SQL may do: consulted by SQLite while it compiles a statement.

use std::{
    cell::Cell,
    ffi::{CStr, c_char, c_int, c_void},
};

use rusqlite::ffi;

/// Whose statement is being compiled or run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// The storage itself: everything is allowed.
    Storage,
    /// Code of a worker.
    Worker,
}

/// What the latest statement of a worker turned out to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Deeds {
    /// It begins or ends a transaction, which is refused.
    pub transaction: bool,
    /// It makes or alters a table, with names that the authorizer is not told: the new name of
    /// a table, the table behind a foreign key.
    pub names_tables: bool,
    /// It gives a PRAGMA a value.
    pub sets_pragma: bool,
    /// It sets `foreign_keys`, which SQLite ignores inside a transaction.
    pub sets_foreign_keys: bool,
}

/// State shared with SQLite's callback; lives as long as its connection.
pub(super) struct Guard {
    author: Cell<Author>,
    seen: Cell<Deeds>,
}

impl Guard {
    pub fn new() -> Self {
        Guard {
            author: Cell::new(Author::Storage),
            seen: Cell::new(Deeds::default()),
        }
    }

    pub fn set_author(&self, author: Author) {
        self.author.set(author);
    }

    /// Forgets what was seen; call before compiling.
    pub fn forget(&self) {
        self.seen.set(Deeds::default());
    }

    pub fn seen(&self) -> Deeds {
        self.seen.get()
    }

    fn note(&self, change: impl FnOnce(&mut Deeds)) {
        let mut seen = self.seen.get();
        change(&mut seen);
        self.seen.set(seen);
    }

    fn judge(&self, action: c_int, first: &[u8], second: Option<&[u8]>, schema: &[u8]) -> c_int {
        if self.author.get() == Author::Storage {
            return ffi::SQLITE_OK;
        }
        if schema.eq_ignore_ascii_case(b"temp") {
            // ALTER TABLE looks there too; nothing can be in it.
            let looks = matches!(action, ffi::SQLITE_READ | ffi::SQLITE_UPDATE)
                && first.eq_ignore_ascii_case(b"sqlite_temp_master");
            return if looks {
                ffi::SQLITE_OK
            } else {
                ffi::SQLITE_DENY
            };
        }
        let object = second.unwrap_or_default();
        let allowed = match action {
            ffi::SQLITE_SELECT | ffi::SQLITE_RECURSIVE => true,
            ffi::SQLITE_FUNCTION => is_allowed_function(object),
            ffi::SQLITE_READ => !is_hidden(first) && !is_foreign_module(first),
            ffi::SQLITE_INSERT | ffi::SQLITE_UPDATE | ffi::SQLITE_DELETE => !is_hidden(first),
            ffi::SQLITE_TRANSACTION | ffi::SQLITE_SAVEPOINT => {
                self.note(|seen| seen.transaction = true);
                false
            }
            ffi::SQLITE_PRAGMA => self.judge_pragma(first, second),
            ffi::SQLITE_ALTER_TABLE => {
                self.note(|seen| seen.names_tables = true);
                !is_hidden(object)
            }
            ffi::SQLITE_CREATE_TABLE => {
                self.note(|seen| seen.names_tables = true);
                !is_hidden(first)
            }
            ffi::SQLITE_CREATE_VTABLE => !is_hidden(first) && is_allowed_module(object),
            ffi::SQLITE_ANALYZE if is_hidden(first) => return ffi::SQLITE_IGNORE,
            ffi::SQLITE_CREATE_VIEW
            | ffi::SQLITE_CREATE_INDEX
            | ffi::SQLITE_CREATE_TRIGGER
            | ffi::SQLITE_DROP_TABLE
            | ffi::SQLITE_DROP_VIEW
            | ffi::SQLITE_DROP_INDEX
            | ffi::SQLITE_DROP_TRIGGER
            | ffi::SQLITE_DROP_VTABLE
            | ffi::SQLITE_REINDEX
            | ffi::SQLITE_ANALYZE => !is_hidden(first) && !is_hidden(object),
            // ATTACH, DETACH, everything TEMP, and whatever a later SQLite adds.
            _ => false,
        };
        if allowed {
            ffi::SQLITE_OK
        } else {
            ffi::SQLITE_DENY
        }
    }

    fn judge_pragma(&self, name: &[u8], value: Option<&[u8]>) -> bool {
        let lower = name.to_ascii_lowercase();
        let allowed = match (argument_of_pragma(&lower), value) {
            (Some(Argument::None), value) => value.is_none(),
            (Some(Argument::Boolean), Some(value)) => is_boolean(value),
            (Some(Argument::Boolean), None) => true,
            (Some(Argument::Name), Some(value)) => !is_hidden(value),
            (Some(Argument::Name), None) => false,
            (Some(Argument::OptionalName | Argument::OptionalNameOrNumber), value) => {
                !value.is_some_and(is_hidden)
            }
            (Some(Argument::OptionalNumber), value) => {
                value.is_none_or(|value| std::str::from_utf8(value).is_ok_and(is_number))
            }
            (None, _) => false,
        };
        if allowed && value.is_some() && argument_of_pragma(&lower) == Some(Argument::Boolean) {
            self.note(|seen| {
                seen.sets_pragma = true;
                seen.sets_foreign_keys |= lower == b"foreign_keys";
            });
        }
        allowed
    }
}

/// SQLite's callback; `guard` is the connection's [`Guard`].
pub(super) unsafe extern "C" fn authorize(
    guard: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    schema: *const c_char,
    _inside: *const c_char,
) -> c_int {
    // SAFETY: the connection registers a `Guard` that outlives the registration; the texts are
    // null or NUL-terminated and live through the call.
    unsafe {
        let guard = &*guard.cast::<Guard>();
        guard.judge(
            action,
            text(&first).unwrap_or_default(),
            text(&second),
            text(&schema).unwrap_or_default(),
        )
    }
}

/// # Safety
/// `pointer` is null or NUL-terminated, and lives as long as the borrow.
unsafe fn text(pointer: &*const c_char) -> Option<&[u8]> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: as the caller vouches.
    Some(unsafe { CStr::from_ptr(*pointer) }.to_bytes())
}

/// Names that belong to the storage, in any case.
pub(super) fn is_hidden(name: &[u8]) -> bool {
    name.get(..4)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"_cf_"))
}

/// True when an identifier of the storage's own appears in the text; for statements with names
/// that the authorizer is not told.
pub(super) fn mentions_hidden(sql: &[u8]) -> bool {
    let continues_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$';
    (0..sql.len()).any(|at| {
        is_hidden(&sql[at..]) && !(at > 0 && (continues_word(sql[at - 1]) || sql[at - 1] >= 0x80))
    })
}

/// Virtual tables that are compiled in, exist without CREATE, and show more than one's own data.
fn is_foreign_module(table: &[u8]) -> bool {
    [b"dbstat".as_slice(), b"fts3tokenize"]
        .iter()
        .any(|name| table.eq_ignore_ascii_case(name))
}

fn is_allowed_module(module: &[u8]) -> bool {
    [b"fts5".as_slice(), b"fts5vocab", b"rtree", b"rtree_i32"]
        .iter()
        .any(|name| module.eq_ignore_ascii_case(name))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Argument {
    None,
    Boolean,
    Name,
    OptionalName,
    OptionalNumber,
    OptionalNameOrNumber,
}

/// The PRAGMAs a worker may use, by lower-case name.
fn argument_of_pragma(name: &[u8]) -> Option<Argument> {
    Some(match name {
        b"data_version" | b"page_size" => Argument::None,
        b"case_sensitive_like"
        | b"foreign_keys"
        | b"defer_foreign_keys"
        | b"ignore_check_constraints"
        | b"legacy_alter_table"
        | b"recursive_triggers"
        | b"reverse_unordered_selects" => Argument::Boolean,
        b"table_info" | b"table_xinfo" | b"foreign_key_list" | b"index_info" | b"index_list"
        | b"index_xinfo" => Argument::Name,
        b"table_list" | b"foreign_key_check" => Argument::OptionalName,
        b"quick_check" => Argument::OptionalNameOrNumber,
        b"optimize" => Argument::OptionalNumber,
        _ => return None,
    })
}

fn is_boolean(value: &[u8]) -> bool {
    let quote = value.first().copied().unwrap_or_default();
    let bare = match value {
        [_, inner @ .., last] if matches!(quote, b'\'' | b'"') && *last == quote => inner,
        _ => value,
    };
    ["true", "false", "yes", "no", "on", "off", "1", "0"]
        .iter()
        .any(|word| bare.eq_ignore_ascii_case(word.as_bytes()))
}

/// A decimal or hexadecimal integer.
fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(hex) => i64::from_str_radix(hex, 16).is_ok(),
        None => digits.parse::<i64>().is_ok(),
    }
}

fn is_allowed_function(name: &[u8]) -> bool {
    let mut buffer = [0; 32];
    let Some(lower) = buffer.get_mut(..name.len()) else {
        return false;
    };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let Ok(lower) = std::str::from_utf8(lower) else {
        return false;
    };
    FUNCTIONS.binary_search(&lower).is_ok()
}

/// The functions a worker may call, sorted.
const FUNCTIONS: &[&str] = &[
    "->",
    "->>",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "bm25",
    "ceil",
    "changes",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "highlight",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_insert",
    "json_array_length",
    "json_each",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_tree",
    "json_type",
    "json_valid",
    "jsonb",
    "jsonb_array",
    "jsonb_array_insert",
    "jsonb_each",
    "jsonb_extract",
    "jsonb_group_array",
    "jsonb_group_object",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_patch",
    "jsonb_remove",
    "jsonb_replace",
    "jsonb_set",
    "jsonb_tree",
    "julianday",
    "lag",
    "last_insert_rowid",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "load_extension",
    "log",
    "log2",
    "lower",
    "ltrim",
    "match",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "pi",
    "pow",
    "printf",
    "quote",
    "radians",
    "random",
    "randomblob",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtreecheck",
    "rtrim",
    "sign",
    "sin",
    "sinh",
    "snippet",
    "sqlite_add_constraint",
    "sqlite_drop_column",
    "sqlite_drop_constraint",
    "sqlite_fail",
    "sqlite_find_constraint",
    "sqlite_rename_column",
    "sqlite_rename_quotefix",
    "sqlite_rename_table",
    "sqlite_rename_test",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "tan",
    "tanh",
    "time",
    "timediff",
    "total",
    "total_changes",
    "trim",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_sorted_so_that_all_are_found() {
        assert!(FUNCTIONS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(is_allowed_function(b"JSON_Extract"));
        assert!(!is_allowed_function(b"sqlite_version"));
        assert!(!is_allowed_function(&[b'x'; 40]));
    }

    #[test]
    fn hidden_names_are_found_only_at_the_head_of_a_word() {
        assert!(is_hidden(b"_CF_kv") && !is_hidden(b"a_cf_kv") && !is_hidden(b"_cf"));
        assert!(mentions_hidden(b"ALTER TABLE a RENAME TO \"_Cf_x\""));
        assert!(!mentions_hidden(b"ALTER TABLE my_cf_a RENAME TO b"));
    }

    #[test]
    fn pragma_values() {
        assert!(is_boolean(b"'ON'") && is_boolean(b"\"1\"") && is_boolean(b"no"));
        assert!(!is_boolean(b"2") && !is_boolean(b"'on") && !is_boolean(b""));
        assert!(is_number("-1") && is_number("0x10002") && !is_number("all"));
    }
}
