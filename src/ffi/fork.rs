//! How many forks there have been.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

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
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function lives as long as the program, takes and returns nothing, and
        // does only what is allowed between fork and exec: an atomic addition.
        let code = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        debug_assert_eq!(code, 0, "pthread_atfork fails only without memory");
    });
}
