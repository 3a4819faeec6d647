//! What has to be true: always, and when all has been well for long.

use std::collections::BTreeMap;
use std::iter;

use super::{Checked, History, Process};
use crate::station::Life;
use crate::station::machine::routes::action::Forward;
use crate::station::machine::routes::link::LinkId;
use crate::station::machine::routes::name;
use crate::station::machine::routes::own::Standing;
use crate::station::machine::routes::rules::Rules;
use crate::station::wire::TTL;

/// How often a process may connect to its parent while all is calm.
const CONNECTS: u64 = 6;

/// What became of a frame.
enum Fate {
    Arrived(usize),
    Refused,
    Lost,
}

impl<R: Rules> History<R> {
    /// A frame goes from somebody to somebody, so fast that nothing happens meanwhile.
    pub(super) fn message(&mut self) -> Checked {
        let count = self.processes.len() as u64;
        let from = self.script.dice.roll(count) as usize;
        let to = self.script.dice.roll(count) as usize;
        let to = self.processes[to].name.clone();
        match self.walk(from, &to)? {
            Fate::Arrived(at) if at != from && !self.processes[at].is_station => {
                match self.is_given(at) {
                    true => Ok(()),
                    false => Err(format!("{to} was sent to who was not given that name")),
                }
            }
            _ => Ok(()),
        }
    }

    /// Whether a node was given its name, which it may not have heard yet.
    fn is_given(&self, node: usize) -> bool {
        let it = &self.processes[node];
        let life = it.routes.as_ref().map(|it| it.own.life);
        let mut all = self.processes.iter().filter_map(|it| it.routes.as_ref());
        it.has_held
            || all.any(|routes| {
                let row = routes.table.row(&it.name).filter(|row| row.is_confirmed);
                row.is_some_and(|row| Some(row.life) == life)
            })
    }

    /// Where a frame comes that is sent now.
    fn walk(&self, from: usize, to: &str) -> Result<Fate, String> {
        let (mut at, mut by, mut ttl) = (from, None, TTL);
        for _ in 0..=usize::from(TTL) + 1 {
            let Some(routes) = &self.processes[at].routes else {
                return Ok(Fate::Lost);
            };
            let link = match routes.forward(by, to, &[], ttl) {
                Forward::Here => return Ok(Fate::Arrived(at)),
                Forward::Refuse(_) => return Ok(Fate::Refused),
                Forward::To {
                    link, ttl: left, ..
                } => {
                    ttl = left;
                    link
                }
            };
            if Some(link) == by {
                return Err(format!("to {to}: a frame went back by its own link"));
            }
            match self.other_end(link) {
                Some((process, link)) => (at, by) = (process, Some(link)),
                None => return Ok(Fate::Lost),
            }
        }
        Err(format!("to {to}: a frame goes round for ever"))
    }

    /// The process at the other end of a link, and the link's number there, if it works.
    fn other_end(&self, link: LinkId) -> Option<(usize, LinkId)> {
        let side = self.links.get(&link)?;
        let it = self.connections.get(&side.connection)?;
        if it.is_dead || self.is_apart(it.child, it.parent) {
            return None;
        }
        match side.is_parent {
            true if it.parent_link == link => Some((it.child, it.child_link)),
            false if it.child_link == link => Some((it.parent, it.parent_link)),
            _ => None,
        }
    }

    /// All has been well for long.
    pub(super) fn check(&mut self) -> Checked {
        let above: Vec<_> = (0..self.processes.len())
            .map(|it| self.parent(it))
            .collect();
        let above = above.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut trees: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for process in 0..above.len() {
            let top = path(&above, process)?.last().copied().unwrap_or(process);
            trees.entry(top).or_default().push(process);
        }
        for tree in trees.values() {
            self.check_names(tree)?;
            self.check_frames(tree)?;
            for process in tree {
                self.check_table(*process, tree, &above)?;
                self.check_watch(*process, tree)?;
            }
        }
        for process in &self.processes {
            if process.connects > CONNECTS {
                return Err(format!("{} connects for ever", process.name));
            }
        }
        Ok(())
    }

    fn routes(&self, process: usize) -> &super::Routes<R> {
        let routes = self.processes[process].routes.as_ref();
        routes.expect("all run in the end")
    }

    /// Who its parent is in the end.
    fn parent(&self, process: usize) -> Result<Option<usize>, String> {
        let it = &self.processes[process];
        match self
            .routes(process)
            .uplink
            .as_ref()
            .filter(|it| it.is_joined)
        {
            Some(uplink) => match self.other_end(uplink.link) {
                Some((parent, _)) => Ok(Some(parent)),
                None => Err(format!("{} does not know that its link is lost", it.name)),
            },
            None if it.is_station => Ok(None),
            None => Err(format!("{} has no parent", it.name)),
        }
    }

