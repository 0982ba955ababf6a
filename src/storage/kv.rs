//! Keys and values, shared by the asynchronous and the synchronous interface, and the small
//! numbers that the runtime keeps beside them. Values are opaque bytes.

use std::ops::ControlFlow;

use super::{
    database::Database,
    error::{Failure, StorageError},
    open::{Open, Own},
    statement::{Lifetime, Param, ValueRef},
};

/// Which keys to list; keys order by their UTF-8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KvRange<'a> {
    /// Lowest key, included.
    pub start: Option<&'a [u8]>,
    /// Only keys above this one.
    pub start_after: Option<&'a [u8]>,
    /// Only keys below this one.
    pub end: Option<&'a [u8]>,
    /// Only keys that begin with this.
    pub prefix: Option<&'a [u8]>,
    /// Highest key first; the bounds keep their meaning.
    pub reverse: bool,
    pub limit: Option<u64>,
}

impl KvRange<'_> {
    /// Lowest key that can match.
    fn lower(&self) -> Vec<u8> {
        let above = self.start_after.map(|key| {
            let mut next = key.to_vec();
            next.push(0);
            next
        });
        let bounds = [
            self.start.map(<[u8]>::to_vec),
            above,
            self.prefix.map(<[u8]>::to_vec),
        ];
        bounds.into_iter().flatten().max().unwrap_or_default()
    }

    /// Lowest key that is too high; `None` when there is none.
    fn upper(&self) -> Option<Vec<u8>> {
        let bounds = [
            self.end.map(<[u8]>::to_vec),
            self.prefix.and_then(after_prefix),
        ];
        bounds.into_iter().flatten().min()
    }
}

/// The lowest key above all keys that begin with `prefix`.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let length = prefix.iter().rposition(|byte| *byte != 0xff)? + 1;
    let mut next = prefix[..length].to_vec();
    next[length - 1] += 1;
    Some(next)
}

impl Database {
    /// The value of `key`. Creates no file.
    pub fn kv_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        self.kv_get_with(key, <[u8]>::to_vec)
    }

    /// Shows the value of `key` to `use_value`, without a copy.
    pub fn kv_get_with<T>(
        &mut self,
        key: &[u8],
        use_value: impl FnOnce(&[u8]) -> T,
    ) -> Result<Option<T>, StorageError> {
        if self.is_empty_for_reading()? {
            return Ok(None);
        }
        let found = get(self.open_for_turn()?, key, use_value);
        let found = found.map_err(|failure| self.fail(failure))?;
        self.spend(u64::from(found.is_some()), 0);
        Ok(found)
    }

    /// Stores a value.
    pub fn kv_put(&mut self, key: &[u8], value: &[u8]) -> Result<(), StorageError> {
        let outcome = put(self.open_for_turn()?, key, value);
        outcome.map_err(|failure| self.fail(failure))?;
        self.spend(0, 1);
        Ok(())
    }

    /// Removes a key; `true` when it was there. Creates no file.
    pub fn kv_delete(&mut self, key: &[u8]) -> Result<bool, StorageError> {
        if self.is_empty_for_reading()? {
            return Ok(false);
        }
        let open = self.open_for_turn()?;
        let outcome = delete(open, key);
        let changed = outcome.map_err(|failure| self.fail(failure))?;
        self.spend(u64::from(changed), u64::from(changed));
        Ok(changed)
    }

    /// Shows the entries of a range in order until `visit` breaks off. Creates no file.
    pub fn kv_list(
        &mut self,
        range: &KvRange<'_>,
        mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StorageError> {
        if self.is_empty_for_reading()? {
            return Ok(());
        }
        let mut rows = 0;
        let outcome = list(self.open_for_turn()?, range, |key, value| {
            rows += 1;
            visit(key, value)
        });
        outcome.map_err(|failure| self.fail(failure))?;
        self.spend(rows, 0);
        Ok(())
    }

    /// A number the runtime keeps, such as the time of the alarm. Creates no file.
    pub fn metadata_get(&mut self, key: i64) -> Result<Option<i64>, StorageError> {
        if self.is_empty_for_reading()? {
            return Ok(None);
        }
        let found = read_metadata(self.open_for_turn()?, key);
        let found = found.map_err(|failure| self.fail(failure))?;
        self.spend(u64::from(found.is_some()), 0);
        Ok(found)
    }

    /// Stores such a number as part of the turn; `None` removes it.
    pub fn metadata_put(&mut self, key: i64, value: Option<i64>) -> Result<(), StorageError> {
        if value.is_none() && self.is_empty_for_reading()? {
            return Ok(());
        }
        let outcome = write_metadata(self.open_for_turn()?, key, value);
        outcome.map_err(|failure| self.fail(failure))?;
        self.spend(0, 1);
        Ok(())
    }
}

