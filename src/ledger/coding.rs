//! Counts as bytes: pairs of a kind's number and its count, in seven bits a byte. A kind's number
//! stands in the ledger beside its name, so that kinds may come and go with programs.

use std::collections::BTreeMap;

use rusqlite::{Connection, types::Type};

use super::counts::{Count, Counts};

/// What all nodes counted in one step, by the number of the node.
pub(super) type PerNode = BTreeMap<i64, Counts>;

/// The numbers of the kinds that this program counts.
#[derive(Clone, Debug)]
pub(super) struct Kinds {
    numbers: [u64; Count::KINDS],
    counts: Vec<Option<Count>>,
}

impl Kinds {
    /// Those in a ledger; new ones get numbers when it is not open only for reading.
    pub fn load(connection: &Connection, add: bool) -> rusqlite::Result<Self> {
        if add {
            let mut insert =
                connection.prepare("INSERT OR IGNORE INTO kinds (name) VALUES (?1)")?;
            for count in Count::ALL {
                insert.execute([count.name()])?;
            }
        }
        let mut kinds = Self {
            numbers: [0; Count::KINDS],
            counts: Vec::new(),
        };
        let mut select = connection.prepare("SELECT number, name FROM kinds WHERE number > 0")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (number, name): (u16, String) = (row.get(0)?, row.get(1)?);
            let Some(count) = Count::ALL.into_iter().find(|count| count.name() == name) else {
                continue;
            };
            kinds.numbers[count as usize] = number.into();
            let needed = usize::from(number) + 1;
            if kinds.counts.len() < needed {
                kinds.counts.resize(needed, None);
            }
            kinds.counts[usize::from(number)] = Some(count);
        }
        Ok(kinds)
    }

    /// Counts as bytes.
    pub fn pack(&self, counts: &Counts) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out, counts);
        out
    }

    /// Counts from bytes.
    pub fn unpack(&self, mut bytes: &[u8]) -> rusqlite::Result<Counts> {
        let counts = self.take(&mut bytes).filter(|_| bytes.is_empty());
        counts.ok_or_else(not_counts)
    }

    /// A step as bytes.
    pub fn pack_nodes(&self, nodes: &PerNode) -> Vec<u8> {
        let mut out = Vec::new();
        let mut last = 0;
        for (id, counts) in nodes {
            put(&mut out, id.abs_diff(last));
            self.put(&mut out, counts);
            last = *id;
        }
        out
    }

    /// A step from bytes; `each` gets every node's counts.
    pub fn unpack_nodes(
        &self,
        mut bytes: &[u8],
        mut each: impl FnMut(i64, Counts),
    ) -> rusqlite::Result<()> {
        let mut id = 0_i64;
        while !bytes.is_empty() {
            let ahead = take(&mut bytes).ok_or_else(not_counts)?;
            id = id.checked_add_unsigned(ahead).ok_or_else(not_counts)?;
            each(id, self.take(&mut bytes).ok_or_else(not_counts)?);
        }
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>, counts: &Counts) {
        let there = || Count::ALL.into_iter().filter(|count| counts[*count] > 0);
        put(out, there().count() as u64);
        for count in there() {
            put(out, self.numbers[count as usize]);
            put(out, counts[count]);
        }
    }

    fn take(&self, bytes: &mut &[u8]) -> Option<Counts> {
        let mut counts = Counts::default();
        for _ in 0..take(bytes)? {
            let (number, value) = (take(bytes)?, take(bytes)?);
            let known = usize::try_from(number)
                .ok()
                .and_then(|at| self.counts.get(at));
            if let Some(Some(count)) = known {
                counts[*count] = value;
            }
        }
        Some(counts)
    }
}

fn not_counts() -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, "these bytes are no counts".into())
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds() -> (Connection, Kinds) {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE kinds (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                 INSERT INTO kinds (name) VALUES ('of_another_program'), ('rows_read')",
            )
            .unwrap();
        let kinds = Kinds::load(&connection, true).unwrap();
        (connection, kinds)
    }

    fn any_counts() -> impl Strategy<Value = Counts> {
        let number = prop_oneof![Just(0_u64), 0..1000_u64, any::<u64>()];
        prop::collection::vec(number, Count::KINDS).prop_map(|numbers| {
            let mut counts = Counts::default();
            for (count, number) in Count::ALL.into_iter().zip(numbers) {
                counts[count] = number;
            }
            counts
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_the_same(
            nodes in prop::collection::btree_map(1_i64..i64::MAX, any_counts(), 0..6)
        ) {
            let (connection, kinds) = kinds();
            let again = Kinds::load(&connection, false).unwrap();
            for counts in nodes.values() {
                prop_assert_eq!(again.unpack(&kinds.pack(counts)).unwrap(), *counts);
            }
            let mut out = PerNode::new();
            let packed = kinds.pack_nodes(&nodes);
            again.unpack_nodes(&packed, |id, counts| { out.insert(id, counts); }).unwrap();
            prop_assert_eq!(out, nodes);
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let (_, kinds) = kinds();
            let _ = kinds.unpack(&bytes);
            let _ = kinds.unpack_nodes(&bytes, |_, _| {});
        }
    }

    #[test]
    fn kinds_of_another_program_are_passed_over() {
        let (_, kinds) = kinds();
        let mut counts = Counts::default();
        counts[Count::RowsRead] = 5;
        // 1 is the other program's
        assert_eq!(kinds.unpack(&[2, 1, 9, 2, 5]).unwrap(), counts);
        assert!(kinds.unpack(&[1, 2]).is_err());
    }
}
