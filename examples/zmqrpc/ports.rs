//! The ports that an example is given.

use std::error::Error;

/// So many ports, as arguments.
pub(crate) fn ports<const N: usize>() -> Result<[u16; N], Box<dyn Error>> {
    let ports: Result<Vec<u16>, _> = std::env::args().skip(1).map(|port| port.parse()).collect();
    <[u16; N]>::try_from(ports?).map_err(|_| format!("it needs {N} ports").into())
}
