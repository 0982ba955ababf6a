//! Objects that are made whole before they take their place: a crash leaves all of one or nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{error::StorageError, file::sync_folder, layout::DataDir, object_files::ObjectFiles};

/// Folder for what is being made, in the data folder. No worker can have this name: a file name
/// made of a worker's begins with a dot only when the worker's does.
const DRAFTS: &str = ".drafts";

/// An object's folder that is being made. Dropped, it is removed.
pub struct Draft {
    files: ObjectFiles,
    settled: bool,
}

impl DataDir {
    /// A folder for an object that will be put in its place once it is whole.
    pub fn draft(&self) -> Result<Draft, StorageError> {
        let drafts = self.path().join(DRAFTS);
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| {
            StorageError::Rejected(format!("the system has no randomness: {error}"))
        })?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = drafts.join(name);
        fs::create_dir_all(&folder)
            .map_err(|cause| StorageError::file("create", &folder, &cause))?;
        Ok(Draft {
            files: ObjectFiles::new(folder),
            settled: false,
        })
    }

    /// Removes what a crash has left unfinished.
    pub(super) fn clear_drafts(path: &Path) -> std::io::Result<()> {
        match fs::remove_dir_all(path.join(DRAFTS)) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }
}

impl Draft {
    /// Where its databases and names go.
    pub fn files(&self) -> &ObjectFiles {
        &self.files
    }

    /// A place in it for a file that is not part of the object; remove it before settling.
    pub fn path(&self, name: &str) -> PathBuf {
        self.files.folder().join(name)
    }

    /// Puts the object in its place, where nothing may be yet.
    pub fn settle(mut self, target: &ObjectFiles) -> Result<(), StorageError> {
        self.files.create()?;
        self.files.sync()?;
        sync_folder(self.files.folder())?;
        move_folder(self.files.folder(), target.folder())?;
        self.settled = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.settled
            && let Err(cause) = fs::remove_dir_all(self.files.folder())
        {
            let folder = self.files.folder().display();
            tracing::warn!("cannot remove the unfinished object in {folder}: {cause}");
        }
    }
}

impl ObjectFiles {
    /// Makes the object of a draft, with its facets, facet `name` below `parent`. There may be no
    /// such facet with data.
    pub fn graft(&self, draft: Draft, parent: u16, name: &str) -> Result<u16, StorageError> {
        let number = self.ensure_facet(parent, name)?;
        if let Some(taken) = self.first_database(number)? {
            return Err(StorageError::Rejected(format!(
                "there is a facet with data in {} already",
                taken.display()
            )));
        }
        let mut places = vec![(0, number)];
        for facet in draft.files().facets()? {
            let parent = places.iter().find(|(from, _)| *from == facet.parent);
            let parent = parent.map_or(number, |(_, to)| *to);
            places.push((facet.number, self.ensure_facet(parent, &facet.name)?));
        }
        self.create()?;
        // the facet's own comes last: until then, there is no such facet
        for (from, to) in places.into_iter().rev() {
            let (from, to) = (draft.files().database_path(from), self.database_path(to));
            if from.exists() {
                fs::rename(&from, &to)
                    .map_err(|cause| StorageError::file("create", &to, &cause))?;
            }
        }
        self.sync()?;
        sync_folder(self.folder())?;
        Ok(number)
    }

    fn first_database(&self, facet: u16) -> Result<Option<PathBuf>, StorageError> {
        let numbers = self.with_descendants(facet)?;
        let paths = numbers.into_iter().map(|number| self.database_path(number));
        Ok(paths.into_iter().find(|path| path.exists()))
    }

    /// Moves the whole object to the place of `target`, where nothing may be yet, and gives it a
    /// name there. All its databases must be closed.
    pub fn move_to(&self, target: &ObjectFiles, name: &str) -> Result<(), StorageError> {
        move_folder(self.folder(), target.folder())?;
        self.forget();
        target.set_name(name)?;
        target.sync()
    }
}

fn move_folder(from: &Path, to: &Path) -> Result<(), StorageError> {
    if to.exists() {
        return Err(StorageError::Rejected(format!(
            "there is an object in {} already",
            to.display()
        )));
    }
    let failed = |cause| StorageError::file("create", to, &cause);
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::rename(from, to).map_err(failed)?;
    for folder in [from.parent(), to.parent()].into_iter().flatten() {
        sync_folder(folder)?;
    }
    Ok(())
}
