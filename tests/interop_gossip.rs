//! Our gossip is that of CZMQ's zgossip: we connect to one, ones connect to us, and zyre's nodes,
//! which use it, meet ours.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python, of a system that has libczmq; `.ci/run` makes one.
//! `ZEROLESS_PEER_ZYRE` names `interop_zre/node.c`, compiled. Without them these tests say that
//! they were not run.

#![cfg(feature = "zre")]

#[path = "interop_zre/member.rs"]
mod member;
#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
mod support;

use std::time::Duration;

use member::{LIMIT, Member, Zyre};
use process::Process;
use program::{script, with_python};
use support::deadline_after;
use zeroless::zre::Builder;
use zeroless::{Message, Server};

/// Longer than zgossip remembers a silent client.
const WHILE: Duration = Duration::from_millis(1500);

/// A zgossip, and where it is bound.
struct Gossip {
    process: Process,
    endpoint: String,
}

impl Gossip {
    fn start() -> Gossip {
        Gossip::start_at(&nowhere())
    }

    fn start_at(endpoint: &str) -> Gossip {
        let process = Process::start(script("interop_gossip/gossip.py").arg(endpoint), LIMIT);
        assert_eq!(process.line(), "ready");
        Gossip {
            endpoint: endpoint.to_owned(),
            process,
        }
    }

    fn connect(&mut self, endpoint: &str) {
        self.process.tell(&format!("connect {endpoint}"));
    }

    fn publish(&mut self, key: &str, value: &str) {
        self.process.tell(&format!("publish {key} {value}"));
    }

    /// It comes to know this next, and nothing else.
    #[track_caller]
    fn expects(&self, key: &str, value: &str) {
        assert_eq!(self.process.line(), format!("DELIVER {key} {value}"));
    }
}

/// An endpoint where nobody is. Left to itself CZMQ takes the first port that another has left, and
/// a zgossip ends when anything is sent to that one.
fn nowhere() -> String {
    let port = Server::bind_local(0).expect("a port").port();
    format!("tcp://127.0.0.1:{port}")
}

/// A node of ours that is connected to these.
fn client<const N: usize>(name: &str, gossips: [&str; N]) -> Member {
    Member::ours_here(name, |node| {
        gossips.into_iter().fold(node, Builder::gossip_connect)
    })
}

/// A node of ours that others connect to, and where.
fn hub(name: &str) -> (Member, String) {
    let hub = Member::ours_here(name, |node| node.gossip_bind("tcp://127.0.0.1:0"));
    let endpoint = hub.node().gossip_endpoints()[0].to_string();
    (hub, endpoint)
}

/// Two that see each other enter.
fn meet(one: &Member, two: &Member) {
    one.expects(&two.entered());
    two.expects(&one.entered());
}

/// They talk with each other.
fn talk(one: &mut Member, two: &mut Member) {
    let message = Message::from("hello");
    one.whisper(two, &message);
    two.expects(&one.whispered(&message));
    two.whisper(one, &message);
    one.expects(&two.whispered(&message));
}

/// Nothing happens for a while.
fn wait(node: &Member) {
    let event = node.node().recv_timeout(WHILE);
    assert!(event.unwrap_err().is_timeout());
}

/// Makes each fact a test.
macro_rules! facts {
    ($with:expr; $($fact:ident $body:block)*) => {$(
        #[test]
        fn $fact() {
            let name = concat!(module_path!(), "::", stringify!($fact));
            $with(name, || deadline_after(2 * LIMIT, || $body));
        }
    )*};
}

mod zgossip {
    use super::*;

