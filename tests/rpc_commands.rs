//! What the compiler says of what is not a command: users read it.
#![cfg(feature = "rpc")]

mod support;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use support::Folder;

/// The builds of this crate beside this test, the newest first. There may be some with other features.
fn builds() -> Vec<PathBuf> {
    let test = env::current_exe().expect("a test knows where it is");
    let folder = test.parent().expect("a folder");
    let files = fs::read_dir(folder).expect("it can be read");
    let mut builds: Vec<(SystemTime, PathBuf)> = files
        .map(|file| file.expect("it can be read").path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|it| it.starts_with("libzeroless-") && it.ends_with(".rlib"))
        })
        .map(|path| (fs::metadata(&path).unwrap().modified().unwrap(), path))
        .collect();
    builds.sort();
    builds.into_iter().rev().map(|it| it.1).collect()
}

/// Compiles a program with a build, and gives the compiler's words if it does not.
fn compile(build: &Path, program: &str) -> Result<(), String> {
    let folder = Folder::new();
    let file = folder.path().join("program.rs");
    fs::write(&file, program).unwrap();
    let mut dependencies = std::ffi::OsString::from("dependency=");
    dependencies.push(build.parent().expect("a folder"));
    let mut library = std::ffi::OsString::from("zeroless=");
    library.push(build);
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let compiled = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "lib"])
        .args(["--emit", "metadata", "-L"])
        .arg(dependencies)
        .arg("--extern")
        .arg(library)
        .arg("-o")
        .arg(folder.path().join("program.rmeta"))
        .arg(file)
        .output()
        .expect("the compiler that has compiled this test");
    match compiled.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&compiled.stderr).into_owned()),
    }
}

/// The compiler's words for a program that does not compile.
fn refused(program: &str) -> String {
    let good = "pub use zeroless::rpc::{Client, Failure, command};";
    let builds = builds();
    let build = builds.iter().find(|build| compile(build, good).is_ok());
    let build = build.unwrap_or_else(|| panic!("none of {builds:?} compiles"));
    compile(build, program).expect_err("it is wrong")
}

#[test]
fn a_type_that_is_not_a_command_is_told_how_to_become_one() {
    let words = refused(
        "pub struct Add;
         pub fn call(client: &zeroless::rpc::Client) { let _ = client.call(&Add); }",
    );
    for expected in [
        "`Add` is not a command",
        "a command is needed here",
        "make it one, beside the type: `zeroless::rpc::command!(Add -> Reply);`",
    ] {
        assert!(words.contains(expected), "{words}");
    }
}

/// A program that serves a command by this handler.
fn serving(handler: &str) -> String {
    format!(
        "pub struct Add;
         pub fn serve(server: zeroless::rpc::Server) {{ let _ = server.serve({handler}); }}"
    )
}

#[test]
fn a_server_of_what_is_not_a_command_says_how_it_becomes_one() {
    let words = refused(&serving("|add: Add| Ok(3)"));
    let expected = "zeroless::rpc::command!(MyCommand -> Reply);";
    assert!(words.contains(expected), "{words}");
}

#[test]
fn a_handler_of_another_result_is_told_what_to_return() {
    let words = refused(
        "use zeroless::rpc::{Command, Server};
         pub fn serve<C: Command<Reply = i64> + 'static>(server: Server) {
             let _ = server.serve(|_: C| Ok::<String, C::Error>(String::new()));
         }",
    );
    let expected = "return `Result<Reply, Error>` of the types that `command!(MyCommand -> Reply, Error)` names";
    assert!(words.contains(expected), "{words}");
}

#[test]
fn a_macro_that_is_used_otherwise_says_how_it_is_used() {
    for wrong in ["Add", "Add i64", "Add = math -> i64", "-> i64", ""] {
        let words = refused(&format!(
            "pub struct Add;
             zeroless::rpc::command!({wrong});"
        ));
        let expected = "write `command!(Add -> i64);`";
        assert!(words.contains(expected), "{wrong}: {words}");
    }
}
