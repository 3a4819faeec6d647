//! The compiler, and what the linker is told.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Compiles the sources, and has all of them linked.
///
/// All files are one for the compiler: it reads what they include once instead of a hundred times, and
/// functions of one file become part of those that call them in another.
pub(crate) fn compile(source: &Path, out: &Path) {
    let whole = out.join("libzmq.cpp");
    let includes: String = files(&source.join("src"))
        .iter()
        .map(|file| format!("#include {file:?}\n"))
        .collect();
    fs::write(&whole, includes).unwrap_or_else(|error| panic!("{whole:?}: {error}"));

    let mut build = cc::Build::new();
    build.cpp(true).std("c++11").warnings(false);
    // libzmq is not what a debug build is made for.
    build.opt_level(2).debug(false);
    // Nobody outside puts another function in the place of one of these: without that a function is not
    // made part of those that call it.
    build.flag_if_supported("-fvisibility=hidden");
    build.flag_if_supported("-fno-semantic-interposition");
    build.include(source.join("include"));
    build.include(source.join("src"));
    build.file(whole);
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
