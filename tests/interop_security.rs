//! pyzmq's and CZMQ's tools read our certificate files, and we read theirs; pyzmq's servers let us in, and ours let in
//! pyzmq's clients.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python with pyzmq, of a system that has libczmq; `.ci/run` makes one.
//! Without it these tests say that they were not run. With `tests/support/apart` there is a network between us and the peers.

#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
mod support;

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use process::Process;
use program::{script, with_python};
use support::Folder;
use zeroless::security::{
    Access, ClientSecurity, Curve, Keys, Password, Plain, PublicKey, ServerSecurity,
};
use zeroless::{Client, Error, Refusal, Server, capabilities};

/// No wait of these tests is longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Our address for the peers, and theirs for us: loopback, or those of two networks that are joined.
fn hosts() -> [String; 2] {
    ["ZEROLESS_OUR_HOST", "ZEROLESS_PEER_HOST"]
        .map(|variable| env::var(variable).unwrap_or_else(|_| "127.0.0.1".to_owned()))
}

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

/// A peer of `peer.py`, bound or connected at this host, and its port.
fn peer(host: &str, place: &str, mechanism: &str, one: &str, two: &str) -> (Process, u16) {
    let mut command = script("interop_security/peer.py");
    let process = Process::start(command.args([host, place, mechanism, one, two]), LIMIT);
    let ready = process.line();
    let port = ready
        .strip_prefix("ready ")
        .and_then(|port| port.parse().ok());
    (
        process,
        port.unwrap_or_else(|| panic!("it is not ready: {ready}")),
    )
}

/// pyzmq's server lets us in as it should, and messages come over.
fn its_server(mechanism: &str, one: &str, two: &str, right: ClientSecurity, wrong: ClientSecurity) {
    let [_, host] = hosts();
    let (mut server, port) = peer(&host, "bind", mechanism, one, two);
    let client = || Client::connect((&*host, port)).unwrap();
    let refused = client().security(wrong).request().unwrap();
    support::until(|| refused.status().is_err());
    assert_eq!(
        refused.status().unwrap_err().refusal(),
        Some(&Refusal::Denied)
    );
    let requester = client()
        .security(right)
        .request_timeout(LIMIT)
        .request()
        .unwrap();
    let pending = requester.start("hello").unwrap();
    server.tell("replied");
    assert_eq!(server.line(), "hello");
    assert_eq!(pending.wait().unwrap(), "HELLO");
    let unsecured = client().pull().unwrap();
    support::until(|| {
        let timeout = unsecured.wait_connected(1, Duration::from_millis(20));
        // libzmq may close before it has told us its mechanism.
        let refusal = timeout.unwrap_err().refusal().cloned();
        matches!(refusal, Some(Refusal::MechanismMismatch | Refusal::Closed))
    });
    server.finish();
}

/// Our server lets pyzmq in as it should, and messages come over.
fn our_server(security: ServerSecurity, mechanism: &str, right: [&str; 2], wrong: [&str; 2]) {
    let [host, _] = hosts();
    let server = Server::bind((&*host, 0)).unwrap().security(security);
    let replier = server.reply().unwrap();
    let port = server.port().to_string();
    let client = |[one, two]: [&str; 2]| peer(&host, &port, mechanism, one, two).0;
    let (mut right, mut wrong) = (client(right), client(wrong));
    wrong.tell("request");
    right.tell("request");
    let request = replier.recv().unwrap();
    assert_eq!(request.message(), "hello");
    request.reply("welcome").unwrap();
    assert_eq!(right.line(), "welcome");
    assert_eq!(wrong.line(), "nothing");
    assert!(matches!(replier.try_recv(), Err(Error::WouldBlock)));
    right.finish();
    wrong.finish();
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// pyzmq's server has PLAIN.
fn its_passwords() {
    let ann = |text| Plain::user("ann", password(text));
    its_server("plain", "ann", "secret", ann("secret"), ann("wrong"));
}

/// Our server has PLAIN.
fn our_passwords() {
    let access = Access::new().user("ann", password("secret")).unwrap();
    let server = Plain::server(access);
    our_server(server, "plain", ["ann", "secret"], ["ann", "wrong"]);
}

/// Two folders, with the keys of a server and of a client, made by pyzmq, and the keys of another client.
struct KeyFolders {
    server: Folder,
    clients: Folder,
    others: Folder,
}

impl KeyFolders {
    fn new() -> KeyFolders {
        let folders = [(); 3].map(|()| Folder::new());
        for folder in &folders {
            made("pyzmq", folder);
        }
        let [server, clients, others] = folders;
        KeyFolders {
            server,
            clients,
            others,
        }
    }
}

/// The path of a file of keys in a folder.
fn path(folder: &Folder, file: &str) -> String {
    folder.path().join(file).to_str().unwrap().to_owned()
}

fn keys(folder: &Folder) -> Keys {
    Keys::load(path(folder, "ann.key")).unwrap()
}

/// pyzmq's server has CURVE, and its keys and ours are in files of pyzmq.
fn its_keys() {
    if !capabilities().unwrap().curve {
        return;
    }
    let folders = KeyFolders::new();
    let server = keys(&folders.server).public();
    let one = path(&folders.server, "ann.key_secret");
    let two = folders.clients.path().to_str().unwrap();
    let right = Curve::client(&keys(&folders.clients), server);
    let wrong = Curve::client(&keys(&folders.others), server);
    its_server("curve", &one, two, right, wrong);
}

/// Our server has CURVE, and lets in the keys in a folder of pyzmq's.
fn our_keys() {
    if !capabilities().unwrap().curve {
        return;
    }
    let folders = KeyFolders::new();
    let access = Access::new().folder(folders.clients.path()).unwrap();
    let server = Curve::server(&keys(&folders.server), access);
    let server_key = path(&folders.server, "ann.key");
    let right = path(&folders.clients, "ann.key_secret");
    let wrong = path(&folders.others, "ann.key_secret");
    let client = |keys| [keys, server_key.as_str()];
    our_server(
        server,
        "curve",
        client(right.as_str()),
        client(wrong.as_str()),
    );
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
    a_server_of_pyzmq_knows_our_password: its_passwords();
    our_server_knows_a_password_of_pyzmq: our_passwords();
    a_server_of_pyzmq_knows_our_key: its_keys();
    our_server_knows_a_key_of_pyzmq: our_keys();
}
