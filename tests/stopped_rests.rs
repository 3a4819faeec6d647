//! After a stop nothing burns the processor, however often it was stopped. Alone in its process, whose
//! time is measured.

#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

mod support;

use std::time::Duration;

use support::{blocked, deadline, ends, marry};
use zeroless::{Error, Server};

/// How much of the processor this process has used.
fn used() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: it writes a timespec that outlives the call.
    let code = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(code, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[test]
fn a_stopped_handle_rests() {
    deadline(|| {
        let (server, client) = ends();
        let (reply, request) = (server.reply().unwrap(), client.request().unwrap());
        marry(&reply, &request);
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let stoppers = [
            pull.stopper().unwrap(),
            reply.stopper().unwrap(),
            request.stopper().unwrap(),
        ];
        let waits = pull.clone();
        let waiting = blocked(move || waits.recv().map(drop));
        for stopper in &stoppers {
            (0..1000).for_each(|_| stopper.stop());
        }
        assert_eq!(waiting.join().unwrap(), Err(Error::Stopped));
        let other = Server::bind_local(0).unwrap().pull().unwrap();
        // Nothing can come: the monitor thread and this one wait beside the stopped handles.
        let before = used();
        let waited = Duration::from_millis(500);
        assert!(other.recv_timeout(waited).unwrap_err().is_timeout());
        assert!(pull.try_recv().is_err());
        let used = used() - before;
        assert!(used < waited / 4, "{used:?}");
    });
}
