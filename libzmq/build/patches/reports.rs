//! Reports that libzmq does not give, and we need.

use crate::patch::{Edit, Patch};

pub(super) const PATCHES: &[Patch] = &[
    Patch {
        name: "greeted",
        why: "A monitor tells that a handshake has succeeded, and not whose it was: of several \
              connections at once the wrong one is taken for it.",
        edits: &[Edit {
            file: "src/stream_engine_base.cpp",
            old: "    _socket->event_handshake_succeeded (_endpoint_uri_pair, 0);
",
            new: "    _socket->event_handshake_succeeded (_endpoint_uri_pair,
                                        static_cast<int> (_s));
",
        }],
    },
    Patch {
        name: "connect-failure",
        why: "A monitor tells that an attempt to connect is made again, and not why the last one \
              failed. With this, ZMQ_EVENT_CONNECT_DELAYED with an error number other than \
              EINPROGRESS tells it before.",
        edits: &[
            Edit {
                file: "src/tcp_connecter.cpp",
                old: "    if (fd == retired_fd || !tune_socket (fd)) {
        close ();
",
                new: "    if (fd == retired_fd || !tune_socket (fd)) {
        _socket->event_connect_delayed (
          make_unconnected_connect_endpoint_pair (_endpoint), errno);
        close ();
",
            },
            Edit {
                file: "src/tcp_connecter.cpp",
                old: "        _connect_timer_started = false;
        rm_handle ();
        close ();
",
                new: "        _connect_timer_started = false;
        rm_handle ();
        _socket->event_connect_delayed (
          make_unconnected_connect_endpoint_pair (_endpoint), ETIMEDOUT);
        close ();
",
            },
            Edit {
                file: "src/tcp_connecter.cpp",
                old: "    //  Handle any other error condition by eventual reconnect.
    else {
",
                new: "    //  Handle any other error condition by eventual reconnect.
    else {
        _socket->event_connect_delayed (
          make_unconnected_connect_endpoint_pair (_endpoint), errno);
",
            },
        ],
    },
    Patch {
        name: "frame-limit",
        why: "A connection that is ended for a frame above the limit looks as one that ended by \
              itself. Here the event tells which one it was.",
        edits: &[Edit {
            file: "src/stream_engine_base.cpp",
            old: "void zmq::stream_engine_base_t::error (error_reason_t reason_)
{
    zmq_assert (_session);
",
            new: "void zmq::stream_engine_base_t::error (error_reason_t reason_)
{
    zmq_assert (_session);

    //  Beyond the values of ZMQ_PROTOCOL_ERROR_*.
    if (reason_ == protocol_error && errno == EMSGSIZE)
        _socket->event_handshake_failed_protocol (
          _endpoint_uri_pair, 0x70000000 | static_cast<int> (_s));
",
        }],
    },
    Patch {
        name: "linger",
        why: "How long a socket goes on delivering once it is closed cannot depend on whether \
              anybody is there to take it, and nobody is told of messages that were dropped at the end. With \
              this, a linger time below -1 is one of as many milliseconds while a peer is \
              connected, and of a second where none is; and ZMQ_EVENT_CLOSE_FAILED tells, \
              beside 0x70000000, how many messages a connection did not deliver.",
        edits: &[
            Edit {
                file: "src/options.cpp",
                old: "        case ZMQ_LINGER:
            if (is_int && value >= -1) {",
                new: "        case ZMQ_LINGER:
            if (is_int && value >= -0x7fffffff) {",
            },
            Edit {
                file: "src/session_base.hpp",
                old: "    //  True is linger timer is running.
    bool _has_linger_timer;
",
                new: "    //  True is linger timer is running.
    bool _has_linger_timer;

    //  Whether the peer has greeted; how many milliseconds are left to linger; and how many have
    //  passed without a peer, of how many at most.
    bool _greeted;
    int _linger_left;
    int _linger_alone;
    int _linger_alone_max;

    void linger_on ();
    void drop_undelivered ();
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "    _has_linger_timer (false),
",
                new: "    _has_linger_timer (false),
    _greeted (false),
    _linger_left (0),
    _linger_alone (0),
    _linger_alone_max (0),
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "    zmq_assert (!_engine);
    _engine = engine_;
",
                new: "    zmq_assert (!_engine);
    _engine = engine_;
    _greeted = false;
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "void zmq::session_base_t::engine_ready ()
{
",
                new: "void zmq::session_base_t::engine_ready ()
{
    _greeted = true;

",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "        if (linger_ > 0) {
            zmq_assert (!_has_linger_timer);
            add_timer (linger_, linger_timer_id);
            _has_linger_timer = true;
        }
",
                new: "        if (linger_ > 0 || linger_ < -1) {
            zmq_assert (!_has_linger_timer);
            _linger_left = linger_ > 0 ? linger_ : -linger_;
            _linger_alone_max = linger_ > 0 ? linger_ : 1000;
            linger_on ();
        }
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "void zmq::session_base_t::timer_event (int id_)
{
",
                new: "static const int linger_step = 20;

void zmq::session_base_t::linger_on ()
{
    add_timer (_linger_left < linger_step ? _linger_left : linger_step,
               linger_timer_id);
    _has_linger_timer = true;
}

//  Drops the messages that the peer has not taken, and tells how many: one that was begun
//  is another's business.
void zmq::session_base_t::drop_undelivered ()
{
    int messages = 0;
    msg_t msg;
    int rc = msg.init ();
    errno_assert (rc == 0);
    while (_pipe->read (&msg)) {
        if (!(msg.flags () & msg_t::more) && !msg.is_routing_id ()
            && messages < 0x0fffffff)
            ++messages;
        rc = msg.close ();
        errno_assert (rc == 0);
        rc = msg.init ();
        errno_assert (rc == 0);
    }
    rc = msg.close ();
    errno_assert (rc == 0);

    //  Nothing was queued, and a peer that has not greeted cannot have begun to take anything.
    if (messages == 0 && !_greeted)
        return;

    //  Beyond every errno, which the same event tells where a file cannot be removed.
    messages |= 0x70000000;
    if (_engine)
        _socket->event_close_failed (_engine->get_endpoint (), messages);
    else if (_addr) {
        std::string endpoint;
        _addr->to_string (endpoint);
        _socket->event_close_failed (
          make_unconnected_connect_endpoint_pair (endpoint), messages);
    }
}

void zmq::session_base_t::timer_event (int id_)
{
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "    _has_linger_timer = false;

    //  Ask pipe to terminate even though there may be pending messages in it.
    zmq_assert (_pipe);
",
                new: "    _has_linger_timer = false;

    //  That was a step of it. A connected peer may go on, and so may one that comes in time.
    _linger_left -= linger_step;
    _linger_alone = _engine && _greeted ? 0 : _linger_alone + linger_step;
    if (_linger_left > 0 && _linger_alone < _linger_alone_max) {
        linger_on ();
        //  It may be at its end by now.
        if (_engine)
            _engine->restart_output ();
        return;
    }

    //  Ask pipe to terminate even though there may be pending messages in it.
    zmq_assert (_pipe);
    drop_undelivered ();
",
            },
        ],
    },
    Patch {
        name: "connection",
        why: "A message tells by which file descriptor it came, and the system gives that of a connection \
              that has ended to the next one, while messages of both are there. With this, the \
              property `__connection` of a message is the number of its connection, which no other of \
              the process has, and where its peer is: an address of IP with the port, or over ipc user, \
              group and process. `zeroless_connection` tells the number alone, some hundred times as fast. \
              A monitor with bit 0x8000 among its events, unless it has all, gets an \
              event of this number before each connection that begins: the same text is in the place \
              of the endpoint.",
        edits: &[
            Edit {
                file: "src/stream_engine_base.hpp",
                old: "    const std::string _peer_address;
",
                new: "    const std::string _peer_address;

    //  The number of the connection, and where its peer is; and the number alone.
    const std::string _connection;
    const uint64_t _connection_number;
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "#include <sstream>
",
                new: "#include <atomic>
#include <mutex>
#include <sstream>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "static std::string get_peer_address (zmq::fd_t s_)
{
",
                new: "//  The number of the connection that this thread has made last, and where its peer is.
static thread_local uint64_t last_number = 0;
static thread_local std::string last_connection;

namespace zmq
{
const std::string &last_connection_text ()
{
    return last_connection;
}
}

//  A number that no connection has had. With 64 bits they do not run out.
static uint64_t next_number ()
{
#if ATOMIC_LLONG_LOCK_FREE == 2
    static std::atomic<uint64_t> count (0);
    return ++count;
#else
    static std::mutex sync;
    static uint64_t count = 0;
    std::lock_guard<std::mutex> lock (sync);
    return ++count;
#endif
}

static const std::string &describe_connection (zmq::fd_t s_)
{
    last_number = next_number ();
    std::string &text = last_connection;
    text = std::to_string (last_number) + ' ';

    union
    {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } peer;
    socklen_t size = sizeof peer;
    if (getpeername (s_, &peer.any, &size) != 0)
        return text;
    char host[INET6_ADDRSTRLEN];
    if (peer.any.sa_family == AF_INET
        && inet_ntop (AF_INET, &peer.v4.sin_addr, host, sizeof host)) {
        text += host;
        text += ':' + std::to_string (ntohs (peer.v4.sin_port));
    } else if (peer.any.sa_family == AF_INET6
               && inet_ntop (AF_INET6, &peer.v6.sin6_addr, host, sizeof host)) {
        text += '[';
        text += host;
        if (peer.v6.sin6_scope_id != 0)
            text += '%' + std::to_string (peer.v6.sin6_scope_id);
        text += \"]:\" + std::to_string (ntohs (peer.v6.sin6_port));
    } else if (peer.any.sa_family == AF_UNIX) {
        struct ucred cred;
        size = sizeof cred;
        if (getsockopt (s_, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0)
            text += std::to_string (cred.uid) + ':' + std::to_string (cred.gid)
                    + ':' + std::to_string (cred.pid);
    }
    return text;
}

static std::string get_peer_address (zmq::fd_t s_)
{
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "    _peer_address (get_peer_address (fd_)),
",
                new: "    _peer_address (get_peer_address (fd_)),
    _connection (describe_connection (fd_)),
    _connection_number (last_number),
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "metadata_t (properties);
",
                new: "metadata_t (properties, _connection_number);
",
            },
            Edit {
                file: "src/metadata.hpp",
                old: "    metadata_t (const dict_t &dict_);
",
                new: "    metadata_t (const dict_t &dict_, uint64_t connection_ = 0);

    //  The number of the connection, or 0.
    uint64_t connection () const { return _connection; }
",
            },
            Edit {
                file: "src/metadata.hpp",
                old: "    //  Dictionary holding metadata.
",
                new: "    const uint64_t _connection;

    //  Dictionary holding metadata.
",
            },
            Edit {
                file: "src/metadata.cpp",
                old:
                    "zmq::metadata_t::metadata_t (const dict_t &dict_) : _ref_cnt (1), _dict (dict_)
",
                new: "zmq::metadata_t::metadata_t (const dict_t &dict_, uint64_t connection_) :
    _ref_cnt (1), _connection (connection_), _dict (dict_)
",
            },
            Edit {
                file: "src/zmq.cpp",
                old: "const char *zmq_msg_gets (const zmq_msg_t *msg_, const char *property_)
{
",
                new: "extern \"C\" __attribute__ ((visibility (\"default\"))) uint64_t
zeroless_connection (const zmq_msg_t *msg_);

//  The number of the connection that a message came by, or 0.
uint64_t zeroless_connection (const zmq_msg_t *msg_)
{
    const zmq::metadata_t *metadata =
      reinterpret_cast<const zmq::msg_t *> (msg_)->metadata ();
    return metadata ? metadata->connection () : 0;
}

const char *zmq_msg_gets (const zmq_msg_t *msg_, const char *property_)
{
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "bool zmq::stream_engine_base_t::init_properties (properties_t &properties_)
{
",
                new: "bool zmq::stream_engine_base_t::init_properties (properties_t &properties_)
{
    //  Before those that the peer has sent, which change none that is there.
    properties_.ZMQ_MAP_INSERT_OR_EMPLACE (std::string (\"__connection\"),
                                           _connection);
",
            },
            Edit {
                file: "src/socket_base.cpp",
                old:
                    "void zmq::socket_base_t::event (const endpoint_uri_pair_t &endpoint_uri_pair_,
",
                new: "namespace zmq
{
const std::string &last_connection_text ();
}

void zmq::socket_base_t::event (const endpoint_uri_pair_t &endpoint_uri_pair_,
",
            },
            Edit {
                file: "src/socket_base.cpp",
                old: "    if (_monitor_events & type_) {
        monitor_event (type_, values_, values_count_, endpoint_uri_pair_);
",
                new: "    if (_monitor_events & type_) {
        //  A program that asks for all events does not know this one. The thread that tells of a
        //  connection has just made it.
        const int64_t number = 0x8000;
        if ((type_ == ZMQ_EVENT_CONNECTED || type_ == ZMQ_EVENT_ACCEPTED)
            && (_monitor_events & number)
            && (_monitor_events & ZMQ_EVENT_ALL) != ZMQ_EVENT_ALL) {
            uint64_t none[1] = {0};
            monitor_event (
              number, none, 1,
              make_unconnected_connect_endpoint_pair (last_connection_text ()));
        }
        monitor_event (type_, values_, values_count_, endpoint_uri_pair_);
",
            },
        ],
    },
];
