//! Whether the holder of a name is there that another claims.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::action::RoutesAction;
use super::link::LinkId;
use super::name;
use super::rules::Rules;
use super::state::Routes;
use super::table::Row;
use crate::station::Life;
use crate::station::wire::{Content, Outcome, Routed, TTL};

/// How often a holder is asked.
const PROBE: Duration = Duration::from_secs(1);

impl<R: Rules> Routes<R> {
    /// Asks whoever is in the way of a claim for a name.
    pub(super) fn probe(&mut self, name: &str) {
        let mut asked = BTreeSet::new();
        self.probe_each(name, &mut asked);
    }

    /// Asks again after a while, as long as there are claims or strays.
    pub(super) fn go_on_probing(&mut self, now: Instant) {
        if !self.table.contested().is_empty() || !self.strays.is_empty() {
            self.next_probes.get_or_insert(now + PROBE);
        }
    }

    /// Asks all that are in the way of claims, and those that strays have left.
    pub(super) fn probe_all(&mut self, now: Instant) {
        let mut strays = std::mem::take(&mut self.strays);
        strays.retain(|name| self.is_stray(name));
        let names: Vec<_> = self.table.contested().union(&strays).cloned().collect();
        self.strays = strays;
        self.next_probes = None;
        self.go_on_probing(now);
        let mut asked = BTreeSet::new();
        for name in &names {
            self.probe_each(name, &mut asked);
        }
    }

    fn probe_each(&mut self, name: &str, asked: &mut BTreeSet<Arc<str>>) {
        for holder in self.table.related(name) {
            let row = self.table.row(&holder);
            let Some(row) = row.filter(|it| it.is_confirmed && !it.is_settling) else {
                continue;
            };
            let (link, life) = (row.link, row.life);
            if asked.insert(holder.clone()) {
                self.send_routed(link, &holder, Content::Probe { life });
            }
        }
    }

    /// A PROBE or an ALIVE for this node has come; others are ignored. There is no link if it comes from ourselves.
    pub(crate) fn probed(&mut self, link: Option<LinkId>, frame: &Routed, now: Instant) {
        match (&frame.content, link) {
            (Content::Probe { life }, Some(link))
                if *life == self.own.life && self.own.has(&frame.to) =>
            {
                let life = self.own.life;
                self.send_routed(link, &frame.from, Content::Alive { life });
            }
            (Content::Alive { life }, _) => self.is_alive(&frame.from, *life, now),
            _ => {}
        }
        self.tell_changes();
    }

    /// The holder of a name is there: nobody else can have it.
    fn is_alive(&mut self, name: &str, life: Life, now: Instant) {
        let row = self.table.row(name).filter(|it| it.life == life);
        let Some(holder) = row.filter(|it| !it.is_settling).map(|it| it.link) else {
            return;
        };
        for claimed in self.table.related(name) {
            let is_rival =
                |it: &&Row| it.life != life && R::collide(name, &claimed, it.link == holder);
            let rivals = self.table.claims(&claimed).iter().filter(is_rival);
            let rivals: Vec<_> = rivals.map(|it| it.life).collect();
            // One that has left the holder has still the name.
            let has_left = self.table.row(&claimed).filter(is_rival);
            let has_left = has_left.filter(|_| name::is_below(&claimed, name));
            if let Some((link, life)) = has_left.map(|it| (it.link, it.life)) {
                self.drop_row(&claimed);
                self.answer(link, &claimed, life, Outcome::Duplicate);
            }
            for rival in rivals {
                if let Some(link) = self.drop_claim(&claimed, |it| it.life == rival) {
                    self.answer(link, &claimed, rival, Outcome::Duplicate);
                }
            }
            self.resolve(&claimed, now);
        }
    }

    fn send_routed(&mut self, link: LinkId, to: &str, content: Content) {
        let from = match content {
            Content::Probe { .. } => self.own.address.clone(),
            _ => self.own.name.to_string(),
        };
        let routed = Routed {
            ttl: TTL,
            lane: 0,
            to: to.to_owned(),
            from,
            hops: Vec::new(),
            content,
        };
        self.actions
            .push_back(RoutesAction::SendRouted { link, routed });
    }
}
