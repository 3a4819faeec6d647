//! Certificate files: pyzmq's and CZMQ's tools read ours, and we read theirs.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python with pyzmq, of a system that has libczmq; `.ci/run` makes one.
//! Without it these tests say that they were not run.

#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use process::Process;
use program::{script, with_python};
use support::Folder;
use zeroless::security::{Keys, PublicKey};

/// No wait of these tests is longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a command of `certificates.py`; the lines that it prints.
fn certificates(library: &str, command: &str, path: &Path) -> Vec<String> {
    let mut run = script("interop_security/certificates.py");
    let process = Process::start(run.args([library, command]).arg(path), LIMIT);
    process.finish()
}

/// A pair of keys that a library has made: the path of the file for others, and both keys.
fn made(library: &str, folder: &Folder) -> [String; 3] {
    let printed = certificates(library, "make", folder.path());
    let printed: [String; 3] = printed.try_into().expect("a path and two keys");
    let secret = format!("{}_secret", printed[0]);
    if library == "pyzmq" {
        // It lets everybody read the secret, which we refuse.
        let refused = Keys::load(&printed[0]).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("chmod 600 {secret}")),
            "{refused}"
        );
        fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    }
    printed
}

/// We read the files that a library writes.
fn we_read(library: &str) {
    let folder = Folder::new();
    let [path, public, secret] = made(library, &folder);
    let keys = Keys::load(&path).unwrap();
    assert_eq!(keys.public().to_string(), public);
    assert_eq!(&*keys.secret().expose_secret(), secret);
    assert_eq!(keys.metadata("name"), Some("Ann"));
    let public_file = PublicKey::load(&path).unwrap();
    let secret_file = PublicKey::load(path + "_secret").unwrap();
    assert_eq!((public_file, secret_file), (keys.public(), keys.public()));
}

/// A library reads the files that we write.
fn it_reads(library: &str) {
    let folder = Folder::new();
    let [path, public, secret] = made(library, &folder);
    let ours = folder.path().join("ours.key");
    Keys::load(path).unwrap().save(&ours).unwrap();
    let our_secret = folder.path().join("ours.key_secret");
    if library == "czmq" {
        assert_eq!(certificates(library, "read", &ours), [&*public, &secret]);
        assert_eq!(certificates(library, "name", &ours), ["Ann"]);
        fs::remove_file(&our_secret).unwrap();
    } else {
        assert_eq!(
            certificates(library, "read", &our_secret),
            [&*public, &secret]
        );
    }
    assert_eq!(certificates(library, "read", &ours), [&public, "-"]);
}

/// Makes each fact a test.
macro_rules! facts {
    ($($fact:ident: $check:expr;)*) => {$(
        #[test]
        fn $fact() {
            with_python(stringify!($fact), || $check);
        }
    )*};
}

facts! {
    certificates_of_pyzmq_are_read: we_read("pyzmq");
    certificates_of_czmq_are_read: we_read("czmq");
    pyzmq_reads_our_certificates: it_reads("pyzmq");
    czmq_reads_our_certificates: it_reads("czmq");
}
