//! The domains: of each secured socket, who may enter it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Result;
use crate::fork::ForkMutex;
use crate::security::Access;
use crate::throttle::Throttle;
use crate::wake::Waker;

/// The domains of a context.
#[derive(Debug, Default)]
pub(super) struct Domains(ForkMutex<HashMap<String, Arc<Entry>>>);

/// Who may enter a socket.
#[derive(Debug)]
pub(super) struct Entry {
    /// The socket's name in the log.
    pub(super) name: &'static str,
    pub(super) access: Access,
    /// How long a closure may take for an answer.
    pub(super) budget: Duration,
    pub(super) throttle: Throttle,
}

/// A secured socket's domain: its clients are let in by an [`Access`] as long as this is there.
#[derive(Debug)]
pub(crate) struct Domain {
    name: String,
    domains: Arc<Domains>,
    waker: Arc<Waker>,
}

impl Domains {
    /// Adds a domain, whose name nobody else has.
    pub(super) fn add(self: &Arc<Domains>, entry: Entry, waker: &Arc<Waker>) -> Result<Domain> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("zeroless-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.0.lock()?.insert(name.clone(), Arc::new(entry));
        Ok(Domain {
            name,
            domains: self.clone(),
            waker: waker.clone(),
        })
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<Arc<Entry>> {
        let name = str::from_utf8(name).ok()?;
        self.0.lock().ok()?.get(name).cloned()
    }
}

impl Domain {
    /// The text that libzmq is to have as ZMQ_ZAP_DOMAIN.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Domain {
    fn drop(&mut self) {
        // In a child there is no handler, and the lock may be held for ever.
        let Ok(mut domains) = self.domains.0.lock() else {
            return;
        };
        let entry = domains.remove(&self.name);
        drop(domains);
        // A closure in it may be dropped now: that takes any time.
        drop(entry);
        self.waker.wake();
    }
}
