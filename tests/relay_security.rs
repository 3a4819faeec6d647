//! Relays whose two sides are secured each in its own way: by PLAIN in front, and behind by CURVE, or by other
//! passwords where the linked libzmq has no CURVE.

mod support;

use std::sync::OnceLock;
use std::time::Duration;

use support::{SOON, deadline, echo, until};
use zeroless::relay::{self, End, Relay, RunningRelay};
use zeroless::security::{Access, ClientSecurity, Curve, Keys, Password, Plain, ServerSecurity};
use zeroless::{
    Client, ConnectionEvent, Error, Handle, Refusal, Replier, Requester, Server, capabilities,
};

/// The security of one side of a relay, and of those that connect there.
struct Security {
    /// Those that may enter.
    access: Access,
    server: ServerSecurity,
    right: ClientSecurity,
    wrong: ClientSecurity,
}

impl Security {
    /// Lets in also the credentials that were wrong.
    fn mend(&self) {
        // Each counts for its own mechanism.
        self.access.user("ann", password("wrong")).unwrap();
        self.access.user("bob", password("wrong")).unwrap();
        self.access.any_key().unwrap();
    }
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

fn plain(user: &str, text: &str) -> Security {
    let access = Access::new().user(user, password(text)).unwrap();
    Security {
        server: Plain::server(access.clone()),
        access,
        right: Plain::user(user, password(text)),
        wrong: Plain::user(user, password("wrong")),
    }
}

fn curve() -> Security {
    static KEYS: OnceLock<[Keys; 3]> = OnceLock::new();
    let [own, bob, other] = KEYS.get_or_init(|| [(); 3].map(|()| Keys::generate().unwrap()));
    let access = Access::new().key("bob", bob.public()).unwrap();
    Security {
        server: Curve::server(own, access.clone()),
        access,
        right: Curve::client(bob, own.public()),
        wrong: Curve::client(other, own.public()),
    }
}

fn front() -> Security {
    plain("ann", "secret")
}

fn behind() -> Security {
    match capabilities().unwrap().curve {
        true => curve(),
        false => plain("bob", "hidden"),
    }
}

/// One side of a relay, as its peers see it.
struct Side {
    security: Security,
    server: Server,
    relay_binds: bool,
}

impl Side {
    fn new(security: Security, relay_binds: bool) -> Side {
        Side {
            server: Server::bind_local(0)
                .unwrap()
                .security(security.server.clone()),
            security,
            relay_binds,
        }
    }

    /// The relay's end; one that connects has these credentials.
    fn end(&self, credentials: &ClientSecurity) -> End {
        match self.relay_binds {
            true => End::from(&self.server),
            false => End::from(self.client(credentials)),
        }
    }

    fn client(&self, credentials: &ClientSecurity) -> Client {
        let client = Client::connect(self.server.port()).unwrap();
        client.security(credentials.clone())
    }
}

/// Opens the handle of a peer; one that connects has the right credentials.
macro_rules! peer {
    ($side:expr, $open:ident) => {
        match $side.relay_binds {
            true => $side.client(&$side.security.right).$open().unwrap(),
            false => $side.server.$open().unwrap(),
        }
    };
}

/// Both sides, in all ways to be bound and connected.
fn sides() -> Vec<[Side; 2]> {
    let pair =
        |[input, output]: [bool; 2]| [Side::new(front(), input), Side::new(behind(), output)];
    let ways = [[true, true], [true, false], [false, true], [false, false]];
    ways.map(pair).into()
}

/// A relay of requests; where it connects it has the right credentials.
fn start([input, output]: &[Side; 2]) -> RunningRelay {
    let clients = relay::reply(input.end(&input.security.right));
    let workers = relay::request(output.end(&output.security.right));
    Relay::new(clients, workers).start().unwrap()
}

#[track_caller]
fn assert_refused(outcome: Result<(), Error>, refusal: &Refusal) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert_eq!(error.refusal(), Some(refusal), "{error}");
}

/// Waits until a handle knows that it is refused, and sees that it is for this.
#[track_caller]
fn until_refused(handle: &impl Handle, refusal: &Refusal) {
    until(|| handle.status().is_err());
    assert_refused(handle.status(), refusal);
}

#[test]
fn requests_and_replies_pass_between_sides_of_different_security() {
    deadline(|| {
        for sides in sides() {
            let relay = start(&sides);
            let [input, output] = &sides;
            let worker: Replier = peer!(output, reply);
            let stop = worker.clone();
            let serving = echo(worker);
            let requester: Requester = peer!(input, request);
            for number in 0..100 {
                let request = (number.to_string(), vec![7; 1000]);
                let reply = requester.request_timeout(request, SOON).unwrap();
                assert_eq!(reply[0], number.to_string().as_str());
            }
            assert_eq!(relay.status(), Ok(()));
            // They are counted once a burst is over.
            until(|| relay.counters().backward.messages == 100);
            stop.stop();
            serving.join().unwrap();
        }
    });
}

