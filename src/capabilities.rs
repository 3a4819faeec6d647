//! Which libzmq is linked, and what it can do.

use crate::context::Context;
use crate::error::Result;
use crate::ffi::{self, IntOption};

/// The abilities of the linked libzmq: see [`capabilities`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Which libzmq it is.
    pub libzmq: Libzmq,
    /// libzmq's version: major, minor, patch.
    pub version: (u32, u32, u32),
    /// Encryption and authentication with CURVE.
    pub curve: bool,
    /// The batch size can be set, which makes messages from 1 KiB up two to five times
    /// faster: see [`Options::batch`](crate::Options::batch).
    pub batch: bool,
    /// No heartbeat ends the process, so they may be asked for: see
    /// [`Options::heartbeat`](crate::Options::heartbeat).
    pub heartbeats: bool,
    /// A message can tell where it came from: see [`Options::peer_info`](crate::Options::peer_info).
    pub peer_info: bool,
    /// Messages that are queued for a server that refuses the connection wait until it takes them. Any other libzmq
    /// than ours drops them with each attempt, unless they wait for a peer: see
    /// [`Options::immediate`](crate::Options::immediate).
    pub keeps_refused: bool,
    /// Timers do not depend on the wall clock: a clock that is set back does not stop
    /// reconnects. `None` where libzmq does not say.
    pub monotonic_clock: Option<bool>,
}

/// A libzmq that may be linked.
///
/// ```
/// use zeroless::Libzmq;
///
/// match zeroless::capabilities()?.libzmq {
///     Libzmq::Zeroless => println!("compiled for zeroless"),
///     other => println!("{other:?}: it works, slower"),
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Libzmq {
    /// Ours: 4.3.5, configured and patched, from the crate zeroless-libzmq. So it is on Linux, with
    /// the default feature `libzmq`.
    Zeroless,
    /// The one that the crate zmq-sys compiles: 4.3.4, without a configuration.
    ZmqSys,
    /// The one that the program's cargo configuration names for `links = "zmq"`.
    System,
}

/// Tells which libzmq is linked, and what it can do.
///
/// It is asked, not guessed: a feature that it lacks works another way, or is refused with a reason.
///
/// # Errors
///
/// [`Error::OutOfFiles`](crate::Error::OutOfFiles), since it opens a socket to try.
///
/// # Examples
///
/// ```
/// let capabilities = zeroless::capabilities()?;
/// assert!(capabilities.version >= (4, 3, 0));
/// # // In a doctest, too, it is ours wherever it was compiled.
/// # #[cfg(feature = "libzmq")]
/// # assert_eq!(zeroless_libzmq::COMPILED, capabilities.libzmq == zeroless::Libzmq::Zeroless);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn capabilities() -> Result<Capabilities> {
    let (major, minor, patch) = zmq::version();
    // Kept until the socket is closed: its end waits for that.
    let context = Context::current()?;
    let mut probe = context.socket(zmq::PAIR)?;
    let libzmq = libzmq();
    Ok(Capabilities {
        libzmq,
        version: (major as u32, minor as u32, patch as u32),
        curve: ffi::has(c"curve"),
        batch: ffi::set_int(&mut probe, IntOption::InBatchSize, 8192).is_ok(),
        heartbeats: ffi::has(ffi::SAFE_HEARTBEATS),
        peer_info: ffi::numbers_connections(),
        keeps_refused: ffi::keeps_refused(),
        monotonic_clock: match libzmq {
            Libzmq::Zeroless => Some(ffi::has(c"zeroless:monotonic-clock")),
            Libzmq::ZmqSys | Libzmq::System => None,
        },
    })
}

fn libzmq() -> Libzmq {
    if ffi::has(c"zeroless") {
        Libzmq::Zeroless
    } else if cfg!(zmq_sys_compiled) {
        Libzmq::ZmqSys
    } else {
        Libzmq::System
    }
}
