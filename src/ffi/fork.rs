//! How many forks there have been.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static FORKS: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between this process and the one that first asked: a number to keep,
/// and to compare later. As cheap as a load, where asking for the process id is a system call.
#[inline]
pub(crate) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Begins to count forks; to be called before the first handle is made.
pub(crate) fn count_forks() {
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    // No lock: a child would wait for ever for a thread that locked it at the fork. To count each fork
    // twice does no harm.
    static COUNTED: AtomicBool = AtomicBool::new(false);
    if COUNTED.load(Ordering::Acquire) {
        return;
    }
    // SAFETY: the function lives as long as the program, takes and returns nothing, and
    // does nothing that is forbidden between fork and exec: an atomic addition.
    let code = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    debug_assert_eq!(code, 0, "pthread_atfork fails only without memory");
    COUNTED.store(true, Ordering::Release);
}

#[cfg(test)]
pub(crate) mod tests {
    /// Whether something is so in a forked child.
    pub(crate) fn in_child(is_so: impl FnOnce() -> bool) -> bool {
        let mut status = 0;
        // SAFETY: the child looks, and leaves at once; the parent waits for it, and the status
        // outlives that.
        unsafe {
            match libc::fork() {
                0 => libc::_exit(if is_so() { 0 } else { 1 }),
                child => assert_eq!(libc::waitpid(child, &raw mut status, 0), child),
            }
        }
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
    }
}
