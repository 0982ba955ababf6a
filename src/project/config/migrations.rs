//! Migrations, applied in order, tell which Durable Object classes there are.

use std::collections::HashSet;

use super::reader::{Field, Keys, Reader};
use super::{ClassStorage, DurableClass};
use crate::project::diagnostic::Diagnostic;

/// What the migrations leave.
#[derive(Debug, Default)]
pub(super) struct Migrated {
    pub(super) classes: Vec<DurableClass>,
    pub(super) deleted: Vec<String>,
    pub(super) last_tag: Option<String>,
}

const KEYS: Keys<'static> = Keys {
    read: &[
        "tag",
        "new_classes",
        "new_sqlite_classes",
        "renamed_classes",
        "deleted_classes",
    ],
    not_yet: &["transferred_classes"],
    elsewhere: &[],
};

/// Applies the list of migrations, first to last.
pub(super) fn read(reader: &mut Reader<'_>, field: &Field<'_>) -> Result<Migrated, Diagnostic> {
    let mut state = Migrated::default();
    let mut tags = HashSet::new();
    for migration in reader.list(field)? {
        let table = reader.table(&migration, &KEYS)?;
        let tag_field = reader.required(&table, "tag", "tag \"v1\"")?;
        let tag = reader.string(&tag_field)?;
        if !tags.insert(tag.to_owned()) {
            let message = format!("`{tag}` is the tag of an earlier migration; tags are unique");
            return Err(reader.error(&tag_field, message));
        }
        state.last_tag = Some(tag.to_owned());
        if let Some(list) = table.get("new_sqlite_classes") {
            add(reader, &mut state, &list, ClassStorage::Sqlite)?;
        }
        if let Some(list) = table.get("new_classes") {
            add(reader, &mut state, &list, ClassStorage::KeyValue)?;
        }
        if let Some(list) = table.get("renamed_classes") {
            rename(reader, &mut state, &list)?;
        }
        if let Some(list) = table.get("deleted_classes") {
            delete(reader, &mut state, &list)?;
        }
    }
    Ok(state)
}

fn add(
    reader: &Reader<'_>,
    state: &mut Migrated,
    list: &Field<'_>,
    storage: ClassStorage,
) -> Result<(), Diagnostic> {
    for item in reader.list(list)? {
        let name = reader.identifier(&item)?;
        state.must_not_have(reader, &item, &name)?;
        state.deleted.retain(|it| *it != name);
        state.classes.push(DurableClass {
            name,
            storage,
            former_names: Vec::new(),
        });
    }
    Ok(())
}

fn rename(
    reader: &mut Reader<'_>,
    state: &mut Migrated,
    list: &Field<'_>,
) -> Result<(), Diagnostic> {
    for item in reader.list(list)? {
        let table = reader.table(&item, &Keys::only(&["from", "to"]))?;
        let from_field = reader.required(&table, "from", "from \"OldName\"")?;
        let to_field = reader.required(&table, "to", "to \"NewName\"")?;
        let from = reader.identifier(&from_field)?;
        let to = reader.identifier(&to_field)?;
        let index = state.index_of(reader, &from_field, &from)?;
        state.must_not_have(reader, &to_field, &to)?;
        let class = &mut state.classes[index];
        class.former_names.push(from);
        class.name = to;
    }
    Ok(())
}

fn delete(reader: &Reader<'_>, state: &mut Migrated, list: &Field<'_>) -> Result<(), Diagnostic> {
    for item in reader.list(list)? {
        let name = reader.identifier(&item)?;
        let index = state.index_of(reader, &item, &name)?;
        state.classes.remove(index);
        state.deleted.push(name);
    }
    Ok(())
}

impl Migrated {
    fn must_not_have(
        &self,
        reader: &Reader<'_>,
        at: &Field<'_>,
        name: &str,
    ) -> Result<(), Diagnostic> {
        if self.classes.iter().all(|class| class.name != name) {
            return Ok(());
        }
        let message = format!("class `{name}` exists already by an earlier entry; remove this one");
        Err(reader.error(at, message))
    }

    fn index_of(
        &self,
        reader: &Reader<'_>,
        at: &Field<'_>,
        name: &str,
    ) -> Result<usize, Diagnostic> {
        let index = self.classes.iter().position(|class| class.name == name);
        index.ok_or_else(|| {
            let message = format!(
                "there is no class `{name}` at this point; a migration before this one must \
                 create it in `new_sqlite_classes`"
            );
            reader.error(at, message)
        })
    }
}
