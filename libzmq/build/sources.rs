//! The sources of libzmq, taken from the package zeromq-src, which can only compile them.
//!
//! So this build script runs itself again, as a user would with a compiler that does
//! nothing: zeromq-src then copies its sources, and no more. The compiler is this program, too.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set in the environment of the runs that are not cargo's.
const UNPACKING: &str = "ZEROLESS_LIBZMQ_UNPACKING";

/// Whether this run is to unpack the sources, or to be the compiler that does nothing.
pub(crate) fn is_unpacking() -> bool {
    env::var_os(UNPACKING).is_some()
}

/// Lets zeromq-src copy its sources to `$OUT_DIR/source`.
pub(crate) fn unpack_here() {
    // A compiler is called with arguments.
    if env::args_os().len() == 1 {
        zeromq_src::Build::new().build();
    }
}

/// The sources, new, in a folder below this one; `target` is cargo's variable of that name.
pub(crate) fn unpack(folder: &Path, target: &str) -> PathBuf {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));

    let itself = env::current_exe().expect("the path of this program");
    let mut unpack = Command::new(&itself);
    unpack.env(UNPACKING, "1").env("OUT_DIR", folder);
    for tool in ["CC", "CXX", "AR", "RANLIB"] {
        // The first name that the crate cc looks for.
        unpack.env(format!("{tool}_{target}"), &itself);
    }
    // The crate cc takes a wrapper such as sccache from here, which wants a real compiler.
    unpack.env_remove("RUSTC_WRAPPER");
    let output = unpack.output().expect("this program runs again");
    assert!(output.status.success(), "zeromq-src failed: {output:?}");
    folder.join("source")
}
