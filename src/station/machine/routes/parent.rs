//! What is told to the parent, and what it answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::action::RoutesAction;
use super::link::SILENCE;
use super::moves::Age;
use super::own::{RETRY, Standing};
use super::rules::Rules;
use super::state::Routes;
use super::uplink::{Doubt, PING, Told};
use crate::station::Life;
use crate::station::wire::{
    Admitted, Claim, LinkMessage, Outcome, Registration, Row as WireRow, RowState,
};

impl<R: Rules> Routes<R> {
    /// Registers us over a connection that is new.
    pub(super) fn join(&mut self, now: Instant) {
        self.own.moves = self.own.moves.saturating_add(1);
        self.register_all(now);
    }

    /// Registers us at the parent, with all that we reach and watch: the connection may be new, unseen, and then whoever
    /// has registered is asked for nothing more.
    fn register_all(&mut self, now: Instant) {
        let Some(uplink) = &mut self.uplink else {
            return;
        };
        uplink.registered = now;
        uplink.told.clear();
        let link = uplink.link;
        self.own.registrations += 1;
        uplink.doubt.get_or_insert(Doubt {
            registration: self.own.registrations,
            at: now + R::believes_for(),
        });
        self.register_own();
        let watches: Vec<_> = self.wanted.keys().cloned().collect();
        for prefix in watches {
            let is_on = true;
            self.send(link, LinkMessage::Watch { prefix, is_on });
        }
        let names: Vec<_> = self.table.rows().map(|(name, _)| name.clone()).collect();
        self.tell_parent(&names);
    }

    fn register_own(&mut self) {
        let Some(uplink) = &self.uplink else {
            return;
        };
        let registration = Registration {
            claim: Claim {
                name: self.own.name.to_string(),
                life: self.own.life,
                moves: vec![self.own.moves],
            },
            is_held: self.own.is_held(),
        };
        self.send(uplink.link, LinkMessage::Register(registration));
    }

    pub(super) fn poll_uplink(&mut self, now: Instant) {
        let Some(uplink) = &mut self.uplink else {
            return;
        };
        let link = uplink.link;
        if uplink.heard + SILENCE <= now {
            self.close_link(link, Duration::ZERO, now);
            return;
        }
        if uplink.next_ping <= now {
            uplink.next_ping = now + PING;
            self.send(link, LinkMessage::Ping);
        }
        self.doubt_earlier(now);
    }

    /// Tries our own name again, unless it is known below us whose it is.
    pub(super) fn poll_own(&mut self, now: Instant) {
        if self.own.retry().is_none_or(|at| at > now) {
            return;
        }
        let retry = now + RETRY;
        self.own.standing = Standing::Duplicate { retry };
        if self.is_taken(&self.own.name, self.own.life, None) {
            return;
        }
        match self.uplink {
            Some(_) => self.register_all(now),
            None if self.is_station && self.settles.is_none() => self.confirm_own(),
            None => {}
        }
    }

    pub(super) fn received_from_parent(&mut self, message: LinkMessage, now: Instant) {
        match message {
            LinkMessage::Registered(admitted) => self.registered(admitted, now),
            LinkMessage::Pong {
                life,
                is_registered,
                ancestors,
            } => self.pong(life, is_registered, &ancestors, now),
            LinkMessage::Withdraw(claim) => self.withdrawn(&claim, now),
            LinkMessage::Advert(rows) => self.told_by_parent(rows, now),
            LinkMessage::Register(_) | LinkMessage::Ping | LinkMessage::Watch { .. } => {}
        }
    }

    fn registered(&mut self, admitted: Admitted, now: Instant) {
        let is_own = admitted.life == self.own.life && *admitted.name == *self.own.name;
        if !is_own {
            self.admitted(&admitted.name, admitted.life, admitted.outcome, now);
            return;
        }
        let ancestors = ancestors(admitted.station, &admitted.ancestors);
        let is_loop = admitted.outcome == Outcome::Loop || ancestors.contains(&self.own.life);
        if is_loop || ancestors.len() > self.limits.depth {
            self.leave(now);
            return;
        }
        self.joined(ancestors);
        // One below us may have it, which the parent hears of after our own claim.
        let is_taken = self.is_taken(&self.own.name, self.own.life, None);
        if admitted.outcome == Outcome::Ok && !is_taken {
            self.confirm_own();
            return;
        }
        if self.own.retry().is_none() {
            let name = self.own.name.to_string();
            self.actions.push_back(RoutesAction::Duplicate(name));
            self.changed.insert(self.own.name.clone());
        }
        let retry = now + RETRY;
        self.own.standing = Standing::Duplicate { retry };
    }

    /// The parent gives a name to who has it below us, or does not.
    fn admitted(&mut self, name: &str, life: Life, outcome: Outcome, now: Instant) {
        let Some(row) = self.table.row(name).filter(|it| it.life == life) else {
            return;
        };
        let (name, link) = (self.table.intern(name), row.link);
        match outcome {
            Outcome::Ok => {
                let told = self.uplink.as_mut().and_then(|it| it.told.get_mut(&name));
                if let Some(told) = told.filter(|it| it.life == life) {
                    told.is_confirmed = true;
                }
                self.confirm(&name);
            }
            Outcome::Duplicate => {
                self.drop_row(&name);
                self.answer(link, &name, life, Outcome::Duplicate);
                self.resolve(&name, now);
            }
            Outcome::Loop => {}
        }
    }

