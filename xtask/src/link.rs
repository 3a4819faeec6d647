//! Whether the libzmq of our own is linked: in programs that have no configuration, by any linker.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{self, Command};

use crate::command::{root, run};

/// The output of a program that has our libzmq.
const OURS: &str = "ours 4.3.5, batch, monotonic, heartbeats";

/// Linkers, and the mark that each leaves in a program.
const LINKERS: [(&str, &[u8]); 4] = [
    ("bfd", b""),
    ("gold", b"gold "),
    ("lld", b"Linker: LLD"),
    ("mold", b"mold "),
];

/// Links programs in each way that cannot be tried from within the project: the usual ones, or all.
pub(crate) fn link(all: bool) -> bool {
    let tried = Crates::new().and_then(|crates| {
        Ok(crates.added("added", &[], OURS)?
            && crates.dependent()?
            && crates.plugin()?
            && crates.linkers(&["bfd", "lld", "mold"])?
            && (!all
                || crates.linkers(&["gold"])?
                    && crates.added(
                        "curve",
                        &["--features", "curve"],
                        &format!("{OURS}, curve"),
                    )?
                    && crates.packaged()?
                    && crates.installed()?))
    });
    tried.unwrap_or_else(|error| {
        eprintln!("linking: {error}");
        false
    })
}

/// A folder of crates where no configuration is in reach. Their target folder is kept.
struct Crates {
    folder: PathBuf,
    target: PathBuf,
}

impl Crates {
    fn new() -> io::Result<Crates> {
        let folder = env::temp_dir().join(format!("zeroless-link-{}", process::id()));
        let crates = Crates {
            target: root().join("target/link"),
            folder,
        };
        for name in ["middle", "user", "plugin", "host"] {
            let from = root().join("xtask/link").join(name);
            let to = crates.folder.join(name);
            fs::create_dir_all(to.join("src"))?;
            let manifest = fs::read_to_string(from.join("Cargo.toml"))?;
            // There it is relative.
            let manifest = manifest.replace("../../..", &root().display().to_string());
            fs::write(to.join("Cargo.toml"), manifest)?;
            for entry in fs::read_dir(from.join("src"))? {
                let entry = entry?;
                fs::copy(entry.path(), to.join("src").join(entry.file_name()))?;
            }
        }
        Ok(crates)
    }

    fn cargo(&self, name: &str, arguments: &[&str]) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(self.folder.join(name)).args(arguments);
        cargo.env("CARGO_TARGET_DIR", &self.target);
        cargo
    }

    /// A new program that prints which libzmq it has, and its dependencies.
    fn program(&self, name: &str) -> io::Result<()> {
        let folder = self.folder.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        fs::write(folder.join("Cargo.toml"), manifest)?;
        let report = fs::read_to_string(root().join("xtask/link/middle/src/lib.rs"))?;
        let main = "fn main() {\n    println!(\"{}\", report().unwrap());\n}\n";
        fs::write(folder.join("src/main.rs"), format!("{report}\n{main}"))
    }

    /// A program to which zeroless is added, and nothing else done.
    fn added(&self, name: &str, features: &[&str], expected: &str) -> io::Result<bool> {
        self.program(name)?;
        let path = root().display().to_string();
        let mut add = self.cargo(name, &["add", "--quiet", "--path", &path]);
        Ok(
            run(add.args(features))
                && prints(name, self.cargo(name, &["run", "--quiet"]), expected),
        )
    }

    /// A program that depends on a crate that depends on zeroless.
    fn dependent(&self) -> io::Result<bool> {
        Ok(prints(
            "dependent",
            self.cargo("user", &["run", "--quiet"]),
            OURS,
        ))
    }

    /// A library for programs in other languages, loaded by one that has no ZeroMQ.
    fn plugin(&self) -> io::Result<bool> {
        let built = run(&mut self.cargo("plugin", &["build", "--quiet"]));
        let plugin = self.target.join("debug/libplugin.so").display().to_string();
        let host = self.cargo("host", &["run", "--quiet", "--", &plugin]);
        Ok(built && prints("cdylib", host, OURS))
    }

    /// The first program again, by these linkers.
    fn linkers(&self, names: &[&str]) -> io::Result<bool> {
        for (name, mark) in LINKERS.iter().filter(|(name, _)| names.contains(name)) {
            let linker = format!("-Clink-arg=-fuse-ld={name}");
            let mut rustc = self.cargo("added", &["rustc", "--quiet", "--", &linker]);
            let program = self.target.join("debug/added");
            if !run(&mut rustc) || !prints(name, Command::new(&program), OURS) {
                return Ok(false);
            }
            let linked = fs::read(&program)?;
            let has = |mark: &[u8]| linked.windows(mark.len()).any(|bytes| bytes == mark);
            let others = LINKERS.iter().filter(|(other, _)| other != name);
            let mut others = others.filter(|(_, mark)| !mark.is_empty());
            if (!mark.is_empty() && !has(mark)) || others.any(|(_, mark)| has(mark)) {
                eprintln!("{name}: another linker did it");
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A program that depends on the packages as they would be published.
    fn packaged(&self) -> io::Result<bool> {
        let mut package = Command::new(env!("CARGO"));
        package
            .current_dir(root())
            .env("CARGO_TARGET_DIR", &self.target);
        package.args(["package", "--quiet", "--allow-dirty", "--no-verify"]);
        if !run(package.args(["--workspace", "--exclude", "xtask"])) {
            return Ok(false);
        }
        let mut patches = String::from("\n[patch.crates-io]\n");
        for name in ["zeroless", "zeroless-libzmq"] {
            let whole = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
            let archive = self.target.join("package").join(format!("{whole}.crate"));
            let mut unpack = Command::new("tar");
            unpack.arg("xzf").arg(archive).arg("-C").arg(&self.folder);
            if !run(&mut unpack) {
                return Ok(false);
            }
            patches += &format!("{name} = {{ path = {:?} }}\n", self.folder.join(whole));
        }
        self.program("packaged")?;
        let manifest = self.folder.join("packaged/Cargo.toml");
        let package = fs::read_to_string(&manifest)?;
        let version = env!("CARGO_PKG_VERSION");
        let dependencies = format!("\n[dependencies]\nzeroless = \"{version}\"\n");
        fs::write(manifest, package + &dependencies + &patches)?;
        Ok(prints(
            "packaged",
            self.cargo("packaged", &["run", "--quiet"]),
            OURS,
        ))
    }

    /// A program that is installed.
    fn installed(&self) -> io::Result<bool> {
        let folder = self.folder.join("installed");
        let to = folder.display().to_string();
        let mut install = self.cargo(
            "",
            &["install", "--quiet", "--path", "added", "--root", &to],
        );
        let program = Command::new(folder.join("bin/added"));
        Ok(run(&mut install) && prints("installed", program, OURS))
    }
}

impl Drop for Crates {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs a program, and compares its output.
fn prints(name: &str, mut program: Command, expected: &str) -> bool {
    let output = match program.output() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("{program:?}: {error}");
            return false;
        }
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    println!("{name}: {}", printed.trim());
    let right = output.status.success() && printed.trim() == expected;
    if !right {
        let said = String::from_utf8_lossy(&output.stderr);
        eprintln!("{name}: expected `{expected}`\n{said}");
    }
    right
}
