//! A peer that authenticates in another way, or wrongly, is not served and is told at once, at both ends; it gets in
//! by itself once that is mended.

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use support::{Folder, SOON, assert_invalid, blocked, deadline, inproc, until};
use zeroless::security::{Access, ClientSecurity, Curve, Keys, Password, Plain, ServerSecurity};
use zeroless::{Client, ConnectionEvent, Error, Handle, Refusal, Server, capabilities};

/// Nothing comes about in it that is refused.
const SHORT: Duration = Duration::from_millis(20);

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// A table with one user.
fn access() -> Access {
    Access::new().user("ann", password("secret")).unwrap()
}

fn plain_server() -> ServerSecurity {
    Plain::server(access())
}

fn plain_user() -> ClientSecurity {
    Plain::user("ann", password("secret"))
}

/// Keys of a server, of a client that it lets in, and of another.
fn keys() -> &'static [Keys; 3] {
    static KEYS: OnceLock<[Keys; 3]> = OnceLock::new();
    KEYS.get_or_init(|| std::array::from_fn(|_| Keys::generate().unwrap()))
}

fn curve_server() -> ServerSecurity {
    let [server, ann, _] = keys();
    Curve::server(server, Access::new().key("ann", ann.public()).unwrap())
}

fn curve_client() -> ClientSecurity {
    let [server, ann, _] = keys();
    Curve::client(ann, server.public())
}

/// The securities of two ends that do not come together.
struct Ends {
    server: Option<ServerSecurity>,
    client: Option<ClientSecurity>,
    refusal: Refusal,
}

/// All ways in which two ends can fail to come together.
fn all_ends() -> Vec<Ends> {
    let ends = |server, client, refusal| Ends {
        server,
        client,
        refusal,
    };
    let mismatch = || Refusal::MechanismMismatch;
    let mut all = vec![
        ends(Some(plain_server()), None, mismatch()),
        ends(None, Some(plain_user()), mismatch()),
        ends(
            Some(plain_server()),
            Some(Plain::user("ann", password("wrong"))),
            Refusal::Denied,
        ),
        ends(
            Some(plain_server()),
            Some(Plain::user("bob", password("secret"))),
            Refusal::Denied,
        ),
    ];
    if capabilities().unwrap().curve {
        let [server, ann, other] = keys();
        all.extend([
            ends(Some(curve_server()), Some(plain_user()), mismatch()),
            ends(Some(plain_server()), Some(curve_client()), mismatch()),
            ends(Some(curve_server()), None, mismatch()),
            ends(None, Some(curve_client()), mismatch()),
            ends(
                Some(curve_server()),
                Some(Curve::client(other, server.public())),
                Refusal::Denied,
            ),
            ends(
                Some(curve_server()),
                Some(Curve::client(ann, other.public())),
                Refusal::Denied,
            ),
        ]);
    }
    all
}

/// A server on a free port of loopback, and a client of it.
fn ends_with(server: Option<ServerSecurity>, client: Option<ClientSecurity>) -> (Server, Client) {
    let unsecured = Server::bind_local(0).unwrap();
    let endpoint = unsecured.endpoint();
    let server = match server {
        Some(security) => unsecured.security(security),
        None => unsecured,
    };
    let unsecured = Client::connect(endpoint).unwrap();
    let client = match client {
        Some(security) => unsecured.security(security),
        None => unsecured,
    };
    (server, client)
}

