//! The state machines of nodes and stations: frames, events and the time in, actions out. They have no socket, no
//! thread and no clock, and the random numbers are handed in.

#[cfg(test)]
mod agenda;
#[cfg(test)]
mod dice;
mod flows;
#[cfg(test)]
mod histories;
mod routes;
mod timers;

pub(crate) use flows::{
    End, Outcome, Parcel, Payload, Receiver, ReceiverAction, ReceiverLimits, Sender, SenderAction,
    SenderLimits, ToReceiver, ToSender,
};
pub(crate) use routes::{Forward, LinkId, LinkKind, Routes, RoutesAction, RoutesLimits};
pub(crate) use timers::Timers;
