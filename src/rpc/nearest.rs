//! The name that somebody may have meant.

/// Of these names the one that is most like this one, if it is like it at all.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |other: &str| strsim::jaro_winkler(&name, &other.to_lowercase());
    let all = names.into_iter().map(|other| (likeness(other), other));
    let alike = all.filter(|(likeness, _)| *likeness >= 0.8);
    let nearest = alike.max_by(|one, other| one.0.total_cmp(&other.0));
    nearest.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_one_that_may_have_been_meant() {
        let names = ["math.add", "math.divide", "kv.get", "Add"];
        for (name, meant) in [
            ("math.ad", Some("math.add")),
            ("add", Some("Add")),
            ("kv.gte", Some("kv.get")),
            ("divide", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names), meant, "{name}");
        }
        assert_eq!(nearest("add", []), None);
    }
}
