//! Projects and folders of projects.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Project, ProjectError, discover};

const CONFIG: &str =
    "{ \"name\": \"NAME\", \"main\": \"index.ts\", \"compatibility_date\": \"2026-01-01\" }";

fn project(folder: &Path, name: &str) {
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("wrangler.jsonc"), CONFIG.replace("NAME", name)).expect("a file");
    fs::write(
        folder.join("index.ts"),
        "export default { a: 1 as number };",
    )
    .expect("a file");
}

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

#[test]
fn a_project_is_loaded() {
    let folder = folder();
    project(folder.path(), "one");
    let loaded = Project::load(folder.path()).expect("a project");
    assert_eq!(loaded.name(), "one");
    assert_eq!(loaded.main_module, "index.ts");
    assert_eq!(loaded.config_path, folder.path().join("wrangler.jsonc"));
    assert_eq!(
        loaded.modules[0].source.as_text(),
        Some("export default { a: 1           };")
    );
    assert_eq!(loaded.warnings, []);
}

#[test]
fn the_version_tells_content_apart() {
    let folder = folder();
    project(folder.path(), "one");
    let version = || Project::load(folder.path()).expect("a project").version;
    let first = version();
    assert_eq!(first.len(), 64);
    assert_eq!(version(), first);
    fs::write(folder.path().join("index.ts"), "export default {};").expect("a file");
    let second = version();
    assert_ne!(second, first);
    project(folder.path(), "two");
    assert_ne!(version(), first);
}

#[test]
fn one_of_two_configurations_counts() {
    let folder = folder();
    project(folder.path(), "one");
    fs::write(folder.path().join("wrangler.toml"), "name = 'two'").expect("a file");
    let loaded = Project::load(folder.path()).expect("a project");
    assert_eq!(loaded.name(), "one");
    let warning = loaded.warnings[0].to_string();
    assert!(
        warning.contains("wrangler.toml:1:1: ignored, because"),
        "{warning}"
    );
}

#[test]
fn toml_is_read_when_it_is_alone() {
    let folder = folder();
    project(folder.path(), "one");
    fs::remove_file(folder.path().join("wrangler.jsonc")).expect("removed");
    let text = "name = 'two'\nmain = 'index.ts'\ncompatibility_date = 2026-01-01\n";
    fs::write(folder.path().join("wrangler.toml"), text).expect("a file");
    assert_eq!(
        Project::load(folder.path()).expect("a project").name(),
        "two"
    );
}

#[test]
fn a_folder_without_configuration_is_told_what_to_write() {
    let folder = folder();
    let fault = Project::load(folder.path())
        .expect_err("nothing there")
        .to_string();
    for part in [
        "wrangler.jsonc",
        "wrangler.json",
        "wrangler.toml",
        "\"main\": \"src/index.ts\"",
    ] {
        assert!(fault.contains(part), "{fault}");
    }
    let gone = Project::load(&folder.path().join("gone")).expect_err("no folder");
    assert!(matches!(gone, ProjectError::NotAFolder { .. }), "{gone}");
}

#[test]
fn projects_are_found_one_folder_down() {
    let folder = folder();
    project(&folder.path().join("b"), "bee");
    project(&folder.path().join("a"), "ant");
    project(&folder.path().join(".hidden"), "hidden");
    project(&folder.path().join("node_modules"), "modules");
    project(&folder.path().join("c/deep"), "deep");
    let found = discover(folder.path()).expect("projects");
    let names: Vec<&str> = found.iter().map(Project::name).collect();
    assert_eq!(names, ["ant", "bee"]);
    let one = discover(&folder.path().join("a")).expect("a project");
    assert_eq!(one.len(), 1);
}

#[test]
fn discovery_refuses_nothing_and_doubles() {
    let folder = folder();
    let fault = discover(folder.path()).expect_err("nothing there");
    assert!(
        matches!(fault, ProjectError::NothingFound { .. }),
        "{fault}"
    );
    project(&folder.path().join("a"), "same");
    project(&folder.path().join("b"), "same");
    let fault = discover(folder.path()).expect_err("doubles").to_string();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    assert!(fault.contains("\"same\""), "{fault}");
    assert!(fault.contains(&a.display().to_string()), "{fault}");
    assert!(fault.contains(&b.display().to_string()), "{fault}");
}
