//! platform.hpp: the facts that libzmq's own build would have found out about a Linux system.

use std::fs;
use std::path::Path;

/// The features of every Linux of this century, with 64 bits or 32. Those that depend on the C library are
/// left to the preprocessor, which also knows it where another machine's code is compiled.
const LINUX: &str = r#"
#ifndef __ZMQ_PLATFORM_HPP_INCLUDED__
#define __ZMQ_PLATFORM_HPP_INCLUDED__

#include <limits.h>

#define ZMQ_HAVE_LINUX
#define ZMQ_STATIC

//  Threads.
#define ZMQ_USE_CV_IMPL_STL11
#define ZMQ_HAVE_NOEXCEPT
#define ZMQ_HAVE_PTHREAD_SET_AFFINITY
#if defined(__GLIBC__)
#define ZMQ_HAVE_PTHREAD_SETNAME_2
#endif

//  Waiting.
#define ZMQ_IOTHREAD_POLLER_USE_EPOLL
#define ZMQ_IOTHREAD_POLLER_USE_EPOLL_CLOEXEC
#define ZMQ_POLL_BASED_ON_POLL
#define ZMQ_HAVE_PPOLL
#define ZMQ_HAVE_EVENTFD
#define ZMQ_HAVE_EVENTFD_CLOEXEC

//  The system.
#define HAVE_CLOCK_GETTIME
#define HAVE_FORK
#define HAVE_MKDTEMP
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_STRNLEN
#define HAVE_IF_NAMETOINDEX
#define ZMQ_CACHELINE_SIZE 64
#define ZMQ_HAVE_UIO
#define ZMQ_HAVE_IFADDRS
#define ZMQ_HAVE_O_CLOEXEC
//  In two steps: without glibc its macro is not a function to the preprocessor.
#if !defined(__GLIBC__)
#define ZMQ_HAVE_STRLCPY
#elif __GLIBC_PREREQ(2, 38)
#define ZMQ_HAVE_STRLCPY
#endif

//  Sockets.
#define HAVE_ACCEPT4
#define ZMQ_HAVE_SOCK_CLOEXEC
#define ZMQ_HAVE_SO_BINDTODEVICE
#define ZMQ_HAVE_SO_KEEPALIVE
#define ZMQ_HAVE_SO_PEERCRED
#define ZMQ_HAVE_SO_PRIORITY
#define ZMQ_HAVE_BUSY_POLL
#define ZMQ_HAVE_TCP_KEEPCNT
#define ZMQ_HAVE_TCP_KEEPIDLE
#define ZMQ_HAVE_TCP_KEEPINTVL
#define ZMQ_HAVE_IPC
#define ZMQ_HAVE_STRUCT_SOCKADDR_UN
#define ZMQ_HAVE_WS
#define ZMQ_USE_BUILTIN_SHA1

//  The batch size can only be set with the draft interface.
#define ZMQ_BUILD_DRAFT_API
"#;

const CURVE: &str = "
#define ZMQ_HAVE_CURVE
#define ZMQ_USE_LIBSODIUM
#define SODIUM_STATIC
";

/// Writes platform.hpp into a folder.
pub(crate) fn write(folder: &Path) {
    let curve = match cfg!(feature = "curve") {
        true => CURVE,
        false => "",
    };
    let path = folder.join("platform.hpp");
    fs::write(&path, format!("{LINUX}{curve}\n#endif\n"))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
