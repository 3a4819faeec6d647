//! The addresses at which nodes say that they are.

use std::net::SocketAddr;

/// The address of an endpoint `tcp://host:port`, as a node gives it for itself or its services.
///
/// It is never a name, which would have to be looked up, nor an address that nobody can connect to.
pub(crate) fn address(endpoint: &str) -> Option<SocketAddr> {
    let address: SocketAddr = endpoint.strip_prefix("tcp://")?.parse().ok()?;
    let is_nowhere =
        address.ip().is_unspecified() || address.ip().is_multicast() || address.port() == 0;
    (!is_nowhere).then_some(address)
}
