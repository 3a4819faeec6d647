//! The patterns, and the socket that each of their sides needs.

use std::time::Duration;

use crate::ffi::{self, IntOption};
use crate::options::{KeepAlive, Options};
use crate::socket::{Linger, Profile, SocketSpec, SocketType};

/// One side of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Push,
    Pull,
    Publisher,
    Subscriber,
    Requester,
    Replier,
    Pair,
    Router,
    Dealer,
}

/// A requester wants to know soon that nobody will answer.
const QUICK: KeepAlive = KeepAlive {
    idle: Duration::from_secs(1),
    interval: Duration::from_secs(1),
    count: 3,
};

impl Kind {
    #[cfg(test)]
    pub(super) const ALL: [Kind; 9] = [
        Kind::Push,
        Kind::Pull,
        Kind::Publisher,
        Kind::Subscriber,
        Kind::Requester,
        Kind::Replier,
        Kind::Pair,
        Kind::Router,
        Kind::Dealer,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Push => "push",
            Kind::Pull => "pull",
            Kind::Publisher => "publish",
            Kind::Subscriber => "subscribe",
            Kind::Requester => "request",
            Kind::Replier => "reply",
            Kind::Pair => "pair",
            Kind::Router => "router",
            Kind::Dealer => "dealer",
        }
    }

    /// The sides that it can talk to: those that libzmq lets it connect with (RFC 28), by any
    /// socket of that side. A request may come from REQ, and a reply from REP.
    pub(crate) fn partners(self) -> &'static [Kind] {
        match self {
            Kind::Push => &[Kind::Pull],
            Kind::Pull => &[Kind::Push],
            Kind::Publisher => &[Kind::Subscriber],
            Kind::Subscriber => &[Kind::Publisher],
            Kind::Requester => &[Kind::Replier, Kind::Router],
            Kind::Replier => &[Kind::Requester, Kind::Dealer],
            Kind::Pair => &[Kind::Pair],
            Kind::Router => &[Kind::Dealer, Kind::Router, Kind::Requester],
            Kind::Dealer => &[Kind::Router, Kind::Dealer, Kind::Replier],
        }
    }

    /// Their names, as the refusal of a peer has them.
    fn partner_names(self) -> &'static str {
        match self {
            Kind::Requester => "reply or router",
            Kind::Replier => "request or dealer",
            Kind::Router => "dealer, router or request",
            Kind::Dealer => "router, dealer or reply",
            Kind::Push | Kind::Pull | Kind::Publisher | Kind::Subscriber | Kind::Pair => {
                self.partners()[0].name()
            }
        }
    }

    /// Whether it sends to peers that have not asked it.
    pub(crate) fn sends_unasked(self) -> bool {
        !matches!(self, Kind::Pull | Kind::Subscriber | Kind::Replier)
    }

    /// The socket of this side, as the options have it.
    pub(crate) fn spec(self, options: &Options) -> SocketSpec {
        let mut spec = self.usual_spec(options);
        if let Some(identity) = &options.identity {
            spec.identity = identity.as_bytes().to_vec();
        }
        spec
    }

    fn usual_spec(self, options: &Options) -> SocketSpec {
        let spec = |socket_type, profile| {
            SocketSpec::new(socket_type, self.name(), self.partner_names(), profile)
        };
        let stream = Profile {
            is_stream: true,
            ..Profile::default()
        };
        // The user sends nothing by it.
        let receiver = Profile {
            linger: Linger::exactly(Duration::ZERO),
            ends_stalled: true,
            ..stream
        };
        let call = Profile {
            keep_alive: QUICK,
            ends_stalled: true,
            spins: true,
            ..Profile::default()
        };
        // A peer that does not read must not hold up the end of a server.
        let soon = Linger::at_most(Duration::from_secs(5));
        match self {
            Kind::Push => {
                let queues_for_peer = true;
                let profile = Profile {
                    queues_for_peer,
                    ..stream
                };
                spec(SocketType::Push, profile)
            }
            Kind::Pull => spec(SocketType::Pull, receiver),
            Kind::Publisher => {
                let profile = Profile {
                    linger: soon,
                    // One subscriber must not hold up all others for good.
                    ends_stalled: options.wait_for_slow,
                    ..stream
                };
                spec(SocketType::Xpub, profile)
                    // Every subscription and every departure, not a topic's first and last only.
                    .raw_option(IntOption::XpubVerboser, 1)
                    .raw_option(IntOption::XpubNoDrop, options.wait_for_slow.into())
            }
            Kind::Subscriber => {
                // It sends only its subscriptions.
                let has_send_limit = false;
                let profile = Profile {
                    has_send_limit,
                    ..receiver
                };
                spec(SocketType::Sub, profile)
            }
            Kind::Requester => {
                // A request in the plain envelope is often sent just after a disconnect.
                let is_immediate = !options.plain_envelope || ffi::disconnects_at_once();
                let profile = Profile {
                    is_immediate_beside_others: is_immediate,
                    receives_whole: true,
                    queues_for_peer: true,
                    ..call
                };
                spec(SocketType::Dealer, profile)
            }
            Kind::Replier => {
                let profile = Profile {
                    linger: soon,
                    ..call
                };
                spec(SocketType::Router, profile).raw_option(IntOption::RouterMandatory, 1)
            }
            Kind::Pair => {
                let profile = Profile {
                    spins: true,
                    queues_for_peer: true,
                    ..stream
                };
                spec(SocketType::Pair, profile)
            }
            Kind::Router => {
                let profile = Profile {
                    linger: soon,
                    spins: true,
                    queues_for_peer: true,
                    ..stream
                };
                spec(SocketType::Router, profile)
                    .raw_option(IntOption::RouterMandatory, 1)
                    // Without it a second peer of the same identity is connected and never heard, and
                    // libzmq takes the first message that it sends for its identity.
                    .raw_option(IntOption::RouterHandover, 1)
            }
            Kind::Dealer => {
                let profile = Profile {
                    spins: true,
                    queues_for_peer: true,
                    ..stream
                };
                spec(SocketType::Dealer, profile)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::socket::Socket;

    #[test]
    fn every_pattern_has_its_name_its_partners_and_a_socket() {
        let names: HashSet<_> = Kind::ALL.map(Kind::name).into();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            for partner in kind.partners() {
                assert!(
                    partner.partners().contains(&kind),
                    "{kind:?} and {partner:?}"
                );
                assert!(kind.partner_names().contains(partner.name()));
            }
            for wait_for_slow in [false, true] {
                let options = Options::default().wait_for_slow(wait_for_slow);
                let socket = Socket::open(&kind.spec(&options), &options);
                assert_eq!(socket.expect("a socket").name(), kind.name());
            }
        }
    }
}
