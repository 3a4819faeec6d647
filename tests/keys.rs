//! Keys and their files: nobody else can read a secret, and nothing is overwritten.

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use support::{Folder, deadline};
use zeroless::security::{Keys, Password, PublicKey, SecretKey};
use zeroless::{Error, capabilities};

// The keys of libzmq's own tests.
const PUBLIC: &str = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
const SECRET: &str = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
const OTHER_PUBLIC: &str = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

/// Writes a file with this mode.
fn write(path: &Path, mode: u32, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The text of a file with a secret.
fn secret_text(public: &str) -> String {
    format!("curve\n    public-key = \"{public}\"\n    secret-key = \"{SECRET}\"\n")
}

/// The keys of a file that was written by hand.
fn keys(folder: &Folder) -> Keys {
    let path = folder.path().join("by-hand");
    write(
        &folder.path().join("by-hand_secret"),
        0o600,
        &secret_text(PUBLIC),
    );
    Keys::load(path).unwrap()
}

/// The path and the reason of an error about a file.
#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (PathBuf, String) {
    match outcome.unwrap_err() {
        Error::File { path, reason, .. } => (path, reason),
        other => panic!("{other}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn keys_are_generated_where_libzmq_has_curve() {
    match (Keys::generate(), capabilities().unwrap().curve) {
        (Ok(keys), true) => {
            assert_eq!(Keys::from_secret(keys.secret().clone()).unwrap(), keys);
            assert_ne!(Keys::generate().unwrap().public(), keys.public());
            assert_eq!(keys.metadata("name"), None);
        }
        (Err(Error::Unsupported { what, .. }), false) => {
            assert!(what.contains("the feature `curve`"), "{what}");
        }
        (outcome, curve) => panic!("CURVE: {curve}, and {outcome:?}"),
    }
}

#[test]
fn keys_are_saved_and_loaded() {
    let folder = Folder::new();
    let keys = keys(&folder);
    let path = folder.path().join("ann.key");
    keys.save(&path).unwrap();
    let secret = folder.path().join("ann.key_secret");
    assert_eq!(mode(&secret), 0o600);
    assert_eq!(mode(&path) & 0o600, 0o600);
    for path in [&path, &secret] {
        assert_eq!(Keys::load(path).unwrap(), keys);
        assert_eq!(PublicKey::load(path).unwrap(), keys.public());
    }
    assert!(!fs::read_to_string(&path).unwrap().contains(SECRET));
}

#[test]
fn a_file_that_exists_is_not_overwritten() {
    for (existing, left) in [("ann.key", "ann.key_secret"), ("ann.key_secret", "ann.key")] {
        let folder = Folder::new();
        let keys = keys(&folder);
        let existing = folder.path().join(existing);
        write(&existing, 0o600, "mine");
        let (path, reason) = refused(keys.save(folder.path().join("ann.key")));
        assert_eq!(path, existing);
        assert!(reason.contains("not overwritten"), "{reason}");
        assert_eq!(fs::read(&existing).unwrap(), b"mine");
        assert!(!folder.path().join(left).exists(), "it is both or neither");
    }
}

#[test]
fn a_link_is_not_followed() {
    let folder = Folder::new();
    let keys = keys(&folder);
    let elsewhere = folder.path().join("elsewhere");
    for link in ["ann.key", "ann.key_secret"] {
        let link = folder.path().join(link);
        symlink(&elsewhere, &link).unwrap();
        let (path, _) = refused(keys.save(folder.path().join("ann.key")));
        assert_eq!(path, link);
        assert!(!elsewhere.exists());
        fs::remove_file(link).unwrap();
    }
}

#[test]
fn a_secret_that_others_can_use_is_refused_with_the_command_to_run() {
    let folder = Folder::new();
    let path = folder.path().join("ann_secret");
    for mode in [0o640, 0o604, 0o620, 0o602, 0o644, 0o666] {
        write(&path, mode, &secret_text(PUBLIC));
        let (named, reason) = refused(Keys::load(&path));
        assert_eq!(named, path);
        let command = format!("chmod 600 {}", path.display());
        assert!(
            reason.contains(&command) && reason.contains(&format!("{mode:o}")),
            "{reason}"
        );
        assert!(PublicKey::load(&path).is_ok(), "this needs no secret");
    }
    for mode in [0o600, 0o400] {
        write(&path, mode, &secret_text(PUBLIC));
        assert!(Keys::load(&path).is_ok());
        // Written again in the next turn, also by somebody whom its mode binds.
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_without_a_pair_is_refused_with_the_reason() {
    let folder = Folder::new();
    let path = folder.path().join("ann.key");
    let secret = folder.path().join("ann.key_secret");
    let (named, _) = refused(Keys::load(&path));
    assert_eq!(named, secret, "it is the one that is missing");
    write(
        &secret,
        0o600,
        &format!("curve\n    public-key = \"{PUBLIC}\"\n"),
    );
    assert!(refused(Keys::load(&path)).1.contains("no secret-key"));
    write(&secret, 0o600, "");
    assert!(refused(Keys::load(&path)).1.contains("not a certificate"));
    write(&secret, 0o600, &"#\n".repeat(40_000));
    assert!(refused(Keys::load(&path)).1.contains("64 KiB"));
    fs::remove_file(&secret).unwrap();
    fs::create_dir(&secret).unwrap();
    assert!(refused(Keys::load(&path)).1.contains("regular file"));
    write(&path, 0o644, "curve\n    public-key = \"x\"\n");
    assert!(refused(PublicKey::load(&path)).1.contains("line 2"));
}

#[test]
fn keys_that_do_not_belong_together_are_refused() {
    let folder = Folder::new();
    let path = folder.path().join("ann_secret");
    write(&path, 0o600, &secret_text(OTHER_PUBLIC));
    if capabilities().unwrap().curve {
        assert!(
            refused(Keys::load(&path))
                .1
                .contains("not that of its secret-key")
        );
    }
}

#[test]
fn a_pipe_that_nobody_writes_to_is_not_waited_for() {
    deadline(|| {
        let folder = Folder::new();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert!(refused(PublicKey::load(&path)).1.contains("regular file"));
        assert!(refused(Password::load(&path)).1.contains("regular file"));
    });
}

#[test]
fn the_name_of_the_file_for_others_is_asked_for() {
    let folder = Folder::new();
    let keys = keys(&folder);
    let (_, reason) = refused(keys.save(folder.path().join("ann.key_secret")));
    assert!(reason.contains("without `_secret`"), "{reason}");
}

#[test]
fn a_password_is_the_first_line_of_a_file() {
    let folder = Folder::new();
    let path = folder.path().join("password");
    for text in ["secret", "secret\n", "secret\r\n", "secret\nsecond line\n"] {
        write(&path, 0o600, text);
        assert_eq!(
            Password::load(&path).unwrap(),
            Password::new("secret").unwrap()
        );
    }
    write(&path, 0o644, "secret");
    assert!(refused(Password::load(&path)).1.contains("chmod 600"));
    write(&path, 0o600, "\nsecret");
    let error = Password::load(&path).unwrap_err();
    assert!(
        matches!(
            error,
            Error::InvalidOption {
                option: "password",
                ..
            }
        ),
        "{error}"
    );
    fs::write(&path, b"\xff\n").unwrap();
    assert!(refused(Password::load(&path)).1.contains("not UTF-8"));
}

#[test]
fn a_secret_is_never_shown() {
    let folder = Folder::new();
    let secret: SecretKey = SECRET.parse().unwrap();
    let password = Password::new("hidden word").unwrap();
    let shown = format!("{secret:?} {:?} {password:?}", keys(&folder));
    assert!(
        !shown.contains(SECRET) && !shown.contains("hidden"),
        "{shown}"
    );
    assert!(shown.contains(PUBLIC), "{shown}");
    assert_eq!(&*secret.expose_secret(), SECRET);
}

#[test]
fn no_new_public_key_begins_with_the_byte_0() {
    if capabilities().unwrap().curve {
        // Of random ones, so many would be in vain once in a thousand million times.
        for _ in 0..5000 {
            assert_ne!(Keys::generate().unwrap().public().as_bytes()[0], 0);
        }
    }
}
