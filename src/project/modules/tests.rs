//! Module graphs on the disk.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Module, ModuleKind, load};
use crate::project::error::ProjectError;

/// A folder with files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, content).expect("a file");
    }
    folder
}

fn graph(files: &[(&str, &str)]) -> Result<Vec<Module>, ProjectError> {
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, content)| (*name, content.as_bytes()))
        .collect();
    let folder = folder(&files);
    load(folder.path(), files[0].0)
}

fn names(modules: &[Module]) -> Vec<&str> {
    modules.iter().map(|module| module.name.as_str()).collect()
}

fn imports(module: &Module) -> Vec<(&str, &str)> {
    let imports = module.imports.iter();
    imports
        .map(|it| (it.specifier.as_str(), it.module.as_str()))
        .collect()
}

/// The end of a fault's message behind the folder, and its place.
fn refuses(files: &[(&str, &str)], file: &str, line: usize, column: usize, part: &str) {
    match graph(files) {
        Err(ProjectError::Source(fault)) => {
            assert!(fault.file.ends_with(file), "{fault}");
            assert_eq!((fault.line, fault.column), (line, column), "{fault}");
            assert!(fault.message.contains(part), "{fault}");
        }
        other => panic!("a fault of a source expected: {other:?}"),
    }
}

#[test]
fn all_ways_to_import_are_followed() {
    let modules = graph(&[
        (
            "src/index.ts",
            "import a from './a';\nexport { b } from './b.js';\nexport * from '../lib';\n\
             const c = await import('./c.mjs');\nimport { DurableObject } from 'cloudflare:workers';\n\
             import fs from 'fs';\nimport path from 'node:path';\na(c, DurableObject, fs, path);\n",
        ),
        ("src/a.ts", "export default (x: unknown) => x;"),
        ("src/b.ts", "export const b: number = 1;"),
        ("src/c.mts", "export {};"),
        ("lib/index.js", "export const l = 1;"),
        ("src/unused.ts", "export {};"),
    ])
    .expect("a graph");
    assert_eq!(
        names(&modules),
        [
            "src/index.ts",
            "src/a.ts",
            "src/b.ts",
            "lib/index.js",
            "src/c.mts"
        ]
    );
    assert_eq!(
        imports(&modules[0]),
        [
            ("./a", "src/a.ts"),
            ("./b.js", "src/b.ts"),
            ("../lib", "lib/index.js"),
            ("./c.mjs", "src/c.mts"),
            ("fs", "node:fs"),
        ]
    );
    assert_eq!(
        modules[2].source.as_text(),
        Some("export const b         = 1;")
    );
}

#[test]
fn cycles_end() {
    let modules = graph(&[
        ("a.js", "import './b.js'; export const a = 1;"),
        (
            "b.js",
            "import { a } from './a.js'; export const b = () => a;",
        ),
    ])
    .expect("a graph");
    assert_eq!(names(&modules), ["a.js", "b.js"]);
    assert_eq!(imports(&modules[1]), [("./a.js", "a.js")]);
}

#[test]
fn endings_make_kinds() {
    let folder = folder(&[
        (
            "index.js",
            b"import a from './a.cjs'; import b from './b.txt'; import c from './c.bin';\n\
              import d from './d.json'; import e from './e.wasm'; import f from './f.sql';\n\
              export default [a, b, c, d, e, f];",
        ),
        (
            "a.cjs",
            b"exports.x = require('./g.cjs'); require('optional-package');",
        ),
        ("g.cjs", b"return;"),
        ("b.txt", "\u{feff}h\u{e4}".as_bytes()),
        ("c.bin", &[0xff, 0]),
        ("d.json", b"{ \"a\": 1 }"),
        ("e.wasm", b"\0asm\x01\0\0\0"),
        ("f.sql", b"SELECT 1"),
    ]);
    let modules = load(folder.path(), "index.js").expect("a graph");
    let kind = |name: &str| {
        let module = modules.iter().find(|it| it.name == name).expect(name);
        (module.kind, module.source.as_bytes().to_vec())
    };
    assert_eq!(kind("a.cjs").0, ModuleKind::CommonJs);
    assert_eq!(kind("g.cjs").0, ModuleKind::CommonJs);
    assert_eq!(kind("b.txt"), (ModuleKind::Text, "hä".as_bytes().to_vec()));
    assert_eq!(kind("c.bin"), (ModuleKind::Data, vec![0xff, 0]));
    assert_eq!(kind("d.json").0, ModuleKind::Json);
    assert_eq!(kind("e.wasm").0, ModuleKind::Wasm);
    assert_eq!(kind("f.sql").0, ModuleKind::Text);
}

#[test]
fn a_written_file_goes_before_a_guessed_one() {
    let modules = graph(&[
        ("index.js", "import './a.js'; import './b';"),
        ("a.js", ""),
        ("a.ts", ""),
        ("b.js", ""),
        ("b.ts", ""),
        ("b/index.ts", ""),
    ])
    .expect("a graph");
    assert_eq!(names(&modules), ["index.js", "a.js", "b.ts"]);
}

#[test]
fn packages_are_refused_with_a_cure() {
    let main = (
        "src/index.ts",
        "let a: string;\nimport { Hono } from 'hono/tiny';\nnew Hono();",
    );
    refuses(
        &[main],
        "src/index.ts",
        2,
        22,
        "package `hono` is not part of the project",
    );
    refuses(
        &[("m.js", "await import('@a/b/c')")],
        "m.js",
        1,
        14,
        "package `@a/b`",
    );
}

