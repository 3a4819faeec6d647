//! Whether the holder of a name is there that another claims.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::action::RoutesAction;
use super::link::LinkId;
use super::rules::Rules;
use super::state::Routes;
use crate::station::Life;
use crate::station::wire::{Content, Outcome, Routed, TTL};

/// How often a holder is asked.
const PROBE: Duration = Duration::from_secs(1);

impl<R: Rules> Routes<R> {
    /// Asks whoever is in the way of a claim for a name, and asks all again by and by.
    pub(super) fn probe(&mut self, name: &str, now: Instant) {
        let mut asked = BTreeSet::new();
        self.probe_each(name, &mut asked);
        self.next_probes.get_or_insert(now + PROBE);
    }

    /// Asks all that are in the way of claims.
    pub(super) fn probe_all(&mut self, now: Instant) {
        let names: Vec<_> = self.table.contested().iter().cloned().collect();
        self.next_probes = (!names.is_empty()).then(|| now + PROBE);
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
        if row.is_none_or(|it| it.is_settling) {
            return;
        }
        for claimed in self.table.related(name) {
            if !R::collide(name, &claimed) {
                continue;
            }
            let rivals = self.table.claims(&claimed).iter();
            let rivals: Vec<_> = rivals.map(|it| it.life).filter(|it| *it != life).collect();
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
