//! Receiving costs no allocation of ours: a counting allocator is asked.

#![allow(unsafe_code)]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use support::{blocked, deadline, inproc, push_pull};
use zeroless::{Client, Server};

/// The system's allocator, counting the requests of each thread.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // Once a thread's own values are gone it is over with counting, too.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: all is done by the system's allocator, with the very arguments given. Counting does
// not allocate: the counter is made without any code and has no drop.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations this thread makes meanwhile.
fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

const MANY: usize = 500;

#[test]
fn the_allocator_counts() {
    let counted = allocations(|| drop(std::hint::black_box(vec![1_u8; 100])));
    assert_eq!(counted, 1);
}

#[test]
fn receiving_a_message_that_is_there_allocates_nothing() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        for size in [0, 32, 1000] {
            for _ in 0..MANY {
                push.send(vec![7_u8; size]).unwrap();
            }
            let counted = allocations(|| {
                for message in pull.iter().take(MANY) {
                    assert_eq!(message.as_bytes().len(), size);
                }
            });
            assert_eq!(counted, 0, "for {MANY} messages of {size} bytes");
            for _ in 0..MANY {
                push.send(["one"; 3]).unwrap();
            }
            let counted = allocations(|| {
                for [one, two, three] in pull.parts().take(MANY) {
                    assert_eq!([one, two, three], ["one"; 3]);
                }
            });
            assert_eq!(counted, 0, "for {MANY} messages of three frames");
        }
    });
}

#[test]
fn waiting_for_a_message_allocates_nothing() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let receiving = blocked(move || {
                // The first wait makes the things that later ones use.
                pull.recv().unwrap();
                allocations(|| assert_eq!(pull.iter().take(MANY).count(), MANY))
            });
            for _ in 0..=MANY {
                push.send("a message over tcp").unwrap();
            }
            assert_eq!(receiving.join().unwrap(), 0);
        }
    });
}

#[test]
#[expect(
    clippy::needless_borrows_for_generic_args,
    reason = "borrowed ones are tested, too"
)]
fn sending_a_borrowed_message_allocates_nothing() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        let _pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        let counted = allocations(|| {
            for _ in 0..MANY {
                push.send("borrowed").unwrap();
            }
        });
        assert_eq!(counted, 0);
        let frames = ["several", "borrowed", "frames"];
        let counted = allocations(|| {
            for _ in 0..MANY {
                push.send(("several", b"borrowed", "frames")).unwrap();
                push.send(frames).unwrap();
                push.send(&frames).unwrap();
                push.send(&frames[..]).unwrap();
                push(&("several", "borrowed", "frames")).unwrap();
            }
        });
        assert_eq!(counted, 0, "of several frames");
    });
}