#[test]
fn imports_that_lead_nowhere_are_refused() {
    refuses(
        &[("m.js", "import './gone';")],
        "m.js",
        1,
        8,
        "there is no file \"./gone\"",
    );
    refuses(
        &[("m.js", "import 'https://a/b.js';")],
        "m.js",
        1,
        8,
        "cannot be imported",
    );
    refuses(
        &[("m.js", "import './a.svg';"), ("a.svg", "")],
        "m.js",
        1,
        8,
        "`a.svg` cannot be a module",
    );
    refuses(
        &[("m.js", "import './a.cts';"), ("a.cts", "")],
        "m.js",
        1,
        8,
        "a .ts file",
    );
}

#[test]
fn imports_stay_inside_the_folder() {
    let outer = folder(&[
        ("app/index.js", b"import '../secret.js';"),
        ("secret.js", b"export {};"),
    ]);
    let refused = |root: &Path| match load(root, "index.js") {
        Err(ProjectError::Source(fault)) => fault.message,
        other => panic!("{other:?}"),
    };
    assert!(refused(&outer.path().join("app")).contains("lies outside the project's folder"));
    #[cfg(unix)]
    {
        let app = outer.path().join("app");
        std::os::unix::fs::symlink("../secret.js", app.join("link.js")).expect("a link");
        fs::write(app.join("index.js"), "import './link.js';").expect("a file");
        assert!(refused(&app).contains("lies outside the project's folder"));
    }
}

#[test]
fn faults_in_sources_have_places() {
    refuses(
        &[("m.js", "import './a.json';"), ("a.json", "{\n  \"a\": }")],
        "a.json",
        2,
        8,
        "expected value",
    );
    refuses(
        &[("m.js", "import './a.wasm';"), ("a.wasm", "text")],
        "a.wasm",
        1,
        1,
        "not a WebAssembly module",
    );
    refuses(&[("m.ts", "let a: = 1;")], "m.ts", 1, 8, "Unexpected token");
    refuses(
        &[("m.jsx", "export const a = <div/>;")],
        "m.jsx",
        1,
        18,
        "JSX",
    );
    refuses(&[("m.cjs", "")], "m.cjs", 1, 1, "must be an ES module");
    let folder = folder(&[("m.js", b"let a = '\xff';")]);
    match load(folder.path(), "m.js") {
        Err(ProjectError::Source(fault)) => assert_eq!((fault.line, fault.column), (1, 10)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_users_line_is_shown() {
    let fault = graph(&[
        ("m.ts", "let a: A = 1; import { b } from './b'; b();"),
        ("b.ts", ""),
    ]);
    let shown = fault.expect_err("no export").to_string();
    assert!(
        shown.contains("let a: A = 1; import { b } from './b'; b();\n"),
        "{shown}"
    );
}

#[test]
fn types_imported_without_saying_so_are_left_out() {
    let modules = graph(&[
        (
            "m.ts",
            "import { Env, value } from './all';\nexport { Env };\nexport default value;",
        ),
        (
            "all.ts",
            "export { Env, value } from './types';\nexport * from './more';",
        ),
        (
            "types.ts",
            "export interface Env {}\nexport const value = 1;",
        ),
        (
            "more.ts",
            "import { Env } from './types';\nexport { Env as More };",
        ),
    ])
    .expect("a graph");
    let source = |name: &str| {
        let module = modules.iter().find(|it| it.name == name);
        module.and_then(|it| it.source.as_text()).expect(name)
    };
    assert_eq!(
        source("m.ts"),
        "import {      value } from './all';\nexport {     };\nexport default value;"
    );
    assert_eq!(
        source("all.ts"),
        "export {      value } from './types';\nexport * from './more';"
    );
    assert_eq!(
        source("more.ts"),
        "                              \nexport {             };"
    );
}

#[test]
fn what_only_types_reach_is_left_out() {
    let modules = graph(&[
        (
            "m.ts",
            "export { Env } from './types';\nimport type { A } from './gone';\nlet a: A;",
        ),
        ("types.ts", "export interface Env {}"),
    ])
    .expect("a graph");
    assert_eq!(names(&modules), ["m.ts"]);
    assert_eq!(imports(&modules[0]), []);
}

#[test]
fn missing_exports_are_refused() {
    refuses(
        &[
            ("m.js", "import { a, b } from './a.js';"),
            ("a.js", "export const a = 1;"),
        ],
        "m.js",
        1,
        13,
        "`a.js` exports no `b`",
    );
    refuses(
        &[
            ("m.js", "import { a } from './a.json';"),
            ("a.json", "{\"a\": 1}"),
        ],
        "m.js",
        1,
        10,
        "`a.json` exports no `a`",
    );
    refuses(
        &[
            ("m.ts", "import { A } from './a';\nnew A();"),
            ("a.ts", "export interface A {}"),
        ],
        "m.ts",
        1,
        10,
        "`A` is used as a value",
    );
}

#[test]
fn size_is_limited() {
    let folder = folder(&[("m.js", b"import './a.bin'; import './b.bin';")]);
    for name in ["a.bin", "b.bin"] {
        let file = fs::File::create(folder.path().join(name)).expect("a file");
        file.set_len(40 * 1024 * 1024).expect("a size");
    }
    match load(folder.path(), "m.js") {
        Err(fault @ ProjectError::TooLarge { .. }) => {
            let shown = fault.to_string();
            assert!(
                shown.contains("64 MiB") && shown.contains("b.bin"),
                "{shown}"
            );
        }
        other => panic!("{other:?}"),
    }
}
