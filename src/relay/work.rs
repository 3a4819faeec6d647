//! The work of a relay beside passing messages on.

use std::fmt;
use std::time::Duration;

use super::deadlines::Deadlines;
use super::envelope::Shape;
use super::held::Buffer;
use super::inspect::Inspection;
use super::unanswered::ErrorReply;
use super::verdict::Filter;
use crate::error::Result;
use crate::message::Message;

/// The work of a relay beside passing messages on.
#[derive(Default)]
pub struct Work {
    pub(super) filter: Option<Filter>,
    pub(super) buffer: Option<Buffer>,
    pub(super) deadline: Option<(Duration, ErrorReply)>,
    pub(super) topics: Option<Result<Message>>,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}

impl Work {
    pub(super) fn inspection(self, are_requests: bool, shape: Shape) -> Inspection {
        let mut inspection = Inspection::new(are_requests, shape);
        inspection.filter = self.filter;
        inspection.buffer = self.buffer;
        let deadline = self.deadline;
        inspection.deadlines = deadline.map(|(time, reply)| (Deadlines::new(time), reply));
        inspection
    }
}
