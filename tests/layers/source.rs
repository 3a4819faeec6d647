//! Source files, and the part of them that is code.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the library.
pub(crate) struct Source {
    /// From the folder of the package on.
    pub(crate) path: PathBuf,
    /// The file, with its unit tests blanked.
    pub(crate) text: String,
    /// The file without comments, texts and unit tests.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let code = blank(text);
        let tests = test_items(&code);
        let cut = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            for test in &tests {
                let test = &mut bytes[test.clone()];
                test.iter_mut()
                    .filter(|it| **it != b'\n')
                    .for_each(|it| *it = b' ');
            }
            String::from_utf8(bytes).expect("only whole items are blanked")
        };
        Source {
            path: path.into(),
            text: cut(text),
            code: cut(&code),
        }
    }

    /// All files.
    pub(crate) fn all() -> Vec<Source> {
        Source::read().0
    }

    /// All files that are not unit tests alone.
    pub(crate) fn library() -> Vec<Source> {
        let (mut sources, tests) = Source::read();
        sources.retain(|source| !tests.iter().any(|test| source.module().starts_with(test)));
        sources
    }

    /// All files, and the modules that are unit tests alone.
    fn read() -> (Vec<Source>, Vec<Vec<String>>) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        collect(&root.join("src"), &mut files);
        let mut tests = Vec::new();
        let mut sources = Vec::new();
        for file in files {
            let path = file.strip_prefix(root).expect("below the root");
            let text = fs::read_to_string(&file).expect("a text");
            let source = Source::new(path.to_str().expect("a plain path"), &text);
            tests.extend(test_modules(&blank(&text)).map(|name| source.child(&name)));
            sources.push(source);
        }
        (sources, tests)
    }

    /// Its module, from the crate's root on; empty for lib.rs.
    pub(crate) fn module(&self) -> Vec<String> {
        let path = self.path.with_extension("");
        let names = path.iter().skip(1).map(|name| name.to_string_lossy());
        let mut names: Vec<String> = names.map(String::from).collect();
        names.retain(|name| name != "lib" && name != "mod");
        names
    }

    fn child(&self, name: &str) -> Vec<String> {
        let mut module = self.module();
        module.push(name.to_owned());
        module
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

const TEST: &str = "#[cfg(test)]";

/// Where the items are that are compiled for unit tests only.
fn test_items(code: &str) -> Vec<std::ops::Range<usize>> {
    let items = code.match_indices(TEST).map(|(start, _)| {
        let (mut depth, mut opened) = (0, false);
        for (at, byte) in code.bytes().enumerate().skip(start + TEST.len()) {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth -= 1,
                _ => {}
            }
            opened |= byte == b'{';
            if depth == 0 && (byte == b';' || (opened && byte == b'}')) {
                return start..at + 1;
            }
        }
        start..code.len()
    });
    items.collect()
}

/// The modules, in files of their own, that are compiled for unit tests only.
fn test_modules(code: &str) -> impl Iterator<Item = String> {
    code.split(TEST).skip(1).filter_map(|rest| {
        let (item, _) = rest.split_once(';')?;
        let name = item.trim().strip_prefix("mod ")?;
        (!name.contains(|c: char| !c.is_alphanumeric() && c != '_')).then(|| name.to_owned())
    })
}

/// The text with spaces for comments and the insides of literals; every byte stays in its place.
fn blank(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (skipped, length) = match rest.as_bytes()[0] {
            b'/' if rest.starts_with("//") => (0, rest.find('\n').unwrap_or(rest.len())),
            b'/' if rest.starts_with("/*") => (0, rest.find("*/").map_or(rest.len(), |it| it + 2)),
            b'r' if is_raw(text, at) => {
                let hashes = rest[1..].find('"').expect("a raw text");
                let end = format!("\"{}", "#".repeat(hashes));
                let start = hashes + 2;
                let length = rest[start..].find(&end).unwrap_or(rest.len() - start);
                (start, start + length + end.len())
            }
            b'"' => (1, 1 + quoted(&rest[1..], '"')),
            // A lifetime has no second quote.
            b'\'' if rest.starts_with("'\\") => (1, 1 + quoted(&rest[1..], '\'')),
            b'\'' if rest.chars().nth(2) == Some('\'') => {
                (1, 2 + rest[1..].find('\'').expect("one"))
            }
            first => (
                1,
                if first < 0x80 {
                    1
                } else {
                    first.leading_ones() as usize
                },
            ),
        };
        let end = (at + length).min(bytes.len());
        for byte in &mut bytes[(at + skipped).min(end)..end] {
            if *byte != b'\n' && *byte != b'"' {
                *byte = b' ';
            }
        }
        if length > 1 && skipped == 1 && rest.as_bytes()[0] >= 0x80 {
            // A letter that is not ASCII stands whole or not at all.
            bytes[at] = b' ';
        }
        at = end;
    }
    String::from_utf8(bytes).expect("only whole characters are blanked")
}

fn is_raw(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let prefixed = text[..at].ends_with('b') && !text[..at - 1].ends_with(is_name);
    (prefixed || !before.is_some_and(is_name))
        && text[at + 1..].trim_start_matches('#').starts_with('"')
}

/// The length of a literal up to and with its closing quote.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn comments_texts_and_unit_tests_are_no_code() {
    let source = Source::new(
        "src/a.rs",
        "//! crate::b ü\nlet a = \"crate::c \\\" }\"; let b = r#\"crate::d }\"#; let c = '{';\n\
         /* crate::e */ fn f<'a>() { let d = b\"x\"; let e = '\\''; }\n\
         #[cfg(test)]\nmod tests { fn g() { \"}\"; crate::h } }\ncrate::last",
    );
    let words: Vec<&str> = source.code.split_whitespace().collect();
    assert!(!source.text.contains("crate::h") && source.text.contains("crate::b"));
    let paths: Vec<_> = words.iter().filter(|it| it.contains("::")).collect();
    assert_eq!(paths, [&"crate::last"], "{}", source.code);
}

#[test]
fn only_test_modules_are_left_out() {
    let text = "#[cfg(test)]\nmod simulation;\n#[cfg(test)]\nuse crate::x;\nfn a() {}";
    assert!(test_modules(&blank(text)).eq(["simulation"]));
    assert_eq!(Source::new("src/a.rs", text).code.trim(), "fn a() {}");
}
