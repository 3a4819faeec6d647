//! How long a closed socket goes on delivering.

use std::time::Duration;

use crate::ffi::{self, IntOption};
use crate::options::milliseconds;

/// How long a socket may go on delivering once it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Linger {
    /// At most, while a peer is connected.
    pub(crate) most: Duration,
    /// At most, while no peer is connected.
    pub(crate) alone: Duration,
}

/// The default while no peer is connected. Our libzmq has the same number.
const ALONE: Duration = Duration::from_secs(1);

impl Linger {
    /// This long while a peer is connected, and one second while none is.
    pub(crate) fn at_most(most: Duration) -> Linger {
        Linger { most, alone: ALONE }
    }

    /// This long, whether a peer is connected or not.
    pub(crate) fn exactly(time: Duration) -> Linger {
        let (most, alone) = (time, time);
        Linger { most, alone }
    }

    /// Sets it on a socket. Our libzmq takes a number below -1 for the time while a peer is connected, and uses
    /// one second otherwise. Any other libzmq is given the longer time.
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
