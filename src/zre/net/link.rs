//! A node's connection to one of its peers: packets go out in order, and are counted.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::spec;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};
use crate::message::Message;
use crate::options::Options;
use crate::security::{ClientSecurity, Security};
use crate::socket::{Interest, LockedSocket, Progress, Socket, Target};
use crate::wake::Deadline;
use crate::zre::uuid::Uuid;
use crate::zre::wire::Packet;

/// Where zyre looks for a free port, from the first on; other nodes have any.
const PORTS_OF_ZYRE: Range<u16> = 49152..49152 + 256;

/// How many packets wait for a node before it is given up.
const MAX_BACKLOG: usize = 1000;

#[derive(Debug)]
pub(crate) struct Link {
    socket: Socket,
    outbox: Mutex<Outbox>,
    /// Whether the last message did not get through: the next does not wait.
    stalled: AtomicBool,
}

/// The numbers of messages, and those that wait for room. The socket's lock guards it, too: it is
/// locked only while that is held.
#[derive(Debug, Default)]
struct Outbox {
    /// The number of the message sent last.
    sequence: u16,
    /// The number that 0 follows: zyre counts to 65,535, pyre and zyre.js to 65,534, and they
    /// give up a peer that counts otherwise. Ours take both.
    last: u16,
    /// Packets that found no room yet. None may be left out.
    backlog: VecDeque<Packet>,
}

impl Outbox {
    /// To a node with this port, which tells best whether it is zyre's.
    fn to(port: Option<u16>) -> Outbox {
        let zyre = port.is_some_and(|port| PORTS_OF_ZYRE.contains(&port));
        Outbox {
            last: u16::MAX - u16::from(!zyre),
            ..Outbox::default()
        }
    }

    /// The number of the next message.
    fn next(&self) -> u16 {
        match self.sequence == self.last {
            true => 0,
            false => self.sequence + 1,
        }
    }

    /// Sends the backlog.
    fn flush(&mut self, locked: &mut LockedSocket<'_>) -> Result<Progress, Box<Error>> {
        while let Some(packet) = self.backlog.front() {
            let number = self.next();
            match locked.send_bytes(&packet.encode(number))? {
                Progress::Done => self.sequence = number,
                attempt => return Ok(attempt),
            }
            self.backlog.pop_front();
        }
        Ok(Progress::Done)
    }
}

impl Link {
    /// Connects to a peer's inbox.
    pub(crate) fn open(
        own: Uuid,
        endpoint: Endpoint,
        security: Option<ClientSecurity>,
    ) -> Result<Link> {
        let outbox = Outbox::to(endpoint.port());
        let options = Options {
            security: security.map(Security::from),
            ..Options::default()
        };
        let socket = Socket::open(&spec::link(own), &options)?;
        socket.connect(&Target::find(endpoint, false)?, 0)?;
        Ok(Link {
            socket,
            outbox: Mutex::new(outbox),
            stalled: AtomicBool::new(false),
        })
    }

    /// Sends a packet of our own without waiting. If there is no room for it, it goes before the next
    /// message. Fails if the peer has not taken anything for too long.
    pub(crate) fn post(&self, packet: Packet) -> Result<()> {
        let pings = matches!(packet, Packet::Ping | Packet::PingOk);
        let mut packet = Some(packet);
        let said = self
            .socket
            .perform(Interest::Writable, Deadline::Now, |locked| {
                let mut outbox = self.outbox.lock();
                // One is as good as many.
                if let Some(packet) = packet.take()
                    && !(pings && outbox.backlog.contains(&packet))
                {
                    outbox.backlog.push_back(packet);
                }
                outbox.flush(locked)
            });
        match said {
            Ok(()) => Ok(()),
            Err(error)
                if *error == Error::WouldBlock
                    && self.outbox.lock().backlog.len() < MAX_BACKLOG =>
            {
                Ok(())
            }
            Err(error) => Err(*error),
        }
    }

    /// Tries again to send the backlog.
    pub(crate) fn retry(&self) {
        if !self.outbox.lock().backlog.is_empty() {
            let _ = self
                .socket
                .perform(Interest::Writable, Deadline::Now, |locked| {
                    self.outbox.lock().flush(locked)
                });
        }
    }

    /// Sends a message, waiting for room; one that did not get through in time is not waited for
    /// again until there is room.
    pub(crate) fn send(
        &self,
        packet: &Packet,
        message: &mut Message,
        deadline: Deadline,
    ) -> Result<()> {
        let deadline = match self.stalled.load(Ordering::Relaxed) {
            true => Deadline::Now,
            false => deadline,
        };
        let sent = self.socket.perform(Interest::Writable, deadline, |locked| {
            let mut outbox = self.outbox.lock();
            let attempt = outbox.flush(locked)?;
            if attempt != Progress::Done {
                return Ok(attempt);
            }
            let number = outbox.next();
            let attempt = locked.send(&[packet.encode(number)], message)?;
            if attempt == Progress::Done {
                outbox.sequence = number;
            }
            Ok(attempt)
        });
        self.stalled.store(
            matches!(&sent, Err(error) if error.is_timeout()),
            Ordering::Relaxed,
        );
        sent.map_err(|error| match *error {
            Error::WouldBlock => Error::timeout(Wait::Room),
            error => error,
        })
    }

    /// Closes it with all that it has not delivered: the peer is gone, or begins anew.
    pub(crate) fn discard_queue(&self) {
        self.socket.discard_queue();
    }
}
