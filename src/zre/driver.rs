//! The thread of a node: it hands what comes in to the state machine, and does what that says.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use log::{debug, warn};
use parking_lot::Mutex;
use socket2::{Domain, Protocol, Type};

use super::beacon::{self, Beacon};
use super::interface::Interface;
use super::link::Link;
use super::node::{Action, State};
use super::peer::FAREWELL;
use super::queue::Queue;
use super::{Event, Uuid};
use crate::error::{Error, Result};
use crate::message::{Frame, Message};
use crate::options::Options;
use crate::raw;
use crate::socket::{Attempt, Held, Socket, Way};
use crate::wake::{Deadline, Waker, io_error};

/// How much is taken in at once, before anything else gets its turn.
const TURN: usize = 256;

/// How long a full queue of events keeps messages from being taken in, before they are dropped.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is looked whether a full queue is still full.
const LOOK: Duration = Duration::from_millis(1);

/// What the thread and the handles of a node share.
pub(crate) struct Shared {
    state: Mutex<State>,
    links: Mutex<HashMap<Uuid, Arc<Link>>>,
    watchers: Mutex<Vec<(u64, Watcher)>>,
    pub(crate) events: Queue,
    waker: Waker,
    stopping: AtomicBool,
    options: Options,
}

/// Called with each event, under the node's lock.
pub(super) type Watcher = Box<dyn Fn(&Event) + Send>;

/// Ends a watcher when it is dropped.
pub(super) struct Watching {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut watchers = self.shared.watchers.lock();
        watchers.retain(|(number, _)| *number != self.number);
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn new(state: State, events: Queue, options: Options) -> Result<Shared> {
        Ok(Shared {
            state: Mutex::new(state),
            links: Mutex::default(),
            watchers: Mutex::default(),
            events,
            waker: Waker::new()?,
            stopping: AtomicBool::new(false),
            options,
        })
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock())
    }

    /// Changes the state, and does what follows from it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let result = change(&mut state);
        loop {
            let actions = state.take_actions();
            if actions.is_empty() {
                return result;
            }
            for action in actions {
                self.perform(action, &mut state);
            }
        }
    }

    fn perform(&self, action: Action, state: &mut State) {
        match action {
            Action::Open { peer, endpoint } => {
                match Link::open(state.uuid(), &endpoint, &self.options) {
                    Ok(link) => drop(self.links.lock().insert(peer, Arc::new(link))),
                    Err(error) => {
                        warn!("{}: connecting to {endpoint}: {error}", state.name());
                        state.drop_peer(peer);
                    }
                }
            }
            Action::Send { peer, packet } => {
                if let Some(link) = self.link(peer)
                    && let Err(error) = link.say(packet)
                {
                    warn!("{}: {peer} is given up: {error}", state.name());
                    state.drop_peer(peer);
                }
            }
            Action::Close { peer } => {
                if let Some(link) = self.links.lock().remove(&peer) {
                    link.abandon();
                }
            }
            Action::Tell(event) => {
                for (_, watcher) in self.watchers.lock().iter() {
                    watcher(&event);
                }
                self.events.push(event);
            }
        }
    }

    /// Calls this with each event, after those that tell who is here.
    pub(super) fn watch(shared: &Arc<Shared>, watcher: Watcher) -> Watching {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Nothing can happen in between.
        let state = shared.state.lock();
        for peer in state.peers() {
            watcher(&Event::Enter { peer });
        }
        shared.watchers.lock().push((number, watcher));
        let shared = shared.clone();
        Watching { shared, number }
    }

    /// The connection to a peer, if there is one.
    pub(crate) fn link(&self, peer: Uuid) -> Option<Arc<Link>> {
        self.links.lock().get(&peer).cloned()
    }

    /// Ends the thread, and all waiting for events.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.events.close();
        self.waker.wake();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// What the thread has for itself.
pub(crate) struct Driver {
    pub(crate) shared: Arc<Shared>,
    pub(crate) inbox: Socket,
    pub(crate) port: u16,
    pub(crate) air: Air,
    pub(crate) interval: Duration,
}

/// Where there may be something to take in.
struct Ready {
    inbox: bool,
    air: bool,
}

