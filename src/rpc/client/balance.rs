//! The choice of a server for each call.

/// Which of several servers a client calls next, of those that it is connected to.
///
/// ```no_run
/// use zeroless::rpc::{self, Balance};
///
/// let client = rpc::Client::connect([30000, 30001])?.balance(Balance::LeastInFlight);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Balance {
    /// Each in turn. The default.
    #[default]
    RoundRobin,
    /// The one with the fewest calls of this client under way; each in turn where there are several such. It suits
    /// calls that take very different times, and servers of different speed.
    LeastInFlight,
}
