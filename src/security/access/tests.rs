//! Rules, and changes of them.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::*;
use crate::security::{Denial, PeerAddress};

const HERE: &str = "10.0.0.7";

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

fn key(number: u8) -> PublicKey {
    [number; 32].into()
}

fn plain(from: &str, user: &str, password: &str) -> Arc<AccessRequest> {
    let from = PeerAddress::read(from.as_bytes());
    Arc::new(AccessRequest::plain(from, user, password.as_bytes()))
}

fn curve(from: &str, number: u8) -> Arc<AccessRequest> {
    let from = PeerAddress::read(from.as_bytes());
    Arc::new(AccessRequest::curve(from, key(number)))
}

/// The user that enters, or why none does.
fn judged(access: &Access, request: &Arc<AccessRequest>) -> Result<String, String> {
    let now = Instant::now();
    let verdict = match access.judge(request, now) {
        Verdict::Ask(mut question) => question.begin(now).unwrap_or_else(|| {
            let answer = question.ask();
            question.end(answer, now)
        }),
        verdict => verdict,
    };
    match verdict {
        Verdict::Admitted { user, .. } => Ok(user),
        Verdict::Denied(denial) => Err(denial.to_string()),
        Verdict::Later => Err("later".to_owned()),
        Verdict::Ask(_) => panic!("asked twice"),
    }
}

/// Who enters.
#[track_caller]
fn admits(access: &Access, request: &Arc<AccessRequest>, user: &str) {
    assert_eq!(judged(access, request).as_deref(), Ok(user));
}

#[track_caller]
fn denies(access: &Access, request: &Arc<AccessRequest>, reason: &str) {
    let denied = judged(access, request).unwrap_err();
    assert!(denied.contains(reason), "{denied}");
}

#[test]
fn without_a_rule_nobody_enters() {
    let access = Access::new();
    denies(&access, &plain(HERE, "ann", "secret"), "unknown user");
    denies(&access, &curve(HERE, 1), "unknown key");
    access.allow("0.0.0.0/0").unwrap();
    denies(&access, &plain(HERE, "ann", "secret"), "unknown user");
    denies(&access, &curve(HERE, 1), "unknown key");
}

#[test]
fn a_user_enters_with_the_right_password() {
    let access = Access::new().user("ann", password("secret")).unwrap();
    admits(&access, &plain(HERE, "ann", "secret"), "ann");
    denies(&access, &plain(HERE, "ann", "Secret"), "wrong password");
    denies(&access, &plain(HERE, "bob", "secret"), "unknown user");
    denies(&access, &plain(HERE, "", "secret"), "not a user's");
    denies(&access, &curve(HERE, 1), "unknown key");
}

#[test]
fn a_change_counts_for_the_next_client() {
    let access = Access::new().user("ann", password("old")).unwrap();
    let clone = access.clone();
    admits(&access, &plain(HERE, "ann", "old"), "ann");
    clone.user("ann", password("new")).unwrap();
    denies(&access, &plain(HERE, "ann", "old"), "wrong password");
    admits(&access, &plain(HERE, "ann", "new"), "ann");
    clone.remove_user("ann").unwrap();
    denies(&access, &plain(HERE, "ann", "new"), "unknown user");
    clone.any_key().unwrap();
    admits(&access, &curve(HERE, 1), &key(1).to_string());
    clone.clear().unwrap();
    denies(&access, &curve(HERE, 1), "unknown key");
}

#[test]
fn keys_have_their_users() {
    let access = Access::new().key("ann", key(1)).unwrap();
    access
        .key("ann", key(2))
        .unwrap()
        .key("bob", key(3))
        .unwrap();
    admits(&access, &curve(HERE, 1), "ann");
    admits(&access, &curve(HERE, 2), "ann");
    admits(&access, &curve(HERE, 3), "bob");
    denies(&access, &curve(HERE, 4), "unknown key");
    access.any_key().unwrap();
    admits(&access, &curve(HERE, 1), "ann");
    admits(&access, &curve(HERE, 4), &key(4).to_string());
    access.remove_user("ann").unwrap();
    admits(&access, &curve(HERE, 1), &key(1).to_string());
}

#[test]
fn addresses_are_looked_at_first() {
    let access = Access::new().user("ann", password("secret")).unwrap();
    access
        .allow("10.0.0.0/8")
        .unwrap()
        .deny("10.0.0.8")
        .unwrap();
    admits(&access, &plain("10.0.0.7", "ann", "secret"), "ann");
    admits(&access, &plain("::ffff:10.0.0.7", "ann", "secret"), "ann");
    for address in ["10.0.0.8", "11.0.0.1", "::1", "localhost:1:2:3", "nonsense"] {
        denies(&access, &plain(address, "ann", "secret"), "address");
    }
    access.remove_network("10.0.0.8").unwrap();
    admits(&access, &plain("10.0.0.8", "ann", "secret"), "ann");
    access.remove_network("10.0.0.0/8").unwrap();
    admits(&access, &plain("nonsense", "ann", "secret"), "ann");
}

