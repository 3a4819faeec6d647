//! The description of a socket, given by the layer that opens it: this layer knows no pattern.

use super::Profile;
use crate::ffi::IntOption;

/// The type, names, behaviour and options of a socket.
#[derive(Debug, Clone)]
pub(crate) struct SocketSpec {
    pub(crate) socket_type: SocketType,
    /// This socket's name in logs and refusals.
    pub(crate) name: &'static str,
    /// The name of a fitting peer there.
    pub(crate) partner: &'static str,
    /// The identity that peers see; if it is empty, each of them makes one up.
    pub(crate) identity: Vec<u8>,
    pub(crate) profile: Profile,
    /// libzmq options that the profile does not cover.
    pub(crate) raw_options: Vec<(IntOption, i32)>,
}

impl SocketSpec {
    /// A socket without an identity and without raw options.
    pub(crate) fn new(
        socket_type: SocketType,
        name: &'static str,
        partner: &'static str,
        profile: Profile,
    ) -> SocketSpec {
        SocketSpec {
            socket_type,
            name,
            partner,
            identity: Vec::new(),
            profile,
            raw_options: Vec::new(),
        }
    }

    /// The same socket with one more option of libzmq.
    pub(crate) fn raw_option(mut self, option: IntOption, value: i32) -> SocketSpec {
        self.raw_options.push((option, value));
        self
    }
}

/// libzmq's types of socket, but for those that another type replaces: XPUB for PUB, DEALER for REQ,
/// and ROUTER for REP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SocketType {
    Push,
    Pull,
    Xpub,
    Sub,
    Xsub,
    Dealer,
    Router,
    Pair,
}

impl SocketType {
    /// Whether a message is for one peer that is named in it, so that there may be room for one message
    /// and none for another.
    pub(super) fn sends_to_named_peers(self) -> bool {
        self == SocketType::Router
    }

    /// Whether it receives messages of its peers' users. PUSH receives nothing, and XPUB subscriptions; libzmq
    /// does not tell whose those are that end with their connection.
    pub(super) fn receives_messages(self) -> bool {
        !matches!(self, SocketType::Push | SocketType::Xpub)
    }

    pub(super) fn zmq(self) -> zmq::SocketType {
        match self {
            SocketType::Push => zmq::PUSH,
            SocketType::Pull => zmq::PULL,
            SocketType::Xpub => zmq::XPUB,
            SocketType::Sub => zmq::SUB,
            SocketType::Xsub => zmq::XSUB,
            SocketType::Dealer => zmq::DEALER,
            SocketType::Router => zmq::ROUTER,
            SocketType::Pair => zmq::PAIR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::socket::Socket;

    #[test]
    fn a_socket_of_each_type_can_be_opened() {
        for socket_type in [
            SocketType::Push,
            SocketType::Pull,
            SocketType::Xpub,
            SocketType::Sub,
            SocketType::Xsub,
            SocketType::Dealer,
            SocketType::Router,
            SocketType::Pair,
        ] {
            let spec = SocketSpec::new(socket_type, "one", "other", Profile::default());
            let socket = Socket::open(&spec, &Options::default()).expect("a socket");
            assert_eq!((socket.socket_type(), socket.name()), (socket_type, "one"));
        }
    }

    #[test]
    fn a_raw_option_that_the_type_does_not_have_is_an_error() {
        let spec = SocketSpec::new(SocketType::Pair, "one", "other", Profile::default());
        let spec = spec.raw_option(IntOption::XpubVerboser, 1);
        assert!(Socket::open(&spec, &Options::default()).is_err());
    }
}
