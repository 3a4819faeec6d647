//! Where the answers to flows go.

use std::collections::HashMap;

use crate::station::Life;

/// The way back to a flow's sender.
#[derive(Debug, Clone)]
pub(super) struct ReturnPath {
    /// The sender's address.
    pub(super) sender: String,
    /// The sender's life.
    pub(super) life: Life,
    /// The address of ours that it has sent to.
    pub(super) own: String,
    pub(super) lane: u8,
    /// It is an address of a program of autopilot's that we speak for.
    pub(super) is_of_peer: bool,
}

/// The ways back, by the tokens of flows.
#[derive(Debug, Default)]
pub(super) struct Returns {
    paths: HashMap<u64, ReturnPath>,
    /// How many there may be before those of flows that are over are looked for.
    limit: usize,
}

/// How many ways are not worth a look.
const FEW: usize = 64;

impl Returns {
    /// Sets the way back of a flow; `is_known` tells whether a flow is not over.
    pub(super) fn set(&mut self, token: u64, path: ReturnPath, is_known: impl Fn(u64) -> bool) {
        self.paths.insert(token, path);
        if self.paths.len() > self.limit.max(FEW) {
            self.paths.retain(|token, _| is_known(*token));
            self.limit = 2 * self.paths.len();
        }
    }

    pub(super) fn get(&self, token: u64) -> Option<&ReturnPath> {
        self.paths.get(&token)
    }
}
