//! Who has which name.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::link::LinkId;
use super::moves::Age;
use super::name;
use super::rules::Rules;
use super::state::Routes;
use super::table::Row;
use crate::station::Life;
use crate::station::wire::{Admitted, Claim, LinkMessage, Outcome, Registration};

impl<R: Rules> Routes<R> {
    /// A child wants to be reached under a name.
    pub(super) fn register(&mut self, link: LinkId, registration: Registration, now: Instant) {
        let Registration { claim, is_held } = registration;
        let is_above = self.ancestors().contains(&claim.life) || claim.life == self.own.life;
        let before = self.links.get(&link).and_then(|it| it.peer.as_ref());
        if before.is_some_and(|(life, _)| is_above || *life != claim.life) {
            self.forget(link, now);
        }
        let peer = (!is_above).then(|| (claim.life, claim.name.as_str().into()));
        if let Some(child) = self.links.get_mut(&link) {
            child.peer = peer;
        }
        if is_above {
            self.answer(link, &claim.name, claim.life, Outcome::Loop);
        } else {
            self.claimed(link, claim, is_held, true, now);
        }
    }

    /// A link says that it reaches a name, which replaces what it has said of it before. It `asks` if it is to be told
    /// when it has the name.
    pub(super) fn claimed(
        &mut self,
        link: LinkId,
        claim: Claim,
        is_held: bool,
        asks: bool,
        now: Instant,
    ) {
        let Claim { name, life, moves } = claim;
        let name = self.table.intern(&name);
        let limits = &self.limits;
        let is_new = |names: &BTreeSet<_>| !names.contains(&name);
        let names = self.links.get(&link).map(|it| &it.names);
        let is_full = names.is_some_and(|it| it.len() >= limits.rows && is_new(it));
        if is_full || name.is_empty() || moves.len() > limits.depth {
            self.close_link(link, Duration::ZERO, now);
            return;
        }
        let mut row = Row {
            life,
            moves,
            link,
            is_confirmed: is_held,
            is_settling: false,
            asks,
            order: self.claims,
        };
        self.claims += 1;
        let said_row = self.table.row(&name).filter(|it| it.link == link);
        if let Some(before) = said_row.filter(|it| it.life == life) {
            row.is_confirmed |= before.is_confirmed;
            self.put_row(&name, row, now);
            return;
        }
        if said_row.is_some() {
            self.drop_row(&name);
        }
        let said_claim = self.table.take_claim(&name, |it| it.link == link);
        if let Some(before) = said_claim.filter(|it| it.life == life) {
            row.order = before.order;
        }
        self.compare(&name, row, now);
        self.resolve(&name, now);
        if self.table.claims(&name).iter().any(|it| it.link == link) {
            self.probe(&name);
        }
        self.go_on_probing(now);
    }

    /// Sets what a link says of a name beside what others say.
    fn compare(&mut self, name: &Arc<str>, mut row: Row, now: Instant) {
        let (link, life) = (row.link, row.life);
        if life == self.own.life {
            return;
        }
        let known = self.table.row(name).filter(|it| it.life == life);
        let waiting = self.table.claims(name).iter().find(|it| it.life == life);
        if let Some(before) = known.or(waiting) {
            let has_name = known.is_some();
            match R::age(&before.moves, &row.moves) {
                Age::Newer if has_name => {
                    row.is_confirmed |= before.is_confirmed;
                    let (old, newer) = (before.link, claim(name, &row));
                    self.drop_row(name);
                    self.put_row(name, row, now);
                    self.withdraw(old, newer);
                    self.find_strays(name, now);
                }
                Age::Newer => {
                    row.order = before.order;
                    let (old, newer) = (before.link, claim(name, &row));
                    self.drop_claim(name, |it| it.life == life);
                    self.put_claim(name, row);
                    self.withdraw(old, newer);
                }
                Age::Older => {
                    let newer = claim(name, before);
                    self.withdraw(link, newer);
                }
                Age::Echo => {}
            }
            return;
        }
        let own = &self.own;
        // What is below our own name may stand behind us.
        let collides = own.retry().is_none() && name::is_below(&own.name, name);
        if collides || self.table.claims(name).len() >= self.limits.claims {
            self.answer(link, name, life, Outcome::Duplicate);
            return;
        }
        if row.is_confirmed {
            self.step_back(name, life, link);
        }
        self.put_claim(name, row);
    }

    /// Whoever has not been given a name waits for who had it before.
    fn step_back(&mut self, name: &Arc<str>, life: Life, link: LinkId) {
        for other in self.table.related(name) {
            let collides = |row: &&Row| R::collide(name, &other, row.link == link);
            let row = self.table.row(&other).filter(collides);
            if row.is_none_or(|it| it.life == life || it.is_confirmed) {
                continue;
            }
            if let Some(row) = self.table.take_row(&other) {
                self.changed.insert(other.clone());
                self.table.put_claim(&other, row);
            }
        }
    }

    /// Enters who has a name, and confirms it if that can be done here.
    fn put_row(&mut self, name: &Arc<str>, row: Row, now: Instant) {
        let is_confirmed = row.is_confirmed || self.gives_names(now);
        if let Some(child) = self.links.get_mut(&row.link) {
            child.names.insert(name.clone());
        }
        self.table.put_row(name, row);
        self.changed.insert(name.clone());
        if is_confirmed {
            self.confirm(name);
        }
    }

