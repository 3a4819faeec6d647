//! libzmq's message: the bytes of one frame, in its memory.

use std::alloc::{Layout, handle_alloc_error};
use std::ffi::{CStr, c_int, c_void};
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr::{copy_nonoverlapping, without_provenance_mut};
use std::slice;

use zmq_sys::zmq_msg_t;

use super::errno::check;

/// One of libzmq's messages, always initialised.
///
/// Any thread may have it or look at it: libzmq counts atomically how many refer to the same bytes,
/// and none of these functions changes them. It may be moved in memory, as libzmq moves its own.
pub(crate) struct RawMessage(zmq_msg_t);

impl RawMessage {
    /// A message of no bytes.
    #[inline]
    pub(crate) fn new() -> RawMessage {
        let mut message = MaybeUninit::uninit();
        // SAFETY: the pointer is to memory for a zmq_msg_t, which zmq_msg_init initialises whole; it
        // never fails (zmq_msg_init(3)).
        unsafe {
            zmq_sys::zmq_msg_init(message.as_mut_ptr());
            RawMessage(message.assume_init())
        }
    }

    /// A message with a copy of these bytes.
    pub(crate) fn copy(bytes: &[u8]) -> RawMessage {
        let mut message = MaybeUninit::uninit();
        // SAFETY: the pointer is to memory for a zmq_msg_t, which is initialised if this succeeds.
        let code = unsafe { zmq_sys::zmq_msg_init_size(message.as_mut_ptr(), bytes.len()) };
        let mut message = RawMessage::assume(code, message);
        // SAFETY: the message is new, so that nobody else refers to its bytes; there are as many of
        // them as in the slice, at the address that zmq_msg_data gives.
        unsafe {
            let data = zmq_sys::zmq_msg_data(message.as_mut_ptr()).cast::<u8>();
            copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
        }
        message
    }

    /// A message of these very bytes, without a copy.
    pub(crate) fn adopt(bytes: Vec<u8>) -> RawMessage {
        /// Frees a `Vec` whose capacity is the hint.
        unsafe extern "C" fn free(data: *mut c_void, hint: *mut c_void) {
            // SAFETY: libzmq calls this once, with the pointer and the capacity of the Vec below,
            // when nobody refers to its bytes any more. Any thread may free it.
            drop(unsafe { Vec::from_raw_parts(data.cast::<u8>(), 0, hint.addr()) });
        }
        let mut message = MaybeUninit::uninit();
        let mut bytes = ManuallyDrop::new(bytes);
        // SAFETY: the pointer is to memory for a zmq_msg_t, which is initialised if this succeeds.
        // From then on libzmq owns the bytes, which stay where they are until it calls `free`.
        let code = unsafe {
            zmq_sys::zmq_msg_init_data(
                message.as_mut_ptr(),
                bytes.as_mut_ptr().cast::<c_void>(),
                bytes.len(),
                Some(free),
                without_provenance_mut(bytes.capacity()),
            )
        };
        RawMessage::assume(code, message)
    }

    /// A message that libzmq has initialised, if it had the memory for it.
    fn assume(code: c_int, message: MaybeUninit<zmq_msg_t>) -> RawMessage {
        if check(code).is_err() {
            // ENOMEM, the only error (zmq_msg_init_size(3), zmq_msg_init_data(3)).
            handle_alloc_error(Layout::new::<zmq_msg_t>());
        }
        // SAFETY: libzmq has succeeded.
        RawMessage(unsafe { message.assume_init() })
    }

    /// The same message again: its bytes are shared, not copied.
    pub(crate) fn share(&mut self) -> RawMessage {
        let mut shared = RawMessage::new();
        // SAFETY: both are initialised, and borrowed by nobody else. libzmq counts, atomically, how
        // many refer to the bytes.
        let code = unsafe { zmq_sys::zmq_msg_copy(shared.as_mut_ptr(), self.as_mut_ptr()) };
        match check(code) {
            Ok(()) => shared,
            // It fails only if the source is not a message.
            Err(_) => RawMessage::copy(self),
        }
    }

    /// Whether it was received, and is not the last frame of its message. `zmq::Message::get_more`
    /// asks by way of two more calls.
    #[inline]
    pub(crate) fn has_more(&self) -> bool {
        // SAFETY: the message is initialised, and libzmq only reads its flags.
        unsafe { zmq_sys::zmq_msg_get(&raw const self.0, zmq_sys::ZMQ_MORE as c_int) != 0 }
    }