impl Driver {
    pub(crate) fn run(self) {
        let mut next = Instant::now();
        let mut full: Option<Instant> = None;
        let mut ready = Ready {
            inbox: true,
            air: true,
        };
        while !self.shared.is_stopping() {
            let now = Instant::now();
            if now >= next {
                next = now + self.until_next();
                self.air.send(self.beacon(self.port));
                self.shared.change(|state| state.tick(now));
                let links = self.shared.links.lock();
                links.values().for_each(|link| link.retry());
            } else if self.shared.look(State::is_in_doubt) {
                self.shared.change(|state| state.tick(now));
            }
            if ready.air {
                ready.air = self.air.hear(|beacon, from| {
                    self.shared.change(|state| state.beacon(beacon, from, now));
                });
            }
            full = match self.shared.events.is_full() {
                true => full.or(Some(now)),
                false => None,
            };
            // Nobody has taken an event for long: nothing is gained by waiting on.
            let dropping = full.is_some_and(|since| now >= since + PATIENCE);
            if ready.inbox {
                ready.inbox = self.take_in(now, dropping);
            }
            let patient = ready.inbox && !dropping && self.shared.events.is_full();
            if ready.air || (ready.inbox && !patient) {
                continue;
            }
            let mut deadline = Deadline::At(next);
            if self.shared.look(State::is_in_doubt) {
                deadline = deadline.within(FAREWELL / 5);
            }
            if patient {
                deadline = deadline.within(LOOK);
            }
            match self.sleep(deadline) {
                Ok(more) => {
                    ready.inbox |= more.inbox;
                    ready.air |= more.air;
                }
                Err(error) => {
                    warn!("a node ends: {error}");
                    break;
                }
            }
        }
        self.shared.stop();
        self.air.send(self.beacon(0));
        // What was sent still goes out, for as long as it may linger.
        self.shared.links.lock().clear();
    }

    /// How long to wait until the next beacon. All nodes of a machine beacon at the same time, so
    /// that each wakes up once to hear all of them.
    fn until_next(&self) -> Duration {
        let interval = u64::try_from(self.interval.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(interval - raw::clock() % interval)
    }

    fn beacon(&self, port: u16) -> Beacon {
        let uuid = self.shared.look(State::uuid);
        Beacon { uuid, port }
    }

    /// Waits until there is something to do.
    fn sleep(&self, deadline: Deadline) -> Result<Ready> {
        let others = [self.air.socket.as_raw_fd(), self.shared.waker.fd()];
        let [inbox, air, woken] = self.inbox.wait_beside(others, deadline)?;
        if woken {
            self.shared.waker.clear();
        }
        Ok(Ready { inbox, air })
    }

    /// Takes in messages, as long as there is room for what they tell or it is to be dropped;
    /// false if there are no more.
    fn take_in(&self, now: Instant, dropping: bool) -> bool {
        for _ in 0..TURN {
            if !dropping && self.shared.events.is_full() {
                return true;
            }
            let mut received = None;
            let outcome = self
                .inbox
                .transact(Way::In, Deadline::Now, |held| take(held, &mut received));
            match (outcome, received) {
                (Ok(()), Some((from, first, rest))) => {
                    self.shared
                        .change(|state| state.message(from, &first, rest, now));
                }
                (Ok(()), None) => {}
                (Err(_), _) => return false,
            }
        }
        true
    }
}

/// A message: who calls itself what, the first frame, and what follows.
type Received = (Uuid, Frame, Option<Message>);

/// Takes a message in; what cannot be one is passed over.
fn take(held: &mut Held<'_>, received: &mut Option<Received>) -> Result<Attempt, Box<Error>> {
    let mut identity = Frame::new();
    if held.take_frame(&mut identity)? == Attempt::Blocked {
        return Ok(Attempt::Blocked);
    }
    let mut frames = Vec::new();
    while held.more {
        let mut frame = Frame::new();
        held.take_next(&mut frame)?;
        frames.push(frame);
    }
    let mut frames = frames.into_iter();
    if let Some(uuid) = Uuid::from_identity(&identity)
        && let Some(first) = frames.next()
    {
        let rest = frames
            .next()
            .map(|second| Message::new(second, frames.collect()));
        *received = Some((uuid, first, rest));
    }
    Ok(Attempt::Done)
}

/// Where beacons are sent to, and come from.
pub(crate) struct Air {
    socket: UdpSocket,
    interface: Interface,
    port: u16,
}

impl Air {
    pub(crate) fn open(interface: Interface, port: u16) -> Result<Air> {
        let open = || {
            let socket = socket2::Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
            // Others on this machine listen to the same port.
            socket.set_reuse_address(true)?;
            socket.set_reuse_port(true)?;
            socket.set_broadcast(true)?;
            socket.set_nonblocking(true)?;
            let anywhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
            socket.bind(&SocketAddr::from(anywhere).into())?;
            Ok(socket.into())
        };
        let socket = open().map_err(|error| io_error("listening for beacons", &error))?;
        Ok(Air {
            socket,
            interface,
            port,
        })
    }

    /// Sends a beacon; what cannot be sent now may be the next time.
    fn send(&self, beacon: Beacon) {
        let to = SocketAddrV4::new(self.interface.broadcast, self.port);
        if let Err(error) = self.socket.send_to(&beacon.encode(), to) {
            debug!("a beacon on {}: {error}", self.interface.name);
        }
    }

    /// Hears beacons; false if there are no more.
    fn hear(&self, mut heard: impl FnMut(Beacon, IpAddr)) -> bool {
        let mut datagram = [0; beacon::SIZE + 1];
        for _ in 0..TURN {
            match self.socket.recv_from(&mut datagram) {
                Ok((len, from)) => {
                    if let Some(beacon) = Beacon::decode(&datagram[..len])
                        && self.interface.reaches(from.ip())
                    {
                        heard(beacon, from.ip());
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }
}
