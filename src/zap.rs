//! The handler that libzmq asks whether a client may come in (ZAP, RFC 27): one for each context, on a thread of its
//! own.
//!
//! Nobody enters without it. A secured socket has a domain of its own, and ZMQ_ZAP_ENFORCE_DOMAIN: libzmq then
//! ends a handshake if it finds no handler, and one that is not answered ends with its time. So whatever becomes of
//! the handler, clients wait, or are refused, and come back.

mod asking;
mod domains;
mod handler_socket;
mod thread;
mod zap_loop;

pub(crate) use domains::Domain;
pub(crate) use thread::ZapThread;

#[cfg(test)]
mod tests;
