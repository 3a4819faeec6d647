//! Commands and heartbeats that are published, both ways.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use zeroless::rpc::zmqrpc::{Client, Server};

use crate::peer::{LIMIT, Peer, repeat};
use crate::program::with_python;
use crate::recorded::Echo;

#[test]
fn we_run_what_its_clients_publish_between_heartbeats() {
    with_python(
        "publishing::we_run_what_its_clients_publish_between_heartbeats",
        || {
            let mut publishers = [(); 2].map(|()| Peer::start("publisher", &[]));
            let (tell, told) = mpsc::channel();
            let server = Server::bind("tcp://127.0.0.1:0").expect("a server");
            let ports = publishers.each_ref().map(|it| it.port);
            let server = server.subscribe(ports).expect("endpoints");
            let keep = move |echo: Echo| Ok(tell.send(echo.0).map(|()| json!(null))?);
            let server = server.serve(keep).start().expect("a server");
            for (number, publisher) in publishers.iter_mut().enumerate() {
                // It does not know when it is subscribed to.
                let state = json!({"of": number});
                let publish = || {
                    publisher.tell("heartbeat");
                    publisher.publish("Echo", &state);
                };
                repeat(publish, || told.try_iter().any(|echo| echo == state));
            }
            // And requests beside.
            let mut client = Peer::start("client", &[server.port()]);
            assert_eq!(
                client.call("Echo", &json!({"of": "request"})),
                Ok(json!([null]))
            );
            assert!(told.iter().any(|echo| echo == json!({"of": "request"})));
        },
    );
}

#[test]
fn its_server_runs_what_we_publish_between_heartbeats() {
    with_python(
        "publishing::its_server_runs_what_we_publish_between_heartbeats",
        || {
            let client = Client::new()
                .publish_at("tcp://127.0.0.1:0")
                .expect("a client");
            let client = client
                .heartbeats(Duration::from_millis(5))
                .open()
                .expect("a publisher");
            // These wait for the first subscriber.
            for number in 0..10 {
                client
                    .publish(&Echo(json!({"number": number})))
                    .expect("room");
            }
            let port = client.port().to_string();
            let mut server = Peer::with("server", &[], &["--subscribe", &port]);
            repeat(|| {}, || server.received() == 10);
            assert_eq!(client.dropped(), 0);
            client.publish(&Echo(json!({}))).expect("room");
            repeat(|| {}, || server.received() == 11);
            // Heartbeats have not ended its service of requests.
            let requests = Client::connect(server.port)
                .expect("a client")
                .timeout(LIMIT);
            requests.call(&Echo(json!({}))).expect("a value");
        },
    );
}
