//! A history: a tree of processes, and what happens to them.

mod checks;
mod misfortunes;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::super::agenda::Agenda;
use super::super::super::timers::Timers;
use super::super::action::{Forward, RoutesAction};
use super::super::limits::RoutesLimits;
use super::super::link::{LinkId, LinkKind};
use super::super::rules::Rules;
use super::super::state::Routes;
use super::network::{Connection, Frame, Happening};
use super::script::Script;
use crate::station::Life;
use crate::station::wire::{Content, Routed};

/// Whether a rule held, or which was broken.
pub(super) type Checked = Result<(), String>;

/// A program that is a node or a station.
pub(super) struct Process<R> {
    pub(super) name: String,
    pub(super) is_station: bool,
    pub(super) parent: Option<usize>,
    /// Not there while the program does not run.
    pub(super) routes: Option<Routes<R>>,
    /// The number of its life.
    pub(super) life: u64,
    pub(super) prefix: Option<&'static str>,
    /// In which part of the network it is, if that is cut.
    pub(super) part: u64,
    /// Whether it has had its name, in this life.
    pub(super) has_held: bool,
    /// How often it has connected, since all is calm.
    pub(super) connects: u64,
    connects_at: Option<Instant>,
}

/// One end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub(super) connection: u64,
    pub(super) process: usize,
    pub(super) is_parent: bool,
}

pub(super) struct History<R> {
    pub(super) script: Script,
    agenda: Agenda<Happening>,
    pub(super) now: Instant,
    pub(super) processes: Vec<Process<R>>,
    pub(super) connections: BTreeMap<u64, Connection>,
    /// What each link is an end of.
    pub(super) links: BTreeMap<LinkId, Side>,
    timers: Timers,
    numbers: u64,
    is_cut: bool,
    is_quiet: bool,
    is_calm: bool,
    /// How many control frames were sent, and how many rows in them.
    pub(super) frames: (u64, u64),
    /// How often each kind of thing was seen.
    pub(super) seen: BTreeMap<String, u64>,
}

impl<R: Rules> History<R> {
    pub(super) fn new(mut script: Script) -> History<R> {
        let dice = &mut script.dice;
        let mut processes: Vec<Process<R>> = Vec::new();
        for at in 0..script.stations + script.nodes {
            let is_station = at < script.stations;
            let others = dice.roll(at.clamp(1, script.stations) as u64) as usize;
            let own = match is_station {
                true => format!("s{at}"),
                false => format!("n{at}"),
            };
            let name = match processes.get(dice.roll(at.max(1) as u64) as usize) {
                Some(other) if !is_station && dice.percent(script.rivals) => match dice.roll(4) {
                    0 => format!("{}.{own}", other.name),
                    _ => other.name.clone(),
                },
                _ if dice.percent(20) => format!("{own}.a.b"),
                _ => own,
            };
            let prefix = dice
                .percent(script.watchers)
                .then(|| ["", "n", "s", "n1"][dice.roll(4) as usize]);
            processes.push(Process {
                name,
                is_station,
                parent: (at > 0).then_some(others),
                routes: None,
                life: 0,
                prefix,
                part: 0,
                has_held: false,
                connects: 0,
                connects_at: None,
            });
        }
        let now = Instant::now();
        let mut history = History {
            script,
            agenda: Agenda::default(),
            now,
            processes,
            connections: BTreeMap::new(),
            links: BTreeMap::new(),
            timers: Timers::default(),
            numbers: 0,
            is_cut: false,
            is_quiet: false,
            is_calm: false,
            frames: (0, 0),
            seen: BTreeMap::new(),
        };
        history.plan();
        history
    }

    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn after(&mut self, delay: Duration, happening: Happening) {
        self.agenda.add(self.now + delay, happening);
    }

    fn millis(&mut self, from: u64, to: u64) -> Duration {
        self.script.dice.millis(from, to)
    }

    fn see(&mut self, what: &str) {
        *self.seen.entry(what.to_owned()).or_default() += 1;
    }

    /// Runs it to its end.
    pub(super) fn run(&mut self) -> Checked {
        loop {
            let first = self.agenda.first();
            let timer = self.timers.first().map(|at| at.max(self.now));
            match (first, timer) {
                (Some(first), timer) if timer.is_none_or(|timer| first <= timer) => {
                    self.now = first;
                    match self.agenda.next() {
                        Some(Happening::End) => return self.check(),
                        Some(happening) => self.happens(happening)?,
                        None => {}
                    }
                }
                (_, Some(timer)) => {
                    self.now = timer;
                    while let Some(key) = self.timers.due(timer) {
                        let process = key as usize;
                        if let Some(routes) = &mut self.processes[process].routes {
                            routes.poll(timer);
                        }
                        self.perform(process)?;
                    }
                }
                (_, None) => return Err("nothing happens any more".to_owned()),
            }
        }
    }

