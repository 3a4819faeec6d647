//! Routes: which link leads to which name.
//!
//! Stations are a tree. A node registers its name at its parent, and the parent tells the name to its own, up to the top,
//! which gives it. So each station knows the names below it, and the way to all others is up. [`Routes`] is what one node
//! or station knows; the driver brings it the frames of its links and the time, and does the actions that it asks for. Of a
//! routed frame the driver asks where it goes ([`Routes::forward`]), and brings a PROBE or an ALIVE that is for us to
//! [`Routes::probed`].
//!
//! docs/station.md has the rules and the reasons. Each that a simpler protocol would leave out is in [`Rules`].

mod action;
mod claims;
mod forwarding;
mod limits;
mod link;
mod links;
mod moves;
mod name;
mod own;
mod parent;
mod probing;
mod rules;
#[cfg(test)]
mod simulation;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod uplink;
mod watcher;
mod watching;

pub(crate) use action::{Forward, RoutesAction};
pub(crate) use limits::RoutesLimits;
pub(crate) use link::{LinkId, LinkKind};
pub(crate) use state::Routes;
