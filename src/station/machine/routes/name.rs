//! Names, and their parts between dots.

/// Whether a name is `other` or below it: as rig1.camera is below rig1.
pub(super) fn is_below(name: &str, other: &str) -> bool {
    let rest = name.strip_prefix(other);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The names above it, the nearest first: of a.b.c, these are a.b and a.
pub(super) fn above(name: &str) -> impl Iterator<Item = &str> {
    name.rmatch_indices('.').map(|(at, _)| &name[..at])
}
