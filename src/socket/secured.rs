//! The security of a socket: how it is set, where it cannot be, and where it is too little.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use log::warn;

use super::{SharedSocket, SocketSpec, Target, system};
use crate::background::guarded;
use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::ffi::{self, IntOption};
use crate::options::Options;
use crate::security::{Access, ClientMechanism, Mechanism, Security, ServerMechanism};
use crate::zap::Domain;

/// Sets the security of a socket that has no endpoint yet. One that binds gets a domain of its own, under which the
/// handler knows it: nobody is let in without both.
pub(super) fn secure(
    context: &Context,
    socket: &mut zmq::Socket,
    name: &'static str,
    options: &Options,
) -> Result<Option<Domain>> {
    const SETTING: &str = "setting the security";
    let Some(security) = &options.security else {
        return Ok(None);
    };
    let set = set_mechanism(socket, security);
    set.map_err(|error| Error::system(SETTING, error))?;
    let Security::OfServer(security) = security else {
        return Ok(None);
    };
    let (access, time) = (security.access(), options.handshake_timeout);
    let domain = context.with_zap(|zap| zap.add(name, access, time))?;
    let set = socket.set_zap_domain(domain.name());
    set.map_err(|error| Error::system(SETTING, error))?;
    // With CURVE libzmq would otherwise let everybody in while there is no handler.
    let set = ffi::set_int(socket, IntOption::ZapEnforceDomain, 1);
    set.map_err(|errno| system(SETTING, errno))?;
    Ok(Some(domain))
}

/// Who may enter, if the messages that a socket receives are of peers that are authenticated.
pub(super) fn access(spec: &SocketSpec, options: &Options) -> Option<Access> {
    match &options.security {
        Some(Security::OfServer(security)) if spec.socket_type.receives_messages() => {
            Some(security.access().clone())
        }
        _ => None,
    }
}

/// Sets the mechanism of a socket, and its values.
fn set_mechanism(socket: &zmq::Socket, security: &Security) -> zmq::Result<()> {
    match security {
        Security::OfClient(security) => match security.mechanism() {
            ClientMechanism::Plain { user, password } => {
                socket.set_plain_username(Some(user))?;
                socket.set_plain_password(Some(password.as_str()))
            }
            ClientMechanism::Curve { keys, peer } => {
                socket.set_curve_serverkey(peer.as_bytes())?;
                socket.set_curve_publickey(keys.public().as_bytes())?;
                socket.set_curve_secretkey(keys.secret().as_bytes())
            }
        },
        Security::OfServer(security) => match security.mechanism() {
            ServerMechanism::Plain => socket.set_plain_server(true),
            ServerMechanism::Curve(keys) => {
                socket.set_curve_server(true)?;
                socket.set_curve_secretkey(keys.secret().as_bytes())
            }
        },
    }
}

impl SharedSocket {
    /// Refuses an endpoint at which nobody can be authenticated.
    pub(super) fn check_security(&self, endpoint: &Endpoint) -> Result<()> {
        if self.options.security.is_some() && endpoint.transport() == "inproc" {
            return Err(Error::InvalidEndpoint {
                endpoint: endpoint.to_string(),
                reason:
                    "inproc cannot be authenticated, since it stays within this process; use it \
                         without security, or ipc"
                        .to_owned(),
            });
        }
        Ok(())
    }

    /// Says once that a password can be read, where others may be between the two ends.
    pub(super) fn warn_if_readable(&self, endpoint: &Endpoint, is_open: bool) {
        let has_password =
            (self.options.security.as_ref()).is_some_and(|it| it.mechanism() == Mechanism::Plain);
        if has_password && is_open && !self.readable_warned.swap(true, Ordering::Relaxed) {
            let name = self.name();
            guarded("logging", || {
                warn!(
                    "{name}: PLAIN sends passwords and messages as they are, and {endpoint} is not on this \
                     machine alone: others may read them on their way; take CURVE there"
                );
            });
        }
    }
}

/// Whether others may be between us and the endpoint that we connect to.
pub(super) fn is_elsewhere(target: &Target) -> bool {
    let ips = target.ips();
    match ips.is_empty() {
        true => target.endpoint.is_open(),
        false => !ips.iter().all(IpAddr::is_loopback),
    }
}
