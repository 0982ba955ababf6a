//! The names of an object and of the facets inside it, as one small append-only file.
//!
//! After 8 magic bytes come records of `u16` parent, `u16` length of the name in bytes, and the
//! name, little-endian. The record of number k (from 1) defines facet k; the object itself is
//! number 0. A record with parent 65,535, which no facet can be a child of, holds the name of
//! the object. A tail that makes no sense ends the reading and is overwritten.

use std::collections::HashMap;

/// Most facets that an object may ever have.
pub const MAX_FACETS: usize = 65_535;

const MAGIC: [u8; 8] = *b"lapfacet";

/// Stands in the parent's place of the record with the object's own name.
const OBJECT_NAME: u16 = u16::MAX;

/// One facet of an object, at any depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// Unique within the object; names its database file.
    pub number: u16,
    /// 0 for the object itself.
    pub parent: u16,
    pub name: Box<str>,
}

/// The names in memory, and how much of them is on disk.
#[derive(Debug, Default)]
pub(super) struct Tree {
    object_name: Option<Box<str>>,
    facets: Vec<Facet>,
    by_name: HashMap<(u16, Box<str>), u16>,
    /// Bytes of the file that make sense; 0 without a file.
    saved_bytes: u64,
    /// Records not in the file yet.
    unsaved: Vec<u8>,
}

/// The file does not begin as such a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotATree;

impl Tree {
    /// Reads a file's content; nothing at all is an empty tree.
    pub fn read(content: &[u8]) -> Result<Tree, NotATree> {
        let mut tree = Tree::default();
        if content.len() < MAGIC.len() {
            return match MAGIC.starts_with(content) {
                true => Ok(tree),
                false => Err(NotATree),
            };
        }
        let Some(mut rest) = content.strip_prefix(&MAGIC) else {
            return Err(NotATree);
        };
        while let Some((parent, name, tail)) = split_record(rest) {
            if !tree.accept(parent, name) {
                break;
            }
            rest = tail;
        }
        tree.saved_bytes = (content.len() - rest.len()) as u64;
        Ok(tree)
    }

    /// Takes a record into memory; `false` when it makes no sense here.
    fn accept(&mut self, parent: u16, name: &str) -> bool {
        if parent == OBJECT_NAME {
            // the newest name counts: an object can be renamed
            self.object_name = Some(name.into());
            return true;
        }
        let key = (parent, Box::from(name));
        let makes_sense = usize::from(parent) <= self.facets.len()
            && !name.is_empty()
            && self.facets.len() < MAX_FACETS
            && !self.by_name.contains_key(&key);
        if makes_sense {
            // Below MAX_FACETS, so it fits.
            let number = (self.facets.len() + 1) as u16;
            self.by_name.insert(key, number);
            self.facets.push(Facet {
                number,
                parent,
                name: name.into(),
            });
        }
        makes_sense
    }

    /// The object's name, when it was given one.
    pub fn object_name(&self) -> Option<&str> {
        self.object_name.as_deref()
    }

    /// Gives the object its name, or another one; `false` when it cannot be stored.
    pub fn set_object_name(&mut self, name: &str) -> bool {
        let fits = name.len() <= usize::from(u16::MAX);
        let is_new = self.object_name() != Some(name);
        if fits && is_new && self.accept(OBJECT_NAME, name) {
            self.append(OBJECT_NAME, name);
        }
        fits
    }

    /// All facets ever named, by number.
    pub fn facets(&self) -> &[Facet] {
        &self.facets
    }

    /// The number of a facet that was named before.
    pub fn number(&self, parent: u16, name: &str) -> Option<u16> {
        self.by_name.get(&(parent, Box::from(name))).copied()
    }

    /// The number of a facet, a new one if need be; `None` when it cannot have one.
    pub fn ensure(&mut self, parent: u16, name: &str) -> Option<u16> {
        if let Some(number) = self.number(parent, name) {
            return Some(number);
        }
        if name.len() > usize::from(u16::MAX) || !self.accept(parent, name) {
            return None;
        }
        self.append(parent, name);
        self.facets.last().map(|facet| facet.number)
    }

    /// `number` and everything below it, parents first.
    pub fn with_descendants(&self, number: u16) -> Vec<u16> {
        let mut below = vec![false; self.facets.len() + 1];
        let mut found = vec![number];
        // A parent's number is always lower than its child's.
        for facet in &self.facets {
            let parent = usize::from(facet.parent);
            if facet.parent == number || below[parent] {
                below[usize::from(facet.number)] = true;
                found.push(facet.number);
            }
        }
        found
    }

    fn append(&mut self, parent: u16, name: &str) {
        self.unsaved.extend_from_slice(&parent.to_le_bytes());
        // Checked by the callers.
        self.unsaved
            .extend_from_slice(&(name.len() as u16).to_le_bytes());
        self.unsaved.extend_from_slice(name.as_bytes());
    }