    fn put_claim(&mut self, name: &Arc<str>, row: Row) {
        if let Some(child) = self.links.get_mut(&row.link) {
            child.names.insert(name.clone());
        }
        self.table.put_claim(name, row);
    }

    /// Whoever has the name may be sent to.
    pub(super) fn confirm(&mut self, name: &Arc<str>) {
        let Some(row) = self.table.row_mut(name) else {
            return;
        };
        row.is_confirmed = true;
        let (link, life) = (row.link, row.life);
        if std::mem::take(&mut row.asks) {
            self.answer(link, name, life, Outcome::Ok);
        }
        self.changed.insert(name.clone());
    }

    pub(super) fn drop_row(&mut self, name: &Arc<str>) {
        if let Some(row) = self.table.take_row(name) {
            self.unlist(name, row.link);
            self.changed.insert(name.clone());
        }
    }

    /// Drops the first such claim; gives its link.
    pub(super) fn drop_claim(
        &mut self,
        name: &Arc<str>,
        is_it: impl Fn(&Row) -> bool,
    ) -> Option<LinkId> {
        let link = self.table.take_claim(name, is_it)?.link;
        self.unlist(name, link);
        Some(link)
    }

    fn unlist(&mut self, name: &Arc<str>, link: LinkId) {
        if let Some(child) = self.links.get_mut(&link) {
            child.names.remove(name);
        }
    }

    /// A link says that it does not reach a name any more.
    pub(super) fn gone(&mut self, link: LinkId, claim: &Claim, now: Instant) {
        let name = self.table.intern(&claim.name);
        let is_it = |row: &Row| row.link == link && row.life == claim.life;
        if self.table.row(&name).is_some_and(is_it) {
            self.drop_row(&name);
            self.resolve(&name, now);
        } else {
            self.drop_claim(&name, is_it);
        }
    }

    pub(super) fn resolve_all(&mut self, names: &[Arc<str>], now: Instant) {
        names.iter().for_each(|name| self.resolve(name, now));
    }

    /// Gives names that are free now to those who wait for them: first to who had it before, and then in the order in which
    /// they came. That are a name, and those above and below it.
    pub(super) fn resolve(&mut self, name: &Arc<str>, now: Instant) {
        while !self.table.contested().is_empty() {
            let names = self.table.related(name);
            let waiting = names.iter().flat_map(|name| {
                let claims = self.table.claims(name).iter();
                claims.map(move |claim| (!claim.is_confirmed, claim.order, name, claim))
            });
            let free =
                waiting.filter(|(.., name, it)| !self.is_taken(name, it.life, Some(it.link)));
            let free = free.map(|(is_new, order, name, _)| (is_new, order, name));
            let Some((_, order, name)) = free.min() else {
                return;
            };
            let name = name.clone();
            if let Some(row) = self.table.take_claim(&name, |it| it.order == order) {
                self.put_row(&name, row, now);
            }
        }
    }

    /// Whether another life has this name, or one that cannot be beside it by this link; there is none to ourselves, behind
    /// whom names below ours may stand.
    pub(super) fn is_taken(&self, name: &str, life: Life, link: Option<LinkId>) -> bool {
        let rows = self.table.related(name).into_iter();
        let mut rows = rows.filter_map(|other| Some((self.table.row(&other)?.clone(), other)));
        rows.any(|(row, other)| {
            let collides = match link {
                Some(link) => R::collide(name, &other, row.link == link),
                None => name::is_below(name, &other),
            };
            collides && row.life != life
        })
    }

    /// Whoever was behind the holder of a name above its own, and is not any more, cannot keep it.
    fn find_strays(&mut self, moved: &Arc<str>, now: Instant) {
        let names = self.table.related(moved).into_iter();
        let strays: Vec<_> = names.filter(|name| self.is_stray(name)).collect();
        if !strays.is_empty() {
            self.strays.extend(strays);
            self.probe(moved);
            self.go_on_probing(now);
        }
    }

    /// Whether another life has a name above this one by another link.
    pub(super) fn is_stray(&self, name: &str) -> bool {
        let Some(row) = self.table.row(name) else {
            return false;
        };
        let mut above = name::above(name).filter_map(|above| Some((above, self.table.row(above)?)));
        above.any(|(above, it)| it.life != row.life && R::collide(name, above, it.link == row.link))
    }

    /// Tells a link what has become of a claim.
    pub(super) fn answer(&mut self, link: LinkId, name: &str, life: Life, outcome: Outcome) {
        if self.links.get(&link).is_some_and(|it| !it.is_lost) {
            let admitted = Admitted {
                name: name.to_owned(),
                life,
                outcome,
                station: self.own.life,
                ancestors: self.ancestors().to_vec(),
            };
            self.send(link, LinkMessage::Registered(admitted));
        }
    }

    /// Tells a link that what it has said of a name is old.
    pub(super) fn withdraw(&mut self, link: LinkId, newer: Claim) {
        let Some(child) = self.links.get_mut(&link).filter(|it| !it.is_lost) else {
            return;
        };
        if child
            .peer
            .as_ref()
            .is_some_and(|(_, name)| **name == *newer.name)
        {
            // If it is there nevertheless, it will hear of this by a PONG, and register again.
            child.peer = None;
        }
        if R::withdraws() {
            self.send(link, LinkMessage::Withdraw(newer));
        }
    }
}

/// The claim that a row is.
fn claim(name: &str, row: &Row) -> Claim {
    Claim {
        name: name.to_owned(),
        life: row.life,
        moves: row.moves.clone(),
    }
}
