//! platform.hpp, where another C library is.

#[path = "../build/platform.rs"]
mod platform;

use std::fs;
use std::process::Command;

#[test]
fn a_library_that_is_not_glibc_is_none_to_the_preprocessor() {
    let folder = std::env::temp_dir().join(format!("zeroless-platform-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    platform::write(&folder);
    // musl's has no word of glibc's.
    fs::write(folder.join("limits.h"), "").unwrap();
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let output = Command::new(compiler)
        .args(["-nostdinc", "-E", "-dM", "-I"])
        .args([&folder, &folder.join("platform.hpp")])
        .output()
        .unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let defines = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(defines.contains("ZMQ_HAVE_STRLCPY"), "{defines}");
    assert!(!defines.contains("ZMQ_HAVE_PTHREAD_SETNAME_2"), "{defines}");
}
