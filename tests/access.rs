//! Who may enter, from the outside: by address, by ipc, and by each server's own rules.

mod support;

use support::{Folder, SOON, deadline, until};
use zeroless::security::{Access, AccessRequest, ClientSecurity, Password, Plain};
use zeroless::{Client, Endpoint, Pull, Push, Refusal, Server};

fn ann() -> ClientSecurity {
    Plain::user("ann", Password::new("secret").unwrap())
}

fn lets_ann_in() -> Access {
    Access::new()
        .user("ann", Password::new("secret").unwrap())
        .unwrap()
}

fn pull(server: Server, access: &Access) -> (Endpoint, Pull) {
    let server = server.security(Plain::server(access.clone()));
    (server.endpoint(), server.pull().unwrap())
}

fn push(endpoint: &Endpoint) -> Push {
    let client = Client::connect(endpoint.clone()).unwrap();
    client.security(ann()).push().unwrap()
}

#[track_caller]
fn enters(endpoint: &Endpoint, pull: &Pull) {
    let push = push(endpoint);
    push.send("hello").unwrap();
    assert_eq!(pull.recv_timeout(SOON).unwrap(), "hello");
}

#[track_caller]
fn is_denied(endpoint: &Endpoint) {
    let push = push(endpoint);
    until(|| push.status().is_err());
    let error = push.status().unwrap_err();
    assert_eq!(error.refusal(), Some(&Refusal::Denied));
}

#[test]
fn addresses_decide_before_passwords() {
    deadline(|| {
        let access = lets_ann_in().deny("127.0.0.0/8").unwrap();
        let (endpoint, pull) = pull(Server::bind_local(0).unwrap(), &access);
        is_denied(&endpoint);
        access.allow("127.0.0.1").unwrap();
        enters(&endpoint, &pull);
        access.remove_network("127.0.0.1").unwrap();
        is_denied(&endpoint);
        assert!(pull.try_recv().is_err());
    });
}

#[test]
fn over_ipc_a_client_is_on_loopback() {
    deadline(|| {
        let folder = Folder::new();
        let access = lets_ann_in().allow("127.0.0.1").unwrap();
        let (endpoint, pull) = pull(Server::bind(folder.ipc("socket")).unwrap(), &access);
        enters(&endpoint, &pull);
        access.deny("127.0.0.1").unwrap();
        is_denied(&endpoint);
    });
}

#[test]
fn over_ipv6_a_client_has_its_own_address() {
    deadline(|| {
        let Ok(server) = Server::bind("tcp://[::1]:0") else {
            return; // a machine without IPv6
        };
        let access = lets_ann_in().allow("::1").unwrap();
        let (endpoint, pull) = pull(server, &access);
        enters(&endpoint, &pull);
        access
            .allow("127.0.0.1")
            .unwrap()
            .remove_network("::1")
            .unwrap();
        is_denied(&endpoint);
    });
}

#[test]
fn each_server_has_its_own_rules() {
    deadline(|| {
        let (one, two) = (lets_ann_in(), Access::new());
        let (first, first_pull) = pull(Server::bind_local(0).unwrap(), &one);
        let (second, second_pull) = pull(Server::bind_local(0).unwrap(), &two);
        enters(&first, &first_pull);
        is_denied(&second);
        // One table may serve several.
        let (third, third_pull) = pull(Server::bind_local(0).unwrap(), &one);
        enters(&third, &third_pull);
        drop(first_pull);
        enters(&third, &third_pull);
        assert!(second_pull.try_recv().is_err());
    });
}

#[test]
fn a_closure_names_the_user() {
    deadline(|| {
        let access = Access::new().ask(|request: &AccessRequest| {
            let is_ann = request.user() == Some("ann") && request.password() == Some(b"secret");
            let is_local = request
                .address()
                .is_some_and(|address| address.is_loopback());
            (is_ann && is_local && request.mechanism() == "PLAIN").then(|| "Ann".to_owned())
        });
        let access = access.unwrap();
        let (endpoint, pull) = pull(Server::bind_local(0).unwrap(), &access);
        enters(&endpoint, &pull);
        access.ask(|_| None).unwrap();
        is_denied(&endpoint);
        access.ask(|_| panic!("on purpose")).unwrap();
        is_denied(&endpoint);
    });
}