#[test]
fn a_closure_is_asked_about_those_that_nothing_else_knows() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let access = Access::new().user("ann", password("secret")).unwrap();
    access.key("ann", key(1)).unwrap();
    let ask = move |request: &AccessRequest| {
        count.fetch_add(1, Ordering::Relaxed);
        match (request.user(), request.password(), request.key()) {
            (Some("bob"), Some(b"open"), None) => Some("robert".to_owned()),
            (None, None, Some(known)) if *known == key(2) => Some("eve\0".to_owned()),
            _ => None,
        }
    };
    access.ask(ask).unwrap();
    admits(&access, &plain(HERE, "ann", "secret"), "ann");
    denies(&access, &plain(HERE, "ann", "open"), "wrong password");
    admits(&access, &curve(HERE, 1), "ann");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    admits(&access, &plain(HERE, "bob", "open"), "robert");
    denies(&access, &plain(HERE, "bob", "shut"), "does not know");
    denies(&access, &curve(HERE, 2), "not a user's");
    denies(&access, &curve(HERE, 3), "does not know");
    assert_eq!(asked.load(Ordering::Relaxed), 4);
    access.any_key().unwrap();
    admits(&access, &curve(HERE, 4), &key(4).to_string());
}

#[test]
fn guesses_at_a_closure_are_slowed() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let ask = move |_: &AccessRequest| {
        count.fetch_add(1, Ordering::Relaxed);
        None
    };
    let access = Access::new().ask(ask).unwrap();
    for number in 0..1000 {
        let _ = judged(&access, &plain(HERE, "ann", &number.to_string()));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 5);
    for number in 0..250 {
        let _ = judged(&access, &curve(HERE, number));
    }
    assert!(asked.load(Ordering::Relaxed) <= 60);
    // A new closure may know better.
    access.ask(|_| Some("all".to_owned())).unwrap();
    admits(&access, &plain(HERE, "ann", "0"), "all");
}

#[test]
fn what_a_closure_has_denied_it_is_not_said_to_deny_again() {
    let access = Access::new().ask(|_| None).unwrap();
    let request = plain(HERE, "ann", "secret");
    denies(&access, &request, "does not know it");
    denies(&access, &request, "did not let it in a moment ago");
    access.ask(|_| panic!("on purpose")).unwrap();
    let now = Instant::now();
    let Verdict::Ask(mut question) = access.judge(&request, now) else {
        panic!("not asked");
    };
    assert!(question.begin(now).is_none());
    question.end(Err(Denial::Panicked), now);
    denies(&access, &request, "did not let it in a moment ago");
}

#[test]
fn guesses_at_a_user_end_with_a_new_password() {
    let access = Access::new().user("ann", password("secret")).unwrap();
    for number in 0..20 {
        let _ = judged(&access, &plain(HERE, "ann", &number.to_string()));
    }
    denies(&access, &plain(HERE, "ann", "secret"), "later");
    admits(&access, &curve_of(&access), "bob");
    access.user("ann", password("secret")).unwrap();
    admits(&access, &plain(HERE, "ann", "secret"), "ann");
}

/// A client with a key, which nothing delays.
fn curve_of(access: &Access) -> Arc<AccessRequest> {
    access.key("bob", key(9)).unwrap();
    curve(HERE, 9)
}

#[test]
fn a_user_that_was_revoked_is_out_until_let_in_again() {
    let access = Access::new().user("ann", password("old")).unwrap();
    access.key("ann", key(1)).unwrap();
    access.ask(|_| Some("ann".to_owned())).unwrap();
    let Verdict::Admitted { user, admission } =
        access.judge(&plain(HERE, "ann", "old"), Instant::now())
    else {
        panic!("not admitted");
    };
    assert!(!access.is_revoked(&user, admission));
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    // Nothing is locked while it is called.
    let again = access.clone();
    let _hook = access.on_revoke(move || {
        again.readmit("nobody").unwrap();
        count.fetch_add(1, Ordering::Relaxed);
    });
    let before = access.revision();
    access.revoke("ann").unwrap();
    assert!(access.revision() != before && access.is_revoked("ann", admission));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    denies(&access, &plain(HERE, "ann", "old"), "revoked");
    denies(&access, &curve(HERE, 1), "revoked");
    access.user("ann", password("new")).unwrap();
    admits(&access, &plain(HERE, "ann", "new"), "ann");
    // The old connection may be another's.
    assert!(access.is_revoked("ann", admission));
    assert!(!access.is_revoked("ann", access.revision()));
}

#[test]
fn beside_any_key_a_revoked_user_is_a_stranger_whose_key_can_be_revoked() {
    let access = Access::new().any_key().unwrap();
    access.key("ann", key(1)).unwrap();
    admits(&access, &curve(HERE, 1), "ann");
    access.revoke("ann").unwrap();
    let stranger = key(1).to_string();
    admits(&access, &curve(HERE, 1), &stranger);
    access.revoke(&stranger).unwrap();
    denies(&access, &curve(HERE, 1), "revoked");
    admits(&access, &curve(HERE, 2), &key(2).to_string());
}

