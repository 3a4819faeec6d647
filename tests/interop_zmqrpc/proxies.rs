//! Each of its proxies between our ends, and the relays that are ours between its ends.

use std::sync::mpsc;

use serde_json::{Value, json};
use zeroless::relay::{self, Buffer, Relay, RunningRelay, Verdict};
use zeroless::rpc::CallError;
use zeroless::rpc::zmqrpc::{self, Client, Reply, Running, Server};

use crate::peer::{LIMIT, Peer, repeat};
use crate::program::with_python;
use crate::recorded::{Echo, Raise, with_services};

/// A server of ours that tells what it runs.
fn telling(server: Server) -> (Running, mpsc::Receiver<Value>) {
    let (tell, told) = mpsc::channel();
    let echo = move |echo: Echo| {
        tell.send(echo.0.clone())?;
        Ok(echo.0)
    };
    (server.serve(echo).start().expect("a server"), told)
}

fn bound() -> Server {
    Server::bind("tcp://127.0.0.1:0").expect("a server")
}

/// A client of ours that publishes, and has this many subscribers.
fn publishing(subscribe: impl FnOnce(u16) -> Peer) -> (Client, Peer) {
    let client = Client::new()
        .publish_at("tcp://127.0.0.1:0")
        .expect("a client");
    let peer = subscribe(client.port());
    let publisher = client.publisher().expect("a publisher");
    publisher
        .wait_for_subscribers(1, LIMIT)
        .expect("a subscriber");
    (client, peer)
}

fn calling(port: u16) -> Client {
    Client::connect(port).expect("a client").timeout(LIMIT)
}

#[test]
fn its_sub_to_pub_between_ours() {
    with_python("proxies::its_sub_to_pub_between_ours", || {
        let (client, proxy) = publishing(|port| Peer::start("sub2pub", &[port]));
        let (_server, told) = telling(Server::new().subscribe(proxy.port).expect("an endpoint"));
        let command = Echo(json!({"a": 1}));
        // It does not know when it is subscribed to.
        repeat(
            || client.publish(&command).expect("sent"),
            || told.try_iter().any(|echo| echo == command.0),
        );
    });
}

#[test]
fn its_sub_to_req_between_ours() {
    with_python("proxies::its_sub_to_req_between_ours", || {
        let (server, told) = telling(bound());
        let (client, _proxy) = publishing(|port| Peer::start("sub2req", &[port, server.port()]));
        // It sends this as a request, which would end the service of its own server.
        client.heartbeat().expect("sent");
        client.publish(&Echo(json!({"a": 1}))).expect("sent");
        assert_eq!(told.recv_timeout(LIMIT), Ok(json!({"a": 1})));
    });
}

#[test]
fn its_rep_to_pub_between_ours() {
    with_python("proxies::its_rep_to_pub_between_ours", || {
        let proxy = Peer::start("rep2pub", &[]);
        let server = Server::new()
            .subscribe(proxy.publishes_at)
            .expect("an endpoint");
        let (_server, told) = telling(server);
        let client = calling(proxy.port);
        let command = Echo(json!({"a": 1}));
        repeat(
            || assert_eq!(client.call(&command).expect("200"), Value::Null),
            || told.try_iter().any(|echo| echo == command.0),
        );
    });
}

#[test]
fn its_rep_to_req_between_ours() {
    with_python("proxies::its_rep_to_req_between_ours", || {
        let (server, told) = telling(bound());
        let proxy = Peer::start("rep2req", &[server.port()]);
        // It throws the value away.
        let reply = calling(proxy.port).call(&Echo(json!({"a": 1})));
        assert_eq!(reply.expect("200"), Value::Null);
        assert_eq!(told.recv_timeout(LIMIT), Ok(json!({"a": 1})));
    });
}

#[test]
fn its_buffered_proxy_between_ours() {
    with_python("proxies::its_buffered_proxy_between_ours", || {
        let (server, told) = telling(bound());
        let proxy = Peer::start("buffered", &[server.port()]);
        let client = calling(proxy.port);
        let command = Echo(json!({"a": 1}));
        // What comes before it has subscribed to itself is lost.
        repeat(
            || assert_eq!(client.call(&command).expect("200"), Value::Null),
            || told.try_iter().any(|echo| echo == command.0),
        );
    });
}

fn ends() -> [zeroless::Server; 2] {
    [(); 2].map(|()| zeroless::Server::bind("tcp://127.0.0.1:0").expect("an endpoint"))
}

/// Drops heartbeats.
fn commands(frames: &[zeroless::Frame]) -> Verdict {
    match zmqrpc::is_heartbeat(frames) {
        true => Verdict::Drop,
        false => Verdict::Pass,
    }
}

fn connected(port: u16) -> zeroless::Client {
    zeroless::Client::connect(port).expect("an endpoint")
}

/// Its client publishes, until its server has been given something.
fn publish_until_received(publisher: &mut Peer, server: &mut Peer, before: &str) {
    let publish = || {
        if !before.is_empty() {
            publisher.tell(before);
        }
        publisher.publish("Echo", &json!({}));
    };
    let received = server.received();
    repeat(publish, || server.received() > received + 3);
}