    facts! { with_python;
        it_is_told_of_us {
            let gossip = Gossip::start();
            let alice = client("alice", [&gossip.endpoint]);
            gossip.expects(&alice.id, &alice.endpoint);
        }

        we_find_each_other_through_it {
            let gossip = Gossip::start();
            let mut alice = client("alice", [&gossip.endpoint]);
            gossip.expects(&alice.id, &alice.endpoint);
            let mut bob = client("bob", [&gossip.endpoint]);
            meet(&alice, &bob);
            talk(&mut alice, &mut bob);
        }

        we_find_each_other_through_a_chain_of_them {
            let first = Gossip::start();
            let mut second = Gossip::start();
            second.connect(&first.endpoint);
            let alice = client("alice", [&first.endpoint]);
            let bob = client("bob", [&second.endpoint]);
            meet(&alice, &bob);
        }

        it_need_not_be_there_first {
            let endpoint = nowhere();
            let alice = client("alice", [&endpoint]);
            wait(&alice);
            let gossip = Gossip::start_at(&endpoint);
            gossip.expects(&alice.id, &alice.endpoint);
        }

        it_learns_of_us_again_when_it_starts_anew {
            let endpoint = nowhere();
            let gossip = Gossip::start_at(&endpoint);
            let alice = client("alice", [&endpoint]);
            gossip.expects(&alice.id, &alice.endpoint);
            drop(gossip);
            let gossip = Gossip::start_at(&endpoint);
            gossip.expects(&alice.id, &alice.endpoint);
        }

        it_tells_us_news_after_a_quiet_while {
            let gossip = Gossip::start();
            let alice = client("alice", [&gossip.endpoint]);
            gossip.expects(&alice.id, &alice.endpoint);
            wait(&alice);
            let bob = client("bob", [&gossip.endpoint]);
            meet(&alice, &bob);
        }

        it_is_told_of_us_when_it_connects {
            let (alice, endpoint) = hub("alice");
            let mut gossip = Gossip::start();
            gossip.connect(&endpoint);
            gossip.expects(&alice.id, &alice.endpoint);
        }

        what_it_tells_us_is_a_node {
            let (alice, endpoint) = hub("alice");
            let (bob, _) = hub("bob");
            let mut gossip = Gossip::start();
            gossip.publish(&bob.id, &bob.endpoint);
            gossip.expects(&bob.id, &bob.endpoint);
            gossip.connect(&endpoint);
            meet(&alice, &bob);
        }

        what_it_tells_us_later_is_a_node {
            let (alice, endpoint) = hub("alice");
            let (bob, _) = hub("bob");
            let mut gossip = Gossip::start();
            gossip.connect(&endpoint);
            gossip.expects(&alice.id, &alice.endpoint);
            wait(&alice);
            gossip.publish(&bob.id, &bob.endpoint);
            meet(&alice, &bob);
        }

        one_learns_from_us_what_another_knows {
            let (alice, endpoint) = hub("alice");
            let mut one = Gossip::start();
            let mut two = Gossip::start();
            for gossip in [&mut one, &mut two] {
                gossip.connect(&endpoint);
                gossip.expects(&alice.id, &alice.endpoint);
            }
            wait(&alice);
            one.publish("key", "value");
            one.expects("key", "value");
            two.expects("key", "value");
            one.publish("key", "another");
            two.expects("key", "another");
            let mut three = Gossip::start();
            three.connect(&endpoint);
            let all = [three.process.line(), three.process.line()];
            assert!(all.contains(&"DELIVER key another".to_owned()), "{all:?}");
        }
    }
}

mod zyre {
    use super::*;

    fn with(name: &str, fact: impl FnOnce()) {
        Zyre.with(name, fact);
    }

    facts! { with;
        it_finds_us_and_we_it {
            let (mut alice, endpoint) = hub("alice");
            let mut bob = Zyre.start_by("bob", &endpoint);
            meet(&alice, &bob);
            talk(&mut alice, &mut bob);
        }

        two_of_it_find_each_other_through_us {
            let (alice, endpoint) = hub("alice");
            let mut bob = Zyre.start_by("bob", &endpoint);
            meet(&alice, &bob);
            let mut carol = Zyre.start_by("carol", &endpoint);
            alice.expects(&carol.entered());
            bob.expects(&carol.entered());
            carol.expects_all([alice.entered(), bob.entered()]);
            talk(&mut bob, &mut carol);
        }

        its_goodbye_reaches_us {
            let (alice, endpoint) = hub("alice");
            for _ in 0..3 {
                let bob = Zyre.start_by("bob", &endpoint);
                meet(&alice, &bob);
                let gone = bob.gone();
                bob.stop();
                alice.expects(&gone);
            }
        }

        our_goodbye_reaches_it {
            let (alice, endpoint) = hub("alice");
            let bob = Zyre.start_by("bob", &endpoint);
            meet(&alice, &bob);
            for _ in 0..3 {
                let carol = client("carol", [&endpoint]);
                alice.expects(&carol.entered());
                bob.expects(&carol.entered());
                carol.expects_all([alice.entered(), bob.entered()]);
                let gone = carol.gone();
                carol.stop();
                alice.expects(&gone);
                bob.expects(&gone);
            }
        }
    }
}
