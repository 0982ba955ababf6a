//! The folder of one object: where its databases lie, and the facets it has named.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use super::{
    connection::copy_database,
    error::StorageError,
    file::{remove_database, sync_folder},
    tree::{Facet, MAX_FACETS, Tree},
};

pub(super) const TREE_FILE: &str = "tree";
pub(super) const OBJECT_DATABASE: &str = "object.sqlite";

/// The folder of one object. Clones share what they know, so all databases of an object use
/// clones of one.
#[derive(Clone, Debug)]
pub struct ObjectFiles(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Read when first needed.
    tree: Option<Tree>,
    /// The tree's file was written and is not synced to disk.
    is_unsynced: bool,
    /// Folders that got a new folder inside, not synced either.
    unsynced_parents: Vec<PathBuf>,
}

/// Name of the file of a facet's database.
pub(super) fn facet_database(number: u16) -> String {
    format!("facet-{number}.sqlite")
}

impl ObjectFiles {
    pub(super) fn new(folder: PathBuf) -> Self {
        ObjectFiles(Arc::new(Shared {
            folder,
            state: Mutex::default(),
        }))
    }

    /// The folder, whether or not it exists.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Where the database of a facet lies; 0 is the object itself.
    pub fn database_path(&self, facet: u16) -> PathBuf {
        match facet {
            0 => self.0.folder.join(OBJECT_DATABASE),
            _ => self.0.folder.join(facet_database(facet)),
        }
    }

    /// Every facet ever named, by number.
    pub fn facets(&self) -> Result<Vec<Facet>, StorageError> {
        self.with_tree(|tree| tree.facets().to_vec())
    }

    /// The object's name, when it was given one.
    pub fn name(&self) -> Result<Option<String>, StorageError> {
        self.with_tree(|tree| tree.object_name().map(str::to_owned))
    }

    /// Keeps the object's name, for when it is known only by id. A name that it has already
    /// stays. Written when the folder exists, otherwise with the first database.
    pub fn set_name(&self, name: &str) -> Result<(), StorageError> {
        if !self.with_tree(|tree| tree.set_object_name(name))? {
            return Err(StorageError::Rejected(
                "the object's name is too long (max 65535 bytes)".into(),
            ));
        }
        if self.0.folder.exists() {
            self.create()?;
        }
        Ok(())
    }

    /// The number of a facet that was named before.
    pub fn facet_number(&self, parent: u16, name: &str) -> Result<Option<u16>, StorageError> {
        self.with_tree(|tree| tree.number(parent, name))
    }

    /// The number of a facet, a new one if need be. It is written with the first database.
    pub fn ensure_facet(&self, parent: u16, name: &str) -> Result<u16, StorageError> {
        let (number, is_known) = self.with_tree(|tree| match tree.number(parent, name) {
            Some(number) => (Some(number), true),
            None => (tree.ensure(parent, name), false),
        })?;
        let Some(number) = number else {
            return Err(StorageError::Rejected(format!(
                "the facet cannot be created: its name must have 1 to 65535 bytes, its parent \
                 must exist, and an object can have {MAX_FACETS} facets at most"
            )));
        };
        if is_known {
            return Ok(number);
        }
        // A file of that number can only be left over from a tree whose end was lost.
        remove_database(&self.database_path(number))?;
        Ok(number)
    }

    /// The facets right below `parent` (0: the object itself), by number.
    pub fn children(&self, parent: u16) -> Result<Vec<Facet>, StorageError> {
        self.with_tree(|tree| {
            let facets = tree.facets().iter();
            facets
                .filter(|facet| facet.parent == parent)
                .cloned()
                .collect()
        })
    }

    /// The numbers of a facet and of everything below it.
    pub fn with_descendants(&self, number: u16) -> Result<Vec<u16>, StorageError> {
        self.with_tree(|tree| tree.with_descendants(number))
    }

    /// Removes the databases of a facet and of everything below it, which must be closed. The
    /// number stays its own. With 0: all databases of the object.
    pub fn delete_facet(&self, number: u16) -> Result<(), StorageError> {
        for number in self.with_tree(|tree| tree.with_descendants(number))? {
            remove_database(&self.database_path(number))?;
        }
        Ok(())
    }

    /// Removes the databases of everything below a facet, but not its own.
    pub fn delete_descendants(&self, number: u16) -> Result<(), StorageError> {
        for below in self.with_tree(|tree| tree.with_descendants(number))? {
            if below != number {
                remove_database(&self.database_path(below))?;
            }
        }
        Ok(())
    }

