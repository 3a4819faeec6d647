//! The faults of libzmq that end a process, or that keep or end connections wrongly.

use crate::patch::{Edit, Patch};

pub(super) const PATCHES: &[Patch] = &[
    Patch {
        name: "heartbeat",
        why: "A heartbeat that falls due on a connection that broke while the receive queue was \
              full ends the process.",
        edits: &[Edit {
            file: "src/stream_engine_base.cpp",
            old: "void zmq::stream_engine_base_t::out_event ()
{
    zmq_assert (!_io_error);
",
            new: "void zmq::stream_engine_base_t::out_event ()
{
    //  The timer of heartbeats asks for output, too, and nobody can take it any more.
    if (unlikely (_io_error))
        return;
",
        }],
    },
    Patch {
        name: "half-read",
        why: "Disconnecting from a peer that hangs, and then dies, ends the process: of the \
              message that it had half taken no more can be read.",
        edits: &[Edit {
            file: "src/session_base.cpp",
            old: "        rc = pull_msg (&msg);
        errno_assert (rc == 0);
        rc = msg.close ();
        errno_assert (rc == 0);
    }
}

void zmq::session_base_t::pipe_terminated (pipe_t *pipe_)",
            new: "        //  A pipe that is being terminated gives nothing more.
        if (pull_msg (&msg) == -1)
            _incomplete_in = false;
        rc = msg.close ();
        errno_assert (rc == 0);
    }
}

void zmq::session_base_t::pipe_terminated (pipe_t *pipe_)",
        }],
    },
    Patch {
        name: "mismatch",
        why: "A connection that ends because the two mechanisms differ is ended before ours is sent, so that \
              the peer does not know why, and tries again for ever.",
        edits: &[Edit {
            file: "src/zmtp_engine.cpp",
            old: "          ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
        error (protocol_error);
",
            new: "          ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
        //  The rest of our greeting, as far as there is room for it.
        if (_outsize > 0)
            write (_outpos, _outsize);
        error (protocol_error);
",
        }],
    },
    Patch {
        name: "unversioned",
        why: "A peer that does not begin as ZMTP does, such as an HTTP client, is taken for one of \
              ZMTP 1.0, and no handshake time ends it.",
        edits: &[Edit {
            file: "src/zmtp_engine.cpp",
            old: "bool zmq::zmtp_engine_t::handshake_v1_0_unversioned ()
{
    //  We send and receive rest of routing id message
    if (session ()->zap_enabled ()) {
        // reject ZMTP 1.0 connections if ZAP is enabled
        error (protocol_error);
        return false;
    }
",
            new: "bool zmq::zmtp_engine_t::handshake_v1_0_unversioned ()
{
    //  No peer of ZMTP 2.0 or later comes here.
    const bool refused = true;
    if (refused) {
        socket ()->event_handshake_failed_protocol (
          session ()->get_endpoint (), ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
        error (protocol_error);
        return false;
    }
",
        }],
    },
    Patch {
        name: "older-peer",
        why: "Of a peer of ZMTP 2.0 the monitor tells that it comes and that it goes, and never \
              that it is there: nobody can wait for it.",
        edits: &[Edit {
            file: "src/stream_engine_base.cpp",
            old: "            if (_mechanism == NULL && _has_handshake_stage) {
                _session->engine_ready ();
",
            new: "            if (_mechanism == NULL && _has_handshake_stage) {
                _session->engine_ready ();
                _socket->event_handshake_succeeded (_endpoint_uri_pair,
                                                    static_cast<int> (_s));
",
        }],
    },
    Patch {
        name: "self-connection",
        why: "A client of a port of the ephemeral range, at which nobody listens, is connected with \
              itself sooner or later (TCP's simultaneous open), and the server cannot bind.",
        edits: &[Edit {
            file: "src/tcp_connecter.cpp",
            old: "    //  Return the newly connected socket.
    const fd_t result = _s;
",
            new: "    //  Nobody listens there if we are at both ends. Reset, not closed: the port would
    //  be in use for another minute.
    const std::string here = get_socket_name<tcp_address_t> (_s, socket_end_local);
    if (!here.empty ()
        && here == get_socket_name<tcp_address_t> (_s, socket_end_remote)) {
        const struct linger reset = {1, 0};
        setsockopt (_s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        errno = ECONNREFUSED;
        return retired_fd;
    }

    //  Return the newly connected socket.
    const fd_t result = _s;
",
        }],
    },
    Patch {
        name: "ended-pipe",
        why: "Setting a high-water mark while a connection ends writes to a pipe that is freed.",
        edits: &[
            Edit {
                file: "src/pipe.cpp",
                old: "    send_pipe_hwm (_peer, inhwm_, outhwm_);
",
                new: "    //  Only then the other end is there for sure.
    if (_state == active)
        send_pipe_hwm (_peer, inhwm_, outhwm_);
",
            },
            Edit {
                file: "src/pipe.cpp",
                old: "void zmq::pipe_t::send_stats_to_peer (own_t *socket_base_)
{
",
                new: "void zmq::pipe_t::send_stats_to_peer (own_t *socket_base_)
{
    if (_state != active)
        return;
",
            },
        ],
    },
    Patch {
        name: "displaced",
        why: "A peer of a ROUTER whose identity another takes over stays connected, and nobody reads its \
              messages: it never learns of that, and when it leaves its file stays open.",
        edits: &[
            Edit {
                file: "src/pipe.hpp",
                old: "    bool check_hwm () const;
",
                new: "    bool check_hwm () const;

    //  Whether either end has begun to terminate it.
    bool is_terminating () const { return _state != active; }
",
            },
            Edit {
            file: "src/session_base.cpp",
            old: "        return 0;
    }

    errno = EAGAIN;
    return -1;
}

int zmq::session_base_t::read_zap_msg (msg_t *msg_)
",
            new: "        return 0;
    }

    //  The socket has given up the pipe, or is about to, and not because it is closed.
    if (options.type == ZMQ_ROUTER && !is_terminating () && !_pending
        && (!_pipe || _pipe->is_terminating ())) {
        errno = ECONNRESET;
        return -1;
    }

    errno = EAGAIN;
    return -1;
}

int zmq::session_base_t::read_zap_msg (msg_t *msg_)
",
            },
        ],
    },
    Patch {
        name: "disconnect",
        why: "A message that is sent just after a disconnect can go to the connection that is ended, and is \
              lost, if connections are immediate.",
        edits: &[Edit {
            file: "src/socket_base.cpp",
            old: "        if (it->second.second != NULL)
            it->second.second->terminate (false);
        term_child (it->second.first);
",
            new: "        if (it->second.second != NULL)
            it->second.second->terminate (false);
        else
            //  The pipe of an immediate connection came with the connection.
            for (pipes_t::size_type i = 0; i != _pipes.size (); ++i) {
                const endpoint_uri_pair_t &pair =
                  _pipes[i]->get_endpoint_pair ();
                if (pair.local_type == endpoint_type_connect
                    && pair.remote == resolved_endpoint_uri)
                    _pipes[i]->terminate (false);
            }
        term_child (it->second.first);
",
        }],
    },
    Patch {
        name: "refused",
        why: "A connection that its peer refuses, or that ends over invalid bytes, is abandoned, and all that is queued \
              for it is lost without a word, also at the end of a program. With this it is tried again as any other, \
              after pauses that double up to ZMQ_RECONNECT_IVL_MAX, and keeps its queue.",
        edits: &[
            Edit {
                file: "src/session_base.cpp",
                old: "        case i_engine::protocol_error:
            if (_pending) {
",
                new: "        case i_engine::protocol_error:
            if (_active && !_zap_pipe && !options.raw_socket
                && options.reconnect_ivl > 0
                && !(options.reconnect_stop
                     & ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED)) {
                reconnect ();
                if (_refused_ivl == -1)
                    _refused_ivl = options.reconnect_ivl;
                else if (_refused_ivl <= options.reconnect_ivl_max / 2)
                    _refused_ivl *= 2;
                break;
            }
            if (_pending) {
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "            if (_active) {
                reconnect ();
                break;
            }

        case i_engine::protocol_error:
",
                new: "            if (_active) {
                _refused_ivl = -1;
                reconnect ();
                break;
            }

        case i_engine::protocol_error:
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "    _io_thread (io_thread_),
",
                new: "    _io_thread (io_thread_),
    _refused_ivl (-1),
",
            },
            Edit {
                file: "src/session_base.hpp",
                old: "    zmq::io_thread_t *_io_thread;
",
                new: "    zmq::io_thread_t *_io_thread;

    //  The last pause before an attempt after one that was refused; -1 after any other.
    int _refused_ivl;
",
            },
            Edit {
                file: "src/session_base.hpp",
                old: "    socket_base_t *get_socket () const;
",
                new: "    socket_base_t *get_socket () const;

    //  The pause that the next one doubles, or -1.
    int refused_ivl () const
    {
        return options.reconnect_ivl_max > 0 ? _refused_ivl : -1;
    }
",
            },
            Edit {
                file: "src/stream_connecter_base.cpp",
                old: "    _current_reconnect_ivl (-1),
",
                new: "    _current_reconnect_ivl (session_->refused_ivl ()),
",
            },
        ],
    },
    Patch {
        name: "identity-taken",
        why: "A peer that takes, as its own, the identity which a ROUTER will give to a later peer ends the process \
              once that one comes.",
        edits: &[
            Edit {
                file: "src/router.hpp",
                old: "    bool identify_peer (pipe_t *pipe_, bool locally_initiated_);
",
                new: "    bool identify_peer (pipe_t *pipe_, bool locally_initiated_);

    //  Makes a routing ID that no peer has.
    void make_routing_id (unsigned char (&buf_)[5]);
",
            },
            Edit {
                file: "src/router.cpp",
                old: "bool zmq::router_t::identify_peer (pipe_t *pipe_, bool locally_initiated_)
{
",
                new: "void zmq::router_t::make_routing_id (unsigned char (&buf_)[5])
{
    buf_[0] = 0;
    do
        put_uint32 (buf_ + 1, _next_integral_routing_id++);
    while (has_out_pipe (blob_t (buf_, sizeof buf_)));
}

bool zmq::router_t::identify_peer (pipe_t *pipe_, bool locally_initiated_)
{
",
            },
            Edit {
                file: "src/router.cpp",
                old: "        .raw_socket) { //  Always assign an integral routing id for raw-socket
        unsigned char buf[5];
        buf[0] = 0;
        put_uint32 (buf + 1, _next_integral_routing_id++);
",
                new: "        .raw_socket) { //  Always assign an integral routing id for raw-socket
        unsigned char buf[5];
        make_routing_id (buf);
",
            },
            Edit {
                file: "src/router.cpp",
                old: "            //  Fall back on the auto-generation
            unsigned char buf[5];
            buf[0] = 0;
            put_uint32 (buf + 1, _next_integral_routing_id++);
",
                new: "            //  Fall back on the auto-generation
            unsigned char buf[5];
            make_routing_id (buf);
",
            },
            Edit {
                file: "src/router.cpp",
                old: "                unsigned char buf[5];
                buf[0] = 0;
                put_uint32 (buf + 1, _next_integral_routing_id++);
                blob_t new_routing_id (buf, sizeof buf);
",
                new: "                unsigned char buf[5];
                make_routing_id (buf);
                blob_t new_routing_id (buf, sizeof buf);
",
            },
        ],
    },
    Patch {
        name: "ended-handshake",
        why: "A peer whose handshake is under way while its server unbinds, and which has already been let in by the \
              authenticator, completes it and stays connected.",
        edits: &[Edit {
            file: "src/session_base.cpp",
            old: "    if (!_pipe && !is_terminating ()) {
",
            new: "    if (!_pipe && !_pending && !is_terminating ()) {
",
        }],
    },
];
