//! Children that a test's process forks.

#![allow(dead_code, reason = "each test uses its own part of this")]
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How long a child may take: one that takes longer is stuck.
const LIMIT: Duration = Duration::from_secs(5);

/// A forked child.
pub(crate) struct Child {
    id: libc::pid_t,
    began: Instant,
}

impl Child {
    /// Forks; the child does this, and no more.
    pub(crate) fn fork(work: impl FnOnce()) -> Child {
        let began = Instant::now();
        // SAFETY: the child runs `work` and leaves. It may meet a lock there that another
        // thread held at the fork; it would be stuck, and be found below.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", std::io::Error::last_os_error()),
            0 => {
                let well = catch_unwind(AssertUnwindSafe(work)).is_ok();
                // SAFETY: leaves at once, without the parent's handlers at exit.
                unsafe { libc::_exit(if well { 0 } else { 1 }) }
            }
            id => Child { id, began },
        }
    }

    /// Waits for its end; true if it did well, and in time.
    pub(crate) fn ends_well(self) -> bool {
        let mut status = 0;
        // SAFETY: status outlives the call, and the child is ours.
        while unsafe { libc::waitpid(self.id, &mut status, libc::WNOHANG) } == 0 {
            if self.began.elapsed() > LIMIT {
                // SAFETY: the child has not been waited for, so the id is still its own.
                unsafe { libc::kill(self.id, libc::SIGKILL) };
            }
            crate::support::pause();
        }
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
    }
}

/// Does something in a forked child; true if it ended well, and in time.
pub(crate) fn in_child(work: impl FnOnce()) -> bool {
    Child::fork(work).ends_well()
}