#[test]
fn a_name_that_cannot_be_a_user_is_refused() {
    let access = Access::new();
    let long = "x".repeat(256);
    for name in ["", "a\0", &long] {
        assert!(matches!(
            access.user(name, password("secret")),
            Err(Error::InvalidOption { option: "user", .. })
        ));
        assert!(access.key(name, key(1)).is_err());
        assert!(access.revoke(name).is_err() && access.readmit(name).is_err());
    }
    assert!(access.allow("10.0").is_err() && access.deny("").is_err());
    let error = access.folder("/no such folder").unwrap_err().to_string();
    assert!(error.contains("/no such folder"), "{error}");
}

#[test]
fn clones_are_one_table() {
    let access = Access::new();
    assert_eq!(access, access.clone());
    assert_ne!(access, Access::new());
    assert_eq!(format!("{access:?}"), "Access { .. }");
}

#[test]
fn a_child_can_use_it_or_is_told_that_it_cannot() {
    let access = Access::new().any_key().unwrap();
    assert!(ffi::tests::in_child(|| access.deny("10.0.0.1").is_ok()));
    let locked = access.0.rules.lock();
    assert!(ffi::tests::in_child(|| {
        access.deny("10.0.0.1") == Err(Error::Forked)
            && judged(&access, &curve(HERE, 1))
                .unwrap_err()
                .contains("forked")
    }));
    drop(locked);
}

/// A folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("zeroless-access-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, key: PublicKey) {
        let text = format!("curve\n    public-key = \"{key}\"\n");
        fs::write(self.0.join(name), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A folder is looked through again only after a while, so a change may need a second try.
#[track_caller]
fn comes_to(access: &Access, request: &Arc<AccessRequest>, wanted: Result<&str, &str>) {
    let began = Instant::now();
    loop {
        let judged = judged(access, request);
        let fits = match (&judged, wanted) {
            (Ok(user), Ok(wanted)) => user == wanted,
            (Err(denied), Err(wanted)) => denied.contains(wanted),
            _ => false,
        };
        if fits {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{judged:?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_folders_files_count_as_they_are_now() {
    let folder = Folder::new();
    let access = Access::new().folder(&folder.0).unwrap();
    denies(&access, &curve(HERE, 1), "unknown key");
    folder.write("ann.key", key(1));
    folder.write("bob", key(2));
    comes_to(&access, &curve(HERE, 1), Ok("ann"));
    comes_to(&access, &curve(HERE, 2), Ok("bob"));
    // Changed, renamed, removed.
    folder.write("ann.key", key(3));
    comes_to(&access, &curve(HERE, 1), Err("unknown key"));
    comes_to(&access, &curve(HERE, 3), Ok("ann"));
    fs::rename(folder.0.join("bob"), folder.0.join("robert")).unwrap();
    comes_to(&access, &curve(HERE, 2), Ok("robert"));
    fs::remove_file(folder.0.join("robert")).unwrap();
    comes_to(&access, &curve(HERE, 2), Err("unknown key"));
    admits(&access, &curve(HERE, 3), "ann");
}

#[test]
fn a_file_that_is_removed_counts_at_once_however_busy_strangers_keep_the_folder() {
    let folder = Folder::new();
    // So many that to look through them takes a while, in which they are not looked through again.
    for number in 0..500 {
        let mut bytes = [9; 32];
        bytes[..4].copy_from_slice(&i32::to_be_bytes(number));
        folder.write(&format!("other {number}"), bytes.into());
    }
    for number in 1..=20 {
        folder.write(&format!("ann {number}"), key(number));
    }
    let access = Access::new().folder(&folder.0).unwrap();
    for number in 1..=20 {
        comes_to(&access, &curve(HERE, number), Ok(&format!("ann {number}")));
    }
    for number in 1..=20 {
        // A stranger has the folder looked through.
        let _ = judged(&access, &curve(HERE, 200));
        let file = folder.0.join(format!("ann {number}"));
        match number % 2 {
            0 => fs::remove_file(file).unwrap(),
            _ => folder.write(&format!("ann {number}"), key(100 + number)),
        }
        denies(&access, &curve(HERE, number), "unknown key");
    }
}

#[test]
fn a_folders_other_files_let_nobody_in() {
    let folder = Folder::new();
    folder.write("ann.key_secret", key(1));
    folder.write(".hidden", key(2));
    fs::write(
        folder.0.join("notes"),
        "curve\n    public-key = \"short\"\n",
    )
    .unwrap();
    fs::create_dir(folder.0.join("folder")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.0.join("zeros")).unwrap();
    folder.write("cy.key", key(3));
    let access = Access::new().folder(&folder.0).unwrap();
    admits(&access, &curve(HERE, 3), "cy");
    denies(&access, &curve(HERE, 1), "unknown key");
    denies(&access, &curve(HERE, 2), "unknown key");
    // Told afterwards: a logger may use the access.
    let lines = access.take_lines().join(" ");
    assert!(
        lines.contains("notes") && !lines.contains("hidden"),
        "{lines}"
    );
    fs::remove_dir_all(&folder.0).unwrap();
    comes_to(&access, &curve(HERE, 3), Err("unknown key"));
}
