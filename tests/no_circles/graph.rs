//! Which files import which, and where that goes round.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use crate::code::Code;
use crate::crates::{Crate, Files, file_of};

/// Files that import each other, shortest way round, each with the path by which it imports the
/// next.
pub(crate) type Circle = Vec<(PathBuf, String)>;

/// The files that each file imports, and the path by which it does.
type Imports<'a> = BTreeMap<&'a Path, BTreeMap<&'a Path, String>>;

/// Finds the circles among these texts, one for all files that are in one together.
///
/// A file imports another when it uses a name that the other defines; a name that is only
/// passed on by `pub use`, or a module that is only declared, is not used. A part's
/// use of its own module does not count, unless that is the root of a crate: they are one thing.
/// Nor do unit tests.
pub(crate) fn circles(texts: impl IntoIterator<Item = (PathBuf, String)>) -> Vec<Circle> {
    let texts = texts.into_iter();
    let files: Files = texts
        .map(|(path, text)| (path, Code::read(&text)))
        .collect();
    let imports = imports(&files);
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for file in files.keys() {
        if seen.contains(file.as_path()) {
            continue;
        }
        if let Some(circle) = way_round(&imports, file) {
            let forth = reached(&imports, file);
            seen.extend(
                forth
                    .into_iter()
                    .filter(|it| reached(&imports, it).contains(file.as_path())),
            );
            circles.push(circle);
        }
    }
    circles
}

fn imports(files: &Files) -> Imports<'_> {
    let declared: BTreeSet<&Path> = files
        .iter()
        .flat_map(|(path, code)| {
            code.modules
                .iter()
                .filter_map(|it| file_of(files, path, it))
        })
        .collect();
    let mut imports = Imports::new();
    // A file that no other declares is a crate's root.
    for root in files
        .keys()
        .filter(|path| !declared.contains(path.as_path()))
    {
        let tree = Crate::new(files, root);
        for (place, module) in tree.modules.iter().enumerate() {
            let code = module.code;
            let used = code
                .imports
                .iter()
                .filter(|it| !it.public || code.words.contains(&it.name));
            for path in used.map(|import| &import.path).chain(&code.paths) {
                if let Some(file) = tree.resolve(place, path)
                    && !tree.is_part(place, file)
                {
                    let of_file = imports.entry(module.file).or_default();
                    of_file.entry(file).or_insert_with(|| path.join("::"));
                }
            }
        }
    }
    imports
}

/// All files that a file imports, directly or through others.
fn reached<'a>(imports: &Imports<'a>, from: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Path> = vec![from];
    while let Some(file) = next.pop() {
        for to in imports.get(file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(*to) {
                next.push(to);
            }
        }
    }
    reached
}

/// The shortest way from a file back to itself.
fn way_round(imports: &Imports, from: &Path) -> Option<Circle> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for to in imports
            .get(way[way.len() - 1])
            .into_iter()
            .flat_map(BTreeMap::keys)
        {
            if *to == from {
                let next = way.iter().skip(1).chain([&from]);
                let named = way
                    .iter()
                    .zip(next)
                    .map(|(a, b)| (a.to_path_buf(), imports[a][b].clone()));
                return Some(named.collect());
            }
            if seen.insert(*to) {
                ways.push_back([&way[..], &[*to]].concat());
            }
        }
    }
    None
}