/// Both ends say why they do not come together, and no connection is up.
#[track_caller]
fn assert_refused(server: &impl Handle, client: &impl Handle, refusal: &Refusal) {
    let events = client.connection_events().unwrap();
    let failed = events.into_iter().find_map(|event| match event {
        ConnectionEvent::HandshakeFailed {
            endpoint,
            refusal,
            peer,
            ..
        } => {
            let port = peer.map(|peer| peer.port());
            assert_eq!(port, endpoint.port(), "the peer in an event");
            Some(refusal)
        }
        _ => None,
    });
    assert_eq!(failed.as_ref(), Some(refusal), "an event");
    match client.status() {
        Err(Error::Refused { refusal: told, .. }) => assert_eq!(told, *refusal, "the status"),
        other => panic!("{other:?}"),
    }
    let timeout = client.wait_connected(1, SHORT).unwrap_err();
    assert_eq!(timeout.refusal(), Some(refusal), "{timeout}");
    let events = server.connection_events().unwrap();
    let failed = events.into_iter().find_map(|event| match event {
        ConnectionEvent::HandshakeFailed { refusal, .. } => Some(refusal),
        _ => None,
    });
    assert_eq!(failed.as_ref(), Some(refusal), "an event of the server");
    assert_eq!((server.connections_now(), client.connections_now()), (0, 0));
    assert_eq!(server.status(), Ok(()), "the mistake of another");
}

/// Makes a test of each pattern, with the server's side first.
macro_rules! refused {
    ($($fact:ident: $server:ident($($server_topic:literal)?), $client:ident($($client_topic:literal)?);)*) => {$(
        #[test]
        fn $fact() {
            deadline(|| {
                for ends in all_ends() {
                    let (server, client) = ends_with(ends.server, ends.client);
                    let server = server.$server($($server_topic)?).unwrap();
                    let client = client.$client($($client_topic)?).unwrap();
                    assert_refused(&server, &client, &ends.refusal);
                }
            });
        }
    )*};
}

refused! {
    push_is_refused: pull(), push();
    pull_is_refused: push(), pull();
    publish_is_refused: subscribe(""), publish();
    subscribe_is_refused: publish(), subscribe("");
    request_is_refused: reply(), request();
    reply_is_refused: request(), reply();
    pair_is_refused: pair(), pair();
    dealer_is_refused: router(), dealer();
    router_is_refused: dealer(), router();
}

/// Makes a test of each pattern, with the server's side first: those that are allowed come together.
macro_rules! admitted {
    ($($fact:ident: $server:ident($($server_topic:literal)?), $client:ident($($client_topic:literal)?);)*) => {$(
        #[test]
        fn $fact() {
            deadline(|| {
                let mut all = vec![(plain_server(), plain_user())];
                if capabilities().unwrap().curve {
                    all.push((curve_server(), curve_client()));
                }
                for (server, client) in all {
                    let (server, client) = ends_with(Some(server), Some(client));
                    let server = server.$server($($server_topic)?).unwrap();
                    let client = client.$client($($client_topic)?).unwrap();
                    support::marry(&server, &client);
                    assert_eq!((server.status(), client.status()), (Ok(()), Ok(())));
                }
            });
        }
    )*};
}

admitted! {
    push_is_admitted: pull(), push();
    pull_is_admitted: push(), pull();
    publish_is_admitted: subscribe(""), publish();
    subscribe_is_admitted: publish(), subscribe("");
    request_is_admitted: reply(), request();
    reply_is_admitted: request(), reply();
    pair_is_admitted: pair(), pair();
    dealer_is_admitted: router(), dealer();
    router_is_admitted: dealer(), router();
}

/// The time ran out because of this refusal.
#[track_caller]
fn assert_timeout<T: std::fmt::Debug>(outcome: Result<T, impl Into<Error>>, refusal: &Refusal) {
    let error = outcome.map(|it| panic!("{it:?}")).unwrap_err().into();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.refusal(), Some(refusal), "{error}");
}

/// Waits until a handle knows that it is refused.
fn refused<H: Handle>(handle: H) -> H {
    until(|| handle.status().is_err());
    handle
}

