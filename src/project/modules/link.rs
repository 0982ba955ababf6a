//! Whether every name that a module imports is exported by the other, and leaving out those that
//! TypeScript imports without saying that they are types.

use std::collections::{HashMap, HashSet};

use super::graph::Draft;
use super::{Module, ModuleKind};
use crate::project::error::ProjectError;
use crate::project::typescript::TypeOnlyNames;

/// Checks the modules against each other and returns those that the first one reaches.
///
/// A TypeScript module may import and re-export a type without `type`; only the other module
/// tells. Leaving such a name out can make another module's re-export one, so this repeats until
/// nothing changes.
pub(super) fn check(mut drafts: Vec<Draft>) -> Result<Vec<Module>, ProjectError> {
    loop {
        let exports = Exports::of(&drafts);
        let missing: Vec<TypeOnlyNames> =
            drafts.iter().map(|draft| exports.missing(draft)).collect();
        let mut changed = false;
        for (draft, missing) in drafts.iter_mut().zip(missing) {
            if draft.typescript.is_some() && !missing.is_empty() {
                draft.type_only.extend(missing);
                draft.strip_again()?;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let exports = Exports::of(&drafts);
    for draft in &drafts {
        exports.refuse_missing(draft)?;
    }
    drop(exports);
    Ok(reached(drafts))
}

/// What all modules export.
struct Exports<'d> {
    by_name: HashMap<&'d str, &'d Draft>,
}

impl<'d> Exports<'d> {
    fn of(drafts: &'d [Draft]) -> Self {
        Self {
            by_name: drafts
                .iter()
                .map(|draft| (draft.module.name.as_str(), draft))
                .collect(),
        }
    }

    /// The module that a specifier means, if it is one of the project's.
    fn meant_by(&self, draft: &Draft, specifier: &str) -> Option<&'d Draft> {
        let mut imports = draft.module.imports.iter();
        let import = imports.find(|it| it.specifier == specifier)?;
        self.by_name.get(import.module.as_str()).copied()
    }

    /// Whether a module exports a name, as far as that can be known: yes in doubt.
    fn has(&self, of: &'d Draft, name: &str, asked: &mut HashSet<&'d str>) -> bool {
        match of.module.kind {
            ModuleKind::Es => {}
            ModuleKind::CommonJs => return true,
            _ => return name == "default",
        }
        if of.surface.exports.contains(name) {
            return true;
        }
        if name == "default" || !asked.insert(of.module.name.as_str()) {
            return false;
        }
        of.surface.stars.iter().any(|specifier| {
            self.meant_by(of, specifier)
                .is_none_or(|further| self.has(further, name, asked))
        })
    }

    /// Names that a module asks of others which do not export them: (specifier, name).
    fn missing(&self, draft: &Draft) -> TypeOnlyNames {
        let mut missing = TypeOnlyNames::new();
        for (specifier, name, _) in self.missing_places(draft) {
            missing.insert((specifier.to_owned(), name.to_owned()));
        }
        missing
    }

    fn missing_places<'r>(&self, draft: &'r Draft) -> Vec<(&'r str, &'r str, usize)> {
        let mut places = Vec::new();
        for request in &draft.surface.requests {
            let Some(other) = self.meant_by(draft, &request.specifier) else {
                continue;
            };
            for (name, offset) in &request.names {
                if !self.has(other, name, &mut HashSet::new()) {
                    places.push((request.specifier.as_str(), name.as_str(), *offset));
                }
            }
        }
        places
    }

    fn refuse_missing(&self, draft: &Draft) -> Result<(), ProjectError> {
        let Some(&(specifier, name, offset)) = self.missing_places(draft).first() else {
            return Ok(());
        };
        let other = self.meant_by(draft, specifier);
        let other = other.map_or(specifier, |it| it.module.name.as_str());
        let message = format!("`{other}` exports no `{name}`; export it there or import another");
        Err(draft.fault(offset, message))
    }
}

/// The modules that the first one reaches, in the order they were found, each with the imports
/// its source still has.
fn reached(mut drafts: Vec<Draft>) -> Vec<Module> {
    for draft in &mut drafts {
        let requests = &draft.surface.requests;
        let asked: HashSet<&str> = requests.iter().map(|it| it.specifier.as_str()).collect();
        let imports = &mut draft.module.imports;
        imports.retain(|import| asked.contains(import.specifier.as_str()));
    }
    let by_name: HashMap<&str, &Draft> = drafts
        .iter()
        .map(|draft| (draft.module.name.as_str(), draft))
        .collect();
    let mut found: HashSet<String> = HashSet::new();
    let mut open: Vec<&Draft> = drafts.first().into_iter().collect();
    while let Some(draft) = open.pop() {
        if found.insert(draft.module.name.clone()) {
            let imports = draft.module.imports.iter();
            open.extend(imports.filter_map(|it| by_name.get(it.module.as_str())));
        }
    }
    drafts
        .into_iter()
        .map(|draft| draft.module)
        .filter(|module| found.contains(&module.name))
        .collect()
}
