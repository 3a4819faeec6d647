//! Flows: messages from one node to another that end exactly once, in a way that the sender learns.
//!
//! A flow is one life of a sender, a destination and a lane. The [`Sender`] keeps each message until the [`Receiver`] has
//! handled it, and sends again what got lost; the receiver takes each message once in its life, in order, from a bounded
//! pool. What a token is good for: the receiver chooses one for each flow, and forgets it with all that it knows of the
//! flow. So whoever has it knows that the receiver remembers what was handled, and without it nothing is handled.
//!
//! docs/station.md has the rules and the reasons. Each that a simpler protocol would leave out is in [`Rules`]: the
//! simulation leaves them out one by one, and fails.

mod end;
mod flow;
mod frames;
mod key;
mod outbox;
mod pace;
mod pool;
mod receiver;
mod rules;
mod sender;
#[cfg(test)]
mod simulation;
mod table;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use end::End;
pub(crate) use frames::{Parcel, Payload, ToReceiver, ToSender};
pub(crate) use receiver::{Outcome, Receiver, ReceiverAction, ReceiverLimits};
pub(crate) use sender::{Sender, SenderAction, SenderLimits};