#[test]
fn a_deadline_that_ends_meanwhile_gives_the_refusal() {
    deadline(|| {
        for ends in all_ends() {
            let (server, _) = ends_with(ends.server, None);
            let client = || {
                let client = Client::connect(server.endpoint()).unwrap();
                match &ends.client {
                    Some(security) => client.security(security.clone()),
                    None => client,
                }
            };
            let refusal = &ends.refusal;

            let replier = server.reply().unwrap();
            let requester = refused(client().request_timeout(SHORT).request().unwrap());
            assert_timeout(requester.request("hello"), refusal);
            assert!(replier.try_recv().is_err(), "it came through");
            drop((replier, requester));

            let pull = server.pull().unwrap();
            let immediate = client().immediate(true).send_timeout(SHORT);
            assert_timeout(refused(immediate.push().unwrap()).send("hello"), refusal);
            let push = refused(client().push().unwrap());
            let _ = push.try_send("hello");
            assert!(pull.try_recv().is_err(), "it came through");
            drop((pull, push));

            let push = server.push().unwrap();
            let pull = refused(client().pull().unwrap());
            assert_timeout(pull.recv_timeout(SHORT), refusal);
            drop((push, pull));

            let _subscriber = server.subscribe("").unwrap();
            let publisher = refused(client().publish().unwrap());
            assert_timeout(publisher.wait_for_subscribers(1, SHORT), refusal);
        }
    });
}

/// Has a table mended while a requester waits, which then comes through; tells how long that took.
fn assert_let_in(server: ServerSecurity, client: ClientSecurity, mend: impl FnOnce()) {
    let (server, client) = ends_with(Some(server), Some(client));
    let replier = server.reply().unwrap();
    // With another libzmq a request that is handed over during an attempt is lost with that, unless it waits for a peer.
    let requester = refused(client.immediate(true).request().unwrap());
    let asked = requester.clone();
    let asking = blocked(move || asked.request_timeout("hello", SOON));
    mend();
    let mended = Instant::now();
    replier.recv().unwrap().reply("welcome").unwrap();
    println!("let in {:?} after the table was mended", mended.elapsed());
    assert_eq!(asking.join().unwrap().unwrap(), "welcome");
    until(|| requester.status() == Ok(()));
}

#[test]
fn a_client_is_let_in_once_its_password_is_right() {
    deadline(|| {
        let access = access();
        let bob = Plain::user("bob", password("hidden"));
        assert_let_in(Plain::server(access.clone()), bob, || {
            access.user("bob", password("hidden")).unwrap();
        });
    });
}

#[test]
fn a_client_that_receives_goes_on_once_it_is_let_in() {
    deadline(|| {
        let access = access();
        let bob = Plain::user("bob", password("hidden"));
        let (server, client) = ends_with(Some(Plain::server(access.clone())), Some(bob));
        let push = server.push().unwrap();
        let pull = refused(client.pull().unwrap());
        let received = blocked(move || pull.recv());
        access.user("bob", password("hidden")).unwrap();
        push.send("welcome").unwrap();
        assert_eq!(received.join().unwrap().unwrap(), "welcome");
    });
}

#[test]
fn a_client_is_let_in_once_its_key_is_allowed() {
    deadline(|| {
        if capabilities().unwrap().curve {
            let [server, ann, _] = keys();
            let access = Access::new();
            let client = Curve::client(ann, server.public());
            assert_let_in(Curve::server(server, access.clone()), client, || {
                access.key("ann", ann.public()).unwrap();
            });
        }
    });
}

#[test]
fn a_client_gets_in_once_the_server_has_its_mechanism() {
    deadline(|| {
        let (server, client) = ends_with(None, Some(plain_user()));
        let pull = server.pull().unwrap();
        let push = refused(client.push().unwrap());
        drop(pull);
        let pull = server.security(plain_server()).pull().unwrap();
        push.wait_connected(1, SOON).unwrap();
        push.send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
        assert_eq!(push.status(), Ok(()));
    });
}

#[test]
fn honest_clients_are_served_beside_those_that_are_refused() {
    deadline(|| {
        let (server, client) = ends_with(Some(plain_server()), Some(plain_user()));
        let replier = server.reply().unwrap();
        let wrong: Vec<_> = all_ends()
            .into_iter()
            .filter(|ends| ends.client != Some(plain_user()))
            .map(|ends| {
                let client = Client::connect(server.endpoint()).unwrap();
                match ends.client {
                    Some(security) => client.security(security).request().unwrap(),
                    None => client.request().unwrap(),
                }
            })
            .map(refused)
            .collect();
        let requester = client.request().unwrap();
        let pending: Vec<_> = wrong.iter().map(|wrong| wrong.start("wrong")).collect();
        for _ in 0..100 {
            let pending = requester.start("right").unwrap();
            let request = replier.recv().unwrap();
            assert_eq!(request.message(), "right");
            request.reply("").unwrap();
            pending.wait().unwrap();
        }
        assert!(replier.try_recv().is_err());
        drop(pending);
    });
}

