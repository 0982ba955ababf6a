//! What the folder of an object holds, in one piece of memory: there may be very many of them.
//!
//! The object's name as [`Contents::named`] writes it, then for each facet its number, its
//! parent's (2 bytes each), the bytes of its database (8) and its name. A name is preceded by its
//! length in bytes (4), which is [`NO_NAME`] where there is none.

use crate::storage::StoredObject;

const NO_NAME: u32 = u32::MAX;

/// An object's name and its facets that have a database, parents first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents(Box<[u8]>);

/// One facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facet<'a> {
    pub number: u16,
    /// 0 for the object itself.
    pub parent: u16,
    /// Bytes of its database.
    pub bytes: u64,
    pub name: &'a str,
}

impl Contents {
    pub fn of(object: &StoredObject) -> Self {
        let mut all = Vec::new();
        Self::named(&mut all, object.name.as_deref());
        for facet in object.facets.iter().filter(|facet| facet.has_database) {
            all.extend_from_slice(&facet.number.to_le_bytes());
            all.extend_from_slice(&facet.parent.to_le_bytes());
            all.extend_from_slice(&facet.bytes.to_le_bytes());
            Self::named(&mut all, Some(&facet.name));
        }
        Self(all.into())
    }

    fn named(all: &mut Vec<u8>, name: Option<&str>) {
        // storage keeps no name of over 65,535 bytes
        let length = name.map_or(NO_NAME, |name| name.len() as u32);
        all.extend_from_slice(&length.to_le_bytes());
        all.extend_from_slice(name.unwrap_or_default().as_bytes());
    }

    /// The object's name.
    pub fn name(&self) -> Option<&str> {
        take_name(&self.0)?.0
    }

    /// Its facets.
    pub fn facets(&self) -> impl Iterator<Item = Facet<'_>> {
        let mut rest = take_name(&self.0).map_or(&[][..], |(_, rest)| rest);
        std::iter::from_fn(move || {
            let (facet, tail) = take_facet(rest)?;
            rest = tail;
            Some(facet)
        })
    }
}

fn take_name(all: &[u8]) -> Option<(Option<&str>, &[u8])> {
    let (length, rest) = all.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    if length == NO_NAME {
        return Some((None, rest));
    }
    let (name, rest) = rest.split_at_checked(length as usize)?;
    Some((std::str::from_utf8(name).ok(), rest))
}

fn take_facet(all: &[u8]) -> Option<(Facet<'_>, &[u8])> {
    let (number, rest) = all.split_first_chunk()?;
    let (parent, rest) = rest.split_first_chunk()?;
    let (bytes, rest) = rest.split_first_chunk()?;
    let (name, rest) = take_name(rest)?;
    let facet = Facet {
        number: u16::from_le_bytes(*number),
        parent: u16::from_le_bytes(*parent),
        bytes: u64::from_le_bytes(*bytes),
        name: name.unwrap_or_default(),
    };
    Some((facet, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::storage::{ObjectId, StoredFacet};

    proptest! {
        #[test]
        fn what_is_packed_is_read_again(
            name in any::<Option<String>>(),
            facets in prop::collection::vec(any::<(u16, u16, u64, String, bool)>(), 0..5),
        ) {
            let id = ObjectId::parse(&"0".repeat(64)).unwrap();
            let facets: Vec<StoredFacet> = facets
                .into_iter()
                .map(|(number, parent, bytes, name, has_database)| StoredFacet {
                    number, parent, name, has_database, bytes,
                })
                .collect();
            let object = StoredObject { id, name, facets, database_bytes: 0 };
            let contents = Contents::of(&object);
            prop_assert_eq!(contents.name(), object.name.as_deref());
            let expected = object.facets.iter().filter(|facet| facet.has_database);
            let expected: Vec<Facet<'_>> = expected
                .map(|facet| Facet {
                    number: facet.number,
                    parent: facet.parent,
                    bytes: facet.bytes,
                    name: &facet.name,
                })
                .collect();
            prop_assert_eq!(contents.facets().collect::<Vec<_>>(), expected);
        }
    }
}
