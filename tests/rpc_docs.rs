//! The programs of docs/rpc.md run as they stand there, and the examples in Python: those that call call ours, and ours call
//! those that serve.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python with pyzmq and msgpack, `ZEROLESS_PEER_NODE` a Node.js that finds zeromq (with
//! `NODE_PATH`), and `ZEROLESS_PEER_CC` a C compiler that finds libzmq; `.ci/run` has them. Without them these tests say that they were not
//! run.

#![cfg(feature = "rpc")]

#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use process::{Process, path_of};
use serde::{Deserialize, Serialize};
use support::{Folder, deadline_after};
use zeroless::rpc::{self, CallError, Running};

const DOCS: &str = include_str!("../docs/rpc.md");

/// No wait of these tests is longer.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add = "math.add" -> i64);

#[derive(Serialize, Deserialize)]
struct Shout(String);
rpc::command!(Shout = "shout" -> String);

#[derive(Serialize, Deserialize)]
struct Subtract(i64, i64);
rpc::command!(Subtract = "math.subtract" -> i64);

/// The server of the docs.
fn server() -> Running {
    rpc::Server::bind_local(0)
        .expect("a free port")
        .serve(|add: Add| Ok(add.a + add.b))
        .serve(|shout: Shout| Ok(shout.0.to_uppercase()))
        .start()
        .expect("a server")
}

/// Where the programs find it.
fn endpoint(server: &Running) -> String {
    server.endpoints()[0].to_string()
}

/// A program of the docs, in a file.
struct Program {
    folder: Folder,
    file: &'static str,
}

impl Program {
    fn of_the_docs(block: &str, file: &'static str) -> Program {
        let begin = format!("```{block} {file}\n");
        let mut parts = DOCS.split(&begin);
        let program = parts.nth(1).expect("it is in the docs");
        let program = program.split("```").next().expect("a part");
        let folder = Folder::new();
        fs::write(folder.path().join(file), program).expect("a new file");
        Program { folder, file }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.file)
    }

    /// Compiles it, if it is in C.
    fn compiled(&self, mut compiler: Command) -> Command {
        let program = self.folder.path().join("program");
        compiler.args(["-Wall", "-Wextra", "-Werror", "-o"]);
        compiler.arg(&program).arg(self.path()).arg("-lzmq");
        let compiled = compiler.output().expect("a compiler");
        let words = String::from_utf8_lossy(&compiled.stderr);
        assert!(compiled.status.success(), "{words}");
        Command::new(program)
    }

    /// Runs it in an interpreter.
    fn by(&self, mut interpreter: Command) -> Command {
        interpreter.arg(self.path());
        interpreter
    }
}

/// The lines that a program prints, until it has ended well.
fn run(command: &mut Command) -> Vec<String> {
    Process::start(command, LIMIT).finish()
}

#[test]
fn python_calls() {
    program::with(program::PYTHON, "python_calls", || {
        deadline_after(LIMIT, || {
            let server = server();
            let program = Program::of_the_docs("python", "call.py");
            let mut python = program.by(program::program(program::PYTHON));
            assert_eq!(run(python.arg(endpoint(&server))), ["3"]);
        });
    });
}

#[test]
fn javascript_calls() {
    const NODE: &str = "ZEROLESS_PEER_NODE";
    program::with(NODE, "javascript_calls", || {
        deadline_after(LIMIT, || {
            let server = server();
            let program = Program::of_the_docs("js", "call.js");
            let mut node = program.by(program::program(NODE));
            assert_eq!(run(node.arg(endpoint(&server))), ["3"]);
        });
    });
}

#[test]
fn c_calls() {
    const CC: &str = "ZEROLESS_PEER_CC";
    program::with(CC, "c_calls", || {
        deadline_after(LIMIT, || {
            let server = server();
            let program = Program::of_the_docs("c", "call.c");
            let mut compiled = program.compiled(program::program(CC));
            let call = compiled.arg(endpoint(&server)).arg("hello");
            assert_eq!(run(call), ["HELLO"]);
        });
    });
}

#[test]
fn python_serves() {
    program::with(program::PYTHON, "python_serves", || {
        deadline_after(LIMIT, || {
            let program = Program::of_the_docs("python", "serve.py");
            let mut python = program.by(program::program(program::PYTHON));
            let python = Process::start(&mut python, LIMIT);
            let port: u16 = python.line().parse().expect("a port");
            let client = rpc::Client::connect(port).unwrap().timeout(LIMIT);
            for n in [0, 1, -1, i64::from(i32::MAX), i64::from(i32::MIN)] {
                assert_eq!(client.call(&Add { a: n, b: n }), Ok(2 * n));
            }
            match client.call(&Subtract(1, 2)) {
                Err(CallError::NoSuchCommand { name, .. }) => {
                    assert_eq!(&*name, "math.subtract");
                }
                other => panic!("it is there: {other:?}"),
            }
            for (_, pong) in client.ping() {
                pong.expect("a pong");
            }
        });
    });
}

/// An example in Python.
fn example(name: &str) -> Command {
    let mut python = program::program(program::PYTHON);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/rpc_python");
    python.arg(format!("{folder}/{name}"));
    python
}

#[test]
fn the_example_in_python_calls_the_one_that_serves() {
    program::with_python("the_example_in_python_calls", || {
        deadline_after(LIMIT, || {
            let mut server = Command::new(path_of("rpc_server"));
            let server = Process::start_quiet(server.arg("0"), LIMIT);
            let ready = server.logs("ready on tcp://*:");
            let port: String = ready.chars().take_while(char::is_ascii_digit).collect();
            let printed = run(example("client.py").arg(port));
            let last = "1 / 0: error 0: not by 0, please";
            assert_eq!(printed, ["1 + 2 = 3", "6 / 3 = 2", last]);
        });
    });
}

#[test]
fn the_example_that_calls_calls_the_one_in_python() {
    program::with_python("the_example_in_python_serves", || {
        deadline_after(LIMIT, || {
            let server = Process::start(example("server.py").arg("0"), LIMIT);
            let ready = server.line();
            let (_, port) = ready.rsplit_once(':').expect("an endpoint");
            let printed = run(Command::new(path_of("rpc_client")).arg(port));
            let begin = ["1 + 2 = 3", "6 / … = 6", "6 / … = 3", "6 / … = 2"];
            let (last, others) = printed.split_last().expect("lines");
            assert_eq!(others, begin);
            assert!(last.starts_with("1 / 0: integer division"), "{last}");
        });
    });
}
