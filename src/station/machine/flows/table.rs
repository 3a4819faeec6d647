//! The flows that a receiver knows, by their tokens.

use std::collections::HashMap;

use super::flow::Flow;
use super::key::FlowKey;

/// The flows, so many at most.
#[derive(Debug)]
pub(crate) struct Table<M> {
    flows: HashMap<u64, Flow<M>>,
    tokens: HashMap<FlowKey, u64>,
    max: usize,
}

impl<M> Table<M> {
    pub(super) fn new(max: usize) -> Table<M> {
        Table {
            flows: HashMap::new(),
            tokens: HashMap::new(),
            max,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.flows.len() >= self.max
    }

    pub(super) fn token(&self, key: &FlowKey) -> Option<u64> {
        self.tokens.get(key).copied()
    }

    pub(super) fn get(&self, token: u64) -> Option<&Flow<M>> {
        self.flows.get(&token)
    }

    pub(super) fn get_mut(&mut self, token: u64) -> Option<&mut Flow<M>> {
        self.flows.get_mut(&token)
    }

    pub(super) fn insert(&mut self, token: u64, flow: Flow<M>) {
        self.tokens.insert(flow.key.clone(), token);
        self.flows.insert(token, flow);
    }

    pub(super) fn remove(&mut self, token: u64) {
        if let Some(flow) = self.flows.remove(&token) {
            self.tokens.remove(&flow.key);
        }
    }

    #[cfg(test)]
    pub(super) fn flows(&self) -> &HashMap<u64, Flow<M>> {
        &self.flows
    }
}
