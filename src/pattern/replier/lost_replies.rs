//! The requesters to whom a reply was lost.

use std::collections::HashSet;

use parking_lot::Mutex;

/// The requesters to whom a reply was lost: what they wait for may have been handled, for all that they know.
#[derive(Debug, Default)]
pub(super) struct LostReplies(Mutex<Lost>);

#[derive(Debug, Default)]
struct Lost {
    requesters: HashSet<Box<[u8]>>,
    /// There were too many to tell who they are.
    is_anybody: bool,
}

/// How many are known at most.
const MOST: usize = 10_000;

impl LostReplies {
    /// A reply to this one was lost.
    pub(super) fn add(&self, requester: &[u8]) {
        let lost = &mut *self.0.lock();
        if lost.requesters.len() >= MOST {
            lost.is_anybody = true;
        } else if !lost.requesters.contains(requester) {
            lost.requesters.insert(requester.into());
        }
    }

    /// Whether one to this one may have been.
    pub(super) fn has(&self, requester: &[u8]) -> bool {
        let lost = self.0.lock();
        lost.is_anybody || lost.requesters.contains(requester)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::Message;
    use crate::{Client, Dealer, Server};

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn there_are_no_more_than_so_many() {
        let lost = LostReplies::default();
        for number in 0..MOST {
            lost.add(&number.to_be_bytes());
        }
        assert!(lost.has(&0_usize.to_be_bytes()) && !lost.has(b"other"));
        lost.add(b"one more");
        assert!(lost.has(b"other"));
    }

    #[test]
    fn what_ends_all_requests_goes_to_those_who_have_lost_no_reply() {
        let server = Server::bind(0).unwrap().max_frame(1000);
        let replier = server.reply().unwrap();
        let dealers: [Dealer; 2] = [(); 2].map(|()| {
            let dealer = Client::connect(server.port()).unwrap().dealer().unwrap();
            for body in ["first", "last"] {
                let number = 7_u64.to_be_bytes();
                dealer.send((&number[..], "", body)).unwrap();
            }
            dealer
        });
        let mut requests: Vec<_> = (0..4)
            .map(|_| replier.recv_timeout(SOON).unwrap().split())
            .collect();
        requests.sort_by_key(|(message, _)| message[0] == *"last");
        let last = requests.split_off(2);
        let unlucky = last[0].1.requester().unwrap().to_vec();
        for (_, reply) in requests {
            match reply.requester() == Some(&unlucky) {
                true => drop(reply.send(vec![0; 5000]).unwrap_err()),
                false => drop(reply.send("first").unwrap()),
            }
        }
        for (_, reply) in last {
            replier.reply_to_all(reply.requester().unwrap(), Message::from("all"));
            reply.send("last").unwrap();
        }
        let mut received = dealers.map(|dealer| {
            let mut bodies = Vec::new();
            while bodies.last().is_none_or(|last| *last != "last") {
                let message = dealer.recv_timeout(SOON).unwrap();
                bodies.push(String::from_utf8(message[2].to_vec()).unwrap());
            }
            bodies
        });
        received.sort();
        assert_eq!(received[0], ["first", "all", "last"]);
        assert_eq!(received[1], ["last"]);
    }
}
