//! Transports: messages pass over tcp, IPv6, ipc and inproc, however their endpoint is written.

mod support;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;

use support::{Folder, assert_invalid, deadline, inproc};
use zeroless::{Client, Error, IntoEndpoints, Server};

/// Sends a message from a client to a server, each with its own endpoints.
#[track_caller]
fn assert_serves(server: &Server, target: impl IntoEndpoints) {
    let pull = server.pull().unwrap();
    let push = Client::connect(target).unwrap().push().unwrap();
    push.send("hello").unwrap();
    assert_eq!(pull.recv().unwrap(), "hello");
}

#[test]
fn the_endpoint_that_a_server_gives_can_be_connected_to() {
    deadline(|| {
        let server = Server::bind(0).unwrap();
        assert_serves(&server, server.port());
        assert_serves(&server, server.endpoint());
        let (endpoint, all) = (server.endpoint(), server.endpoints());
        assert_serves(&server, &endpoint);
        assert_serves(&server, &all);
        assert_serves(&server, all);
        assert_serves(&server, server.endpoint().to_string());
        assert_serves(&server, ("127.0.0.1", server.port()));
        assert_serves(&server, (Ipv4Addr::LOCALHOST, server.port()));
        assert_serves(&server, (String::from("localhost"), server.port()));
        assert_serves(&server, format!("localhost:{}", server.port()));
        assert_serves(&server, SocketAddr::from(([127, 0, 0, 1], server.port())));
    });
}

#[test]
fn bind_local_is_loopback() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let expected = format!("tcp://127.0.0.1:{}", server.port());
        assert_eq!(server.endpoint().to_string(), expected);
        assert_serves(&server, server.port());
    });
}

#[test]
fn a_list_is_bound_and_connected_to_as_a_whole() {
    deadline(|| {
        let name = inproc();
        let server = Server::bind(["tcp://127.0.0.1:0", "tcp://127.0.0.1:0", &name]).unwrap();
        assert_eq!(server.endpoints().len(), 3);
        for endpoint in server.endpoints() {
            assert_serves(&server, endpoint);
        }
        let client = Client::connect(server.endpoints()).unwrap();
        assert_eq!(client.endpoints(), server.endpoints());
        let ports = [0, 1].map(|place| server.endpoints()[place].port().unwrap());
        let slice: &[u16] = &ports;
        assert_eq!(Client::connect(slice).unwrap().endpoints().len(), 2);
    });
}

#[test]
fn ipv6_is_bound_and_connected_to() {
    if TcpListener::bind("[::1]:0").is_err() {
        return; // The machine has no IPv6.
    }
    deadline(|| {
        let server = Server::bind("tcp://[::1]:0").unwrap();
        let port = server.port();
        let expected = format!("tcp://[::1]:{port}");
        assert_eq!(server.endpoint().to_string(), expected);
        assert_serves(&server, server.endpoint());
        assert_serves(&server, ("::1", port));
        assert_serves(&server, ("[::1]", port));
        assert_serves(&server, (Ipv6Addr::LOCALHOST, port));
        assert_serves(&server, (IpAddr::V6(Ipv6Addr::LOCALHOST), port));
        assert_serves(&server, format!("[::1]:{port}"));
        let any = Server::bind("tcp://[::]:0").unwrap();
        assert_serves(&any, ("::1", any.port()));
        assert_serves(&any, any.endpoint());
    });
}

#[test]
fn ipv4_and_ipv6_go_together_in_one_client() {
    if TcpListener::bind("[::1]:0").is_err() {
        return; // The machine has no IPv6.
    }
    deadline(|| {
        let servers = ["tcp://127.0.0.1:0", "tcp://[::1]:0"].map(|at| Server::bind(at).unwrap());
        let pulls = servers.each_ref().map(|server| server.pull().unwrap());
        let targets = servers.each_ref().map(Server::endpoint);
        let push = Client::connect(targets).unwrap().push().unwrap();
        push.send("1").unwrap();
        push.send("2").unwrap();
        assert_eq!(pulls[0].recv().unwrap(), "1");
        assert_eq!(pulls[1].recv().unwrap(), "2");
    });
}