    fn joined(&mut self, ancestors: Vec<Life>) {
        if let Some(uplink) = &mut self.uplink {
            uplink.is_joined = true;
            uplink.ancestors = ancestors;
            self.alone_since = None;
            self.settles = None;
        }
    }

    /// Leaves a parent that is below us.
    fn leave(&mut self, now: Instant) {
        if let Some(uplink) = &self.uplink {
            self.close_link(uplink.link, R::pause_after_loop(), now);
        }
    }

    fn pong(&mut self, life: Life, is_registered: bool, theirs: &[Life], now: Instant) {
        let own = self.own.life;
        let mut above = ancestors(life, theirs);
        let Some(uplink) = &mut self.uplink else {
            return;
        };
        if above.len() > self.limits.depth {
            self.leave(now);
            return;
        }
        match above.iter().position(|it| *it == own) {
            // All in the circle see it. The first of them leaves it, so that the others can stay.
            Some(at) => {
                above.truncate(at + 1);
                let since = *uplink.loop_since.get_or_insert(now);
                if above.iter().min() == Some(&own) || since + SILENCE <= now {
                    self.leave(now);
                    return;
                }
            }
            None => uplink.loop_since = None,
        }
        let has_just_registered = now < uplink.registered + PING;
        if is_registered {
            self.joined(above);
        } else if R::registers_again(is_registered) && !has_just_registered {
            self.join(now);
        }
    }

    /// A name below us is reached by another way, if that is newer.
    fn withdrawn(&mut self, newer: &Claim, now: Instant) {
        let name = self.table.intern(&newer.name);
        // What goes on from that very way is not old: it was told round a circle.
        let is_old = |life, moves: &[u32]| {
            let goes_on = moves.starts_with(&newer.moves);
            life == newer.life && !goes_on && R::age(moves, &newer.moves) == Age::Newer
        };
        if let Some(uplink) = &mut self.uplink {
            // What the parent was told of it is withdrawn with that.
            let told = uplink.told.get(&name);
            if told.is_some_and(|told| is_old(told.life, &told.moves)) {
                uplink.told.remove(&name);
            }
        }
        let row = self.table.row(&name);
        let row = row.filter(|row| is_old(row.life, &row.moves));
        let link = match row.map(|row| row.link) {
            Some(link) => {
                self.drop_row(&name);
                Some(link)
            }
            None => self.drop_claim(&name, |it| is_old(it.life, &it.moves)),
        };
        let Some(link) = link else {
            return;
        };
        self.withdraw(link, newer.clone());
        self.resolve(&name, now);
    }

    /// Tells the parent what has changed of these names.
    pub(super) fn tell_parent(&mut self, names: &[Arc<str>]) {
        let Some(uplink) = self.uplink.as_mut().filter(|_| self.is_station) else {
            return;
        };
        let (link, mut rows) = (uplink.link, Vec::new());
        for name in names {
            let row = self.table.row(name).map(Told::of);
            let before = uplink.told.get(name);
            if row.as_ref() == before {
                continue;
            }
            let (told, state) = match (&row, before) {
                (Some(row), _) if row.is_confirmed => (row, RowState::Confirmed),
                (Some(row), _) => (row, RowState::Claimed),
                (None, Some(before)) => (before, RowState::Gone),
                (None, None) => continue,
            };
            let mut moves = told.moves.clone();
            moves.push(self.own.moves);
            let claim = Claim {
                name: name.to_string(),
                life: told.life,
                moves,
            };
            rows.push(WireRow { claim, state });
            match row {
                Some(row) => uplink.told.insert(name.clone(), row),
                None => uplink.told.remove(name),
            };
        }
        self.send_rows(link, rows);
    }

    /// The stations above us, the nearest first.
    pub(super) fn ancestors(&self) -> &[Life] {
        let uplink = self.uplink.as_ref().filter(|it| it.is_joined);
        uplink.map_or(&[], |it| &it.ancestors)
    }

    /// There has been no parent for long enough: what one has told counts no more, and a station is the top, which gives
    /// the names that are waited for.
    pub(super) fn settle(&mut self, now: Instant) {
        self.settles = None;
        if self.uplink.is_none() {
            self.disbelieve(u64::MAX);
        }
        if !self.is_station {
            return;
        }
        if !self.is_taken(&self.own.name, self.own.life, None) {
            self.confirm_own();
            // A parent that has not answered yet has to know that the name is held.
            self.register_all(now);
        }
        let rows = self.table.rows().filter(|(_, row)| !row.is_confirmed);
        let names: Vec<_> = rows.map(|(name, _)| name.clone()).collect();
        names.iter().for_each(|name| self.confirm(name));
        self.resolve_all(&names, now);
    }

    fn confirm_own(&mut self) {
        if !self.own.is_held() {
            self.own.standing = Standing::Held;
            self.actions.push_back(RoutesAction::Registered);
            self.changed.insert(self.own.name.clone());
        }
    }
}

/// Those above us, if our parent is this and those above it are these.
fn ancestors(parent: Life, above: &[Life]) -> Vec<Life> {
    [parent].into_iter().chain(above.iter().copied()).collect()
}
