//! Users that were sent away.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// The users that were sent away, and since when.
///
/// Connections are numbered by the revision that they were let in at: a connection of a user that was sent away
/// later is not served any more, whether the user may come in again or not. Another may know the old password.
#[derive(Default)]
pub(super) struct Revocations {
    revision: AtomicU64,
    users: Mutex<HashMap<String, Revoked>>,
    hooks: Mutex<Vec<Weak<Hook>>>,
}

#[derive(Debug, Clone, Copy)]
struct Revoked {
    /// Connections that were let in at an earlier revision are not served.
    at: u64,
    /// Whether new ones are not let in.
    is_barred: bool,
}

type Hook = dyn Fn() + Send + Sync;

/// Calls a function at each revocation, as long as this is there.
pub(crate) struct OnRevoke {
    _hook: Arc<Hook>,
}

impl fmt::Debug for OnRevoke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnRevoke").finish_non_exhaustive()
    }
}

impl Revocations {
    /// A number that changes whenever an answer of [`is_revoked`](Self::is_revoked) may.
    #[inline]
    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// Whether a connection of this user, which was let in at this revision, is not to be served.
    pub(super) fn is_revoked(&self, user: &str, admission: u64) -> bool {
        let users = self.users.lock();
        users
            .get(user)
            .is_some_and(|revoked| admission < revoked.at)
    }

    pub(super) fn is_barred(&self, user: &str) -> bool {
        let users = self.users.lock();
        users.get(user).is_some_and(|revoked| revoked.is_barred)
    }

    /// Sends a user away. The hooks are to be called afterwards, with nothing locked.
    pub(super) fn revoke(&self, user: &str) {
        let mut users = self.users.lock();
        let at = self.revision.load(Ordering::Relaxed) + 1;
        let revoked = Revoked {
            at,
            is_barred: true,
        };
        users.insert(user.to_owned(), revoked);
        self.revision.store(at, Ordering::Release);
    }

    /// Lets a user in again.
    pub(super) fn readmit(&self, user: &str) {
        let mut users = self.users.lock();
        if let Some(revoked) = users.get_mut(user) {
            revoked.is_barred = false;
        }
    }

    pub(super) fn on_revoke(&self, call: impl Fn() + Send + Sync + 'static) -> OnRevoke {
        let hook: Arc<Hook> = Arc::new(call);
        let mut hooks = self.hooks.lock();
        hooks.retain(|hook| hook.strong_count() > 0);
        hooks.push(Arc::downgrade(&hook));
        OnRevoke { _hook: hook }
    }

    pub(super) fn call_hooks(&self) {
        let hooks: Vec<_> = self.hooks.lock().iter().filter_map(Weak::upgrade).collect();
        hooks.iter().for_each(|hook| hook());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_sent_away_is_not_served_by_an_old_connection_again() {
        let revocations = Revocations::default();
        let old = revocations.revision();
        assert!(!revocations.is_revoked("ann", old));
        revocations.revoke("ann");
        assert_ne!(revocations.revision(), old);
        assert!(revocations.is_revoked("ann", old) && revocations.is_barred("ann"));
        assert!(!revocations.is_revoked("bob", old) && !revocations.is_barred("bob"));
        revocations.readmit("ann");
        assert!(!revocations.is_barred("ann"));
        assert!(revocations.is_revoked("ann", old));
        assert!(!revocations.is_revoked("ann", revocations.revision()));
    }

    #[test]
    fn hooks_are_called_as_long_as_they_are_there() {
        let (revocations, calls) = (Revocations::default(), Arc::new(AtomicU64::new(0)));
        let counted = calls.clone();
        let hook = revocations.on_revoke(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        revocations.call_hooks();
        drop(hook);
        revocations.call_hooks();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert_eq!(Arc::strong_count(&calls), 1);
    }
}