#[test]
fn a_peer_that_binds_with_the_security_of_a_client_is_told_of() {
    deadline(|| {
        let context = zmq::Context::new();
        let peer = context.socket(zmq::PULL).unwrap();
        peer.set_plain_username(Some("ann")).unwrap();
        peer.set_plain_password(Some("secret")).unwrap();
        peer.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = peer.get_last_endpoint().unwrap().unwrap();
        let client = Client::connect(endpoint).unwrap().security(plain_user());
        let refusal = refused(client.push().unwrap()).status().unwrap_err();
        assert_eq!(refusal.refusal(), Some(&Refusal::MechanismMismatch));
    });
}

#[test]
fn inproc_is_refused_at_both_ends() {
    deadline(|| {
        let endpoint = inproc();
        let server = Server::bind(&endpoint).unwrap().security(plain_server());
        assert_invalid(server.pull(), "inproc cannot be authenticated");
        let client = Client::connect(&endpoint).unwrap().security(plain_user());
        assert_invalid(client.push(), "inproc cannot be authenticated");

        let (server, client) = ends_with(Some(plain_server()), Some(plain_user()));
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        assert_invalid(
            server.bind_more(&endpoint),
            "inproc cannot be authenticated",
        );
        assert_invalid(client.connect(&endpoint), "inproc cannot be authenticated");
        push.send("it goes on").unwrap();
        assert_eq!(pull.recv().unwrap(), "it goes on");
    });
}

#[test]
fn ipc_is_authenticated() {
    deadline(|| {
        let folder = Folder::new();
        let server = Server::bind(folder.ipc("door")).unwrap();
        let replier = server.security(plain_server()).reply().unwrap();
        let client = |security| {
            let client = Client::connect(folder.ipc("door")).unwrap();
            client.security(security).request().unwrap()
        };
        let wrong = refused(client(Plain::user("ann", password("wrong"))));
        assert_eq!(
            wrong.status().unwrap_err().refusal(),
            Some(&Refusal::Denied)
        );
        let pending = client(plain_user()).start("hello").unwrap();
        replier.recv().unwrap().reply("welcome").unwrap();
        assert_eq!(pending.wait().unwrap(), "welcome");
    });
}

#[test]
fn a_name_that_cannot_be_a_users_is_refused() {
    for (name, fault) in [
        (String::new(), "it is empty"),
        ("x".repeat(256), "it has 256 bytes, and 255 at most"),
        ("a\0b".to_owned(), "it has a NUL"),
    ] {
        let ann = Plain::user(name, password("secret"));
        let refused = Client::new().security(ann).push().unwrap_err();
        let text = format!("invalid option security: the name of the user: {fault}");
        assert_eq!(refused.to_string(), text);
    }
    let longest = Plain::user("x".repeat(255), password(&"y".repeat(255)));
    assert!(Client::new().security(longest).push().is_ok());
}

#[test]
fn curve_is_refused_where_libzmq_has_none() {
    if capabilities().unwrap().curve {
        return;
    }
    let folder = Folder::new();
    let path = folder.path().join("keys_secret");
    // The keys of libzmq's own tests.
    let text = "curve\n    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n    \
                secret-key = \"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\"\n";
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let keys = Keys::load(&path).unwrap();
    let [client, server] = [
        Client::new()
            .security(Curve::client(&keys, keys.public()))
            .push()
            .map(|_| ()),
        Server::bind(0)
            .unwrap()
            .security(Curve::server(&keys, access()))
            .pull()
            .map(|_| ()),
    ];
    for refused in [client.unwrap_err(), server.unwrap_err()] {
        assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
        assert!(
            refused.to_string().contains("the feature `curve`"),
            "{refused}"
        );
    }
}
