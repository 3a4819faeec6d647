//! Which options each side of a pattern uses: the others are refused, not ignored.

use super::Kind;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::security::Security;

/// The end of its connections that a handle is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Binds,
    Connects,
}

/// Refuses options that only handles use, for a socket without a handle, and those of these others that are set. `who` is
/// whose socket it is.
pub(crate) fn refuse_those_of_handles(
    options: &Options,
    who: &str,
    others: &[(&'static str, bool)],
) -> Result<()> {
    let usual = Options::default();
    let Options {
        send_timeout,
        request_timeout,
        request_retries,
        ..
    } = options;
    let of_handles = [
        ("send_timeout", *send_timeout != usual.send_timeout),
        ("request_timeout", *request_timeout != usual.request_timeout),
        ("request_retries", *request_retries != usual.request_retries),
        ("plain_envelope", options.plain_envelope),
        ("spin", options.spin != usual.spin),
        ("peer_info", options.peer_info),
    ];
    match of_handles.iter().chain(others).find(|(_, is_set)| *is_set) {
        Some((option, _)) => Err(Error::InvalidOption {
            option,
            reason: format!("{who} does not use it; set it for other handles only"),
        }),
        None => Ok(()),
    }
}

/// One option, as it is set, and as a pattern sees it.
struct Setting {
    option: &'static str,
    is_set: bool,
    /// Why it is not used, if it is not.
    unused: Option<&'static str>,
}

impl Kind {
    /// Refuses an option that is set, and that this side of the pattern does not use at this end.
    pub(crate) fn check_options(self, end: End, options: &Options) -> Result<()> {
        let settings = self.settings(end, options).into_iter();
        for setting in settings.filter(|setting| setting.is_set) {
            if let Some(why) = setting.unused {
                let name = self.name();
                return Err(Error::InvalidOption {
                    option: setting.option,
                    reason: format!("{name} does not use it: {why}; set it for other handles only"),
                });
            }
        }
        Ok(())
    }

    /// All options: a new one does not compile until it has its place here.
    fn settings(self, end: End, options: &Options) -> [Setting; 22] {
        let Options {
            send_queue,
            receive_queue,
            linger,
            max_frame,
            send_timeout,
            request_timeout,
            request_retries,
            plain_envelope,
            immediate,
            wait_for_slow,
            wait_for_name,
            handshake_timeout,
            connect_timeout,
            reconnect_min,
            reconnect_max,
            heartbeat,
            keep_alive,
            batch,
            spin,
            peer_info,
            identity,
            security,
        } = options;
        let usual = Options::default();
        let profile = self.spec(options).profile;

        let unless = |used: bool, why| (!used).then_some(why);
        let always = None;
        let connects = unless(end == End::Connects, "a server connects to nobody");
        let sends = unless(!self.only_receives(), "it sends nothing");
        let receives = unless(!self.only_sends(), "it receives nothing");
        let requests = unless(self == Kind::Requester, "it sends no requests");
        let waits_to_send = unless(
            self.waits_to_send(),
            match self {
                Kind::Requester => "requests have request_timeout",
                Kind::Replier => "a reply never waits",
                _ => "it sends nothing",
            },
        );
        let publishes = unless(self == Kind::Publisher, "it has no subscribers");
        let chooses = unless(self.chooses_peer(), "it does not choose a peer to send to");
        let named = unless(
            self.has_identity(),
            "it has none, as dealer, router and request have",
        );
        let spins = unless(profile.spins, "in a stream a receive always sleeps at once");

        let other_end = match (security, end) {
            (Some(Security::OfClient(_)), End::Binds) => Some(
                "it is for an end that connects, and a server has Plain::server or Curve::server",
            ),
            (Some(Security::OfServer(_)), End::Connects) => {
                Some("it is for an end that binds, and a client has Plain::user or Curve::client")
            }
            (Some(_) | None, _) => None,
        };

        let setting = |option, is_set, unused| Setting {
            option,
            is_set,
            unused,
        };
        [
            setting("send_queue", *send_queue != usual.send_queue, sends),
            setting(
                "receive_queue",
                *receive_queue != usual.receive_queue,
                receives,
            ),
            setting("linger", *linger != usual.linger, sends),
            setting("max_frame", *max_frame != usual.max_frame, always),
            setting(
                "send_timeout",
                *send_timeout != usual.send_timeout,
                waits_to_send,
            ),
            setting(
                "request_timeout",
                *request_timeout != usual.request_timeout,
                requests,
            ),
            setting(
                "request_retries",
                *request_retries != usual.request_retries,
                requests,
            ),
            setting("plain_envelope", *plain_envelope, requests.or(connects)),
            setting(
                "immediate",
                *immediate != usual.immediate,
                chooses.or(connects),
            ),
            setting("wait_for_slow", *wait_for_slow, publishes),
            setting("wait_for_name", *wait_for_name, connects),
            setting(
                "handshake_timeout",
                *handshake_timeout != usual.handshake_timeout,
                always,
            ),
            setting(
                "connect_timeout",
                *connect_timeout != usual.connect_timeout,
                connects,
            ),
            setting(
                "reconnect_min",
                *reconnect_min != usual.reconnect_min,
                connects,
            ),
            setting(
                "reconnect_max",
                *reconnect_max != usual.reconnect_max,
                connects,
            ),
            setting("heartbeat", *heartbeat != usual.heartbeat, always),
            setting("keep_alive", *keep_alive != usual.keep_alive, always),
            setting("batch", *batch != usual.batch, always),
            setting("spin", *spin != usual.spin, spins),
            setting("peer_info", *peer_info, receives),
            setting("identity", identity.is_some(), named),
            setting("security", security.is_some(), other_end),
        ]
    }

    fn only_receives(self) -> bool {
        match self {
            Kind::Pull | Kind::Subscriber => true,
            Kind::Push | Kind::Publisher | Kind::Requester | Kind::Replier => false,
            Kind::Pair | Kind::Router | Kind::Dealer => false,
        }
    }

    fn only_sends(self) -> bool {
        match self {
            Kind::Push | Kind::Publisher => true,
            Kind::Pull | Kind::Subscriber | Kind::Requester | Kind::Replier => false,
            Kind::Pair | Kind::Router | Kind::Dealer => false,
        }
    }

    /// Whether a message goes to any peer that is there.
    fn chooses_peer(self) -> bool {
        match self {
            Kind::Push | Kind::Requester | Kind::Pair | Kind::Dealer => true,
            Kind::Pull | Kind::Publisher | Kind::Subscriber => false,
            Kind::Replier | Kind::Router => false,
        }
    }

    /// Whether its peers can know it by an identity.
    fn has_identity(self) -> bool {
        match self {
            Kind::Requester | Kind::Router | Kind::Dealer => true,
            Kind::Push | Kind::Pull | Kind::Publisher | Kind::Subscriber => false,
            Kind::Replier | Kind::Pair => false,
        }
    }

    /// Whether a send waits until there is room, unless it is given a time.
    fn waits_to_send(self) -> bool {
        match self {
            Kind::Push | Kind::Publisher | Kind::Pair | Kind::Router | Kind::Dealer => true,
            Kind::Pull | Kind::Subscriber | Kind::Requester | Kind::Replier => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::options::{Batch, Heartbeat};
    use crate::security::{Access, ClientSecurity, Password, Plain};

    /// Sets an option to another value than its default.
    type Set = fn(Options) -> Options;

    const SECOND: Duration = Duration::from_secs(1);
    /// The patterns that use an option, at the ends that do.
    #[derive(Clone, Copy)]
    enum Users {
        All,
        Clients,
        Some(&'static [Kind]),
        SomeClients(&'static [Kind]),
    }

    impl Users {
        fn have(self, kind: Kind, end: End) -> bool {
            match self {
                Users::All => true,
                Users::Clients => end == End::Connects,
                Users::Some(kinds) => kinds.contains(&kind),
                Users::SomeClients(kinds) => end == End::Connects && kinds.contains(&kind),
            }
        }
    }

    const TABLE: [(&str, Set, Users); 22] = {
        use Kind::{Dealer, Pair, Publisher, Pull, Push, Replier, Requester, Router, Subscriber};
        use Users::{All, Clients, Some, SomeClients};
        const SEND: Users = Some(&[Push, Publisher, Requester, Replier, Pair, Router, Dealer]);
        const RECEIVE: Users = Some(&[Pull, Subscriber, Requester, Replier, Pair, Router, Dealer]);
        const WAIT_TO_SEND: Users = Some(&[Push, Publisher, Pair, Router, Dealer]);
        [
            ("send_queue", |o| o.send_queue(7), SEND),
            ("receive_queue", |o| o.receive_queue(7), RECEIVE),
            ("linger", |o| o.linger(SECOND), SEND),
            ("max_frame", |o| o.max_frame(2000), All),
            ("send_timeout", |o| o.send_timeout(SECOND), WAIT_TO_SEND),
            (
                "request_timeout",
                |o| o.request_timeout(SECOND),
                Some(&[Requester]),
            ),
            (
                "request_retries",
                |o| o.request_retries(7),
                Some(&[Requester]),
            ),
            (
                "plain_envelope",
                |o| o.plain_envelope(true),
                SomeClients(&[Requester]),
            ),
            (
                "immediate",
                |o| o.immediate(true),
                SomeClients(&[Push, Requester, Pair, Dealer]),
            ),
            (
                "wait_for_slow",
                |o| o.wait_for_slow(true),
                Some(&[Publisher]),
            ),
            ("wait_for_name", |o| o.wait_for_name(true), Clients),
            ("handshake_timeout", |o| o.handshake_timeout(SECOND), All),
            ("connect_timeout", |o| o.connect_timeout(SECOND), Clients),
            ("reconnect_min", |o| o.reconnect_min(SECOND), Clients),
            ("reconnect_max", |o| o.reconnect_max(2 * SECOND), Clients),
            ("heartbeat", |o| o.heartbeat(Heartbeat::Off), All),
            ("keep_alive", |o| o.keep_alive(None), All),
            ("batch", |o| o.batch(Batch::Small), All),
            (
                "spin",
                |o| o.spin(SECOND),
                Some(&[Requester, Replier, Pair, Router, Dealer]),
            ),
            ("peer_info", |o| o.peer_info(true), RECEIVE),
            (
                "identity",
                |o| o.identity("me"),
                Some(&[Requester, Router, Dealer]),
            ),
            ("security", |o| o.security(ann()), Clients),
        ]
    };

    #[test]
    fn an_option_is_used_or_refused_by_each_pattern_at_each_end() {
        for end in [End::Binds, End::Connects] {
            for kind in Kind::ALL {
                kind.check_options(end, &Options::default()).unwrap();
                let names = kind.settings(end, &Options::default());
                assert_eq!(names.map(|it| it.option), TABLE.map(|(name, ..)| name));
                for (option, set, users) in TABLE {
                    let used = users.have(kind, end);
                    let set = set(Options::default());
                    match kind.check_options(end, &set) {
                        Ok(()) => assert!(used, "{option} of {kind:?}, {end:?}"),
                        Err(Error::InvalidOption {
                            option: named,
                            reason,
                        }) => {
                            assert!(!used, "{option} of {kind:?}, {end:?}: {reason}");
                            assert_eq!(named, option);
                            assert!(reason.starts_with(kind.name()), "{reason}");
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }
    }

    fn ann() -> ClientSecurity {
        Plain::user("ann", Password::new("secret").unwrap())
    }

    #[test]
    fn the_security_of_a_server_is_refused_for_a_client() {
        let options = Options::default().security(Plain::server(Access::new()));
        Kind::Pull.check_options(End::Binds, &options).unwrap();
        let refused = Kind::Pull.check_options(End::Connects, &options);
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("Plain::user"), "{refused}");
    }

    #[test]
    fn an_option_that_is_not_used_is_refused_with_advice() {
        let options = Options::default().send_timeout(SECOND);
        let refused = Kind::Pull.check_options(End::Binds, &options).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "invalid option send_timeout: pull does not use it: it sends nothing; set it for other \
             handles only"
        );
    }
}
