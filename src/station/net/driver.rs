//! The thread of a node: it has the sockets, and hands the node's state what comes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use log::debug;

use super::children::Children;
use super::core::Core;
use super::parent::{Change, Parent};
use super::shared_node::SharedNode;
use super::sockets::Sent;
use super::transmission::Transmission;
use crate::background::{WaitSet, guarded};
use crate::error::Error;
use crate::message::Frame;
use crate::socket::Interest;
use crate::station::machine::{LinkId, LinkKind};
use crate::throttle::Throttle;
use crate::wake::Deadline;

/// How many messages are received in a row before anything else gets its turn.
const TURN: usize = 256;

/// The part of a node that its thread alone uses.
pub(in crate::station) struct Driver {
    pub(in crate::station) shared: Arc<SharedNode>,
    pub(in crate::station) children: Option<Children>,
    pub(in crate::station) parent: Parent,
}

/// The sockets that may have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Children,
    Parent,
}

impl Driver {
    /// Runs until the node is stopped. Should a user's logger panic in it, the node ends, and says why.
    pub(in crate::station) fn run(mut self) {
        let strangers = Throttle::new();
        if guarded("a node", || self.run_until_stopped(&strangers)).is_none() {
            let reason = "its thread has panicked; the log has the panic's words";
            self.shared.fail(Error::system("running a node", reason));
        }
        let _ = self.shared.update(|core| {
            // What was handled a moment ago is not confirmed yet.
            core.inbox_is_empty(Instant::now());
            core.take_leave();
        });
        let _ = self.flush();
        if let Some(children) = &self.children {
            children.unbind();
        }
    }

    fn run_until_stopped(&mut self, strangers: &Throttle) -> crate::Result<()> {
        while !self.shared.is_stopped() {
            let now = Instant::now();
            self.follow_parent(now)?;
            let children = self.children.as_mut();
            if children.is_some_and(|it| it.take_loss(now)) {
                self.shared.update(Core::greet_peers)?;
            }
            self.shared.update(|core| core.poll(now))?;
            self.shared.handlers.look_if_due(now);
            self.flush()?;
            let has_more = self.receive(strangers)?;
            if has_more {
                continue;
            }
            self.shared
                .update(|core| core.inbox_is_empty(Instant::now()))?;
            self.flush()?;
            self.sleep()?;
        }
        Ok(())
    }

    /// Takes in what has happened to the link to the station.
    fn follow_parent(&mut self, now: Instant) -> crate::Result<()> {
        self.parent.timeout(now);
        for change in self.parent.changes(now) {
            match change {
                Change::Up => {
                    let link = self
                        .shared
                        .update(|core| core.link_up(LinkKind::Parent, now))?;
                    self.parent.set_link(link);
                }
                Change::Lost(link) => self.shared.update(|core| core.link_lost(link, now))?,
            }
        }
        Ok(())
    }

    /// Sends all that is to be sent, and closes what is to be closed.
    fn flush(&mut self) -> crate::Result<()> {
        loop {
            let (out, closed) = self.shared.update(Core::take_work)?;
            if out.is_empty() && closed.is_empty() {
                return Ok(());
            }
            let mut unsent = Vec::new();
            for mut transmission in out {
                match self.send(&mut transmission) {
                    Sent::Done => {}
                    sent => unsent.push((transmission, sent == Sent::Full)),
                }
            }
            let now = Instant::now();
            for (link, pause) in closed {
                if let Some(children) = &mut self.children {
                    children.remove(link);
                }
                self.parent.close(link, pause, now);
            }
            if !unsent.is_empty() {
                self.shared.update(|core| {
                    for (transmission, is_full) in unsent {
                        core.not_sent(transmission, is_full, now);
                    }
                })?;
            }
        }
    }

    fn send(&self, transmission: &mut Transmission) -> Sent {
        let link = transmission.link;
        let frames = transmission.frames();
        if self.parent.link() == Some(link) {
            return self.parent.send(link, frames).unwrap_or(Sent::Gone);
        }
        let children = self.children.as_ref();
        let sent = children.and_then(|children| children.send(link, frames));
        sent.unwrap_or(Sent::Gone)
    }

    /// Takes in messages; whether there may be more.
    fn receive(&mut self, strangers: &Throttle) -> crate::Result<bool> {
        let mut has_more = false;
        for count in 0..TURN {
            let Some((link, frames)) = self.parent.receive() else {
                break;
            };
            has_more = count + 1 == TURN;
            if let Some(link) = link {
                self.take_in(link, None, frames, strangers)?;
            }
        }
        for count in 0..TURN {
            let message = self.children.as_ref().and_then(Children::receive);
            let Some((identity, frames)) = message else {
                break;
            };
            has_more |= count + 1 == TURN;
            let link = self.child(&identity)?;
            self.take_in(link, Some(&identity), frames, strangers)?;
        }
        Ok(has_more)
    }

    /// The link to one behind this station, which is new if it has not said anything yet.
    fn child(&mut self, identity: &Frame) -> crate::Result<LinkId> {
        let Some(children) = &mut self.children else {
            return Err(Error::Stopped);
        };
        if let Some(link) = children.link(identity) {
            return Ok(link);
        }
        let now = Instant::now();
        let link = self
            .shared
            .update(|core| core.link_up(LinkKind::Child, now))?;
        children.insert(identity.clone(), link);
        Ok(link)
    }

    fn take_in(
        &self,
        link: LinkId,
        routing_id: Option<&Frame>,
        frames: Vec<Frame>,
        strangers: &Throttle,
    ) -> crate::Result<()> {
        let now = Instant::now();
        let arrived = self
            .shared
            .update(|core| core.arrived(link, routing_id, frames, now))?;
        if let Err(reason) = arrived
            && let Some(left_out) = strangers.admit()
        {
            debug!("a frame is not read: {reason}{left_out}");
        }
        Ok(())
    }

    /// Waits until there is something to do.
    fn sleep(&mut self) -> crate::Result<()> {
        let next = self.shared.read_mut(Core::fall_asleep)?;
        let Some(next) = next else {
            return Ok(());
        };
        let early = self.shared.handlers.next_look();
        let again = self.children.as_ref().and_then(Children::next_timeout);
        let times = [next, early, again, self.parent.next_timeout()];
        let first = times.into_iter().flatten().min();
        let deadline = first.map_or(Deadline::Never, Deadline::At);
        let mut set = WaitSet::new(self.shared.waker());
        if let Some(children) = &self.children {
            set.insert(
                Token::Children,
                children.socket().source(Interest::Readable),
            );
        }
        if let Some(parent) = self.parent.socket() {
            set.insert(Token::Parent, parent.source(Interest::Readable));
        }
        set.wait(deadline.within(Duration::from_secs(3600)));
        self.shared.read_mut(|core| core.is_asleep = false)
    }
}
