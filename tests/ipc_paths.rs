//! An ipc path is never taken from its owner; a user without permission is told why.

#[path = "support/alone.rs"]
mod alone;
mod support;
#[path = "support/warnings.rs"]
mod warnings;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;

use alone::without_rights;
use socket2::{Domain, SockAddr, Socket, Type};
use support::{Folder, SOON, assert_invalid, deadline, until};
use warnings::warnings;
use zeroless::{Client, Error, Refusal, Server};

fn set_mode(endpoint: &str, mode: u32) {
    let path = endpoint.strip_prefix("ipc://").unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Binds there, which must be refused as in use.
#[track_caller]
fn assert_in_use(endpoint: &str) {
    let refused = Server::bind(endpoint).map(drop);
    let endpoint = endpoint.parse().unwrap();
    assert_eq!(refused, Err(Error::AddressInUse { endpoint }));
}

#[test]
fn a_socket_that_is_not_for_us_is_not_taken() {
    without_rights("a_socket_that_is_not_for_us_is_not_taken", || {
        deadline(|| {
            let folder = Folder::new();
            let endpoint = folder.ipc("theirs");
            let path = folder.path().join("theirs");
            let theirs = UnixListener::bind(&path).unwrap();
            set_mode(&endpoint, 0);
            assert_invalid(Server::bind(&endpoint), "permission denied");
            assert!(path.exists());
            drop(theirs);
        });
    });
}

#[test]
fn a_datagram_socket_is_in_use() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("datagrams");
        let path = folder.path().join("datagrams");
        let theirs = UnixDatagram::bind(&path).unwrap();
        assert_in_use(&endpoint);
        let client = UnixDatagram::unbound().unwrap();
        client.send_to(b"x", &path).unwrap();
        assert_eq!(theirs.recv(&mut [0]).unwrap(), 1);
    });
}

#[test]
fn a_server_whose_queue_is_full_is_in_use() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("full");
        let address = SockAddr::unix(folder.path().join("full")).unwrap();
        let theirs = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        theirs.bind(&address).unwrap();
        theirs.listen(0).unwrap();
        let mut clients = Vec::new();
        loop {
            let client = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
            client.set_nonblocking(true).unwrap();
            if client.connect(&address).is_err() {
                break;
            }
            clients.push(client);
        }
        assert_in_use(&endpoint);
    });
}

#[test]
fn a_socket_file_left_behind_is_taken_over() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("left");
        drop(UnixListener::bind(folder.path().join("left")).unwrap());
        let server = Server::bind(&endpoint).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(&endpoint).unwrap().push().unwrap();
        push.send("x").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "x");
    });
}

#[test]
fn a_client_without_permission_hears_why_and_comes_in_once_it_may() {
    without_rights(
        "a_client_without_permission_hears_why_and_comes_in_once_it_may",
        || {
            deadline(|| {
                let folder = Folder::new();
                let endpoint = folder.ipc("closed");
                let server = Server::bind(&endpoint).unwrap();
                let pull = server.pull().unwrap();
                set_mode(&endpoint, 0);
                let push = Client::connect(&endpoint).unwrap().push().unwrap();
                until(|| push.status().is_err());
                let refusal = Refusal::NoPermission;
                let refused = Error::Refused {
                    endpoint: endpoint.parse().unwrap(),
                    refusal,
                };
                assert_eq!(push.status(), Err(refused));
                set_mode(&endpoint, 0o700);
                push.send("x").unwrap();
                assert_eq!(pull.recv_timeout(SOON).unwrap(), "x");
                until(|| push.status().is_ok());
            });
        },
    );
}

#[test]
fn a_path_that_was_removed_is_no_message_that_was_lost() {
    deadline(|| {
        let warned = warnings("could not be delivered");
        let server = Server::bind("ipc://*").unwrap();
        let pair = server.pair().unwrap();
        let endpoint = server.endpoint().to_string();
        let path = Path::new(endpoint.strip_prefix("ipc://").unwrap());
        // As a cleaner of temporary files does.
        fs::remove_file(path).unwrap();
        pair.close(SOON).unwrap();
        let _ = fs::remove_dir(path.parent().unwrap());
        assert_eq!(warned(), Vec::<String>::new());
    });
}