    fn happens(&mut self, happening: Happening) -> Checked {
        match happening {
            Happening::Arrive {
                connection,
                to_parent,
                epoch,
                frame,
            } => return self.arrive(connection, to_parent, epoch, *frame),
            Happening::Lose {
                process,
                life,
                link,
            } => {
                let of = &mut self.processes[process];
                if let Some(routes) = of.routes.as_mut().filter(|_| of.life == life) {
                    routes.link_lost(link, self.now);
                }
                self.closed(link);
                return self.perform(process);
            }
            Happening::Connect { process } => return self.connect(process),
            Happening::Start { process } => return self.start(process),
            Happening::Misfortune if !self.is_quiet => return self.misfortune(),
            Happening::Message => return self.message(),
            Happening::Heal => self.is_cut = false,
            Happening::Quiet => (self.is_quiet, self.is_cut) = (true, false),
            Happening::Calm => {
                self.is_calm = true;
                self.processes.iter_mut().for_each(|it| it.connects = 0);
            }
            Happening::Misfortune | Happening::End => {}
        }
        Ok(())
    }

    fn start(&mut self, process: usize) -> Checked {
        let life = self.number();
        let random = Life::from(self.script.dice.bytes16());
        let limits = RoutesLimits::default();
        let of = &mut self.processes[process];
        if of.routes.is_some() {
            return Ok(());
        }
        let mut routes = Routes::new(&of.name, random, of.is_station, limits, self.now);
        if let Some(prefix) = of.prefix {
            routes.watch(prefix, true, self.now);
        }
        (of.life, of.routes, of.has_held) = (life, Some(routes), false);
        of.connects_at = None;
        let delay = self.millis(0, 300);
        self.plan_connect(process, delay);
        self.perform(process)
    }

    /// The program ends, and its connections with it, of which some may not hear.
    fn kill(&mut self, process: usize) {
        self.processes[process].routes = None;
        self.timers.set(process as u64, None);
        let is_heard = self.script.restarts_only || self.script.dice.percent(70);
        let its = self.connections.iter();
        let its = its.filter(|(_, it)| it.child == process || it.parent == process);
        let its: Vec<_> = its.map(|(number, _)| *number).collect();
        for number in its {
            match is_heard {
                true => self.cut_off(number),
                false => self.connections.get_mut(&number).expect("it").is_dead = true,
            }
        }
    }

    /// A connection is lost, and both ends hear of it.
    fn cut_off(&mut self, number: u64) {
        let Some(lost) = self.connections.remove(&number) else {
            return;
        };
        for (process, link) in [
            (lost.child, lost.child_link),
            (lost.parent, lost.parent_link),
        ] {
            let life = self.processes[process].life;
            let delay = self.millis(1, 30);
            self.after(
                delay,
                Happening::Lose {
                    process,
                    life,
                    link,
                },
            );
        }
    }

    /// An end has closed a link, or knows that it is lost: a child connects again.
    fn closed(&mut self, link: LinkId) {
        let Some(side) = self.links.remove(&link) else {
            return;
        };
        let it = self.connections.get(&side.connection);
        let is_current = |it: &Connection| it.child_link == link || it.parent_link == link;
        if it.is_some_and(|it| !it.is_dead && is_current(it)) {
            self.cut_off(side.connection);
        }
        if !side.is_parent {
            let delay = self.millis(100, 700);
            self.plan_connect(side.process, delay);
        }
    }

    fn plan_connect(&mut self, process: usize, delay: Duration) {
        let at = self.now + delay;
        let of = &mut self.processes[process];
        if of.connects_at.is_none_or(|planned| planned < at) {
            of.connects_at = Some(at);
            self.agenda.add(at, Happening::Connect { process });
        }
    }

    fn connect(&mut self, process: usize) -> Checked {
        let of = &mut self.processes[process];
        if of.connects_at != Some(self.now) {
            return Ok(());
        }
        of.connects_at = None;
        let Some(parent) = of.parent else {
            return Ok(());
        };
        if of.routes.as_ref().is_none_or(|it| it.uplink.is_some()) {
            return Ok(());
        }
        if self.processes[parent].routes.is_none() || self.is_apart(process, parent) {
            let delay = self.millis(100, 500);
            self.plan_connect(process, delay);
            return Ok(());
        }
        let (number, child_link, parent_link) =
            (self.number(), LinkId(self.number()), LinkId(self.number()));
        let connection = Connection {
            child: process,
            parent,
            child_link,
            parent_link,
            is_known: false,
            epoch: 0,
            is_dead: false,
            last_arrival: [self.now; 2],
        };
        self.connections.insert(number, connection);
        for (link, process, is_parent) in
            [(child_link, process, false), (parent_link, parent, true)]
        {
            let connection = number;
            self.links.insert(
                link,
                Side {
                    connection,
                    process,
                    is_parent,
                },
            );
        }
        self.processes[process].connects += 1;
        if let Some(routes) = &mut self.processes[process].routes {
            routes.link_up(child_link, LinkKind::Parent, self.now);
        }
        self.perform(process)
    }

