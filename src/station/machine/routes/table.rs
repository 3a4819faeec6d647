//! The names that the links of a station reach or claim.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::Arc;

use super::link::LinkId;
use super::name;
use crate::station::Life;

/// What a link says of a name: that it is reached by it, or claimed.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) life: Life,
    pub(super) moves: Vec<u32>,
    pub(super) link: LinkId,
    pub(super) is_confirmed: bool,
    /// Whether its link was lost a moment ago.
    pub(super) is_settling: bool,
    /// Whether the link is to be told when it is confirmed.
    pub(super) asks: bool,
    /// Claims are taken in this order.
    pub(super) order: u64,
}

#[derive(Debug, Default)]
struct Name {
    /// Who has the name.
    row: Option<Row>,
    /// Who waits for it, each by another link and in another life.
    claims: Vec<Row>,
}

/// The rows and the claims. A link has one of them at most for each name.
#[derive(Debug, Default)]
pub(super) struct Table {
    names: BTreeMap<Arc<str>, Name>,
    /// The names that are waited for.
    contested: BTreeSet<Arc<str>>,
}

impl Table {
    pub(super) fn row(&self, name: &str) -> Option<&Row> {
        self.names.get(name)?.row.as_ref()
    }

    pub(super) fn row_mut(&mut self, name: &str) -> Option<&mut Row> {
        self.names.get_mut(name)?.row.as_mut()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&Arc<str>, &Row)> {
        let rows = self.names.iter();
        rows.filter_map(|(name, of)| Some((name, of.row.as_ref()?)))
    }

    pub(super) fn claims(&self, name: &str) -> &[Row] {
        self.names.get(name).map_or(&[], |name| &name.claims)
    }

    pub(super) fn contested(&self) -> &BTreeSet<Arc<str>> {
        &self.contested
    }

    /// The name as it is kept, if it is.
    pub(super) fn intern(&self, name: &str) -> Arc<str> {
        let known = self.names.get_key_value(name);
        known.map_or_else(|| name.into(), |(name, _)| name.clone())
    }

    pub(super) fn put_row(&mut self, name: &Arc<str>, row: Row) {
        self.names.entry(name.clone()).or_default().row = Some(row);
    }

    pub(super) fn put_claim(&mut self, name: &Arc<str>, claim: Row) {
        let claims = &mut self.names.entry(name.clone()).or_default().claims;
        let at = claims.partition_point(|it| it.order < claim.order);
        claims.insert(at, claim);
        self.contested.insert(name.clone());
    }

    pub(super) fn take_row(&mut self, name: &str) -> Option<Row> {
        let row = self.names.get_mut(name)?.row.take();
        self.tidy(name);
        row
    }

    /// Takes out the first such claim.
    pub(super) fn take_claim(&mut self, name: &str, is_it: impl Fn(&Row) -> bool) -> Option<Row> {
        let claims = &mut self.names.get_mut(name)?.claims;
        let at = claims.iter().position(is_it)?;
        let claim = claims.remove(at);
        self.tidy(name);
        Some(claim)
    }

    fn tidy(&mut self, name: &str) {
        let Some(of) = self.names.get(name) else {
            return;
        };
        if of.claims.is_empty() {
            self.contested.remove(name);
            if of.row.is_none() {
                self.names.remove(name);
            }
        }
    }

    /// The names of which there is something and that are this one, or above it, or below.
    pub(super) fn related(&self, name: &str) -> Vec<Arc<str>> {
        let (from, to) = (format!("{name}."), format!("{name}/"));
        let below = (Included(from.as_str()), Excluded(to.as_str()));
        let below = self.names.range::<str, _>(below).map(|(name, _)| name);
        let above = [name].into_iter().chain(name::above(name));
        let above = above.filter_map(|name| Some(self.names.get_key_value(name)?.0));
        above.chain(below).cloned().collect()
    }

    /// The names with this prefix that have a row.
    pub(super) fn below_prefix<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = &'a Arc<str>> {
        let from = self.names.range::<str, _>((Included(prefix), Unbounded));
        from.take_while(move |(name, _)| name.starts_with(prefix))
            .filter(|(_, of)| of.row.is_some())
            .map(|(name, _)| name)
    }
}
