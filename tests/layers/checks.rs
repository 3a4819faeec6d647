//! The checks: each takes files, and gives a line for everything that is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// Modules from the lowest layer up; those of one layer may import each other, but not round.
pub(crate) struct Layers {
    /// The module that has them; empty for the crate.
    pub(crate) within: &'static [&'static str],
    pub(crate) layers: &'static [&'static [&'static str]],
}

impl Layers {
    /// The module of these that a path belongs to.
    fn module<'a>(&self, path: &'a [String]) -> Option<&'a str> {
        let mut path = path.iter();
        let inside = self
            .within
            .iter()
            .all(|name| path.next().is_some_and(|it| it == name));
        path.next().filter(|_| inside).map(String::as_str)
    }

    pub(crate) fn layer(&self, module: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.contains(&module))
    }
}

/// Modules without a layer.
pub(crate) fn without_layer(layers: &Layers, source: &Source) -> Option<String> {
    let module = source.module();
    let module = layers.module(&module)?;
    let path = source.path.display();
    (layers.layer(module).is_none()).then(|| format!("{path}: {module} has no layer"))
}

/// Imports that go up.
pub(crate) fn upward_imports(layers: &Layers, source: &Source) -> Vec<String> {
    let own = source.module();
    let Some(layer) = layers.module(&own).and_then(|own| layers.layer(own)) else {
        return Vec::new();
    };
    let mut upward = Vec::new();
    for import in imports(source) {
        // A name that is not a module is one that the root re-exports.
        let theirs = layers.module(&import).and_then(|it| layers.layer(it));
        if theirs.is_some_and(|theirs| theirs > layer) {
            let (path, import) = (source.path.display(), import.join("::"));
            upward.push(format!("{path} imports {import}, which lies above it"));
        }
    }
    upward
}

/// Imports of a module by another, of modules of the top level that stand side by side.
pub(crate) fn crossing_imports(apart: &[&str], source: &Source) -> Vec<String> {
    let own = source.module();
    let is_apart = |path: &[String]| {
        path.first()
            .filter(|it| apart.contains(&it.as_str()))
            .cloned()
    };
    let Some(own) = is_apart(&own) else {
        return Vec::new();
    };
    let crossing = imports(source).into_iter();
    let crossing = crossing.filter(|it| is_apart(it).is_some_and(|theirs| theirs != own));
    let path = source.path.display();
    crossing
        .map(|it| format!("{path} imports {}", it.join("::")))
        .collect()
}

/// Modules of one layer that import each other round.
pub(crate) fn circles(layers: &Layers, sources: &[Source]) -> Vec<String> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources {
        let own = source.module();
        let Some(own) = layers.module(&own) else {
            continue;
        };
        let imports = imports(source);
        let theirs = imports.iter().filter_map(|it| layers.module(it));
        let theirs = theirs.filter(|it| *it != own && layers.layer(it).is_some());
        let known = graph.entry(own.to_owned()).or_default();
        known.extend(theirs.map(str::to_owned));
    }
    let reaches = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            for next in graph.get(module).into_iter().flatten() {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let round = graph
        .keys()
        .filter(|module| reaches(module).contains(module));
    round
        .map(|module| format!("{module} is in a circle of imports"))
        .collect()
}

/// The paths that a file names from the crate's root or from a module around it.
fn imports(source: &Source) -> Vec<Vec<String>> {
    let code = &source.code;
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$';
            if before.is_some_and(goes_on) && !code[..at].ends_with("$") {
                continue;
            }
            let mut module = if start == "crate::" {
                Vec::new()
            } else {
                source.module()
            };
            let mut rest = &code[at..];
            while let Some(up) = rest.strip_prefix("super::") {
                module.pop();
                rest = up;
            }
            let rest = rest.strip_prefix("crate::").unwrap_or(rest);
            tree(module, rest, &mut found);
        }
    }
    found
}

/// The paths that a file imports from other crates, each in full, however they are grouped.
fn used(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.code.match_indices("use ") {
        let before = source.code[..at].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            tree(Vec::new(), &source.code[at + "use ".len()..], &mut found);
        }
    }
    found.iter().map(|path| path.join("::")).collect()
}