#[test]
fn pushed_messages_pass_between_sides_of_different_security() {
    deadline(|| {
        for [input, output] in sides() {
            let relay = Relay::new(
                relay::pull(input.end(&input.security.right)),
                relay::push(output.end(&output.security.right)),
            );
            let relay = relay.start().unwrap();
            let (push, pull) = (peer!(input, push), peer!(output, pull));
            for number in 0..100 {
                push.send((number.to_string(), vec![7; 1000])).unwrap();
                let message = pull.recv_timeout(SOON).unwrap();
                assert_eq!(message[0], number.to_string().as_str());
                // Only a server tells users, and it knows the relay and not who is behind it.
                let user = (!output.relay_binds).then_some("bob");
                assert_eq!(message.user(), user);
            }
            assert_eq!(relay.status(), Ok(()));
        }
    });
}

#[test]
fn peers_with_wrong_credentials_are_refused_at_either_side_and_others_are_served() {
    deadline(|| {
        let sides = [front(), behind()].map(|security| Side::new(security, true));
        let relay = start(&sides);
        let [input, output] = &sides;
        let (at_input, at_output) = (
            relay.input().connection_events().unwrap(),
            relay.output().connection_events().unwrap(),
        );
        // The credentials of one side are none at the other.
        let mismatched = match capabilities().unwrap().curve {
            true => Refusal::MechanismMismatch,
            false => Refusal::Denied,
        };
        let mut requesters = Vec::new();
        let mut workers = Vec::new();
        for (wrong, refusal) in [
            (&input.security.wrong, &Refusal::Denied),
            (&output.security.right, &mismatched),
        ] {
            let requester = input.client(wrong).request().unwrap();
            until_refused(&requester, refusal);
            requesters.push(requester);
        }
        for (wrong, refusal) in [
            (&output.security.wrong, &Refusal::Denied),
            (&input.security.right, &mismatched),
        ] {
            let worker = output.client(wrong).reply().unwrap();
            until_refused(&worker, refusal);
            workers.push(worker);
        }
        let in_vain: Vec<_> = requesters.iter().map(|it| it.start("in vain")).collect();

        let worker: Replier = peer!(output, reply);
        let stop = worker.clone();
        let serving = echo(worker);
        let requester: Requester = peer!(input, request);
        for _ in 0..100 {
            assert_eq!(requester.request_timeout("hello", SOON).unwrap(), "hello");
        }
        // Their mistake is not the relay's.
        assert_eq!(relay.status(), Ok(()));
        for events in [at_input, at_output] {
            let mut events = std::iter::from_fn(|| events.recv_timeout(SOON).ok());
            assert!(events.any(|event| matches!(
                event,
                ConnectionEvent::HandshakeFailed {
                    refusal: Refusal::Denied,
                    ..
                }
            )));
        }
        until(|| relay.counters().forward.messages == 100);
        for worker in &workers {
            assert_eq!(worker.try_recv().unwrap_err(), Error::WouldBlock);
        }
        stop.stop();
        assert_eq!(serving.join().unwrap(), 100);
        drop(in_vain);
    });
}

#[test]
fn a_relay_with_wrong_credentials_tells_so_and_goes_on_once_they_are_right() {
    deadline(|| {
        for wrong_at_input in [true, false] {
            let (input, output) = (Side::new(front(), false), Side::new(behind(), false));
            let credentials = |side: &Side, wrong: bool| match wrong {
                true => side.security.wrong.clone(),
                false => side.security.right.clone(),
            };
            let relay = Relay::new(
                relay::pull(input.end(&credentials(&input, wrong_at_input))),
                relay::push(output.end(&credentials(&output, !wrong_at_input))),
            );
            let relay = relay.start().unwrap();
            let (push, pull) = (input.server.push().unwrap(), output.server.pull().unwrap());
            let (refused, fine) = match wrong_at_input {
                true => (relay.input(), relay.output()),
                false => (relay.output(), relay.input()),
            };
            until(|| refused.status().is_err());
            assert_refused(refused.status(), &Refusal::Denied);
            assert_refused(relay.status(), &Refusal::Denied);
            fine.wait_connected(1, SOON).unwrap();
            assert_eq!(fine.status(), Ok(()));
            assert_eq!(refused.connections_now(), 0);
            assert_eq!(pull.try_recv().unwrap_err(), Error::WouldBlock);

            match wrong_at_input {
                true => input.security.mend(),
                false => output.security.mend(),
            }
            // With another libzmq than ours one that is handed over during an attempt that is refused is lost.
            until(|| {
                push.send("welcome").unwrap();
                let received = pull.recv_timeout(Duration::from_millis(20));
                received.is_ok_and(|message| message == "welcome")
            });
            until(|| relay.status() == Ok(()));
        }
    });
}

#[test]
fn messages_of_a_revoked_user_are_not_passed_on() {
    deadline(|| {
        let (input, output) = (Side::new(front(), true), Side::new(behind(), true));
        input.security.access.user("eve", password("eve")).unwrap();
        let relay = Relay::new(
            relay::pull(input.end(&input.security.right)),
            relay::push(output.end(&output.security.right)),
        );
        let relay = relay.start().unwrap();
        let (ann, pull) = (peer!(input, push), peer!(output, pull));
        let eve = input.client(&Plain::user("eve", password("eve")));
        let eve = eve.push().unwrap();
        eve.send("before").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "before");
        input.security.access.revoke("eve").unwrap();
        for number in 0..100 {
            eve.send("after").unwrap();
            ann.send(number.to_string()).unwrap();
            assert_eq!(
                pull.recv_timeout(SOON).unwrap(),
                number.to_string().as_str()
            );
        }
        relay.stop();
        assert_eq!(relay.counters().forward.messages, 101);
    });
}
