//! The compiler, and what the linker is told.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Compiles the sources, and has all of them linked.
pub(crate) fn compile(source: &Path) {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++11").warnings(false);
    // libzmq is not what a debug build is made for.
    build.opt_level(2).debug(false);
    build.include(source.join("include"));
    build.include(source.join("src"));
    build.files(files(&source.join("src")));
    build.file(source.join("external/sha1/sha1.c"));
    if let Some(include) = env::var_os("DEP_SODIUM_INCLUDE") {
        build.include(include);
    }
    // Every zmq_… is then there when the linker comes to zmq-sys's libzmq, of which it takes
    // nothing.
    build.link_lib_modifier("+whole-archive");
    build.compile("zeroless_zmq");
}

/// All files of C++ but those for WebSockets with TLS, which need GnuTLS.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cpp"))
        .filter(|path| {
            !path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("wss_"))
        })
        .collect();
    files.sort();
    files
}
