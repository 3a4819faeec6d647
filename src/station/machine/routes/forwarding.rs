//! Where a frame goes.

use super::action::Forward;
use super::link::LinkId;
use super::name;
use super::rules::Rules;
use super::state::Routes;
use super::table::Row;
use crate::station::wire::Refusal;

impl<R: Rules> Routes<R> {
    /// Where a frame goes that has come by a link, or that this node sends itself; with the stations that it still has to
    /// pass, and how often it may still be sent on.
    pub(crate) fn forward(
        &self,
        from: Option<LinkId>,
        to: &str,
        hops: &[String],
        ttl: u8,
    ) -> Forward {
        let passed = hops.iter().take_while(|hop| **hop == *self.own.name);
        let hops_passed = passed.count();
        let next = hops.get(hops_passed).map_or(to, |hop| hop);
        let link = match self.way(from, next) {
            Ok(Some(link)) => link,
            Ok(None) => return Forward::Here,
            Err(why) => return Forward::Refuse(why),
        };
        let ttl = match from {
            None => ttl,
            Some(_) if ttl == 0 => return Forward::Refuse(Refusal::Ttl),
            Some(_) => ttl - 1,
        };
        Forward::To {
            link,
            hops_passed,
            ttl,
        }
    }

    /// The link to a name; none if it is our own, or below that of a node that is not a station.
    fn way(&self, from: Option<LinkId>, to: &str) -> Result<Option<LinkId>, Refusal> {
        if *to == *self.own.address {
            return Ok(None);
        }
        if !self.is_station && from.is_some() && !self.own.has(to) {
            return Err(Refusal::NoRoute);
        }
        for name in [to].into_iter().chain(name::above(to)) {
            if *name == *self.own.name && self.own.has(to) {
                let is_ours = name == to || !self.is_station;
                return if is_ours {
                    Ok(None)
                } else {
                    Err(self.unknown())
                };
            }
            let row = self.table.row(name);
            if let Some(row) = row.filter(|row| R::is_way(row.is_confirmed)) {
                return by(row, from).map(Some);
            }
        }
        match &self.uplink {
            Some(uplink) if from != Some(uplink.link) => Ok(Some(uplink.link)),
            _ => Err(self.unknown()),
        }
    }

    /// Why there is no way.
    fn unknown(&self) -> Refusal {
        match self.settles.is_some() {
            // It was the way of the last seconds, or will be that of the next.
            true => Refusal::Settling,
            false => Refusal::NoRoute,
        }
    }
}

fn by(row: &Row, from: Option<LinkId>) -> Result<LinkId, Refusal> {
    match Some(row.link) == from {
        // The station there does not know it any more.
        true => Err(Refusal::Loop),
        false if row.is_settling => Err(Refusal::Settling),
        false => Ok(row.link),
    }
}
