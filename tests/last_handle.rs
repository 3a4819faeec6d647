//! The last handle goes, and libzmq's context with it, while its client is used on.
//!
//! Apart from all others, whose handles would keep the context.

mod support;

use std::thread;

use support::SOON;
use support::deadline_after;
use zeroless::Client;

#[test]
fn connecting_while_the_last_handle_is_dropped_is_no_error() {
    deadline_after(SOON * 6, || {
        let endpoints: Vec<String> = (2..34).map(|n| format!("tcp://127.0.0.{n}:5555")).collect();
        for _ in 0..200 {
            let client = Client::new();
            let push = client.push().unwrap();
            let dropping = thread::spawn(move || drop(push));
            client.connect(&endpoints).unwrap();
            assert_eq!(client.endpoints().len(), endpoints.len());
            client.disconnect_all().unwrap();
            dropping.join().unwrap();
        }
    });
}
