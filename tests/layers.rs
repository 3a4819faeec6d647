//! Lower layers never import upper ones, and what is confined stays where it belongs.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the lowest layer up; those of one line may import each other.
const LAYERS: [&[&str]; 11] = [
    &["error"],
    &["ffi"],
    &["endpoint", "message", "options", "throttle"],
    &["fork"],
    &["wake", "background"],
    &["monitor"],
    &["context", "capabilities"],
    &["socket"],
    &["pattern"],
    &["client", "server"],
    &["zre"],
];

/// The only modules that may name the binding, so that it can be replaced.
const BINDING: [&str; 5] = ["capabilities", "context", "ffi", "monitor", "socket"];

fn sources() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a text");
                found.push((path, text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(&root.join("src"), &mut found);
    for (path, _) in &mut found {
        *path = path.strip_prefix(root).expect("below the root").to_owned();
    }
    found
}

/// The module of the top level that a file belongs to.
fn module(path: &Path) -> String {
    let first = path.iter().nth(1).expect("a file in src");
    let name = Path::new(first).file_stem().expect("a name");
    name.to_string_lossy().into_owned()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The code of a file: without comments, doctests and unit tests.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_module_has_its_layer() {
    for (path, _) in sources() {
        let module = module(&path);
        assert!(
            module == "lib" || layer(&module).is_some(),
            "{module} has no layer"
        );
    }
}

#[test]
fn no_import_goes_up() {
    for (path, text) in sources() {
        let Some(own) = layer(&module(&path)) else {
            continue;
        };
        for import in code(&text).split("crate::").skip(1) {
            let name: String = import
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            // A name that is no module is re-exported by lib.rs: macros for client and server
            // write such paths.
            let Some(theirs) = layer(&name) else { continue };
            assert!(
                theirs <= own,
                "{} imports crate::{name}, which lies above it",
                path.display()
            );
        }
    }
}

#[test]
fn unsafe_code_is_in_ffi() {
    for (path, text) in sources() {
        let has = code(&text).contains("unsafe");
        let may = module(&path) == "ffi";
        assert!(!has || may, "{} has unsafe code", path.display());
    }
}

#[test]
fn the_binding_is_named_in_few_modules() {
    for (path, text) in sources() {
        let names = code(&text).contains("zmq::") || code(&text).contains("zmq_sys::");
        let may = BINDING.contains(&module(&path).as_str());
        assert!(!names || may, "{} names the binding", path.display());
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
        assert!(
            text.starts_with("//! "),
            "{} has no purpose",
            path.display()
        );
    }
}