#[test]
fn a_host_name_is_looked_up() {
    deadline(|| {
        let server = Server::bind(("localhost", 0)).unwrap();
        assert_serves(&server, ("localhost", server.port()));
        assert_serves(&server, server.endpoint());
    });
}

#[test]
fn inproc_clients_may_come_before_the_server() {
    deadline(|| {
        let name = inproc();
        let push = Client::connect(&name).unwrap().push().unwrap();
        push.send("early").unwrap();
        let server = Server::bind(&name).unwrap();
        assert_eq!(server.endpoint().to_string(), name);
        assert_eq!(server.port(), 0);
        let pull = server.pull().unwrap();
        assert_eq!(pull.recv().unwrap(), "early");
    });
}

#[test]
fn an_inproc_name_is_in_use_from_the_pattern_on() {
    let name = inproc();
    let pull = Server::bind(&name).unwrap().pull().unwrap();
    let taken = Server::bind(&name).unwrap().pull().unwrap_err();
    let endpoint = name.parse().unwrap();
    assert_eq!(taken, Error::AddressInUse { endpoint });
    drop(pull);
}

#[test]
fn an_endpoint_in_use_is_told_with_what_else_may_be_bound() {
    let folder = Folder::new();
    let port = Server::bind_local(0).unwrap();
    for (endpoint, instead) in [
        (port.endpoint().to_string(), "or bind port 0"),
        (folder.ipc("a"), "or bind another path"),
        (inproc(), "or bind another name"),
    ] {
        let owner = match endpoint.starts_with("tcp") {
            true => port.pull(),
            false => Server::bind(&endpoint).unwrap().pull(),
        };
        let taken = Server::bind(&endpoint).and_then(|server| server.pull());
        let text = taken.unwrap_err().to_string();
        assert!(text.contains(instead), "{text}");
        drop(owner.unwrap());
    }
}

#[test]
fn ipc_is_bound_and_connected_to() {
    deadline(|| {
        let folder = Folder::new();
        let server = Server::bind(folder.ipc("a")).unwrap();
        assert_serves(&server, server.endpoint());
        assert_serves(&server, folder.ipc("a"));
        // Where libzmq chooses the path, the endpoint is known with the pattern.
        let any = Server::bind("ipc://*").unwrap();
        let pull = any.pull().unwrap();
        let push = Client::connect(any.endpoint()).unwrap().push().unwrap();
        push.send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
    });
}

#[test]
fn an_ipc_path_in_use_is_told() {
    let folder = Folder::new();
    let endpoint = folder.ipc("a");
    let pull = Server::bind(&endpoint).unwrap().pull().unwrap();
    let taken = Server::bind(&endpoint).unwrap_err();
    let endpoint = endpoint.parse().unwrap();
    assert_eq!(taken, Error::AddressInUse { endpoint });
    drop(pull);
    // Nor is another program's socket taken away from it.
    let _other = UnixListener::bind(folder.path().join("b")).unwrap();
    let taken = Server::bind(folder.ipc("b")).unwrap_err();
    assert!(matches!(taken, Error::AddressInUse { .. }), "{taken}");
}

#[test]
fn an_ipc_path_that_nobody_serves_any_more_is_taken_over() {
    deadline(|| {
        let folder = Folder::new();
        drop(UnixListener::bind(folder.path().join("a")).unwrap());
        assert!(folder.path().join("a").exists());
        let server = Server::bind(folder.ipc("a")).unwrap();
        assert_serves(&server, server.endpoint());
    });
}

#[test]
fn a_file_in_the_place_of_an_ipc_path_is_left_alone() {
    let folder = Folder::new();
    let path = folder.path().join("precious");
    fs::write(&path, "data").unwrap();
    let refused = Server::bind(folder.ipc("precious")).and_then(|server| server.pull());
    assert_invalid(refused, "not a socket");
    assert_eq!(fs::read_to_string(&path).unwrap(), "data");
}

#[test]
fn an_ipc_path_without_its_directory_is_refused() {
    let folder = Folder::new();
    let opened = Server::bind(folder.ipc("none/a")).and_then(|server| server.pull());
    assert_invalid(opened, "no such directory");
    fs::write(folder.path().join("file"), "").unwrap();
    let opened = Server::bind(folder.ipc("file/a")).and_then(|server| server.pull());
    assert_invalid(opened, "no such directory");
}
