//! The one place with unsafe code: what libzmq can do and the zmq crate cannot ask it to.
//!
//! Each function here is sound for every argument that safe code can give it.

#![allow(unsafe_code)]

use std::ffi::{CString, c_int, c_void};
use std::mem::{align_of, size_of};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Once, OnceLock};

use crate::error::Error;
// Named, so that its libzmq is linked.
#[cfg(feature = "libzmq")]
use zeroless_libzmq as _;

/// An error number, as libzmq and the system give them.
pub(crate) type Errno = i32;

/// A libzmq context: `zmq::Context` cannot be told how many sockets it may have.
pub(crate) struct RawContext {
    context: NonNull<c_void>,
    forks: u32,
}

// SAFETY: a context is thread-safe (zmq.h), and so is each function that is called with it here.
unsafe impl Send for RawContext {}
// SAFETY: as above.
unsafe impl Sync for RawContext {}

impl RawContext {
    /// A context with so many threads of its own, for so many sockets.
    pub(crate) fn new(io_threads: i32, sockets: i32) -> Result<RawContext, Errno> {
        // SAFETY: makes a context, or gives NULL.
        let context = NonNull::new(unsafe { zmq_sys::zmq_ctx_new() });
        let context = RawContext {
            context: context.ok_or(libc::ENOMEM)?,
            forks: forks(),
        };
        for (option, value) in [
            (zmq_sys::ZMQ_IO_THREADS, io_threads),
            (zmq_sys::ZMQ_MAX_SOCKETS, sockets),
        ] {
            // SAFETY: the context is alive.
            check(unsafe {
                zmq_sys::zmq_ctx_set(context.context.as_ptr(), option as c_int, value)
            })?;
        }
        Ok(context)
    }

    /// A new socket. The context may be dropped before it: that waits for it to be closed.
    pub(crate) fn socket(&self, kind: zmq::SocketType) -> Result<zmq::Socket, Errno> {
        // SAFETY: the context is alive; a pointer that is not NULL is to a new socket, which
        // nobody else has, and zmq::Socket closes it when it is dropped.
        unsafe {
            let socket = zmq_sys::zmq_socket(self.context.as_ptr(), kind as c_int);
            match socket.is_null() {
                true => Err(zmq_sys::zmq_errno()),
                false => Ok(zmq::Socket::from_raw(socket)),
            }
        }
    }
}

impl Drop for RawContext {
    fn drop(&mut self) {
        if self.forks != forks() {
            // Its threads are the parent's: waiting for them here would never end.
            return;
        }
        // SAFETY: the context is alive until this has succeeded, for which libzmq waits until
        // all its sockets are closed; nobody uses the pointer after that.
        while check(unsafe { zmq_sys::zmq_ctx_term(self.context.as_ptr()) }) == Err(libc::EINTR) {}
    }
}

/// The integer options that the zmq crate has no setter for (zmq.h, libzmq 4.3).
#[derive(Debug, Clone, Copy)]
#[repr(i32)]
pub(crate) enum IntOption {
    Linger = 17,
    RouterHandover = 56,
    XpubNoDrop = 69,
    XpubVerboser = 78,
    TcpMaxRt = 80,
    UseFd = 89,
    InBatchSize = 101,
    OutBatchSize = 102,
}

/// Sets an option; an error for one that the linked libzmq does not know.
pub(crate) fn set_int(
    socket: &mut zmq::Socket,
    option: IntOption,
    value: i32,
) -> Result<(), Errno> {
    // SAFETY: the socket is alive while it is borrowed, and borrowed by nobody else, so no
    // other thread is inside libzmq with it. libzmq reads size_of::<c_int>() bytes from a
    // pointer to a c_int that outlives the call, and keeps no reference to it.
    let code = unsafe {
        zmq_sys::zmq_setsockopt(
            socket.as_mut_ptr(),
            option as c_int,
            (&raw const value).cast::<c_void>(),
            size_of::<c_int>(),
        )
    };
    check(code)
}