#[test]
fn our_sub_to_pub_between_its() {
    with_python("proxies::our_sub_to_pub_between_its", || {
        let [output, _] = ends();
        let mut publisher = Peer::start("publisher", &[]);
        let input = relay::subscribe(connected(publisher.port));
        let _relay = Relay::new(input, relay::publish(&output))
            .start()
            .expect("a relay");
        let port = output.port().to_string();
        let mut server = Peer::with("server", &[], &["--subscribe", &port]);
        publish_until_received(&mut publisher, &mut server, "heartbeat");
    });
}

#[test]
fn our_sub_to_req_between_its_drops_heartbeats() {
    with_python(
        "proxies::our_sub_to_req_between_its_drops_heartbeats",
        || {
            let mut publisher = Peer::start("publisher", &[]);
            let mut server = Peer::start("server", &[]);
            let input = relay::subscribe(connected(publisher.port));
            let relay = Relay::new(input, relay::request(connected(server.port)));
            let relay = relay.filter(commands).start().expect("a relay");
            // A heartbeat as a request would end the server's service.
            publish_until_received(&mut publisher, &mut server, "heartbeat");
            assert!(relay.counters().forward.dropped > 0);
            calling(server.port)
                .call(&Echo(json!({})))
                .expect("a value");
        },
    );
}

#[test]
fn our_rep_to_pub_between_its() {
    with_python("proxies::our_rep_to_pub_between_its", || {
        let [input, output] = ends();
        let asked = relay::reply(&input).acknowledge(Reply::ok().to_bytes());
        let _relay = Relay::new(asked, relay::publish(&output))
            .start()
            .expect("a relay");
        let port = output.port().to_string();
        let mut server = Peer::with("server", &[], &["--subscribe", &port]);
        let mut client = Peer::start("client", &[input.port()]);
        repeat(
            || assert_eq!(client.call("Echo", &json!({})), Ok(json!([null]))),
            || server.received() > 3,
        );
    });
}

/// A relay from requests to requests.
fn rep_to_req(input: &zeroless::Server, backend: u16) -> RunningRelay {
    let relay = Relay::new(relay::reply(input), relay::request(connected(backend)));
    let relay = relay.deadline(LIMIT, |_| Reply::proxy_failed().to_bytes());
    relay.start().expect("a relay")
}

#[test]
fn our_rep_to_req_between_its_gives_the_value() {
    with_python(
        "proxies::our_rep_to_req_between_its_gives_the_value",
        || {
            let [input, _] = ends();
            let server = Peer::start("server", &[]);
            let _relay = rep_to_req(&input, server.port);
            let mut client = Peer::start("client", &[input.port()]);
            assert_eq!(client.call("Echo", &json!({"a": 1})), Ok(json!([{"a": 1}])));
            // Its own proxy is wedged by this.
            let failed = client
                .call("Raise", &json!({"text": "no"}))
                .expect_err("463");
            assert_eq!(
                failed,
                "Exception raised when calling service FRaise. Exception: no "
            );
            assert_eq!(client.call("Echo", &json!({"a": 2})), Ok(json!([{"a": 2}])));
        },
    );
}

#[test]
fn our_buffered_relay_between_its() {
    with_python("proxies::our_buffered_relay_between_its", || {
        let [input, output] = ends();
        let asked = relay::reply(&input).acknowledge(Reply::ok().to_bytes());
        let relay = Relay::new(asked, relay::request(&output));
        let relay = relay
            .buffered(Buffer::new(10_000, 64 << 20))
            .start()
            .expect("a relay");
        let mut client = Peer::start("client", &[input.port()]);
        for number in 0..20 {
            let state = json!({"number": number});
            assert_eq!(client.call("Echo", &state), Ok(json!([null])));
        }
        assert_eq!(relay.counters().answered, 20);
        // Its server comes late. It binds, so another relay connects the two.
        let mut server = Peer::start("server", &[]);
        let both = relay::reply(connected(output.port()));
        let onward = Relay::new(both, relay::request(connected(server.port)));
        let _onward = onward.start().expect("a relay");
        repeat(|| {}, || server.received() == 20);
    });
}

#[test]
fn our_relay_tells_that_its_server_is_dead() {
    with_python("proxies::our_relay_tells_that_its_server_is_dead", || {
        let [input, nobody] = ends();
        let relay = Relay::new(relay::reply(&input), relay::request(&nobody));
        let soon = std::time::Duration::from_millis(50);
        let relay = relay.deadline(soon, |_| Reply::proxy_failed().to_bytes());
        let _relay = relay.start().expect("a relay");
        let mut client = Peer::start("client", &[input.port()]);
        // Its own proxy is wedged by this.
        for _ in 0..2 {
            assert_eq!(client.call("Echo", &json!({})), Err("Error".to_owned()));
        }
        let failed = calling(input.port())
            .call(&Echo(json!({})))
            .expect_err("482");
        assert!(
            matches!(failed, CallError::Other { code: 482, .. }),
            "{failed}"
        );
    });
}

#[test]
fn our_relay_passes_on_what_our_server_says_to_its_client() {
    with_python(
        "proxies::our_relay_passes_on_what_our_server_says_to_its_client",
        || {
            let [input, _] = ends();
            let server = with_services(bound()).start().expect("a server");
            let _relay = rep_to_req(&input, server.port());
            let mut client = Peer::start("client", &[input.port()]);
            assert_eq!(client.call("Echo", &json!({"a": 1})), Ok(json!([{"a": 1}])));
            let failed = calling(input.port()).call(&Raise {
                text: "no".to_owned(),
            });
            assert!(failed.expect_err("463").service().is_some());
        },
    );
}
