//! req: sends each input as a request, and prints its reply.

use zeroless::Requester;

use crate::exit::Exit;
use crate::limits::Left;
use crate::output::Output;
use crate::send::Sender;
use crate::session::Session;

/// Requests all of it.
pub(crate) fn all(
    session: &Session<'_>,
    requester: &Requester,
    sender: Sender,
    output: &mut Output,
) -> Result<(), Exit> {
    sender.each(session, |request| {
        let reply = match session.limits.deadline() {
            Some(deadline) => requester.request_deadline(request, deadline),
            None => requester.request(request),
        };
        let reply = reply.map_err(|error| session.limits.over_of(Left::Something, error))?;
        output.write(&reply)?;
        output.flush()
    })
}
