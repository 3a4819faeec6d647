//! A change to a source, and how it is made: only to the very text that it is for.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A change to libzmq.
pub(crate) struct Patch {
    /// `zmq_has("zeroless:<name>")` tells that it is there.
    pub(crate) name: &'static str,
    /// The fault without it.
    pub(crate) why: &'static str,
    pub(crate) edits: &'static [Edit],
}

/// A text of a file that is there exactly once, and its replacement.
pub(crate) struct Edit {
    pub(crate) file: &'static str,
    pub(crate) old: &'static str,
    pub(crate) new: &'static str,
}

/// Applies these patches, but for those named in `ZEROLESS_LIBZMQ_WITHOUT` (a test leaves one out,
/// to see that it is needed), and gives the names of those that are applied.
pub(crate) fn apply(
    source: &Path,
    patches: impl Iterator<Item = &'static Patch> + Clone,
) -> Vec<&'static str> {
    println!("cargo::rerun-if-env-changed=ZEROLESS_LIBZMQ_WITHOUT");
    let without = env::var("ZEROLESS_LIBZMQ_WITHOUT").unwrap_or_default();
    let without: Vec<_> = without.split(',').filter(|name| !name.is_empty()).collect();
    for name in &without {
        let known = patches.clone().any(|patch| patch.name == *name);
        assert!(known, "ZEROLESS_LIBZMQ_WITHOUT: there is no patch {name:?}");
    }
    let mut applied = Vec::new();
    for patch in patches.filter(|patch| !without.contains(&patch.name)) {
        for edit in patch.edits {
            apply_edit(source, edit, patch);
        }
        applied.push(patch.name);
    }
    answer(source, &applied);
    applied
}

/// Makes `zmq_has` say that this is our libzmq, and which patches it has: this tells which
/// libzmq was really linked.
fn answer(source: &Path, applied: &[&str]) {
    let mut names = String::from("\"zeroless\"");
    for name in applied {
        write!(names, ", \"zeroless:{name}\"").expect("a String takes all");
    }
    let old = "int zmq_has (const char *capability_)\n{\n";
    let new = format!(
        "{old}    static const char *const ours[] = {{
#if defined(HAVE_CLOCK_GETTIME)
      \"zeroless:monotonic-clock\",
#endif
      {names}}};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; ++i)
        if (strcmp (capability_, ours[i]) == 0)
            return true;
"
    );
    change(
        &source.join("src/zmq.cpp"),
        old,
        &new,
        "zmq_has tells that it is our libzmq",
    );
}

fn apply_edit(source: &Path, edit: &Edit, patch: &Patch) {
    change(&source.join(edit.file), edit.old, edit.new, patch.why);
}

fn change(path: &Path, old: &str, new: &str, why: &str) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let changed = replace_once(&text, old, new).unwrap_or_else(|found| {
        panic!(
            "{}: the text to change is there {found} times instead of once. This is not the \
             libzmq that the patch is for ({why}):\n{old}",
            path.display()
        )
    });
    fs::write(path, changed).unwrap_or_else(|error| panic!("{path:?}: {error}"));
}

/// The text with `new` in the place of `old`, or how often `old` is there if not exactly once.
pub(crate) fn replace_once(text: &str, old: &str, new: &str) -> Result<String, usize> {
    match text.matches(old).count() {
        1 => Ok(text.replacen(old, new, 1)),
        found => Err(found),
    }
}