// `send` below reads a zmq::Message as the zmq_msg_t that is its only field. The compiler
// may lay out a struct as it likes, but a struct of the very size of its field has no room
// to put it elsewhere than at the start. A test sends through here and looks at what arrives.
const _: () = assert!(size_of::<zmq::Message>() == size_of::<zmq_sys::zmq_msg_t>());
const _: () = assert!(align_of::<zmq::Message>() == align_of::<zmq_sys::zmq_msg_t>());

/// Sends a frame; when libzmq does not take it, it is still there.
///
/// `zmq::Socket::send` drops the frame on every error, EAGAIN and EINTR among them, and with
/// it what the caller moved into it.
#[inline]
pub(crate) fn send(
    socket: &mut zmq::Socket,
    frame: &mut zmq::Message,
    flags: i32,
) -> Result<(), Errno> {
    // SAFETY: both are alive and borrowed by nobody else. The pointer is to an initialised
    // zmq_msg_t (see the assertions above). After success libzmq leaves an empty message in
    // it, after an error the same one: both valid, so the frame's drop may close it.
    let code = unsafe {
        let frame = (&raw mut *frame).cast::<zmq_sys::zmq_msg_t>();
        zmq_sys::zmq_msg_send(frame, socket.as_mut_ptr(), flags)
    };
    check(code)
}

/// Sends a frame with a copy of these bytes.
#[inline]
pub(crate) fn send_bytes(socket: &mut zmq::Socket, bytes: &[u8], flags: i32) -> Result<(), Errno> {
    // SAFETY: the socket is alive and borrowed by nobody else. libzmq copies bytes.len()
    // bytes from the slice before it returns.
    let code = unsafe {
        let bytes = (bytes.as_ptr().cast::<c_void>(), bytes.len());
        zmq_sys::zmq_send(socket.as_mut_ptr(), bytes.0, bytes.1, flags)
    };
    check(code)
}

/// The same frame again: its bytes are shared, not copied, and nobody may change them from here on.
pub(crate) fn share(frame: &mut zmq::Message) -> zmq::Message {
    let mut shared = zmq::Message::new();
    // SAFETY: both are initialised (see the assertions above), and borrowed by nobody else.
    // libzmq counts, atomically, who refers to the bytes; a `Frame` never gives them to be changed.
    let code = unsafe {
        zmq_sys::zmq_msg_copy(
            (&raw mut shared).cast::<zmq_sys::zmq_msg_t>(),
            (&raw mut *frame).cast::<zmq_sys::zmq_msg_t>(),
        )
    };
    match check(code) {
        Ok(()) => shared,
        // It fails only for what is no message.
        Err(_) => zmq::Message::from(&frame[..]),
    }
}

/// Receives a frame, and gives its bytes. `zmq::Socket::recv` panics on an error number that
/// it does not know, and the bytes would have to be asked for by two calls more.
#[inline]
pub(crate) fn receive<'a>(
    socket: &mut zmq::Socket,
    frame: &'a mut zmq::Message,
    flags: i32,
) -> Result<&'a [u8], Errno> {
    // SAFETY: both are alive and borrowed by nobody else. The pointer is to an initialised
    // zmq_msg_t (see the assertions above), which is so after the call, too, whatever its
    // outcome.
    let code = unsafe {
        let frame = (&raw mut *frame).cast::<zmq_sys::zmq_msg_t>();
        zmq_sys::zmq_msg_recv(frame, socket.as_mut_ptr(), flags)
    };
    // libzmq counts in a c_int, which a frame may exceed.
    if !(0..c_int::MAX).contains(&code) {
        return check(code).map(|()| &frame[..]);
    }
    // SAFETY: the message now holds so many bytes at the address that zmq_msg_data gives
    // (never NULL for an initialised message), which stay as they are as long as the message
    // is borrowed.
    unsafe {
        let frame = (&raw mut *frame).cast::<zmq_sys::zmq_msg_t>();
        let data = zmq_sys::zmq_msg_data(frame).cast::<u8>();
        std::hint::assert_unchecked(!data.is_null());
        Ok(std::slice::from_raw_parts(data, code as usize))
    }
}

