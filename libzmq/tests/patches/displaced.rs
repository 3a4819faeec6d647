//! A peer of a ROUTER, whose identity another takes over.

use zmq::SocketEvent;

use crate::{Monitor, bound, fact, socket};

#[test]
fn a_peer_that_sends_after_another_took_its_identity_is_disconnected() {
    fact(|| {
        for number in 0..20 {
            let context = zmq::Context::new();
            let (router, endpoint) = bound(&context, zmq::ROUTER);
            router.set_router_handover(true).unwrap();
            let monitor = Monitor::of(&context, &router, &format!("displaced-{number}"));
            let dealer = || {
                let dealer = socket(&context, zmq::DEALER);
                dealer.set_identity(b"worker").unwrap();
                dealer.set_reconnect_ivl(-1).unwrap();
                dealer.connect(&endpoint).unwrap();
                dealer.send("ready", 0).unwrap();
                assert_eq!(router.recv_multipart(0).unwrap()[1], b"ready");
                dealer
            };
            let first = dealer();
            let second = dealer();
            // The first peer's pipe may have ended by now, or not.
            for _ in 0..number {
                router.get_events().unwrap();
                std::thread::yield_now();
            }
            first.send("does anybody hear this?", 0).unwrap();
            monitor.wait(SocketEvent::DISCONNECTED);
            second.send("heard", 0).unwrap();
            assert_eq!(router.recv_multipart(0).unwrap()[1], b"heard");
        }
    });
}
