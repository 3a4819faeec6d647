//! Endpoints: what can be bound and connected to, and what is refused with a reason.

mod support;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;

use support::{Folder, deadline, inproc};
use zeroless::{Client, Endpoint, Error, IntoEndpoints, Server};

#[track_caller]
fn assert_invalid<T: std::fmt::Debug>(outcome: Result<T, Error>, reason: &str) {
    match outcome {
        Err(Error::InvalidEndpoint { reason: given, .. }) if given.contains(reason) => {}
        other => panic!("not refused for `{reason}`: {other:?}"),
    }
}

/// Sends a message from a client to a server, each with its own endpoints.
#[track_caller]
fn assert_serves(server: &Server, target: impl IntoEndpoints) {
    let pull = server.pull().unwrap();
    let push = Client::connect(target).unwrap().push().unwrap();
    push.send("hello").unwrap();
    assert_eq!(pull.recv().unwrap(), "hello");
}

#[test]
fn a_port_out_of_range_is_refused() {
    let range = "between 1024 and 65535";
    for port in [1023, 1, -1, 65536, 99999, i32::MAX, i32::MIN] {
        assert_invalid(Server::bind(port), range);
        assert_invalid(Server::bind_local(port), range);
        assert_invalid(Client::connect(port), range);
        assert_invalid(Client::new().connect(port), range);
        assert_invalid(Client::new().disconnect(port), range);
    }
}

#[test]
fn no_integer_type_wraps_a_port_into_range() {
    let range = "between 1024 and 65535";
    assert_invalid(Client::connect(80_u8), range);
    assert_invalid(Client::connect(-5_i8), range);
    assert_invalid(Client::connect(0x1_0000_1000_u64), range);
    assert_invalid(Client::connect(usize::MAX), range);
    assert_invalid(Client::connect(u128::MAX), range);
    assert_invalid(Client::connect(i128::MIN), range);
    assert_invalid(Client::connect(("localhost", 99999)), "between 1 and 65535");
    assert_invalid(Client::connect(("localhost", -1)), "between 1 and 65535");
}

#[test]
fn the_first_and_the_last_port_are_accepted() {
    for port in [1024, 65535] {
        assert_eq!(Client::connect(port).unwrap().endpoints().len(), 1);
        match Server::bind_local(port) {
            // Somebody may have it, but then it is no wrong one.
            Ok(_) | Err(Error::AddressInUse { .. }) => {}
            Err(error) => panic!("{port}: {error}"),
        }
    }
}

#[test]
fn port_0_binds_any_free_port() {
    let (one, two) = (Server::bind(0).unwrap(), Server::bind_local(0).unwrap());
    assert!(one.port() >= 1024);
    assert!(two.port() >= 1024);
    assert_ne!(one.port(), two.port());
}

#[test]
fn port_0_cannot_be_connected_to() {
    assert_invalid(Client::connect(0), "between 1024 and 65535");
    for target in ["tcp://127.0.0.1:0", "localhost:0", "tcp://127.0.0.1:*"] {
        assert_invalid(Client::connect(target), "port");
    }
    assert_invalid(Client::connect(("127.0.0.1", 0)), "port 0");
    assert_invalid(
        Client::connect(SocketAddr::from(([127, 0, 0, 1], 0))),
        "port 0",
    );
    let any: Endpoint = "tcp://127.0.0.1:0".parse().unwrap();
    assert_invalid(Client::connect(any), "port 0");
}

#[test]
fn any_interface_cannot_be_connected_to() {
    assert_invalid(Client::connect("tcp://*:5555"), "name a host");
    assert_invalid(Client::connect("ipc://*"), "connected");
}

#[test]
fn a_port_in_use_is_told_with_its_endpoint() {
    let server = Server::bind(0).unwrap();
    let (port, expected) = (server.port(), format!("tcp://*:{}", server.port()));
    let in_use = Err(Error::AddressInUse { endpoint: expected });
    assert_eq!(Server::bind(port).map(drop), in_use);
    // Nor is it free while a pattern is served there.
    let pull = server.pull().unwrap();
    assert_eq!(Server::bind(port).map(drop), in_use);
    drop(server);
    assert_eq!(Server::bind(port).map(drop), in_use);
    drop(pull);
}

#[test]
fn a_port_that_another_program_has_is_in_use() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let taken = Server::bind(address).unwrap_err();
    let endpoint = format!("tcp://{address}");
    assert_eq!(taken, Error::AddressInUse { endpoint });
}

#[test]
fn a_server_dropped_gives_its_port_back() {
    let port = Server::bind_local(0).unwrap().port();
    assert_eq!(Server::bind_local(port).unwrap().port(), port);
}

#[test]
fn what_a_server_tells_can_be_connected_to() {
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
        let slice: &[u16] = &[12345, 12346];
        assert_eq!(Client::connect(slice).unwrap().endpoints().len(), 2);
    });
}