/// Whether a frame received is not its message's last: what `zmq::Message::get_more` asks by
/// way of two more calls.
#[inline]
pub(crate) fn more(frame: &zmq::Message) -> bool {
    // SAFETY: the pointer is to an initialised zmq_msg_t (see the assertions above), of which
    // libzmq only reads the flags.
    unsafe {
        let frame = (&raw const *frame).cast::<zmq_sys::zmq_msg_t>();
        zmq_sys::zmq_msg_get(frame, zmq_sys::ZMQ_MORE as c_int) != 0
    }
}

/// Binds; `zmq::Socket::bind` panics on an error number that it does not know, of which a
/// path of ipc can cause any.
pub(crate) fn bind(socket: &mut zmq::Socket, endpoint: &str) -> Result<(), Errno> {
    let Ok(endpoint) = CString::new(endpoint) else {
        return Err(libc::EINVAL);
    };
    // SAFETY: the socket is alive and borrowed by nobody else; the string ends in NUL and
    // outlives the call.
    check(unsafe { zmq_sys::zmq_bind(socket.as_mut_ptr(), endpoint.as_ptr()) })
}

/// Whether the linked libzmq tells, by a monitor's event, what it could not deliver before a
/// socket's time was over. Ours does.
pub(crate) fn tells_undelivered() -> bool {
    static TELLS: OnceLock<bool> = OnceLock::new();
    *TELLS.get_or_init(|| zmq::has("zeroless:linger") == Some(true))
}

/// Waits until one of these file descriptors can be read, for so many milliseconds at most
/// (-1: for ever). `zmq::poll` asks twice, first without waiting.
pub(crate) fn poll(fds: &mut [libc::pollfd], timeout: i32) -> Result<(), Errno> {
    let count = libc::nfds_t::try_from(fds.len()).map_err(|_| libc::EINVAL)?;
    // SAFETY: the pointer is to `count` pollfds that nobody else uses. A file descriptor that
    // is closed or another's by now is no harm: poll only looks.
    match unsafe { libc::poll(fds.as_mut_ptr(), count, timeout) } {
        -1 => Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        _ => Ok(()),
    }
}

/// Does something in the middle of who knows what, as a signal handler does, and leaves the calling
/// thread's error number as it was.
pub(crate) fn keep_errno(call: impl FnOnce()) {
    let errno = std::io::Error::last_os_error().raw_os_error();
    call();
    if let Some(errno) = errno {
        set_errno(errno);
    }
}

fn set_errno(errno: Errno) {
    #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
    use libc::__errno as location;
    #[cfg(any(target_os = "linux", target_os = "dragonfly"))]
    use libc::__errno_location as location;
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    use libc::__error as location;

    // SAFETY: the pointer is to the calling thread's own error number, an int, for as long as the
    // thread lives.
    unsafe { location().write(errno) }
}

/// An error that libzmq gave a number for.
pub(crate) fn system(operation: &'static str, errno: Errno) -> Error {
    match errno {
        libc::EMFILE | libc::ENFILE => Error::OutOfFiles,
        _ => Error::system(operation, std::io::Error::from_raw_os_error(errno)),
    }
}

#[inline]
fn check(code: c_int) -> Result<(), Errno> {
    match code {
        // SAFETY: reads the calling thread's error number.
        -1 => Err(unsafe { zmq_sys::zmq_errno() }),
        _ => Ok(()),
    }
}

static FORKS: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between this process and the one that first asked: a number to keep,
/// and to compare later. As cheap as a load, where asking for the process id is a system call.
#[inline]
pub(crate) fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Begins to count forks; to be called before the first handle is made.
pub(crate) fn count_forks() {
    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function lives as long as the program, takes and returns nothing, and
        // does only what is allowed between fork and exec: an atomic addition.
        let code = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        debug_assert_eq!(code, 0, "pthread_atfork fails only without memory");
    });
}

