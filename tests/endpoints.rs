//! Endpoints: those that can be bound and connected to, and those that are refused with a reason.

mod support;

use std::net::{SocketAddr, TcpListener};

use support::{assert_invalid, deadline};
use zeroless::{Client, Endpoint, Error, Server};

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
            // Another program may have the port, but then the port is not a wrong one.
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
    let (port, expected) = (
        server.port(),
        format!("tcp://*:{}", server.port()).parse().unwrap(),
    );
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
    let endpoint = format!("tcp://{address}").parse().unwrap();
    assert_eq!(taken, Error::AddressInUse { endpoint });
}

#[test]
fn a_server_dropped_gives_its_port_back() {
    let port = Server::bind_local(0).unwrap().port();
    assert_eq!(Server::bind_local(port).unwrap().port(), port);
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
fn an_invalid_host_is_refused_without_looking_it_up() {
    for (target, reason) in [
        ("tcp://:5555", "no host"),
        ("tcp://a b:5555", "neither a host name"),
        ("tcp://-a:5555", "neither a host name"),
        ("tcp://a..b:5555", "neither a host name"),
        ("tcp://1.2.3:5555", "not an IPv4 address"),
        ("tcp://1.2.3.256:5555", "not an IPv4 address"),
        ("tcp://[::1:5555", "not closed"),
        ("tcp://[127.0.0.1]:5555", "IPv6"),
        ("tcp://[::1%a b]:5555", "not a zone"),
        ("tcp://eth0;a:5555", "not supported"),
        ("tcp://localhost", "no port"),
        ("tcp://localhost:", "not a port number"),
        ("tcp://localhost:http", "not a port number"),
        ("tcp://localhost:+80", "not a port number"),
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
    assert_invalid(Client::connect("somewhere"), "without quotes");
    assert_invalid(Client::connect(""), "without quotes");
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
fn the_place_where_clients_are_let_in_is_nobodys() {
    let place = "inproc://zeromq.zap.01";
    assert_invalid(Server::bind(place), "reserved");
    assert_invalid(Client::connect(place), "reserved");
    assert_invalid(place.parse::<Endpoint>(), "reserved");
    assert!(Server::bind("inproc://zeromq.zap.02").is_ok());
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
