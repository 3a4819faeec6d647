//! The state machines of nodes and stations: frames, events and the time in, actions out. They have no socket, no
//! thread and no clock, and the random numbers are handed in.

mod flows;
mod routes;
mod timers;
