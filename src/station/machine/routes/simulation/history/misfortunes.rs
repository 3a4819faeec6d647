//! What happens to the processes and the connections.

use std::time::Duration;

use super::{Checked, History, Side};
use crate::station::machine::routes::link::LinkId;
use crate::station::machine::routes::rules::Rules;
use crate::station::machine::routes::simulation::network::Happening;
use crate::station::wire::LinkMessage;

/// How many frames go from somebody to somebody meanwhile.
const MESSAGES: u64 = 60;

/// How long is left between restarts of stations, where nothing else happens.
const BETWEEN_RESTARTS: Duration = Duration::from_secs(13);

impl<R: Rules> History<R> {
    pub(super) fn plan(&mut self) {
        for process in 0..self.processes.len() {
            let latest = match self.script.dice.percent(80) || self.script.restarts_only {
                true => 2_000,
                false => 15_000,
            };
            let delay = self.millis(0, latest);
            self.after(delay, Happening::Start { process });
        }
        let unrest = self.script.unrest;
        for number in 1..=self.script.misfortunes {
            let delay = match self.script.restarts_only {
                true => BETWEEN_RESTARTS * number as u32,
                false => self.millis(3_000, unrest.as_millis() as u64),
            };
            self.after(delay, Happening::Misfortune);
        }
        for _ in 0..MESSAGES {
            let delay = self.millis(1_000, unrest.as_millis() as u64 + 10_000);
            self.after(delay, Happening::Message);
        }
        self.after(unrest, Happening::Quiet);
        let quiet = self.script.quiet;
        self.after(unrest + quiet / 2, Happening::Calm);
        self.after(unrest + quiet, Happening::End);
    }

    fn any_process(&mut self) -> usize {
        self.script.dice.roll(self.processes.len() as u64) as usize
    }

    fn any_station(&mut self) -> usize {
        self.script.dice.roll(self.script.stations as u64) as usize
    }

    fn restart(&mut self, process: usize, latest: u64) {
        self.kill(process);
        let down = self.millis(0, latest);
        self.after(down, Happening::Start { process });
    }

    pub(super) fn misfortune(&mut self) -> Checked {
        if self.script.restarts_only {
            for station in 0..self.script.stations {
                if self.script.dice.percent(40) {
                    self.restart(station, 1_000);
                }
            }
            return Ok(());
        }
        if self.script.dice.percent(self.script.circles) {
            let (station, parent) = (self.any_station(), self.any_station());
            return self.moves(station, Some(parent));
        }
        let count = self.connections.len().max(1);
        let any = self.script.dice.roll(count as u64) as usize;
        let any = self.connections.keys().nth(any).copied();
        match (self.script.dice.roll(8), any) {
            (0, Some(number)) => self.cut_off(number),
            (1, Some(number)) => {
                self.connections.get_mut(&number).expect("it").is_dead = true;
            }
            (2, Some(number)) => self.connect_unseen(number),
            (3, _) => {
                let process = self.any_process();
                self.restart(process, 8_000);
            }
            (4, _) => {
                let station = self.any_station();
                self.restart(station, 8_000);
            }
            (5, _) => {
                let (process, parent) = (self.any_process(), self.any_station());
                if process >= self.script.stations {
                    return self.moves(process, Some(parent));
                }
            }
            (6, _) => {
                let (station, parent) = (self.any_station(), self.any_station());
                if !self.is_planned_below(parent, station) {
                    return self.moves(station, Some(parent));
                }
            }
            (7, _) => {
                for process in 0..self.processes.len() {
                    self.processes[process].part = self.script.dice.roll(2);
                }
                self.is_cut = true;
                // What is sent meanwhile may not be lost on a connection that works again.
                for it in self.connections.values_mut() {
                    let parts = [it.child, it.parent].map(|at| self.processes[at].part);
                    it.is_dead |= parts[0] != parts[1];
                }
                let delay = self.millis(1_000, 20_000);
                self.after(delay, Happening::Heal);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a process would be below another, if all were connected.
    fn is_planned_below(&self, process: usize, other: usize) -> bool {
        let mut at = Some(process);
        for _ in 0..self.processes.len() {
            match at {
                Some(at) if at == other => return true,
                Some(below) => at = self.processes[below].parent,
                None => return false,
            }
        }
        true
    }

    /// A process gets another parent.
    fn moves(&mut self, process: usize, parent: Option<usize>) -> Checked {
        self.processes[process].parent = parent.filter(|it| *it != process);
        let now = self.now;
        let of = self.processes[process].routes.as_mut();
        let link = of.and_then(|routes| {
            let link = routes.uplink.as_ref()?.link;
            routes.link_lost(link, now);
            Some(link)
        });
        match link {
            Some(link) => self.closed(link),
            None => {
                let delay = self.millis(1, 100);
                self.plan_connect(process, delay);
            }
        }
        self.perform(process)
    }

    /// ZeroMQ connects again, and the child does not notice. The parent may learn that the old connection is lost.
    fn connect_unseen(&mut self, number: u64) {
        let is_told = self.script.dice.percent(50);
        let link = LinkId(self.number());
        let it = self.connections.get_mut(&number).expect("it");
        let old = std::mem::replace(&mut it.parent_link, link);
        (it.is_known, it.epoch) = (false, it.epoch + 1);
        let process = it.parent;
        let side = Side {
            connection: number,
            process,
            is_parent: true,
        };
        self.links.insert(link, side);
        let life = self.processes[process].life;
        if is_told {
            let lost = Happening::Lose {
                process,
                life,
                link: old,
            };
            self.after(Duration::from_millis(5), lost);
        }
    }

    pub(super) fn count(&mut self, message: &LinkMessage) {
        let rows = match message {
            LinkMessage::Ping | LinkMessage::Pong { .. } => return,
            LinkMessage::Advert(rows) => rows.len() as u64,
            _ => 0,
        };
        self.frames.0 += 1;
        self.frames.1 += rows;
        self.see(match message {
            LinkMessage::Register(_) => "REGISTER",
            LinkMessage::Registered(_) => "REGISTERED",
            LinkMessage::Advert(_) => "ADVERT",
            LinkMessage::Withdraw(_) => "WITHDRAW",
            LinkMessage::Watch { .. } => "WATCH",
            LinkMessage::Ping | LinkMessage::Pong { .. } => "",
        });
    }
}