    /// Copies what is committed in `source` and below it over `target`, whose databases must be
    /// closed; those of `source` may be in use. Onto itself: nothing. A target below the source
    /// is refused.
    pub fn copy_facet(&self, source: u16, target: u16) -> Result<(), StorageError> {
        if source == target {
            return Ok(());
        }
        let sources = self.with_tree(|tree| tree.with_descendants(source))?;
        if sources.contains(&target) {
            return Err(StorageError::Rejected(
                "a facet cannot be copied into itself".into(),
            ));
        }
        self.delete_facet(target)?;
        let facets = self.facets()?;
        let mut copies = HashMap::from([(source, target)]);
        for number in sources {
            let facet = facets.iter().find(|facet| facet.number == number);
            let parent = facet.and_then(|facet| copies.get(&facet.parent)).copied();
            let copy = match (copies.get(&number).copied(), facet, parent) {
                (Some(copy), _, _) => copy,
                (None, Some(facet), Some(parent)) => self.ensure_facet(parent, &facet.name)?,
                _ => continue,
            };
            copies.insert(number, copy);
            self.copy_one(number, copy)?;
        }
        Ok(())
    }

    fn copy_one(&self, source: u16, target: u16) -> Result<(), StorageError> {
        let (from, to) = (self.database_path(source), self.database_path(target));
        if !from.exists() {
            return Ok(());
        }
        self.create()?;
        copy_database(&from, &to).map_err(|failure| match failure.is_damage() {
            true => StorageError::Damaged {
                path: from.clone(),
                detail: failure.text,
            },
            false => StorageError::Rejected(failure.text),
        })?;
        File::open(&to)
            .and_then(|file| file.sync_all())
            .map_err(|cause| StorageError::file("save", &to, &cause))
    }

    /// Removes the whole folder; every database of the object must be closed.
    pub fn remove(&self) -> Result<(), StorageError> {
        match fs::remove_dir_all(&self.0.folder) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                return Err(StorageError::file("remove", &self.0.folder, &cause));
            }
            _ => {}
        }
        self.forget();
        Ok(())
    }

    /// What is known of the folder is read anew when it is next needed.
    pub(super) fn forget(&self) {
        *self.0.state.lock() = State::default();
    }

    /// Creates the folder and brings the tree's file up to date; a database calls it before it
    /// creates its own file.
    pub(super) fn create(&self) -> Result<(), StorageError> {
        let folder = &self.0.folder;
        let mut state = self.0.state.lock();
        self.load(&mut state)?;
        if !folder.exists() {
            let missing = folder.ancestors().take_while(|it| !it.exists());
            let parents: Vec<PathBuf> = missing
                .filter_map(|it| Some(it.parent()?.to_path_buf()))
                .collect();
            fs::create_dir_all(folder)
                .map_err(|cause| StorageError::file("create", folder, &cause))?;
            state.unsynced_parents.extend(parents);
            if let Some(tree) = &mut state.tree {
                tree.file_is_gone();
            }
        }
        let Some(tree) = &mut state.tree else {
            return Ok(());
        };
        if let Some((offset, content)) = tree.unsaved() {
            let path = folder.join(TREE_FILE);
            write_at(&path, offset, &content)
                .map_err(|cause| StorageError::file("write", &path, &cause))?;
            tree.saved(offset, &content);
            state.is_unsynced = true;
        }
        Ok(())
    }

    /// Makes what `create` did survive a power cut. The object's own folder is left to SQLite,
    /// which syncs it when it begins the log of the new database, right after this.
    pub(super) fn sync(&self) -> Result<(), StorageError> {
        let mut state = self.0.state.lock();
        if state.is_unsynced {
            let path = self.0.folder.join(TREE_FILE);
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(|cause| StorageError::file("save", &path, &cause))?;
            state.is_unsynced = false;
        }
        while let Some(parent) = state.unsynced_parents.last() {
            sync_folder(parent)?;
            state.unsynced_parents.pop();
        }
        Ok(())
    }

    fn with_tree<T>(&self, work: impl FnOnce(&mut Tree) -> T) -> Result<T, StorageError> {
        let mut state = self.0.state.lock();
        Ok(work(self.load(&mut state)?))
    }

    fn load<'a>(&self, state: &'a mut State) -> Result<&'a mut Tree, StorageError> {
        let tree = match state.tree.take() {
            Some(tree) => tree,
            None => self.read_tree()?,
        };
        Ok(state.tree.insert(tree))
    }

    pub(super) fn read_tree(&self) -> Result<Tree, StorageError> {
        let path = self.0.folder.join(TREE_FILE);
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(cause) if cause.kind() == ErrorKind::NotFound => Vec::new(),
            Err(cause) => return Err(StorageError::file("read", &path, &cause)),
        };
        Tree::read(&content).map_err(|_| StorageError::Damaged {
            path,
            detail: "it does not begin as a tree of facet names".into(),
        })
    }
}

fn write_at(path: &Path, offset: u64, content: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(content)?;
    file.set_len(offset + content.len() as u64)
}
