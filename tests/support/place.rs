//! A folder with projects and data, gone when dropped.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;
use tempfile::TempDir;

use super::Server;

/// Where one test keeps its projects and its objects.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("projects")).expect("a folder for projects");
        Self { folder }
    }

    /// A place with one project, see [`Place::project`].
    pub fn with(name: &str, classes: &[&str], source: &str) -> Self {
        let place = Self::new();
        place.project(name, classes, source);
        place
    }

    /// The folder of the projects.
    pub fn projects(&self) -> PathBuf {
        self.folder.path().join("projects")
    }

    /// The data folder; the program makes it.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file below the folder of the projects.
    pub fn write(&self, path: &str, content: &str) {
        let path = self.projects().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(&path, content).expect("a file of a project");
    }

    /// Writes a project: a JavaScript main module, a loader `LOADER`, and for each class with
    /// storage a namespace that has the class's name in capitals.
    pub fn project(&self, name: &str, classes: &[&str], source: &str) {
        self.project_with(name, classes, source, json!({}));
    }

    /// The same, with more of a configuration.
    pub fn project_with(
        &self,
        name: &str,
        classes: &[&str],
        source: &str,
        more: serde_json::Value,
    ) {
        let bindings: Vec<_> = classes
            .iter()
            .map(|class| json!({ "name": class.to_uppercase(), "class_name": class }))
            .collect();
        let mut config = json!({
            "name": name,
            "main": "index.js",
            "compatibility_date": "2026-08-04",
            "durable_objects": { "bindings": bindings },
            "migrations": [{ "tag": "v1", "new_sqlite_classes": classes }],
            "worker_loaders": [{ "binding": "LOADER" }],
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        self.write(&format!("{name}/wrangler.jsonc"), &config.to_string());
        self.write(&format!("{name}/index.js"), source);
    }

    /// Serves all projects.
    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// Serves all projects, with more of a command line.
    pub fn serve_with(&self, arguments: &[&str]) -> Server {
        Server::start(&self.projects(), &self.data(), arguments)
    }

    /// The folder of an object with this class and id.
    pub fn object_folder(&self, project: &str, class: &str, id: &str) -> PathBuf {
        self.data().join(project).join(class).join(id)
    }
}
