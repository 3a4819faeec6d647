//! The security of a node: its keys, and who may enter.

use std::sync::Arc;
use std::time::Instant;

use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::options::Options;
use crate::security::{
    AccessRequest, ClientSecurity, Curve, Keys, OnRevoke, PeerAddress, PublicKey, Security,
    ServerMechanism, ServerSecurity, Verdict,
};

/// CURVE, as a node has it: its inbox is the server of all peers, and each peer's inbox the server of one link.
#[derive(Debug, Clone)]
pub(crate) struct NodeSecurity {
    keys: Keys,
    server: ServerSecurity,
}

impl NodeSecurity {
    /// The security of a node; beacons can tell keys, and not names and passwords.
    pub(crate) fn new(server: ServerSecurity) -> Result<NodeSecurity> {
        let ServerMechanism::Curve(keys) = server.mechanism() else {
            return Err(Error::InvalidOption {
                option: "security",
                reason: "nodes know each other by keys, and would send a password to whoever asks for it: take \
                         Curve::server(&keys, access)"
                    .to_owned(),
            });
        };
        let keys = keys.clone();
        Security::from(server.clone()).check()?;
        Ok(NodeSecurity { keys, server })
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        self.keys.public()
    }

    /// The options of a socket that others connect to.
    pub(crate) fn secure(&self, options: Options) -> Options {
        options.security(self.server.clone())
    }

    /// For the end that connects to the owner of this key.
    pub(crate) fn client(&self, key: PublicKey) -> ClientSecurity {
        Curve::client(&self.keys, key)
    }

    /// For a link to a node. One that may not enter here gets none: the greeting on it would tell our name, headers
    /// and groups. An access that asks a closure lets the node have it, since that may take any time.
    pub(crate) fn towards(
        &self,
        endpoint: &Endpoint,
        key: PublicKey,
    ) -> Result<ClientSecurity, String> {
        match self.refuses(endpoint, key) {
            true => Err(format!("the access does not let in its key, {key}")),
            false => Ok(self.client(key)),
        }
    }

    /// Calls this when a user is revoked, as long as the value is kept.
    pub(crate) fn on_revoke(&self, call: impl Fn() + Send + Sync + 'static) -> OnRevoke {
        self.server.access().on_revoke(call)
    }

    /// Whether a node may not enter, as far as that is known without asking a closure.
    pub(crate) fn refuses(&self, endpoint: &Endpoint, key: PublicKey) -> bool {
        let Some(address) = endpoint.address() else {
            return false;
        };
        let from = PeerAddress::Ip(address.ip().to_canonical());
        let request = Arc::new(AccessRequest::curve(from, key));
        let verdict = self.server.access().judge(&request, Instant::now());
        matches!(verdict, Verdict::Denied(_))
    }
}