    fn holders<'a>(&'a self, among: &'a [usize]) -> impl Iterator<Item = (usize, &'a Process<R>)> {
        let all = among.iter().map(|at| (*at, &self.processes[*at]));
        all.filter(|(at, _)| self.routes(*at).own.is_held())
    }

    /// Whether one process is reached by way of another.
    fn is_behind(&self, below: usize, above: usize) -> bool {
        let parents = iter::successors(Some(below), |at| self.parent(*at).ok().flatten());
        parents
            .skip(1)
            .take(self.processes.len())
            .any(|at| at == above)
    }

    /// Each has its name, or knows that it cannot have it.
    fn check_names(&self, tree: &[usize]) -> Checked {
        let collides = |one: (usize, &Process<R>), at: usize| {
            let (name, own) = (&one.1.name, &self.processes[at].name);
            let stands_behind = |below, above| self.is_behind(below, above);
            name == own
                || name::is_below(name, own) && !stands_behind(one.0, at)
                || name::is_below(own, name) && !stands_behind(at, one.0)
        };
        for at in tree {
            let it = &self.processes[*at];
            let mut others = self.holders(tree).filter(|(other, _)| other != at);
            let rival = others.find(|other| collides(*other, *at));
            let name = &it.name;
            match (self.routes(*at).own.standing, rival) {
                (Standing::Held, None) | (Standing::Duplicate { .. }, Some(_)) => {}
                (Standing::New, _) => return Err(format!("{name} was never given")),
                (Standing::Held, Some((_, it))) => {
                    return Err(format!("{name} and {} are both given", it.name));
                }
                (Standing::Duplicate { .. }, None) => {
                    return Err(format!("{name} is nobody's, and a duplicate"));
                }
            }
        }
        Ok(())
    }

    /// A table has the names below, and nothing else.
    fn check_table(&self, station: usize, tree: &[usize], above: &[Option<usize>]) -> Checked {
        let routes = self.routes(station);
        let own = &self.processes[station].name;
        let mut expected: BTreeMap<&str, (Life, LinkId)> = BTreeMap::new();
        for (process, it) in self.holders(tree) {
            let path = path(above, process)?;
            let steps = match path.iter().position(|at| *at == station) {
                Some(at) if at == 0 || routes.is_station => at,
                _ => continue,
            };
            let child = steps.checked_sub(1).map_or(process, |at| path[at]);
            let uplink = self.routes(child).uplink.as_ref().map(|it| it.link);
            let link = uplink.and_then(|it| self.other_end(it));
            let (_, link) = link.ok_or("a link is not there")?;
            expected.insert(&it.name, (self.routes(process).own.life, link));
        }
        let rows = routes.table.rows();
        let there: BTreeMap<&str, _> = rows.map(|(name, row)| (&**name, row)).collect();
        for (name, (life, link)) in &expected {
            let Some(row) = there.get(name) else {
                return Err(format!("{own} does not know {name}"));
            };
            if (row.life, row.link, row.is_confirmed, row.is_settling)
                != (*life, *link, true, false)
            {
                return Err(format!("{own} is wrong about {name}: {row:?}, {link:?}"));
            }
        }
        // Who was told Duplicate tries again and again, and is asked about for as long as a frame takes.
        let mut known = there.iter().filter(|(_, row)| row.is_confirmed);
        match known.find(|(name, _)| !expected.contains_key(*name)) {
            Some((name, _)) => Err(format!("{own} still knows {name}")),
            None => Ok(()),
        }
    }

    /// Whoever watches knows the names that there are.
    fn check_watch(&self, process: usize, tree: &[usize]) -> Checked {
        let it = &self.processes[process];
        let Some(prefix) = it.prefix else {
            return Ok(());
        };
        let names = self.holders(tree).map(|(_, it)| it.name.as_str());
        let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
        names.sort_unstable();
        let told: Vec<_> = self.routes(process).addresses("").collect();
        match told == names {
            true => Ok(()),
            false => Err(format!("{} was told {told:?}, not {names:?}", it.name)),
        }
    }

    /// Frames come to who has the name, and to nobody else.
    fn check_frames(&self, tree: &[usize]) -> Checked {
        for (at, from) in tree.iter().enumerate() {
            let to = tree[(at * 7 + 3) % tree.len()];
            for to in [self.processes[to].name.clone(), "nobody".to_owned()] {
                let above = self
                    .holders(tree)
                    .filter(|(_, it)| name::is_below(&to, &it.name));
                let holder = above.max_by_key(|(_, it)| it.name.len());
                // A station is not those that may stand behind it.
                let holder = holder.filter(|(_, it)| it.name == to || !it.is_station);
                match (self.walk(*from, &to)?, holder) {
                    (Fate::Arrived(at), Some((holder, _))) if at == holder => {}
                    (Fate::Refused, None) => {}
                    _ => return Err(format!("a frame to {to} does not come to it")),
                }
            }
        }
        Ok(())
    }
}

/// Those above a process, the nearest first.
fn path(above: &[Option<usize>], process: usize) -> Result<Vec<usize>, String> {
    let mut path = Vec::new();
    let mut at = process;
    while let Some(parent) = above[at] {
        if path.contains(&parent) {
            return Err("a circle stays".to_owned());
        }
        path.push(parent);
        at = parent;
    }
    Ok(path)
}
