//! A node's machine as a text for people to read.

use std::fmt;

use super::Machine;
use crate::zre::uuid::Uuid;

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}) at {}", self.name, self.uuid, self.endpoint)?;
        for (key, value) in &self.headers {
            writeln!(f, "  {key}: {value}")?;
        }
        self.groups_of(f, self.uuid, &self.own_groups())?;
        let others = self.known.values().filter(|known| known.here().is_none());
        writeln!(
            f,
            "{} peers, {} not here yet",
            self.peers().len(),
            others.count()
        )?;
        for peer in self.peers() {
            writeln!(f, "  {peer}")?;
            for (key, value) in peer.headers() {
                writeln!(f, "    {key}: {value}")?;
            }
            self.groups_of(f, peer.id(), &self.groups.of(peer.id()))?;
        }
        Ok(())
    }
}

impl Machine {
    fn groups_of(&self, f: &mut fmt::Formatter<'_>, node: Uuid, groups: &[String]) -> fmt::Result {
        for group in groups {
            let leads = match self.leader(group) == Some(node) {
                true => ", and leads it",
                false => "",
            };
            writeln!(f, "    in {group}{leads}")?;
        }
        Ok(())
    }
}
