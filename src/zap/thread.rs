//! The handler's thread. There is one for each context, and the process has one context.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::domains::{Domain, Domains, Entry};
use super::handler_socket::HandlerSocket;
use super::zap_loop::ZapLoop;
use crate::background::Background;
use crate::error::Result;
use crate::ffi::{RawContext, system};
use crate::security::Access;
use crate::throttle::Throttle;
use crate::wake::Waker;

/// The handle of the thread; it ends when this is dropped.
pub(crate) struct ZapThread {
    domains: Arc<Domains>,
    waker: Arc<Waker>,
    thread: Background,
    #[cfg(test)]
    pub(super) faults: crossbeam_channel::Sender<super::zap_loop::Fault>,
}

impl ZapThread {
    /// Starts the thread, which is bound then.
    pub(crate) fn start(context: &Arc<RawContext>) -> Result<ZapThread> {
        let domains = Arc::new(Domains::default());
        let (own, context) = (domains.clone(), context.clone());
        #[cfg(test)]
        let (faults, received) = crossbeam_channel::unbounded();
        let prepare = |stop| {
            let socket = HandlerSocket::bind(&context);
            let socket = socket.map_err(|errno| system("letting clients in", errno))?;
            let zap_loop = ZapLoop::new(socket, own, stop, context);
            #[cfg(test)]
            let zap_loop = zap_loop.with_faults(received);
            Ok(move || zap_loop.run())
        };
        let (thread, stop) = Background::start_waiting("zeroless-zap", prepare)?;
        Ok(ZapThread {
            domains,
            waker: stop.waker().clone(),
            thread,
            #[cfg(test)]
            faults,
        })
    }

    /// Lets clients into a socket of this name, by the access, as long as the domain is there.
    pub(crate) fn add(
        &self,
        name: &'static str,
        access: &Access,
        handshake_timeout: Duration,
    ) -> Result<Domain> {
        let entry = Entry {
            name,
            access: access.clone(),
            // The rest is for the way to us and back.
            budget: handshake_timeout / 2,
            throttle: Throttle::new(),
        };
        self.domains.add(entry, &self.waker)
    }
}

impl fmt::Debug for ZapThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZapThread")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}
