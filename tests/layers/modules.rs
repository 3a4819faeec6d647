//! Which file of the library imports which, also by way of others that hand things on.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// A module by its path, which is empty for the crate itself.
pub(crate) type Module = Vec<String>;

/// The modules of the library, each with its code.
pub(crate) struct Modules<'a> {
    code: BTreeMap<Module, &'a str>,
    /// What is brought into each module by `use`: a name, and the path that it stands for.
    uses: BTreeMap<Module, BTreeMap<String, Module>>,
}

impl<'a> Modules<'a> {
    pub(crate) fn new(sources: &'a [Source]) -> Modules<'a> {
        let code = sources.iter().map(|it| (it.module(), it.code.as_str()));
        let mut modules = Modules {
            code: code.collect(),
            uses: BTreeMap::new(),
        };
        let uses = modules
            .code
            .keys()
            .map(|it| (it.clone(), modules.read_uses(it)));
        modules.uses = uses.collect();
        modules
    }

    /// What each module imports: the modules in which the things are that it names, also by way of
    /// others that hand them on.
    pub(crate) fn imports(&self) -> BTreeMap<&Module, BTreeSet<&Module>> {
        let imports = self.code.iter().map(|(module, code)| {
            let mut paths = self.used(module, code);
            paths.extend(self.named(module, code));
            let modules = paths.into_iter().filter_map(|path| self.find(&path, 0));
            (module, modules.filter(|it| *it != module).collect())
        });
        imports.collect()
    }

    /// The circles: each, the modules of which everyone imports every other, or one that does.
    pub(crate) fn circles(&self) -> BTreeSet<Vec<String>> {
        let imports = self.imports();
        let reached = |from| {
            let mut seen: BTreeSet<&Module> = BTreeSet::new();
            let mut open = vec![from];
            while let Some(module) = open.pop() {
                let theirs = imports.get(module).into_iter().flatten();
                open.extend(theirs.copied().filter(|it| seen.insert(*it)));
            }
            seen
        };
        let reached: BTreeMap<_, _> = imports
            .keys()
            .copied()
            .map(|it| (it, reached(it)))
            .collect();
        let round = reached.iter().filter(|(own, theirs)| theirs.contains(*own));
        let circles = round.map(|(own, theirs)| {
            let back = theirs.iter().filter(|it| reached[*it].contains(*own));
            back.map(|it| it.join("::")).collect()
        });
        circles.collect()
    }

    /// The module in which a thing is.
    fn find(&self, path: &[String], depth: usize) -> Option<&Module> {
        let known = (0..=path.len())
            .rev()
            .find(|length| self.code.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(known);
        let (module, _) = self.code.get_key_value(module)?;
        let Some(name) = rest.first() else {
            return Some(module);
        };
        match self.uses.get(module).and_then(|uses| uses.get(name)) {
            Some(other) if depth < 8 => self.find(other, depth + 1).or(Some(module)),
            // A macro is at the top, wherever it is written.
            _ => Some(module).filter(|module| !module.is_empty()),
        }
    }

    /// What a module's `use` lines bring in.
    fn read_uses(&self, module: &Module) -> BTreeMap<String, Module> {
        let lines = use_lines(self.code[module]);
        let names = lines.flat_map(|(_, tree)| expand(tree));
        let paths = names.filter_map(|(path, name)| Some((name, self.absolute(module, &path)?)));
        paths.collect()
    }

    /// The paths of a module's `use` lines, but for those that only hand on what is in its children.
    fn used(&self, module: &Module, code: &str) -> Vec<Module> {
        let rest = without_use_lines(code);
        let is_named = |name: &str| {
            let mut found = rest.match_indices(name);
            found.any(|(at, _)| {
                let (before, after) = (&rest[..at], &rest[at + name.len()..]);
                let is_whole = !before.ends_with(is_of_name) && !after.starts_with(is_of_name);
                is_whole && !before.ends_with("mod ")
            })
        };
        let mut used = Vec::new();
        for (line, tree) in use_lines(code) {
            let names = expand(tree).into_iter();
            let names = names.filter(|(_, name)| !line.starts_with("pub") || is_named(name));
            used.extend(names.filter_map(|(path, _)| self.absolute(module, &path)));
        }
        used
    }

    /// The paths that stand in a module's code, beside its `use` lines.
    fn named(&self, module: &Module, code: &str) -> Vec<Module> {
        let code = without_use_lines(code);
        let paths = code.split(|c| !is_of_name(c) && c != ':');
        let paths = paths.filter(|path| path.contains("::"));
        let paths = paths.map(|path| path.split("::").map(str::to_owned).collect());
        let absolute = |path: Vec<String>| self.absolute(module, &path);
        paths.filter_map(absolute).collect()
    }

    /// A path as it is from the top of the crate; `None` for one of another crate.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Module::new(),
            "self" => module.clone(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            child if self.code.contains_key(&join(module, child)) => join(module, child),
            _ => return None,
        };
        for segment in rest {
            match segment.as_str() {
                "super" => drop(base.pop()),
                "self" | "*" => {}
                _ => base.push(segment.clone()),
            }
        }
        Some(base)
    }
}

fn join(module: &[String], child: &str) -> Module {
    module.iter().cloned().chain([child.to_owned()]).collect()
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The `use` lines of a file: each whole, and what comes after the word.
fn use_lines(code: &str) -> impl Iterator<Item = (&str, &str)> {
    code.match_indices("use ").filter_map(|(at, word)| {
        let before = &code[..at];
        let begin = before.rfind(['\n', ';', '}']).map_or(0, |it| it + 1);
        let is_public = before[begin..].trim_start().starts_with("pub");
        let end = at + code[at..].find(';')?;
        let is_line = before[begin..].trim().is_empty() || is_public;
        is_line.then(|| (code[begin..=end].trim_start(), &code[at + word.len()..end]))
    })
}

fn without_use_lines(code: &str) -> String {
    let lines = use_lines(code).map(|(line, _)| line);
    lines.fold(code.to_owned(), |code, line| code.replacen(line, "", 1))
}

/// The paths of a `use` line, each with the name that it gives.
fn expand(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let (path, alias) = match tree.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias.trim().to_owned())),
            None => (tree, None),
        };
        let path: Vec<_> = path.split("::").map(|it| it.trim().to_owned()).collect();
        let last = path.iter().rev().find(|it| *it != "self").cloned();
        let name = alias.or(last).unwrap_or_default();
        return vec![(path, name)];
    };
    let base = before.trim().trim_end_matches("::").split("::");
    let base: Vec<_> = base
        .filter(|it| !it.is_empty())
        .map(|it| it.trim().to_owned())
        .collect();
    let group = group.trim().strip_suffix('}').unwrap_or(group);
    let each = split_group(group)
        .into_iter()
        .filter(|it| !it.trim().is_empty());
    let each = each.flat_map(expand).map(|(path, name)| {
        let whole: Vec<_> = base.iter().cloned().chain(path).collect();
        let is_base = name.is_empty() || name == "self";
        let name = if is_base {
            base.last().cloned().unwrap_or_default()
        } else {
            name
        };
        (whole, name)
    });
    each.collect()
}

/// What stands between the commas of a group, groups within it being whole.
fn split_group(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[begin..]);
    parts
}
