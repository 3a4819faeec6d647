//! The manual page of the command, which writes it itself.

use std::fs;
use std::process::Command;

use crate::command::root;

/// Writes target/zeroless.1; whether that could be done.
pub(crate) fn manual() -> bool {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--package", "zeroless-cli", "--", "man"]);
    let page = root().join("target/zeroless.1");
    let written =
        command
            .current_dir(root())
            .output()
            .and_then(|output| match output.status.success() {
                true => fs::write(&page, output.stdout).map(|()| true),
                false => Ok(false),
            });
    match written {
        Ok(done) => {
            println!("{}", page.display());
            done
        }
        Err(error) => {
            eprintln!("{}: {error}", page.display());
            false
        }
    }
}
