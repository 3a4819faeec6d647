//! The topics of a subscriber.

use std::collections::HashMap;

use crate::error::BoxedError;
use crate::fork::ForkMutex;
use crate::socket::LockedSocket;

/// How often each topic was subscribed to: its publishers are told of the first and the last time.
///
/// libzmq tells each time of subscribing and the last of unsubscribing, so that publishers would
/// count subscriptions that are gone.
#[derive(Debug, Default)]
pub(super) struct Topics(ForkMutex<HashMap<Vec<u8>, usize>>);

impl Topics {
    pub(super) fn subscribe(
        &self,
        locked: &mut LockedSocket<'_>,
        topic: &[u8],
    ) -> Result<(), BoxedError> {
        let mut topics = self.0.lock()?;
        match topics.get_mut(topic) {
            Some(times) => *times += 1,
            None => {
                locked.subscribe(topic)?;
                topics.insert(topic.to_vec(), 1);
            }
        }
        Ok(())
    }

    pub(super) fn unsubscribe(
        &self,
        locked: &mut LockedSocket<'_>,
        topic: &[u8],
    ) -> Result<(), BoxedError> {
        let mut topics = self.0.lock()?;
        match topics.get_mut(topic) {
            Some(times @ 2..) => *times -= 1,
            Some(_) => {
                locked.unsubscribe(topic)?;
                topics.remove(topic);
            }
            None => {}
        }
        Ok(())
    }
}
