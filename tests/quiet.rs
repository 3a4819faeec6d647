//! Nothing warns in a healthy program: two of them exchange messages, and end in any order.

#[path = "support/process.rs"]
mod process;
mod support;

use std::io::BufRead;
use std::time::Duration;

use process::{Process, again};
use support::{Folder, SOON, deadline_after};
use zeroless::{
    Client, Dealer, Pair, Publisher, Pull, Push, Replier, Requester, Router, Server, Subscriber,
};

/// In a process of these tests: `<pattern> bind|connect <endpoint>`.
const ROLE: &str = "ZEROLESS_TEST_ROLE";

const LIMIT: Duration = Duration::from_secs(60);

const COUNT: usize = 100;

/// The sides of each pattern.
const PATTERNS: [[&str; 2]; 5] = [
    ["push", "pull"],
    ["publish", "subscribe"],
    ["request", "reply"],
    ["pair", "pair"],
    ["dealer", "router"],
];

/// How the first of two programs ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Well,
    Killed,
}

/// In a process of these tests: exchanges messages, says so, and ends when it is told to.
fn exchange(role: &str) {
    env_logger::init();
    let [pattern, does, endpoint] = role.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{role}")
    };
    let handle = match does {
        "bind" => Handle::of_server(&Server::bind(endpoint).unwrap(), pattern),
        _ => Handle::of_client(&Client::connect(endpoint).unwrap(), pattern),
    };
    handle.exchange();
    println!("exchanged");
    std::io::stdin().lock().lines().next();
}

enum Handle {
    Push(Push),
    Pull(Pull),
    Publish(Publisher),
    Subscribe(Subscriber),
    Request(Requester),
    Reply(Replier),
    Pair(Pair),
    Dealer(Dealer),
    Router(Router),
}

macro_rules! opens {
    ($name:ident, $type:ty) => {
        fn $name(from: &$type, pattern: &str) -> Handle {
            match pattern {
                "push" => Handle::Push(from.push().unwrap()),
                "pull" => Handle::Pull(from.pull().unwrap()),
                "publish" => Handle::Publish(from.publish().unwrap()),
                "subscribe" => Handle::Subscribe(from.subscribe("").unwrap()),
                "request" => Handle::Request(from.request().unwrap()),
                "reply" => Handle::Reply(from.reply().unwrap()),
                "dealer" => Handle::Dealer(from.dealer().unwrap()),
                "router" => Handle::Router(from.router().unwrap()),
                _ => Handle::Pair(from.pair().unwrap()),
            }
        }
    };
}

impl Handle {
    opens! { of_server, Server }
    opens! { of_client, Client }

    fn exchange(&self) {
        let numbers = (0..COUNT).map(|number| number.to_string());
        match self {
            Handle::Push(push) => numbers.for_each(|it| push.send(it).unwrap()),
            Handle::Pull(pull) => assert_eq!(pull.iter().take(COUNT).count(), COUNT),
            Handle::Publish(publisher) => {
                publisher.wait_for_subscribers(1, SOON).unwrap();
                numbers.for_each(|it| publisher.send(it).unwrap());
            }
            Handle::Subscribe(subscriber) => {
                assert_eq!(subscriber.iter().take(COUNT).count(), COUNT);
            }
            Handle::Request(requester) => numbers.for_each(|it| {
                assert_eq!(requester.request(it.as_str()).unwrap(), it.as_str());
            }),
            Handle::Reply(replier) => replier.iter().take(COUNT).for_each(|request| {
                let answer = request.to_string();
                request.reply(answer).unwrap();
            }),
            Handle::Pair(pair) => {
                numbers.for_each(|it| pair.send(it).unwrap());
                assert_eq!(pair.iter().take(COUNT).count(), COUNT);
            }
            Handle::Dealer(dealer) => {
                numbers.for_each(|it| dealer.send(it).unwrap());
                assert_eq!(dealer.iter().take(COUNT).count(), COUNT);
            }
            Handle::Router(router) => router.iter().take(COUNT).for_each(|(peer, message)| {
                router.send_to(&peer, message).unwrap();
            }),
        }
    }
}

fn start(role: String) -> Process {
    let test = "two_programs_warn_of_nothing_in_any_order_of_ending";
    Process::start_quiet(&mut again(test, ROLE, role), LIMIT)
}

/// Has two programs exchange messages, and end: first the one of this place.
fn meet(patterns: [&str; 2], first_to_start: usize, first_to_end: usize, end: End) {
    let folder = Folder::new();
    let endpoint = folder.ipc("a");
    let does = ["bind", "connect"];
    let role = |place: usize| format!("{} {} {endpoint}", patterns[place], does[place]);
    let first = start(role(first_to_start));
    if first_to_start == 1 {
        first.logs("nobody is at");
    }
    let second = start(role(1 - first_to_start));
    first.prints("exchanged");
    second.prints("exchanged");
    let (first, second) = match first_to_end == first_to_start {
        true => (first, second),
        false => (second, first),
    };
    match end {
        End::Well => drop(first.finish()),
        End::Killed => drop(first.kill()),
    }
    second.finish();
}

#[test]
fn two_programs_warn_of_nothing_in_any_order_of_ending() {
    if let Ok(role) = std::env::var(ROLE) {
        return exchange(&role);
    }
    deadline_after(LIMIT * 5, || {
        for [one, two] in PATTERNS {
            for patterns in [[one, two], [two, one]] {
                for (first_to_start, first_to_end) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    for end in [End::Well, End::Killed] {
                        meet(patterns, first_to_start, first_to_end, end);
                    }
                }
            }
        }
    });
}