    /// What to write where in the file, which then ends there; `None` when all is saved.
    pub fn unsaved(&self) -> Option<(u64, Vec<u8>)> {
        if self.saved_bytes > 0 {
            return (!self.unsaved.is_empty()).then(|| (self.saved_bytes, self.unsaved.clone()));
        }
        let mut content = MAGIC.to_vec();
        content.extend_from_slice(&self.unsaved);
        Some((0, content))
    }

    /// Call when what `unsaved` gave is in the file.
    pub fn saved(&mut self, offset: u64, content: &[u8]) {
        self.saved_bytes = offset + content.len() as u64;
        self.unsaved.clear();
    }

    /// Call when the file is gone: everything is to be written again.
    pub fn file_is_gone(&mut self) {
        self.saved_bytes = 0;
        self.unsaved.clear();
        if let Some(name) = self.object_name.clone() {
            self.append(OBJECT_NAME, &name);
        }
        for facet in self.facets.clone() {
            self.append(facet.parent, &facet.name);
        }
    }
}

fn split_record(bytes: &[u8]) -> Option<(u16, &str, &[u8])> {
    let (parent, rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (name, tail) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let name = std::str::from_utf8(name).ok()?;
    Some((u16::from_le_bytes(*parent), name, tail))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn save(tree: &mut Tree, file: &mut Vec<u8>) {
        if let Some((offset, content)) = tree.unsaved() {
            file.truncate(offset as usize);
            assert_eq!(file.len() as u64, offset);
            file.extend_from_slice(&content);
            tree.saved(offset, &content);
        }
    }

    #[test]
    fn numbers_stay_with_their_names() {
        let mut tree = Tree::default();
        assert_eq!(tree.ensure(0, "a"), Some(1));
        assert_eq!(tree.ensure(1, "a"), Some(2));
        assert_eq!(tree.ensure(0, "a"), Some(1));
        assert_eq!(tree.ensure(9, "x"), None);
        assert_eq!(tree.ensure(0, ""), None);
        assert!(tree.set_object_name(""));
        let mut file = Vec::new();
        save(&mut tree, &mut file);
        let again = Tree::read(&file).unwrap();
        assert_eq!(again.facets(), tree.facets());
        assert_eq!(again.object_name(), Some(""));
        assert_eq!(again.number(1, "a"), Some(2));
        assert_eq!(again.with_descendants(0), [0, 1, 2]);
        assert_eq!(again.with_descendants(1), [1, 2]);
        assert_eq!(again.with_descendants(7), [7]);
    }

    #[test]
    fn the_last_number_is_65535() {
        let mut tree = Tree::default();
        for number in 1..=MAX_FACETS {
            assert_eq!(
                tree.ensure(0, &number.to_string()).map(usize::from),
                Some(number)
            );
        }
        assert_eq!(tree.ensure(0, "one more"), None);
        assert_eq!(tree.ensure(0, "65535"), Some(65_535));
        let mut file = Vec::new();
        save(&mut tree, &mut file);
        assert_eq!(Tree::read(&file).unwrap().facets().len(), MAX_FACETS);
    }

    #[test]
    fn another_file_is_not_taken_for_a_tree() {
        assert!(Tree::read(b"SQLite format 3\0").is_err());
        assert!(Tree::read(b"SQL").is_err());
        assert!(Tree::read(b"").is_ok());
        assert!(Tree::read(b"lapf").is_ok());
    }

    proptest! {
        /// Whatever is cut off, flipped or added at the end, the sound beginning is kept, and
        /// names added afterwards survive the next reading.
        #[test]
        fn a_damaged_tail_is_overwritten(
            names in prop::collection::vec((0u16..6, "[a-c]{1,2}"), 1..12),
            cut in 0usize..40,
            junk in prop::collection::vec(any::<u8>(), 0..24),
            later in prop::collection::vec((0u16..6, "[d-f]{1,2}"), 0..6),
        ) {
            let mut tree = Tree::default();
            for (parent, name) in &names {
                tree.ensure(*parent, name);
            }
            let mut file = Vec::new();
            save(&mut tree, &mut file);
            let kept = file.len().saturating_sub(cut).max(MAGIC.len());
            file.truncate(kept);
            let whole = Tree::read(&file).unwrap().facets().to_vec();
            prop_assert_eq!(&whole[..], &tree.facets()[..whole.len()]);

            file.extend_from_slice(&junk);
            let mut damaged = Tree::read(&file).unwrap();
            prop_assert_eq!(&damaged.facets()[..whole.len()], &whole[..]);
            for (parent, name) in &later {
                damaged.ensure(*parent, name);
            }
            save(&mut damaged, &mut file);
            let again = Tree::read(&file).unwrap();
            prop_assert_eq!(again.facets(), damaged.facets());
            for facet in again.facets() {
                prop_assert!(facet.parent < facet.number);
                prop_assert_eq!(again.number(facet.parent, &facet.name), Some(facet.number));
            }
        }
    }
}
