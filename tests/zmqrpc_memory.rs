//! A request that unpacks to more than it may have costs no more memory than one that has as much as it may: an allocator that
//! counts is asked.

#![cfg(feature = "zmqrpc")]
#![allow(unsafe_code)]

#[path = "support/zmqrpc.rs"]
mod recorded;
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use recorded::{Echo, serve};
use serde_json::json;
use support::deadline_after;
use zeroless::rpc::MAX_BODY;
use zeroless::rpc::zmqrpc::{Client, Reply};

/// The system's allocator, with how many bytes are allocated, and the most that were at once.
struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn add(bytes: usize) {
    let allocated = ALLOCATED.fetch_add(bytes, Ordering::Relaxed) + bytes;
    MOST.fetch_max(allocated, Ordering::Relaxed);
}

// SAFETY: all is done by the system's allocator, with the very arguments given. Counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are the system's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        add(size);
        // SAFETY: the caller's promises are the system's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many bytes more were allocated at once, at most, while this was done.
fn most(work: impl FnOnce()) -> usize {
    let before = ALLOCATED.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    work();
    MOST.load(Ordering::Relaxed) - before
}

/// Without optimization, on a busy machine, it takes a while.
const LONG: Duration = Duration::from_secs(60);

/// Beside what is unpacked: the frame, what it is in base64, zlib's own, and the rest of the program.
const BESIDE: usize = 1 << 20;

/// A request of so many blanks.
fn blanks(count: usize) -> String {
    let mut zipped = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
    zipped.write_all(&vec![b' '; count]).unwrap();
    base64::engine::general_purpose::STANDARD.encode(zipped.finish().unwrap())
}

#[test]
fn a_small_zip_of_50_mb_costs_no_more_than_16_mib() {
    deadline_after(4 * LONG, || {
        assert_eq!(MAX_BODY, 16 << 20);
        let server = serve();
        let requester = zeroless::Client::connect(server.port()).unwrap();
        let requester = requester.request().unwrap();
        let code = |request: &str| {
            let reply = requester.request_timeout(request, LONG).unwrap();
            Reply::from_bytes(reply.as_bytes()).unwrap().code()
        };
        let (bomb, full) = (blanks(50_000_000), blanks(MAX_BODY));
        assert!(bomb.len() < 70_000, "{}", bomb.len());
        let refused = most(|| assert_eq!(code(&bomb), 400));
        assert!(refused < MAX_BODY + BESIDE, "{refused} bytes");
        // The allocator does count: as much is unpacked of one that has as much as it may.
        let read = most(|| assert_eq!(code(&full), 400));
        assert!(read >= MAX_BODY, "{read} bytes");
        let client = Client::connect(server.port()).unwrap();
        let a = json!({"a": 1});
        assert_eq!(client.call(&Echo(a.clone())), Ok(a));
    });
}