    /// The number of the connection that it came by, and where the peer is, as our libzmq says it. `None`
    /// if it came by none, or by one of a peer that speaks ZMTP 2.0.
    ///
    /// Of another libzmq it must not be asked: a peer can set the property there.
    pub(crate) fn connection(&self) -> Option<&[u8]> {
        self.property(c"__connection")
    }

    /// A property of the connection that it came by.
    ///
    /// A peer can set all that libzmq or a handler of ZAP has not set: one of these comes before.
    pub(crate) fn property(&self, name: &CStr) -> Option<&[u8]> {
        // SAFETY: the message is initialised, and libzmq only reads it; the name ends in NUL. The result
        // is NULL, or a text that ends in NUL. All messages of the connection share its owner, so it
        // stays as it is while this one is borrowed.
        unsafe {
            let text = zmq_sys::zmq_msg_gets(self.raw_ptr().cast_mut(), name.as_ptr());
            (!text.is_null()).then(|| CStr::from_ptr(text).to_bytes())
        }
    }

    /// Its bytes, if there are so many.
    ///
    /// # Safety
    ///
    /// There are.
    #[inline]
    pub(super) unsafe fn bytes(&self, len: usize) -> &[u8] {
        // SAFETY: zmq_msg_data only reads the message, and gives the address of its bytes (never NULL
        // for an initialised message). They stay as they are while the message is borrowed.
        unsafe {
            let data = zmq_sys::zmq_msg_data((&raw const self.0).cast_mut()).cast::<u8>();
            std::hint::assert_unchecked(!data.is_null());
            slice::from_raw_parts(data, len)
        }
    }

    #[inline]
    pub(super) fn raw_ptr(&self) -> *const zmq_msg_t {
        &raw const self.0
    }

    #[inline]
    pub(super) fn as_mut_ptr(&mut self) -> *mut zmq_msg_t {
        &raw mut self.0
    }
}

impl Deref for RawMessage {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: the message is initialised, and libzmq says how many bytes it has.
        unsafe { self.bytes(zmq_sys::zmq_msg_size(&raw const self.0)) }
    }
}

impl Drop for RawMessage {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the message is initialised, and nobody uses it after this.
        unsafe { zmq_sys::zmq_msg_close(&raw mut self.0) };
    }
}

impl fmt::Debug for RawMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RawMessage").field(&&self[..]).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes that libzmq keeps in the message itself, and others.
    const SIZES: [usize; 6] = [0, 1, 33, 34, 1000, 100_000];

    #[test]
    fn a_new_message_is_empty() {
        assert!(RawMessage::new().is_empty());
        assert!(!RawMessage::new().has_more());
    }

    #[test]
    fn a_message_that_was_made_here_came_by_no_connection() {
        let message = RawMessage::copy(b"a");
        assert_eq!(
            (message.connection(), message.property(c"User-Id")),
            (None, None)
        );
    }

    #[test]
    fn bytes_are_copied() {
        for size in SIZES {
            let bytes = vec![7; size];
            let message = RawMessage::copy(&bytes);
            assert_eq!(message[..], bytes);
            assert!(size == 0 || message.as_ptr() != bytes.as_ptr());
        }
    }

    #[test]
    fn bytes_are_adopted_without_a_copy() {
        for size in SIZES {
            for spare in [0, 10, 1000] {
                let mut bytes = Vec::with_capacity(size + spare);
                bytes.resize(size, 7);
                let address = bytes.as_ptr();
                let message = RawMessage::adopt(bytes);
                assert_eq!(message[..], vec![7; size]);
                assert_eq!(message.as_ptr(), address);
            }
        }
    }

    #[test]
    fn a_shared_message_outlives_the_first() {
        for size in SIZES {
            let mut message = RawMessage::adopt(vec![7; size]);
            let address = message.as_ptr();
            let mut shared = message.share();
            let again = shared.share();
            drop((message, shared));
            assert_eq!(again.as_ptr(), address);
            assert_eq!(again[..], vec![7; size]);
        }
    }

    #[test]
    fn a_message_is_freed_in_any_thread() {
        let mut message = RawMessage::adopt(vec![7; 1000]);
        let threads = [(); 8].map(|()| {
            let shared = message.share();
            std::thread::spawn(move || assert_eq!(shared[..], [7; 1000]))
        });
        drop(message);
        for thread in threads {
            thread.join().unwrap();
        }
    }

    #[test]
    fn a_message_may_be_moved() {
        let moved: Vec<RawMessage> = SIZES.map(|size| RawMessage::copy(&vec![7; size])).into();
        for (message, size) in moved.into_iter().map(Box::new).zip(SIZES) {
            assert_eq!(message[..], vec![7; size]);
        }
    }
}
