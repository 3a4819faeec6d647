//! Links come and go.

use std::time::{Duration, Instant};

use super::link::{Link, LinkId, LinkKind, SILENCE};
use super::rules::{Rules, SETTLING};
use super::state::Routes;
use super::uplink::Uplink;
use crate::station::wire::{LinkMessage, RowState};

impl<R: Rules> Routes<R> {
    /// We have connected to a parent; or the first frame of a child has come. A parent that was there before is lost.
    pub(crate) fn link_up(&mut self, link: LinkId, kind: LinkKind, now: Instant) {
        match kind {
            LinkKind::Parent => {
                if let Some(before) = &self.uplink {
                    let before = before.link;
                    self.close_link(before, Duration::ZERO, now);
                }
                self.uplink = Some(Uplink::new(link, now));
                self.join(now);
            }
            LinkKind::Child if self.links.len() >= self.limits.links => {
                self.close(link, Duration::ZERO);
            }
            LinkKind::Child => {
                self.links.entry(link).or_insert_with(|| Link::new(now));
                self.silences.set(link.0, Some(now + SILENCE));
            }
        }
        self.tell_changes();
    }

    /// A link is lost. What is lost already, or was never known, may be told as well.
    pub(crate) fn link_lost(&mut self, link: LinkId, now: Instant) {
        if self.uplink.as_ref().is_some_and(|it| it.link == link) {
            self.lose_uplink(now);
        }
        if self.links.get(&link).is_some_and(|it| !it.is_lost) {
            self.lose_child(link, now);
        }
        self.tell_changes();
    }

    /// Something has come by a link, whatever it is.
    pub(crate) fn heard(&mut self, link: LinkId, now: Instant) {
        match (self.links.get_mut(&link), &mut self.uplink) {
            (Some(child), _) => child.heard = now,
            (None, Some(uplink)) if uplink.link == link => uplink.heard = now,
            (None, _) => {}
        }
    }

    /// Whether a child has registered by this link; `None` if it is not up.
    pub(crate) fn has_registered(&self, link: LinkId) -> Option<bool> {
        let link = self.links.get(&link).filter(|it| !it.is_lost);
        link.map(|it| it.peer.is_some())
    }

    /// A frame has come by a link that is up. What makes no sense there is ignored, and what is too much closes the link.
    pub(crate) fn received(&mut self, link: LinkId, message: LinkMessage, now: Instant) {
        self.heard(link, now);
        if self.uplink.as_ref().is_some_and(|it| it.link == link) {
            self.received_from_parent(message, now);
        } else if self.links.get(&link).is_some_and(|it| !it.is_lost) {
            self.received_from_child(link, message, now);
        }
        self.tell_changes();
    }

    fn received_from_child(&mut self, link: LinkId, message: LinkMessage, now: Instant) {
        match message {
            LinkMessage::Register(registration) => self.register(link, registration, now),
            LinkMessage::Advert(rows) => {
                for row in rows {
                    if self.links.get(&link).is_none_or(|it| it.peer.is_none()) {
                        return;
                    }
                    match row.state {
                        RowState::Gone => self.gone(link, &row.claim, now),
                        RowState::Claimed => self.claimed(link, row.claim, false, true, now),
                        RowState::Confirmed => self.claimed(link, row.claim, true, false, now),
                    }
                }
            }
            LinkMessage::Ping => {
                let is_registered = self.links.get(&link).is_some_and(|it| it.peer.is_some());
                let pong = LinkMessage::Pong {
                    life: self.own.life,
                    is_registered,
                    ancestors: self.ancestors().to_vec(),
                };
                self.send(link, pong);
            }
            LinkMessage::Watch { prefix, is_on } => self.watched(link, prefix, is_on, now),
            LinkMessage::Registered(_) | LinkMessage::Withdraw(_) | LinkMessage::Pong { .. } => {}
        }
    }

    /// Closes a link, for whatever it did.
    pub(super) fn close_link(&mut self, link: LinkId, pause: Duration, now: Instant) {
        self.close(link, pause);
        if self.uplink.as_ref().is_some_and(|it| it.link == link) {
            self.lose_uplink(now);
        } else {
            self.lose_child(link, now);
        }
    }

    pub(super) fn lose_uplink(&mut self, now: Instant) {
        let Some(uplink) = self.uplink.take() else {
            return;
        };
        if uplink.is_joined {
            self.alone_since = Some(now);
            self.settles = Some(now + SETTLING);
        } else if self.settles.is_none() {
            self.disbelieve(u64::MAX);
        }
    }

    fn lose_child(&mut self, link: LinkId, now: Instant) {
        let Some(child) = self.links.get_mut(&link) else {
            return;
        };
        child.is_lost = true;
        child.peer = None;
        let watcher = std::mem::take(&mut child.watcher);
        let names: Vec<_> = child.names.iter().cloned().collect();
        for prefix in watcher.prefixes {
            self.unwant(&prefix);
        }
        self.silences.set(link.0, None);
        self.lost.push_back((now + SETTLING, link));
        for name in &names {
            if R::claims_end_with_link() {
                self.drop_claim(name, |it| it.link == link);
            }
            let row = self.table.row_mut(name).filter(|it| it.link == link);
            if let Some(row) = row {
                row.is_settling = true;
                if R::goes_at_once(row.is_confirmed) {
                    self.drop_row(name);
                }
            }
        }
        self.resolve_all(&names, now);
    }

    pub(super) fn poll_links(&mut self, now: Instant) {
        while let Some(key) = self.silences.due(now) {
            let link = LinkId(key);
            let Some(heard) = self.links.get(&link).map(|it| it.heard) else {
                continue;
            };
            match heard + SILENCE {
                silent if silent <= now => self.close_link(link, Duration::ZERO, now),
                later => self.silences.set(key, Some(later)),
            }
        }
        while let Some((_, link)) = self.lost.front().copied().filter(|(at, _)| *at <= now) {
            self.lost.pop_front();
            self.forget(link, now);
        }
    }

    /// Forgets all that a link has said, and a lost link itself.
    pub(super) fn forget(&mut self, link: LinkId, now: Instant) {
        let Some(child) = self.links.get_mut(&link) else {
            return;
        };
        let names: Vec<_> = child.names.iter().cloned().collect();
        if child.is_lost {
            self.links.remove(&link);
        }
        for name in &names {
            if self.table.row(name).is_some_and(|it| it.link == link) {
                self.drop_row(name);
            }
            if R::claims_end_with_link() {
                self.drop_claim(name, |it| it.link == link);
            }
        }
        self.resolve_all(&names, now);
    }
}