fn put(open: &mut Open, key: &[u8], value: &[u8]) -> Result<(), Failure> {
    let statement = open.own(Own::KvPut)?;
    statement.bind(1, Param::Text(key), Lifetime::Borrowed)?;
    statement.bind(2, Param::Blob(value), Lifetime::Borrowed)?;
    let outcome = statement.run();
    statement.clear_bindings();
    outcome
}

fn delete(open: &mut Open, key: &[u8]) -> Result<bool, Failure> {
    let Some(statement) = open.own_if_there(Own::KvDelete)? else {
        return Ok(false);
    };
    statement.bind(1, Param::Text(key), Lifetime::Borrowed)?;
    let outcome = statement.run();
    statement.clear_bindings();
    outcome.map(|()| open.connection.changes() > 0)
}

fn get<T>(
    open: &mut Open,
    key: &[u8],
    use_value: impl FnOnce(&[u8]) -> T,
) -> Result<Option<T>, Failure> {
    let Some(statement) = open.own_if_there(Own::KvGet)? else {
        return Ok(None);
    };
    statement.bind(1, Param::Text(key), Lifetime::Borrowed)?;
    let found = statement
        .step()
        .map(|found| found.then(|| use_value(value_bytes(statement.value(0)))));
    statement.reset();
    statement.clear_bindings();
    found
}

fn list(
    open: &mut Open,
    range: &KvRange<'_>,
    mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
) -> Result<(), Failure> {
    let (lower, upper) = (range.lower(), range.upper());
    let which = match (range.reverse, &upper) {
        (false, None) => Own::KvUp,
        (false, Some(_)) => Own::KvUpTo,
        (true, None) => Own::KvDown,
        (true, Some(_)) => Own::KvDownFrom,
    };
    let limit = range
        .limit
        .map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let Some(statement) = open.own_if_there(which)? else {
        return Ok(());
    };
    statement.bind(1, Param::Text(&lower), Lifetime::Copied)?;
    statement.bind_integer(2, limit)?;
    if let Some(upper) = &upper {
        statement.bind(3, Param::Text(upper), Lifetime::Copied)?;
    }
    let outcome = loop {
        match statement.step() {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(failure) => break Err(failure),
        }
        let (key, value) = (statement.value(0), statement.value(1));
        if visit(value_bytes(key), value_bytes(value)).is_break() {
            break Ok(());
        }
    };
    statement.reset();
    outcome
}

fn value_bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        _ => &[],
    }
}

fn read_metadata(open: &mut Open, key: i64) -> Result<Option<i64>, Failure> {
    let Some(statement) = open.own_if_there(Own::MetadataGet)? else {
        return Ok(None);
    };
    statement.bind_integer(1, key)?;
    let found = statement
        .step()
        .map(|found| found.then(|| statement.integer(0)));
    statement.reset();
    found
}

fn write_metadata(open: &mut Open, key: i64, value: Option<i64>) -> Result<(), Failure> {
    let Some(value) = value else {
        let Some(statement) = open.own_if_there(Own::MetadataDelete)? else {
            return Ok(());
        };
        statement.bind_integer(1, key)?;
        return statement.run();
    };
    let statement = open.own(Own::MetadataPut)?;
    statement.bind_integer(1, key)?;
    statement.bind_integer(2, value)?;
    statement.run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_after_a_prefix() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(&[b'a', 0xff]), Some(b"b".to_vec()));
        assert_eq!(after_prefix(&[0xff, 0xff]), None);
        assert_eq!(after_prefix(b""), None);
    }

    #[test]
    fn the_narrowest_bound_wins() {
        let range = KvRange {
            start_after: Some(b"a"),
            end: Some(b"c"),
            prefix: Some(b"b"),
            ..KvRange::default()
        };
        assert_eq!(range.lower(), b"b");
        assert_eq!(range.upper(), Some(b"c".to_vec()));
    }
}
