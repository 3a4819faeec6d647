//! The modules of a crate, and the file that a path leads to.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::code::{Code, Declared};

/// The code of each file, by its path.
pub(crate) type Files = BTreeMap<PathBuf, Code>;

/// The modules of one crate; the root is the first.
pub(crate) struct Crate<'a> {
    pub(crate) modules: Vec<Module<'a>>,
}

pub(crate) struct Module<'a> {
    pub(crate) file: &'a Path,
    pub(crate) code: &'a Code,
    parent: Option<usize>,
    children: BTreeMap<&'a str, usize>,
}

/// Longer chains of re-exports are names that lead to themselves.
const MOST_STEPS: usize = 32;

impl<'a> Crate<'a> {
    pub(crate) fn new(files: &'a Files, root: &'a Path) -> Crate<'a> {
        let mut tree = Crate {
            modules: Vec::new(),
        };
        tree.add(files, root, &files[root], None);
        tree
    }

    fn add(
        &mut self,
        files: &'a Files,
        file: &'a Path,
        code: &'a Code,
        parent: Option<usize>,
    ) -> usize {
        let place = self.modules.len();
        self.modules.push(Module {
            file,
            code,
            parent,
            children: BTreeMap::new(),
        });
        for declared in &code.modules {
            let child = match &declared.code {
                Some(code) => Some((file, code)),
                None => file_of(files, file, declared).map(|file| (file, &files[file])),
            };
            if let Some((file, code)) = child {
                let child = self.add(files, file, code, Some(place));
                self.modules[place].children.insert(&declared.name, child);
            }
        }
        place
    }

    /// The file that defines a path's item, as seen from a module. None where it is another
    /// crate's, or no more than a module.
    pub(crate) fn resolve(&self, from: usize, path: &[String]) -> Option<&'a Path> {
        match self.walk(from, path, MOST_STEPS)? {
            Found::Item(module) => Some(self.modules[module].file),
            Found::Module(_) => None,
        }
    }

    /// Whether a module is in this file, or a part of the module that is there. None is a part of
    /// the root.
    pub(crate) fn is_part(&self, place: usize, file: &Path) -> bool {
        let mut module = &self.modules[place];
        while module.file != file {
            match module.parent {
                Some(parent) if parent > 0 => module = &self.modules[parent],
                _ => return false,
            }
        }
        true
    }

    fn walk(&self, from: usize, path: &[String], steps: usize) -> Option<Found> {
        let steps = steps.checked_sub(1)?;
        let (head, mut rest) = path.split_first()?;
        let mut at = match &head[..] {
            "crate" => 0,
            "self" => from,
            "super" => self.modules[from].parent?,
            // A name in scope, if it is not another crate.
            _ => match self.step(from, head, steps)? {
                Found::Module(module) => module,
                item => return Some(item),
            },
        };
        while let Some((head, after)) = rest.split_first() {
            at = match &head[..] {
                "super" => self.modules[at].parent?,
                _ => match self.step(at, head, steps) {
                    Some(Found::Module(module)) => module,
                    Some(item) => return Some(item),
                    // Items that a macro makes are not seen.
                    None => return Some(Found::Item(at)),
                },
            };
            rest = after;
        }
        Some(Found::Module(at))
    }

    /// The thing with this name in a module: a child, an item of its own, or one that it imports.
    fn step(&self, at: usize, name: &str, steps: usize) -> Option<Found> {
        let module = &self.modules[at];
        if let Some(child) = module.children.get(name) {
            return Some(Found::Module(*child));
        }
        if module.code.items.contains(name) {
            return Some(Found::Item(at));
        }
        let imports = &module.code.imports;
        if let Some(import) = imports.iter().find(|import| import.name == name) {
            return self.walk(at, &import.path, steps);
        }
        imports.iter().filter(|it| it.name == "*").find_map(|all| {
            match self.walk(at, &all.path, steps)? {
                Found::Module(module) => self.step(module, name, steps.checked_sub(1)?),
                Found::Item(_) => None,
            }
        })
    }
}

enum Found {
    Module(usize),
    /// Defined in this module.
    Item(usize),
}

/// The file of a module that is declared without its code.
pub(crate) fn file_of<'a>(files: &'a Files, from: &Path, declared: &Declared) -> Option<&'a Path> {
    let name = &declared.name;
    let beside = from.parent()?;
    let below = from.with_extension("");
    let candidates = match &declared.path {
        Some(path) => vec![beside.join(path)],
        None => [&below, beside]
            .map(|folder| {
                [
                    folder.join(format!("{name}.rs")),
                    folder.join(name).join("mod.rs"),
                ]
            })
            .concat(),
    };
    let found = candidates
        .iter()
        .find_map(|path| files.get_key_value(&plain(path)));
    found.map(|(path, _)| path.as_path())
}

/// The path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            component => plain.push(component),
        }
    }
    plain
}
