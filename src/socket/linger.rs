//! How long a closed socket goes on delivering.

use std::time::Duration;

use crate::ffi::{self, IntOption};
use crate::options::milliseconds;

/// How long what is queued may still be delivered once its socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Linger {
    /// At most, while a peer takes it.
    pub(crate) most: Duration,
    /// At most, while no peer is connected.
    pub(crate) alone: Duration,
}

/// The default while no peer is connected. Our libzmq has the same number.
const ALONE: Duration = Duration::from_secs(1);

impl Linger {
    /// So long while a peer is connected, and a second while none is.
    pub(crate) fn at_most(most: Duration) -> Linger {
        Linger { most, alone: ALONE }
    }

    /// So long, whether a peer is connected or not.
    pub(crate) fn exactly(time: Duration) -> Linger {
        let (most, alone) = (time, time);
        Linger { most, alone }
    }

    /// Sets it on a socket. Our libzmq reads less than -1 as milliseconds while a peer is connected; for
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

impl Default for Linger {
    fn default() -> Linger {
        Linger::at_most(Duration::from_secs(30))
    }
}