#[test]
fn of_a_list_with_a_wrong_one_nothing_is_bound_or_connected_to() {
    let taken = Server::bind_local(0).unwrap();
    let free = Server::bind_local(0).unwrap().port();
    let list = [format!("127.0.0.1:{free}"), taken.endpoint().to_string()];
    let failed = Server::bind(&list[..]).unwrap_err();
    assert!(matches!(failed, Error::AddressInUse { .. }), "{failed}");
    drop(Server::bind_local(free).unwrap());

    let client = Client::new();
    assert_invalid(client.connect([12345, 99999]), "between");
    assert!(client.endpoints().is_empty());
}

#[test]
fn a_server_of_no_endpoint_is_refused() {
    assert_invalid(Server::bind(Vec::<u16>::new()), "an endpoint at least");
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
fn a_host_that_does_not_exist_is_told() {
    deadline(|| {
        let failed = Client::connect(("no-such-host.invalid", 5555)).unwrap_err();
        match failed {
            Error::HostNotFound { host, .. } => assert_eq!(host, "no-such-host.invalid"),
            other => panic!("{other}"),
        }
    });
}

#[test]
fn what_is_no_host_is_refused_without_looking_it_up() {
    for (target, reason) in [
        ("tcp://:5555", "no host"),
        ("tcp://a b:5555", "no host name"),
        ("tcp://-a:5555", "no host name"),
        ("tcp://a..b:5555", "no host name"),
        ("tcp://1.2.3:5555", "no IPv4 address"),
        ("tcp://1.2.3.256:5555", "no IPv4 address"),
        ("tcp://[::1:5555", "not closed"),
        ("tcp://[127.0.0.1]:5555", "IPv6"),
        ("tcp://[::1%a b]:5555", "no zone"),
        ("tcp://eth0;a:5555", "not supported"),
        ("tcp://localhost", "no port"),
        ("tcp://localhost:", "no port number"),
        ("tcp://localhost:http", "no port number"),
        ("tcp://localhost:+80", "no port number"),
        ("tcp://localhost:65536", "between 0 and 65535"),
        ("tcp://localhost:99999", "between 0 and 65535"),
    ] {
        assert_invalid(Client::connect(target), reason);
        assert_invalid(Server::bind(target), reason);
    }
}

#[test]
fn an_unknown_transport_is_refused() {
    for target in [
        "udp://127.0.0.1:5555",
        "pgm://a:1",
        "http://a:1",
        "://",
        "TCP://a:1",
    ] {
        assert_invalid(Client::connect(target), "unknown transport");
        assert_invalid(Server::bind(target), "unknown transport");
    }
    assert_invalid(Client::connect("somewhere"), "no transport");
    assert_invalid(Client::connect(""), "no transport");
}

#[test]
fn a_nul_is_refused() {
    for target in [
        "tcp://a\0:5555",
        "ipc:///tmp/a\0b",
        "inproc://a\0",
        "\0",
        "a\0:5555",
    ] {
        assert_invalid(Client::connect(target), "NUL");
        assert_invalid(Server::bind(target), "NUL");
        assert_invalid(target.parse::<Endpoint>(), "NUL");
    }
}

#[test]
fn a_name_that_is_too_long_is_refused() {
    let path = |length: usize| format!("ipc:///tmp/{}", "a".repeat(length - 5));
    assert!(Client::connect(path(107)).is_ok());
    assert_invalid(Client::connect(path(108)), "107 bytes at most");
    assert_invalid(Server::bind(path(108)), "107 bytes at most");
    let name = |length: usize| format!("inproc://{}", "a".repeat(length));
    assert!(Server::bind(name(255)).unwrap().pull().is_ok());
    assert_invalid(Server::bind(name(256)), "255 bytes at most");
    let host = format!("tcp://{}:5555", "a.".repeat(127) + "b");
    assert_invalid(Client::connect(host), "253 characters at most");
}

#[test]
fn inproc_serves_whoever_comes_first() {
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
    assert_eq!(taken, Error::AddressInUse { endpoint: name });
    drop(pull);
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
    assert_invalid(refused, "no socket");
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

#[test]
fn an_address_of_another_machine_cannot_be_bound() {
    // TEST-NET-1, which is nobody's.
    assert_invalid(Server::bind("tcp://192.0.2.1:0"), "no such address");
}

#[test]
fn an_endpoint_is_shown_as_it_is_read() {
    for text in [
        "tcp://*:5555",
        "tcp://127.0.0.1:5555",
        "tcp://[::1]:5555",
        "tcp://[fe80::1%eth0]:5555",
        "tcp://some-host.example:5555",
        "ipc:///tmp/a",
        "ipc://@abstract",
        "inproc://a name",
    ] {
        let endpoint: Endpoint = text.parse().unwrap();
        assert_eq!(endpoint.to_string(), text);
        assert_eq!(format!("{endpoint:?}"), format!("{text:?}"));
        assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
    }
}