/// Reads a path and the groups in braces that it branches into; gives the rest of the text.
fn tree<'a>(mut path: Vec<String>, mut rest: &'a str, found: &mut Vec<Vec<String>>) -> &'a str {
    loop {
        rest = rest.trim_start();
        if let Some(mut group) = rest.strip_prefix('{') {
            loop {
                group = tree(path.clone(), group, found).trim_start();
                match group.strip_prefix(',') {
                    Some(next) => group = next,
                    None => return group.strip_prefix('}').unwrap_or(group),
                }
            }
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if !name.is_empty() {
            path.push(name.to_owned());
        }
        match after.strip_prefix("::") {
            Some(next) if !name.is_empty() => rest = next,
            _ => {
                found.push(path);
                // An `as` and its name, or a star.
                let end = after.find([',', '}', ';']).unwrap_or(after.len());
                return &after[end..];
            }
        }
    }
}

/// Words of a layer that no layer below it may use.
pub(crate) struct Words {
    pub(crate) of: &'static str,
    /// In code alone, as whole names.
    pub(crate) names: &'static [&'static str],
    /// Also as parts of names, and in comments and docs, but for the examples in these.
    pub(crate) anywhere: &'static [&'static str],
}

/// Words of upper layers.
pub(crate) fn upper_words(layers: &Layers, words: &Words, source: &Source) -> Vec<String> {
    let own = source.module();
    let own = layers.module(&own).and_then(|own| layers.layer(own));
    if own.is_none_or(|own| Some(own) >= layers.layer(words.of)) {
        return Vec::new();
    }
    let names = source
        .code
        .split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut wrong: BTreeSet<&str> = names.filter(|name| words.names.contains(name)).collect();
    let text = without_examples(&source.text);
    let parts = parts(&text);
    let anywhere = words.anywhere.iter().copied();
    wrong.extend(anywhere.filter(|word| parts.contains(*word)));
    let (path, of) = (source.path.display(), words.of);
    wrong
        .iter()
        .map(|word| format!("{path}: `{word}` is a word of {of}"))
        .collect()
}

fn without_examples(text: &str) -> String {
    let mut example = false;
    let lines = text.lines().filter(|line| {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or(line.strip_prefix("//!"));
        let fence = doc.is_some_and(|doc| doc.trim_start().starts_with("```"));
        example = doc.is_some() && (example != fence);
        !example && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The words of a text, in small letters; `NoSuchName` and `no_such_name` are three.
fn parts(text: &str) -> BTreeSet<String> {
    let mut apart = String::new();
    let mut small = false;
    for c in text.chars() {
        if !c.is_alphabetic() || (small && c.is_uppercase()) {
            apart.push(' ');
        }
        small = c.is_lowercase();
        if c.is_alphabetic() {
            apart.extend(c.to_lowercase());
        }
    }
    apart.split_whitespace().map(str::to_owned).collect()
}

/// The words that codecs and state machines may not know.
pub(crate) struct Purity {
    /// The modules that are pure, by their paths.
    pub(crate) pure: &'static [&'static [&'static str]],
    /// All that they may import, by the modules of the top level.
    pub(crate) imports: &'static [&'static str],
    /// The names that they may not use.
    pub(crate) names: &'static [&'static str],
}

/// Imports and names in a pure module that must not be there.
pub(crate) fn impurities(purity: &Purity, source: &Source) -> Vec<String> {
    let module = source.module();
    let is_pure = |pure: &&[&str]| {
        module.len() >= pure.len() && module.iter().zip(*pure).all(|(own, name)| own == name)
    };
    if !purity.pure.iter().any(is_pure) {
        return Vec::new();
    }
    let path = source.path.display();
    let imported = imports(source).into_iter();
    let imported = imported.filter(|it| {
        it.first()
            .is_some_and(|top| !purity.imports.contains(&top.as_str()))
    });
    let imported = imported.map(|it| format!("{path} imports {}", it.join("::")));
    let used = used(source);
    let uses = |name: &str| {
        let name = name.trim_end_matches("::");
        used.iter()
            .any(|path| format!("{path}::").starts_with(&format!("{name}::")))
    };
    let named = purity
        .names
        .iter()
        .filter(|name| source.code.contains(**name) || uses(name));
    let named = named.map(|name| format!("{path} names {name}"));
    imported.chain(named).collect()
}
