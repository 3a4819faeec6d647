//! Calls, both ways: each status code, without security and with a password.

use std::thread;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroless::Refusal;
use zeroless::rpc::zmqrpc::{self, Client, Nested, Server, ShutdownServer};
use zeroless::rpc::{self, CallError};

use crate::peer::{LIMIT, Peer, USER, ann, only_ann};
use crate::program::with_python;
use crate::recorded::{Echo, Inner, NoService, Outer, Raise, Ret, with_services};

/// A command that the other end does not know.
#[derive(Serialize, Deserialize)]
struct Nowhere;
rpc::command!(Nowhere -> ());

/// A command of its, without the key that it needs.
#[derive(Serialize, Deserialize)]
struct Picky;
rpc::command!(Picky -> ());

fn client(port: u16) -> Client {
    Client::connect(port).expect("a client").timeout(LIMIT)
}

/// Its server gives us each status code.
fn it_replies(client: &Client) {
    let any = json!({"text": "Grüße 😀", "n": null, "f": 0.1, "list": [1, -2], "big": u64::MAX});
    assert_eq!(client.call(&Echo(any.clone())).expect("a value"), any);
    client.call(&Ret).expect("nothing");
    let inner = |x| Nested(Inner { x });
    let outer = Outer {
        inner: inner(1),
        many: vec![inner(2), inner(3)],
    };
    let reply = client.call(&outer).expect("a value");
    assert_eq!(reply, json!({"inner": "Inner", "x": [1, 2, 3]}));

    let raise = Raise {
        text: "Something went wrong: ä".to_owned(),
    };
    let failed = client.call(&raise).expect_err("463");
    let text = "Exception raised when calling service FRaise. Exception: Something went wrong: ä ";
    assert_eq!(failed.service().expect("the service's").to_string(), text);
    let unserved = client.call(&NoService).expect_err("451");
    assert!(
        matches!(unserved, CallError::NoSuchCommand { .. }),
        "{unserved}"
    );
    for refused in [client.call(&Nowhere), client.call(&Picky)] {
        let refused = refused.expect_err("400");
        assert!(matches!(refused, CallError::BadRequest { .. }), "{refused}");
    }
    // And it goes on.
    client.call(&Ret).expect("nothing");
}

#[test]
fn its_server_replies_to_us() {
    with_python("calls::its_server_replies_to_us", || {
        let server = Peer::start("server", &[]);
        it_replies(&client(server.port));
    });
}

#[test]
fn its_server_with_a_password_replies_to_us() {
    with_python("calls::its_server_with_a_password_replies_to_us", || {
        let server = Peer::with("server", &[], USER);
        it_replies(&client(server.port).security(ann("secret")));
        let refused = client(server.port).security(ann("wrong"));
        let refused = refused
            .timeout(std::time::Duration::from_secs(2))
            .call(&Ret);
        let Err(CallError::NotSent { reason, .. }) = refused else {
            panic!("not refused: {refused:?}");
        };
        assert_eq!(reason.refusal(), Some(&Refusal::Denied), "{reason}");
    });
}

#[test]
fn we_end_its_server() {
    with_python("calls::we_end_its_server", || {
        let mut server = Peer::start("server", &[]);
        client(server.port).call(&ShutdownServer).expect("nothing");
        assert_eq!(server.ask("ended"), "ended");
    });
}

#[test]
fn its_receiver_takes_any_text() {
    with_python("calls::its_receiver_takes_any_text", || {
        let receiver = Peer::start("receiver", &[]);
        let sender = zmqrpc::Sender::connect(receiver.port)
            .expect("a sender")
            .timeout(LIMIT);
        assert!(sender.request("anything").expect("a reply").is_ok());
    });
}

