//! What one node or station knows, and when it has something to do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::timers::Timers;
use super::action::RoutesAction;
use super::limits::RoutesLimits;
use super::link::{Link, LinkId, SILENCE};
use super::own::{Own, Standing};
use super::rules::{Protocol, Rules, SETTLING};
use super::table::Table;
use super::uplink::Uplink;
use super::watcher::Watcher;
use crate::station::Life;
use crate::station::wire::LinkMessage;

/// A name of which the parent has told that it is reached.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) life: Life,
    /// The number of our registration after which it was told last.
    pub(super) registration: u64,
}

/// Which link leads to which name, as far as one node or station knows.
///
/// It has one parent at most. A node that is not a station may have children as well, to which it sends, but between which
/// it does not send on.
#[derive(Debug)]
pub(crate) struct Routes<R = Protocol> {
    pub(super) own: Own,
    pub(super) is_station: bool,
    pub(super) limits: RoutesLimits,
    pub(super) uplink: Option<Uplink>,
    /// Since when there has been no parent.
    pub(super) alone_since: Option<Instant>,
    /// When this has been so for long enough: a station is the top then.
    pub(super) settles: Option<Instant>,
    /// The links to children, and those that were lost in the last seconds.
    pub(super) links: BTreeMap<LinkId, Link>,
    /// When to look whether a child is silent.
    pub(super) silences: Timers,
    /// When the rows of lost links go.
    pub(super) lost: VecDeque<(Instant, LinkId)>,
    pub(super) table: Table,
    pub(super) claims: u64,
    pub(super) next_probes: Option<Instant>,
    /// Names that may have left the holder of a name above them.
    pub(super) strays: BTreeSet<Arc<str>>,
    /// What we watch ourselves.
    pub(super) watcher: Watcher,
    /// What is watched at the parent, and for how many.
    pub(super) wanted: BTreeMap<String, usize>,
    pub(super) heard: BTreeMap<Arc<str>, Heard>,
    /// The names that may have to be told.
    pub(super) changed: BTreeSet<Arc<str>>,
    pub(super) actions: VecDeque<RoutesAction>,
    pub(super) rules: PhantomData<R>,
}

impl<R: Rules> Routes<R> {
    /// A node or a station with this name and life.
    pub(crate) fn new(
        name: &str,
        life: Life,
        is_station: bool,
        limits: RoutesLimits,
        now: Instant,
    ) -> Routes<R> {
        Routes {
            own: Own {
                name: name.into(),
                life,
                address: format!("~{life}"),
                standing: Standing::New,
                moves: 0,
                registrations: 0,
            },
            is_station,
            limits,
            uplink: None,
            alone_since: Some(now),
            settles: Some(now + SETTLING),
            links: BTreeMap::new(),
            silences: Timers::default(),
            lost: VecDeque::new(),
            table: Table::default(),
            claims: 0,
            next_probes: None,
            strays: BTreeSet::new(),
            watcher: Watcher::default(),
            wanted: BTreeMap::new(),
            heard: BTreeMap::new(),
            changed: BTreeSet::new(),
            actions: VecDeque::new(),
            rules: PhantomData,
        }
    }

    /// An action to be performed, the oldest first.
    pub(crate) fn take_action(&mut self) -> Option<RoutesAction> {
        self.actions.pop_front()
    }

    /// When [`poll`](Routes::poll) is to be called at the latest.
    pub(crate) fn next_timeout(&self) -> Option<Instant> {
        let uplink = self.uplink.as_ref();
        [
            uplink.map(|it| it.next_ping.min(it.heard + SILENCE)),
            uplink.and_then(|it| Some(it.doubt?.at)),
            self.own.retry(),
            self.settles,
            self.silences.first(),
            self.lost.front().map(|(at, _)| *at),
            self.next_probes,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Time has passed.
    pub(crate) fn poll(&mut self, now: Instant) {
        self.poll_uplink(now);
        self.poll_own(now);
        self.poll_links(now);
        if self.settles.is_some_and(|at| at <= now) {
            self.settle(now);
        }
        if self.next_probes.is_some_and(|at| at <= now) {
            self.probe_all(now);
        }
        self.tell_changes();
    }

    /// How long there has been no parent; none if there is one.
    pub(super) fn alone_for(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.alone_since?))
    }

    /// Whether a new name can be given here.
    pub(super) fn gives_names(&self, now: Instant) -> bool {
        !self.is_station || self.alone_for(now).is_some_and(R::gives_names)
    }

    pub(super) fn send(&mut self, link: LinkId, message: LinkMessage) {
        self.actions.push_back(RoutesAction::Send { link, message });
    }

    /// Tells the driver to close a link.
    pub(super) fn close(&mut self, link: LinkId, pause: Duration) {
        self.actions.push_back(RoutesAction::Close { link, pause });
    }
}
