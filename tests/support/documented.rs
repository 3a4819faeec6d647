//! Programs in documents that a test compiles: those that stand there are those that are compiled.

/// Sees that each program of a document stands in this source, however either is laid out; gives how many there are.
pub(crate) fn assert_compiled(document: &str, source: &str) -> usize {
    let compiled = words(source);
    let programs = document.split("```rust\n").skip(1);
    let programs = programs.map(|rest| rest.split("```").next().unwrap_or_default());
    programs
        .inspect(|program| assert!(compiled.contains(&words(program)), "{program}"))
        .count()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