    /// Whether the network is cut between these two.
    fn is_apart(&self, one: usize, other: usize) -> bool {
        self.is_cut && self.processes[one].part != self.processes[other].part
    }

    fn transmit(&mut self, link: LinkId, frame: Frame) {
        let delay = self.millis(1, 30);
        let Some(side) = self.links.get(&link).copied() else {
            return;
        };
        let number = side.connection;
        let Some(it) = self.connections.get(&number) else {
            return;
        };
        let is_current = it.child_link == link || it.parent_link == link;
        if it.is_dead || !is_current || self.is_apart(it.child, it.parent) {
            return;
        }
        if let Frame::Link(message) = &frame {
            self.count(message);
        }
        let it = self.connections.get_mut(&number).expect("it is there");
        let (to_parent, epoch) = (!side.is_parent, it.epoch);
        let last = &mut it.last_arrival[usize::from(to_parent)];
        let at = (self.now + delay).max(*last);
        *last = at;
        let arrives = Happening::Arrive {
            connection: number,
            to_parent,
            epoch,
            frame: Box::new(frame),
        };
        self.agenda.add(at, arrives);
    }

    fn arrive(&mut self, number: u64, to_parent: bool, epoch: u64, frame: Frame) -> Checked {
        let is_late = self.script.dice.percent(50);
        let Some(it) = self.connections.get_mut(&number) else {
            return Ok(());
        };
        // What was under way when it was connected again comes by the new connection, or not at all.
        if it.is_dead || (it.epoch != epoch && !is_late) {
            return Ok(());
        }
        let (process, link, is_new) = match to_parent {
            true => (it.parent, it.parent_link, !it.is_known),
            false => (it.child, it.child_link, false),
        };
        it.is_known |= to_parent;
        let now = self.now;
        let Some(routes) = &mut self.processes[process].routes else {
            return Ok(());
        };
        if is_new {
            routes.link_up(link, LinkKind::Child, now);
        }
        match frame {
            Frame::Link(message) => routes.received(link, message, now),
            Frame::Routed(routed) => {
                routes.heard(link, now);
                self.route(process, link, routed);
            }
        }
        self.perform(process)
    }

    /// A frame that is to be sent on, or is here.
    fn route(&mut self, process: usize, from: LinkId, mut routed: Routed) {
        let now = self.now;
        let Some(routes) = &mut self.processes[process].routes else {
            return;
        };
        match routes.forward(Some(from), &routed.to, &routed.hops, routed.ttl) {
            Forward::Here => routes.probed(Some(from), &routed, now),
            Forward::To { link, ttl, .. } => {
                routed.ttl = ttl;
                self.transmit(link, Frame::Routed(routed));
            }
            Forward::Refuse(why) => self.see(&format!("{why:?}")),
        }
    }

    /// Does what a process wants to be done.
    pub(super) fn perform(&mut self, process: usize) -> Checked {
        while let Some(action) = self.processes[process]
            .routes
            .as_mut()
            .and_then(Routes::take_action)
        {
            match action {
                RoutesAction::Send { link, message } => {
                    self.transmit(link, Frame::Link(message));
                }
                RoutesAction::SendRouted { link, routed } => {
                    self.see(match routed.content {
                        Content::Probe { .. } => "PROBE",
                        _ => "ALIVE",
                    });
                    self.transmit(link, Frame::Routed(routed));
                }
                RoutesAction::Close { link, pause } => {
                    let is_uplink = self.links.get(&link).is_some_and(|it| !it.is_parent);
                    if is_uplink {
                        let delay = pause + self.millis(100, 700);
                        self.plan_connect(process, delay);
                    }
                    self.closed(link);
                }
                action => self.told(process, action)?,
            }
        }
        let routes = self.processes[process].routes.as_ref();
        let next = routes.and_then(Routes::next_timeout);
        self.timers.set(process as u64, next);
        Ok(())
    }

    /// A user is told something.
    fn told(&mut self, process: usize, action: RoutesAction) -> Checked {
        let keeps = self.script.restarts_only;
        match action {
            RoutesAction::Registered => {
                self.see("registered");
                self.processes[process].has_held = true;
            }
            RoutesAction::Duplicate(name) => {
                self.see("duplicate");
                if keeps && self.processes[process].has_held && !self.processes[process].is_station
                {
                    return Err(format!("{name} was taken from who had it"));
                }
            }
            RoutesAction::Gone(name) if keeps => {
                let named = || self.processes.iter().filter(|it| it.name == name);
                // That of a station goes when it is restarted, and a node may have it then.
                if named().all(|it| !it.is_station) && named().any(|it| it.has_held) {
                    return Err(format!("{name} was said to be gone"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
