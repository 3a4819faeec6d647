//! The link to a station: to one of those that were named, or found.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use log::{debug, info};
use parking_lot::Mutex;

use super::sockets::{LinkSocket, Sent, ToParent};
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::message::{Frame, Message as FrameList};
use crate::monitor::ConnectionEvent;
use crate::options::Options;
use crate::socket::Socket;
use crate::station::machine::LinkId;
use crate::wake::Waker;

/// How long one of several stations has to take a connection, before the next is tried.
const PATIENCE: Duration = Duration::from_secs(3);

/// The pause between two looks for a station, while there is none.
const LOOK: Duration = Duration::from_millis(200);

/// The pause after a link that was closed, until it is made anew.
const PAUSE: Duration = Duration::from_secs(1);

/// The station that a node is connected to, and the others that it may turn to.
pub(in crate::station) struct Parent {
    /// In their order.
    stations: Vec<Client>,
    finder: Option<Box<dyn FindStations>>,
    /// Those that were found last.
    found: Vec<Endpoint>,
    current: usize,
    open: Option<Open>,
    /// When the next is tried, if the present one does not come up.
    retry_at: Option<Instant>,
    waker: Arc<Waker>,
}

/// Finds the stations that there are.
pub(in crate::station) trait FindStations: Send {
    /// Their endpoints, the best first.
    fn find(&self) -> Vec<Endpoint>;

    /// One that is about to be connected to.
    fn client(&self, endpoint: &Endpoint) -> Result<Client>;
}

struct Open {
    socket: LinkSocket<ToParent>,
    news: Arc<Mutex<VecDeque<News>>>,
    link: Option<LinkId>,
}

/// What happens to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Up,
    Down,
    /// It could not be made.
    Failed,
}

/// What a node has to know of its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// There is a connection, and no link yet.
    Up,
    Lost(LinkId),
}

impl Parent {
    pub(in crate::station) fn new(stations: Vec<Client>, waker: Arc<Waker>) -> Parent {
        Parent {
            stations,
            finder: None,
            found: Vec::new(),
            current: 0,
            open: None,
            retry_at: None,
            waker,
        }
    }

    /// A client of a station.
    pub(in crate::station) fn client(endpoint: &Endpoint, options: Options) -> Result<Client> {
        let client = Client::new().options(options);
        client.connect(endpoint.clone())?;
        Ok(client)
    }

    /// One of the stations that this finds.
    pub(in crate::station) fn found_by(finder: Box<dyn FindStations>, waker: Arc<Waker>) -> Parent {
        Parent {
            finder: Some(finder),
            ..Parent::new(Vec::new(), waker)
        }
    }

    /// Looks which stations there are, if they are to be found.
    fn look(&mut self) -> Result<()> {
        let Some(finder) = &self.finder else {
            return Ok(());
        };
        let found = finder.find();
        if found != self.found {
            let stations = found.iter().map(|endpoint| finder.client(endpoint));
            self.stations = stations.collect::<Result<_>>()?;
            (self.found, self.current) = (found, 0);
        }
        Ok(())
    }

    /// Opens a socket to a station, if there is one.
    pub(in crate::station) fn start(&mut self, now: Instant) -> Result<()> {
        self.look()?;
        if self.stations.is_empty() && self.finder.is_some() {
            self.retry_at = Some(now + LOOK);
        }
        if let Some(station) = self.stations.get(self.current) {
            self.open = Some(Open::new(station, self.waker.clone())?);
            self.retry_at = self.has_others().then(|| now + PATIENCE);
        }
        Ok(())
    }

    pub(super) fn socket(&self) -> Option<&Socket> {
        self.open.as_ref().map(|open| open.socket.socket())
    }

    pub(super) fn link(&self) -> Option<LinkId> {
        self.open.as_ref()?.link
    }

    /// Gives the connection its link.
    pub(super) fn set_link(&mut self, link: LinkId) {
        if let Some(open) = &mut self.open {
            open.link = Some(link);
        }
        self.retry_at = None;
    }

    /// A message, if there is one. What comes without a link is a rest of an earlier connection.
    pub(super) fn receive(&self) -> Option<(Option<LinkId>, Vec<Frame>)> {
        let open = self.open.as_ref()?;
        Some((open.link, open.socket.receive()?.into_iter().collect()))
    }

    /// Sends a message over this link; `None` if it is not this link.
    pub(super) fn send(&self, link: LinkId, message: FrameList) -> Option<Sent> {
        let open = self.open.as_ref()?;
        (open.link == Some(link)).then(|| open.socket.send(&[], message))
    }

    /// What has happened to the connection, in order.
    pub(super) fn changes(&mut self, now: Instant) -> Vec<Change> {
        let mut changes = Vec::new();
        while let Some(news) = self.next_news() {
            let lost = self.take_link().map(Change::Lost);
            changes.extend(lost);
            match news {
                News::Up => changes.push(Change::Up),
                News::Down | News::Failed => {
                    if self.stations.len() > 1 {
                        self.move_on(now);
                        break;
                    } else if self.finder.is_some() {
                        self.retry_at.get_or_insert(now + PATIENCE);
                    }
                }
            }
        }
        changes
    }

    /// Whether there are others, or may be.
    fn has_others(&self) -> bool {
        self.stations.len() > 1 || self.finder.is_some()
    }

    fn next_news(&self) -> Option<News> {
        self.open.as_ref()?.news.lock().pop_front()
    }

    fn take_link(&mut self) -> Option<LinkId> {
        self.open.as_mut()?.link.take()
    }

    /// The link is closed: a connection is made anew, after a moment.
    pub(super) fn close(&mut self, link: LinkId, pause: Duration, now: Instant) {
        if self.link() == Some(link) {
            self.open = None;
            self.retry_at = Some(now + pause.max(PAUSE));
            self.next_station();
        }
    }

    fn next_station(&mut self) {
        self.current = (self.current + 1) % self.stations.len().max(1);
    }

    fn move_on(&mut self, now: Instant) {
        self.next_station();
        self.reopen(now);
    }

    fn reopen(&mut self, now: Instant) {
        // The one before is closed first.
        self.open = None;
        if let Err(error) = self.start(now) {
            debug!("connecting to a station: {error}");
            self.retry_at = Some(now + PAUSE);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Time has passed: the next station is tried, if it is time.
    pub(super) fn timeout(&mut self, now: Instant) {
        if self.retry_at.take_if(|at| *at <= now).is_some() {
            if self.open.is_some() {
                self.next_station();
            }
            self.reopen(now);
        }
    }
}

impl Open {
    fn new(station: &Client, waker: Arc<Waker>) -> Result<Open> {
        let news = Arc::<Mutex<VecDeque<News>>>::default();
        let told = news.clone();
        let tell = move |event: &ConnectionEvent| {
            let news = match event {
                ConnectionEvent::Connected { endpoint, .. } => {
                    info!("connected to the station at {endpoint}");
                    News::Up
                }
                ConnectionEvent::Disconnected { .. } => News::Down,
                ConnectionEvent::HandshakeFailed { .. } => News::Failed,
                ConnectionEvent::Retrying { .. } => News::Failed,
                _ => return,
            };
            told.lock().push_back(news);
            waker.wake();
        };
        // The connection may be up before this thread goes on.
        let socket: LinkSocket<ToParent> = station.open_prepared(|socket| {
            socket.status()?.set_on_event(Box::new(tell));
            Ok(())
        })?;
        let endpoints = station.endpoints();
        if endpoints.iter().all(|it| it.transport() == "inproc") {
            news.lock().push_back(News::Up);
        }
        Ok(Open {
            socket,
            news,
            link: None,
        })
    }
}
