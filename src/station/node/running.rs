//! A node that runs, until its last handle is dropped.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use log::warn;

use crate::background::Background;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkOrigin;
use crate::options::Options;
use crate::server::Server;
use crate::station::body::Body;
use crate::station::error::Error as StationError;
use crate::station::net::SharedNode;
use crate::wake::Deadline;

/// How long the last drop waits until what was sent has ended: where its station is there, and where it is not.
const LINGER: Duration = Duration::from_secs(30);
const LINGER_ALONE: Duration = Duration::from_secs(1);

/// How many bytes all frames of a message may have: half of what a receiver takes in all.
const MAX_MESSAGE: usize = 32 << 20;

/// How long handlers that run may take to end.
const DRAIN: Duration = Duration::from_secs(5);

thread_local! {
    /// Whether this thread runs handlers: it does not wait for their end.
    pub(super) static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// A node that runs.
pub(super) struct RunningNode {
    pub(super) shared: Arc<SharedNode>,
    pub(super) name: Arc<str>,
    pub(super) timeout: Duration,
    pub(super) max_frame: u64,
    /// Those of its connection to a station.
    pub(super) link_options: Options,
    pub(super) server: Option<Server>,
    pub(super) upstreams: Vec<Endpoint>,
    pub(super) has_upstream: bool,
    pub(super) origin: ForkOrigin,
    /// By which it is found, and finds.
    #[cfg(feature = "zre")]
    pub(super) _zre: Option<crate::zre::Node>,
    /// Stopped and waited for when this is dropped.
    pub(super) thread: Background,
}

impl RunningNode {
    /// Refuses a frame that no socket would send, and a message that no receiver would ever have room for.
    pub(super) fn check_size(&self, body: &Body) -> Result<()> {
        let bytes = body.frames.byte_count();
        if bytes > MAX_MESSAGE {
            let reason = format!("it has {bytes} bytes in all, and may have {MAX_MESSAGE}");
            return Err(StationError::TooLong { reason }.into());
        }
        let sizes = body.frames.iter().map(|frame| frame.len() as u64);
        match sizes.max().filter(|size| *size > self.max_frame) {
            Some(size) => Err(Error::FrameTooLarge {
                size,
                max: self.max_frame,
            }),
            None => Ok(()),
        }
    }

    /// Ends the node, when what it has sent has ended; gives how many messages were left, that somebody may have waited for.
    pub(super) fn close(&self, deadline: Deadline) -> usize {
        let shared = &self.shared;
        if shared.is_stopped() {
            return 0;
        }
        shared.begin_close();
        if !IS_WORKER.get() {
            let soon = deadline.min(Deadline::after(DRAIN));
            let _ = shared.wait_until(soon, |core| !core.is_running());
            let _ = shared.wait_until(deadline, |core| core.confirmable() == 0);
        }
        let left = shared.give_up();
        self.thread.stop();
        left
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        if !self.origin.is_here() {
            return;
        }
        let began = Instant::now();
        let is_reached =
            !self.has_upstream || self.shared.read(|core| core.has_parent()).unwrap_or(false);
        let linger = if is_reached { LINGER } else { LINGER_ALONE };
        let left = self.close(Deadline::after(linger));
        if left > 0 {
            let waited = began.elapsed();
            warn!(
                "{}: {left} messages were not confirmed within {waited:.1?}, and are given up; \
                 close() waits as long as you like",
                self.name
            );
        }
    }
}
