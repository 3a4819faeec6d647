//! The tables of docs/from-autopilot.md.

use crate::peer::LIMIT;
use crate::process::Process;
use crate::program::{script, with_python};

#[test]
fn all_of_its_arguments_attributes_and_methods_are_in_the_tables() {
    with_python(
        "table::all_of_its_arguments_attributes_and_methods_are_in_the_tables",
        || {
            let document = include_str!("../../docs/from-autopilot.md");
            let names = Process::start(&mut script("interop_station/names.py"), LIMIT).finish();
            assert!(names.len() > 60, "{names:?}");
            let missing = names
                .iter()
                .filter(|name| !document.contains(&format!("`{name}`")));
            assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
        },
    );
}