/// A static that each process has for itself: a forked child has a new one, since the one of its
/// parent may be locked for ever by a thread that the child does not have.
pub(crate) struct PerProcess<T: 'static> {
    current: AtomicPtr<(u32, T)>,
}

impl<T: Default + Sync> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess {
            current: AtomicPtr::new(null_mut()),
        }
    }

    /// This process's own, made when first needed.
    pub(crate) fn get(&'static self) -> &'static T {
        count_forks();
        loop {
            let current = self.current.load(Ordering::Acquire);
            // SAFETY: the pointer is NULL or to what was put there below, which is never freed nor
            // changed; T is Sync, so any thread may refer to it.
            if let Some((made, value)) = unsafe { current.as_ref() }
                && *made == forks()
            {
                return value;
            }
            let new = Box::into_raw(Box::new((forks(), T::default())));
            let order = (Ordering::AcqRel, Ordering::Acquire);
            let put = self
                .current
                .compare_exchange(current, new, order.0, order.1);
            if put.is_err() {
                // SAFETY: it is from Box::into_raw, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }
}

/// What a libzmq answers for in which heartbeats end no process.
pub(crate) const SAFE_HEARTBEATS: &str = "zeroless:heartbeat";

/// Whether the linked libzmq says that it has this.
pub(crate) fn has(capability: &str) -> bool {
    // None: a libzmq that cannot be asked.
    zmq::has(capability).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (zmq::Socket, zmq::Socket) {
        let context = zmq::Context::new();
        let one = context.socket(zmq::PAIR).unwrap();
        let two = context.socket(zmq::PAIR).unwrap();
        one.bind("inproc://raw").unwrap();
        two.connect("inproc://raw").unwrap();
        (one, two)
    }

    #[test]
    fn a_frame_sent_is_the_frame_received() {
        let (mut one, mut two) = pair();
        for bytes in [vec![], vec![7; 33], vec![8; 34], vec![9; 100_000]] {
            let mut frame = zmq::Message::from(bytes.clone());
            send(&mut one, &mut frame, zmq::DONTWAIT).unwrap();
            assert!(frame.is_empty(), "libzmq left an empty message behind");
            assert_eq!(two.recv_bytes(0).unwrap(), bytes);
            send_bytes(&mut one, &bytes, zmq::DONTWAIT).unwrap();
            assert_eq!(receive(&mut two, &mut frame, 0), Ok(&bytes[..]));
            assert_eq!(frame[..], bytes);
        }
        let mut frame = zmq::Message::from("kept");
        assert_eq!(
            receive(&mut two, &mut frame, zmq::DONTWAIT),
            Err(libc::EAGAIN)
        );
    }

    #[test]
    fn a_frame_that_is_not_taken_is_kept() {
        let context = zmq::Context::new();
        let mut push = context.socket(zmq::PUSH).unwrap();
        let mut frame = zmq::Message::from(vec![7; 1000]);
        let refused = send(&mut push, &mut frame, zmq::DONTWAIT);
        assert_eq!(refused, Err(libc::EAGAIN));
        assert_eq!(&frame[..], [7; 1000]);
    }

    #[test]
    fn an_unknown_option_is_an_error() {
        let (mut one, _two) = pair();
        assert_eq!(
            set_int(&mut one, IntOption::XpubVerboser, 1),
            Err(libc::EINVAL),
            "PAIR has no XPUB option"
        );
    }

    #[test]
    fn a_bad_path_is_an_error_number() {
        let (mut one, _two) = pair();
        assert!(bind(&mut one, "ipc:///dev/null/x").is_err());
        assert_eq!(bind(&mut one, "ipc://a\0b"), Err(libc::EINVAL));
    }
}
