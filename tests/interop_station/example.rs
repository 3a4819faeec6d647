//! The example with a program of autopilot.

use std::process::Command;

use crate::peer::LIMIT;
use crate::process::{Process, path_of};
use crate::program::{PYTHON, program, with_python};

#[test]
fn the_example_has_a_node_of_autopilot_behind_it() {
    with_python(
        "example::the_example_has_a_node_of_autopilot_behind_it",
        || {
            let mut rig = Command::new(path_of("station_python"));
            let rig = Process::start(rig.arg("0"), LIMIT);
            let port = rig.prints("ready on port ");
            let mut node = program(PYTHON);
            let script = concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/examples/station_python/node.py"
            );
            let node = Process::start(node.args([script, &port]), LIMIT);
            let printed = rig.finish();
            let trial = |number| format!("task: trial {number}, a frame of <u2 [4, 6]");
            assert_eq!(printed, [trial(0), trial(1), trial(2)]);
            assert_eq!(node.finish(), ["stopped"]);
        },
    );
}
