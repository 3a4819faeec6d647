//! The sockets of a relay: each is one side of a pattern for its peers.

use std::fmt;
use std::marker::PhantomData;

use crate::error::Result;
use crate::ffi::IntOption;
use crate::options::Options;
use crate::pattern::sealed::Sealed;
use crate::pattern::{End, Handle, Kind, Pattern, refuse_those_of_handles};
use crate::socket::{Socket, SocketSpec, SocketType};

/// A socket of a relay; `R` says which, and is `()` once that no longer matters.
pub(super) struct RelaySocket<R = ()> {
    socket: Socket,
    role: PhantomData<R>,
}

/// The use of a relay's socket.
pub(super) trait SocketRole: Send + Sync + 'static {
    /// The side of a pattern that it is for its peers.
    const KIND: Kind;

    /// The socket, where the pattern's own would not do.
    fn adapt(_spec: &mut SocketSpec) {}
}

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $kind:ident $(, $adapt:expr)?;)*) => {$(
        $(#[$doc])*
        pub(super) enum $role {}

        impl SocketRole for $role {
            const KIND: Kind = Kind::$kind;

            $(fn adapt(spec: &mut SocketSpec) {
                $adapt(spec);
            })?
        }
    )*};
}

roles! {
    /// Has the subscriptions of the subscribers at the other end.
    ForwardingSubscriber = Subscriber, |spec: &mut SocketSpec| spec.socket_type = SocketType::Xsub;
    /// Subscribes to topics of its own.
    Subscriber = Subscriber;
    Puller = Pull;
    Replier = Replier;
    /// Tells of a topic's first subscription and its last end: one of each is passed on. Each subscriber has room for all
    /// that the input holds beside its own queue: the relay moves that at once, and libzmq drops what finds no room.
    Publisher = Publisher, |spec: &mut SocketSpec| {
        spec.profile.send_queues = 2;
        let is_other = |option: &IntOption| !matches!(option, IntOption::XpubVerboser);
        spec.raw_options.retain(|(option, _)| is_other(option));
    };
    Pusher = Push;
    /// Its few connections carry what many clients send.
    Requester = Requester, |spec: &mut SocketSpec| spec.profile.is_stream = true;
}

impl<R> RelaySocket<R> {
    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The same socket, whatever it is for.
    pub(super) fn any(&self) -> RelaySocket {
        RelaySocket {
            socket: self.socket.clone(),
            role: PhantomData,
        }
    }
}

impl<R: SocketRole> Pattern for RelaySocket<R> {
    const KIND: Kind = R::KIND;

    fn check_options(end: End, options: &Options) -> Result<()> {
        refuse_those_of_handles(options, "a relay", &[])?;
        R::KIND.check_options(end, options)
    }

    fn spec(options: &Options) -> SocketSpec {
        let mut spec = R::KIND.spec(options);
        R::adapt(&mut spec);
        spec
    }

    fn new(socket: Socket) -> RelaySocket<R> {
        RelaySocket {
            socket,
            role: PhantomData,
        }
    }
}

impl<R: Send + Sync + 'static> Handle for RelaySocket<R> {}

impl<R> Sealed for RelaySocket<R> {
    fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl<R> Clone for RelaySocket<R> {
    fn clone(&self) -> RelaySocket<R> {
        RelaySocket {
            socket: self.socket.clone(),
            role: PhantomData,
        }
    }
}

impl<R> fmt::Debug for RelaySocket<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelaySocket").finish_non_exhaustive()
    }
}