/// Our server gives its client each status code.
fn we_reply(client: &mut Peer) {
    let any = json!({"text": "Grüße 😀", "n": null, "f": 0.1, "list": [1, -2], "big": u64::MAX});
    assert_eq!(client.call("Echo", &any), Ok(json!([any])));
    assert_eq!(client.call("Ret", &json!({})), Ok(json!([null])));
    let inner = |x| json!({"_icmd_": ["Inner", {"x": x}]});
    let outer = json!({"inner": inner(1), "many": [inner(2)]});
    let shown = |x| json!({"is_command": "Inner", "state": {"x": x}});
    let reply = json!([{"inner": shown(1), "many": [shown(2)]}]);
    assert_eq!(client.call("Outer", &outer), Ok(reply));

    let failed = client.call("Raise", &json!({"text": "Something went wrong: ä"}));
    let text = "Exception raised when calling service FRaise. Exception: Something went wrong: ä ";
    assert_eq!(failed, Err(text.to_owned()));
    let no_service = |name| {
        Err(format!(
            r#"No service on the server is registered for command "{name}"."#
        ))
    };
    assert_eq!(
        client.call("NoService", &json!({})),
        no_service("NoService")
    );
    let unreadable = "Incorrectly marshalled command. Incoming message is no proper json formatted \
                      string. Exception: Could not interpret the unzipped contents";
    assert_eq!(
        client.call("Unheard", &json!({})),
        Err(unreadable.to_owned())
    );
    let huge: Value = serde_json::from_str("{\"a\": 1e40}").expect("JSON");
    assert_eq!(client.call("Echo", &huge), Ok(json!([huge])));
    assert_eq!(
        client.call("ShutdownServer", &json!({})),
        no_service("ShutdownServer")
    );
    assert_eq!(client.call("Ret", &json!({})), Ok(json!([null])));
}

fn server() -> Server {
    with_services(Server::bind("tcp://127.0.0.1:0").expect("a server"))
}

#[test]
fn we_reply_to_its_client() {
    with_python("calls::we_reply_to_its_client", || {
        let server = server().start().expect("a server");
        we_reply(&mut Peer::start("client", &[server.port()]));
    });
}

#[test]
fn we_reply_to_its_client_with_a_password() {
    with_python("calls::we_reply_to_its_client_with_a_password", || {
        let server = server().security(only_ann()).start().expect("a server");
        we_reply(&mut Peer::with("client", &[server.port()], USER));
    });
}

#[test]
fn its_client_ends_us_where_that_is_allowed() {
    with_python("calls::its_client_ends_us_where_that_is_allowed", || {
        let server = server().allow_shutdown(true).start().expect("a server");
        let port = server.port();
        let serving = thread::spawn(move || server.wait());
        let mut client = Peer::start("client", &[port]);
        assert_eq!(client.call("ShutdownServer", &json!({})), Ok(json!([null])));
        serving.join().expect("no panic").expect("stopped");
    });
}

#[test]
fn its_client_calls_all_of_our_servers() {
    with_python("calls::its_client_calls_all_of_our_servers", || {
        let servers = [(); 3].map(|()| server().start().expect("a server"));
        let ports = servers.each_ref().map(zmqrpc::Running::port);
        let mut client = Peer::start("client", &ports);
        assert_eq!(
            client.call("Echo", &json!({"a": 1})),
            Ok(json!([{"a": 1}, {"a": 1}, {"a": 1}]))
        );
    });
}

#[test]
fn we_call_all_of_its_servers_though_one_is_silent() {
    with_python(
        "calls::we_call_all_of_its_servers_though_one_is_silent",
        || {
            let servers = [(); 2].map(|()| Peer::start("server", &[]));
            let silent = zeroless::Server::bind(0).expect("a server");
            let _never_replies = silent.reply().expect("a replier");
            let ports = [servers[0].port, silent.port(), servers[1].port];
            let client = Client::connect(ports).expect("a client");
            let client = client.timeout(std::time::Duration::from_secs(3));
            let replies = client.all(&Echo(json!({"a": 1}))).expect("replies");
            let done: Vec<_> = replies.iter().map(|(_, reply)| reply.is_ok()).collect();
            assert_eq!(done, [true, false, true], "{replies:?}");
        },
    );
}
