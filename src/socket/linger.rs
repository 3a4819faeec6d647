//! How long a socket that is closed goes on delivering, and for whom.

use std::time::Duration;

use super::Kind;
use crate::ffi::{self, IntOption};
use crate::options::{Options, milliseconds};

/// How long what is queued may still be delivered once its socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Linger {
    /// At most, while a peer takes it.
    pub(crate) most: Duration,
    /// Where nobody is connected.
    pub(crate) alone: Duration,
}

/// Where nobody is connected, if nobody says otherwise. Our libzmq has the same number.
const ALONE: Duration = Duration::from_secs(1);

impl Linger {
    /// As the options have it, or as suits the pattern.
    pub(crate) fn of(kind: Kind, options: &Options) -> Linger {
        let most = match (options.linger, kind) {
            (Some(time), _) => return Linger::exactly(time),
            // They send nothing of the user's.
            (None, Kind::Pull | Kind::Subscriber) => return Linger::exactly(Duration::ZERO),
            // Whoever does not read must not hold up the end of a server.
            (None, Kind::Publisher | Kind::Replier) => Duration::from_secs(5),
            // A node says goodbye, and goes.
            (None, Kind::Inbox | Kind::Link | Kind::Hub) => ALONE,
            (None, _) => Duration::from_secs(30),
        };
        Linger { most, alone: ALONE }
    }

    /// So long, whether somebody is connected or not.
    pub(crate) fn exactly(time: Duration) -> Linger {
        let (most, alone) = (time, time);
        Linger { most, alone }
    }

    /// Sets it. Our libzmq reads less than -1 as milliseconds while somebody is connected; for
    /// another it is the longer time.
    pub(crate) fn set(self, socket: &mut zmq::Socket) -> Result<(), ffi::Errno> {
        let most = milliseconds(self.most);
        if self.most != self.alone
            && ffi::set_int(socket, IntOption::Linger, most.saturating_neg()).is_ok()
        {
            return Ok(());
        }
        ffi::set_int(socket, IntOption::Linger, most)
    }
}
