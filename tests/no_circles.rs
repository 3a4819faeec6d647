//! No file imports itself by way of others: in all folders, of the library, its tests and its tools.

#[path = "no_circles/code.rs"]
mod code;
#[path = "no_circles/crates.rs"]
mod crates;
#[path = "no_circles/graph.rs"]
mod graph;

use std::fs;
use std::path::{Path, PathBuf};

use graph::{Circle, circles};

/// All files of Rust in the project.
fn sources() -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_ours = !name.starts_with('.') && name != "target" && name != "node_modules";
            if path.is_dir() && is_ours {
                collect(&path, found);
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(root, &mut found);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a text");
        let path = path.strip_prefix(root).expect("below the root");
        (path.to_owned(), text)
    };
    found.into_iter().map(read).collect()
}

/// The files of each circle among these.
fn found(texts: &[(&str, &str)]) -> Vec<Vec<String>> {
    let texts = texts
        .iter()
        .map(|(path, text)| (path.into(), text.to_string()));
    let files = |circle: Circle| {
        circle
            .iter()
            .map(|(file, _)| file.display().to_string())
            .collect()
    };
    circles(texts).into_iter().map(files).collect()
}

#[test]
fn nothing_imports_round() {
    let circles = circles(sources());
    for circle in &circles {
        println!("These import each other:");
        for (file, path) in circle {
            println!("    {} uses {path}", file.display());
        }
    }
    assert!(circles.is_empty());
}

#[test]
fn two_files_that_import_each_other_are_found() {
    let found = found(&[
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "use crate::b::B; pub struct A;"),
        ("src/b.rs", "use super::a::A; pub struct B;"),
    ]);
    assert_eq!(found, [["src/a.rs", "src/b.rs"]]);
}

#[test]
fn a_long_way_round_is_found_in_any_spelling() {
    let found = found(&[
        ("main.rs", "mod a; mod b; mod c; mod d; mod e;"),
        ("a.rs", "use crate::{d::D, b::{self as other, B}};"),
        ("b.rs", "fn b() { crate::c::call() } struct B;"),
        ("c/mod.rs", "pub fn call() { use super::e; e::E::new() }"),
        ("d.rs", "pub struct D;"),
        (
            "e.rs",
            "pub struct E; macro_rules! m { () => { $crate::a::A } }",
        ),
    ]);
    assert_eq!(found, [["a.rs", "b.rs", "c/mod.rs", "e.rs"]]);
}

#[test]
fn a_name_that_is_passed_on_leads_to_where_it_is_defined() {
    let lib = ("lib.rs", "mod a; mod b; pub use a::*; pub use b::inner::B;");
    let b = ("b.rs", "pub mod inner;");
    let inner = ("b/inner.rs", "use crate::A; pub struct B;");
    let round = found(&[lib, b, inner, ("a.rs", "use crate::B; pub struct A;")]);
    assert_eq!(round, [["a.rs", "b/inner.rs"]]);
    assert!(found(&[lib, b, inner, ("a.rs", "pub struct A;")]).is_empty());
}

#[test]
fn the_root_of_a_crate_is_imported_by_none_of_its_modules() {
    let texts = |used| {
        [
            ("main.rs", used),
            ("a.rs", "use crate::run; pub fn a() { run() }"),
        ]
    };
    let found_in = |used| found(&texts(used));
    assert_eq!(
        found_in("mod a; fn run() {} fn main() { a::a() }"),
        [["a.rs", "main.rs"]]
    );
    assert!(found_in("mod a; pub use a::a; fn run() {}").is_empty());
}

#[test]
fn a_part_may_use_items_of_its_module_and_nothing_that_uses_it() {
    let lib = ("lib.rs", "mod a; mod b;");
    let a = ("a.rs", "mod part; use part::Part; pub struct A(Part);");
    let part = ("a/part.rs", "use super::A; pub struct Part;");
    assert!(found(&[lib, a, part, ("b.rs", "use crate::a::A;")]).is_empty());
    let part = ("a/part.rs", "use crate::b::B; pub struct Part;");
    let round = found(&[lib, a, part, ("b.rs", "use crate::a::A; pub struct B;")]);
    assert_eq!(round, [["a/part.rs", "b.rs", "a.rs"]]);
}

#[test]
fn tests_and_texts_import_nothing_and_the_code_after_them_is_read() {
    let b = ("b.rs", "use crate::a::A; pub struct B;");
    let without = "#[cfg(test)] mod tests { use crate::b::B; } #[cfg(test)] fn f() { crate::b::f() } \
        /* crate::b::B */ const A: &str = \"crate::b::B\";";
    let found_in = |a: &str| found(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), b]);
    assert!(found_in(without).is_empty());
    assert_eq!(
        found_in(&format!("{without} use crate::b::B;")),
        [["a.rs", "b.rs"]]
    );
}

#[test]
fn crates_beside_each_other_are_told_apart() {
    let found = found(&[
        ("tests/a.rs", "mod support; use support::B;"),
        (
            "tests/b.rs",
            "#[path = \"support/mod.rs\"] mod helpers; use helpers::B;",
        ),
        (
            "tests/support/mod.rs",
            "pub struct B; use zeroless::a; use other::B;",
        ),
    ]);
    assert!(found.is_empty());
}
