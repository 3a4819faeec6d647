//! Messages that libzmq loses, or tears: they come in part, or with another's part.

use crate::patch::{Edit, Patch};

pub(super) const PATCHES: &[Patch] = &[
    Patch {
        name: "unsent",
        why: "A connection that has reached the end of its queue is closed though the system has \
              not taken all of the last batch, or not sent it to a peer that sends meanwhile: up to \
              a batch, or all that the system has taken, is lost at the end of a program whose peer \
              is slow.",
        edits: &[
            Edit {
                file: "src/pipe.hpp",
                old: "    bool check_read ();
",
                new: "    bool check_read ();

    //  Whether there is nothing more to read but the delimiter. It is left there.
    bool is_at_end ();
",
            },
            Edit {
                file: "src/pipe.cpp",
                old: "bool zmq::pipe_t::read (msg_t *msg_)
{
",
                new: "bool zmq::pipe_t::is_at_end ()
{
    return _in_active && (_state == active || _state == waiting_for_delimiter)
           && _in_pipe->check_read () && _in_pipe->probe (is_delimiter);
}

bool zmq::pipe_t::read (msg_t *msg_)
{
",
            },
            Edit {
                file: "src/session_base.hpp",
                old: "    virtual int pull_msg (msg_t *msg_);
",
                new: "    virtual int pull_msg (msg_t *msg_);

    //  Whether the next thing to pull is the end of all, which closes the connection.
    bool is_at_end () const;

    //  Whether the socket is closed, and there is still time to deliver.
    bool lingers () const { return _pending && _has_linger_timer; }
",
            },
            Edit {
                file: "src/session_base.cpp",
                old: "int zmq::session_base_t::push_msg (msg_t *msg_)
{
",
                new: "bool zmq::session_base_t::is_at_end () const
{
    return _pipe && _pipe->is_at_end ();
}

int zmq::session_base_t::push_msg (msg_t *msg_)
{
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "        while (_outsize < static_cast<size_t> (_options.out_batch_size)) {
",
                new: "        //  A connection that is closed while its peer sends is reset, and bytes that the
        //  peer has not acknowledged are dropped. The linger timer comes here again.
        int unacknowledged = 0;
        if (_outsize == 0 && _options.type != ZMQ_PUSH && _session->lingers ()
            && _session->is_at_end ()
            && _endpoint_uri_pair.identifier ().compare (0, 4, \"tcp:\") == 0
            && ioctl (_s, TIOCOUTQ, &unacknowledged) == 0
            && unacknowledged > 0) {
            _output_stopped = true;
            reset_pollout ();
            return;
        }

        while (_outsize < static_cast<size_t> (_options.out_batch_size)) {
            //  First all that came before the end has to go out.
            if (_outsize > 0 && _session->is_at_end ())
                break;
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "#include \"stream_engine_base.hpp\"
",
                new: "#include <sys/ioctl.h>

#include \"stream_engine_base.hpp\"
",
            },
        ],
    },
    Patch {
        name: "unread",
        why: "Messages that a peer sent before it closed its end are lost where they have not been read by \
              then, over ipc, if the receiver is behind.",
        edits: &[Edit {
            file: "src/stream_engine_base.cpp",
            old: "    else if (_io_error) {
        error (connection_error);
        return false;
    } else if (rc == -1) {
        error (protocol_error);
        return false;
    }

    else {
        _input_stopped = false;
        set_pollin ();
",
            new: "    else if (rc == -1) {
        error (_io_error ? connection_error : protocol_error);
        return false;
    }

    else {
        _input_stopped = false;
        //  The peer has gone, but its last bytes are still there to be read.
        if (_io_error) {
            _io_error = false;
            _handle = add_fd (_s);
            if (!_output_stopped)
                set_pollout ();
        }
        set_pollin ();
",
        }],
    },
    Patch {
        name: "immediate",
        why: "Messages that have come over an immediate connection, and are not yet received when it breaks, are \
              lost: a server's last replies among them. With this they are kept, of the last 16 connections that \
              have ended: a socket that does not receive does not grow with each.",
        edits: &[
            Edit {
                file: "src/socket_base.cpp",
                old: "    if (options.immediate == 1)
        pipe_->terminate (false);
    else
",
                new: "    //  The end of the pipe follows by itself, behind what is still to be received.
    if (options.immediate == 1
        && (options.type == ZMQ_DEALER || options.type == ZMQ_PULL
            || options.type == ZMQ_SUB)) {
        _unread.push_back (pipe_);
        //  Of a message that is being received, the rest is needed.
        while (_unread.size () > 16 && !_rcvmore) {
            pipe_t *const oldest = _unread.front ();
            _unread.pop_front ();
            oldest->terminate (false);
        }
        return;
    }
    if (options.immediate == 1)
        pipe_->terminate (false);
    else
",
            },
            Edit {
                file: "src/socket_base.cpp",
                old: "    _pipes.erase (pipe_);

    // Remove the pipe from _endpoints (set it to NULL).
",
                new: "    _pipes.erase (pipe_);
    _unread.erase (std::remove (_unread.begin (), _unread.end (), pipe_),
                   _unread.end ());

    // Remove the pipe from _endpoints (set it to NULL).
",
            },
            Edit {
                file: "src/socket_base.hpp",
                old: "    pipes_t _pipes;
",
                new: "    pipes_t _pipes;

    //  Pipes of immediate connections that have ended, the oldest first: what is in them may still be received.
    std::deque<pipe_t *> _unread;
",
            },
            Edit {
                file: "src/socket_base.hpp",
                old: "#include <string>
#include <map>
#include <stdarg.h>
",
                new: "#include <algorithm>
#include <deque>
#include <string>
#include <map>
#include <stdarg.h>
",
            },
        ],
    },
    Patch {
        name: "torn",
        why: "The rest of a message that is being sent or received goes to another peer, or is taken from another, if \
              a third one leaves meanwhile.",
        edits: &[
            Edit {
                file: "src/lb.cpp",
                old: PIPE_GONE,
                new: PIPE_GONE_MENDED,
            },
            Edit {
                file: "src/fq.cpp",
                old: PIPE_GONE,
                new: PIPE_GONE_MENDED,
            },
        ],
    },
    Patch {
        name: "begun",
        why: "A SUB or ROUTER that is asked whether it has a message takes the first frame out. If it is then \
              disconnected from the peer that sent it, the rest is missing, or is another peer's message.",
        edits: &[
            Edit {
                file: "src/fq.hpp",
                old: "    void pipe_terminated (pipe_t *pipe_);
",
                new: "    //  Whether the rest of a message that has begun has gone with the pipe.
    bool pipe_terminated (pipe_t *pipe_);
",
            },
            Edit {
                file: "src/fq.cpp",
                old: "void zmq::fq_t::pipe_terminated (pipe_t *pipe_)
{
    const pipes_t::size_type index = _pipes.index (pipe_);
",
                new: "bool zmq::fq_t::pipe_terminated (pipe_t *pipe_)
{
    const pipes_t::size_type index = _pipes.index (pipe_);
    const bool cut = _more && index == _current;
    if (cut)
        _more = false;
",
            },
            Edit {
                file: "src/fq.cpp",
                old: "    _pipes.erase (pipe_);
}
",
                new: "    _pipes.erase (pipe_);
    return cut;
}
",
            },
            Edit {
                file: "src/xsub.cpp",
                old: "    _fq.pipe_terminated (pipe_);
",
                new: "    if (_fq.pipe_terminated (pipe_) && _has_message) {
        int rc = _message.close ();
        errno_assert (rc == 0);
        rc = _message.init ();
        errno_assert (rc == 0);
        _has_message = false;
    }
",
            },
            Edit {
                file: "src/router.cpp",
                old: "        _fq.pipe_terminated (pipe_);
",
                new: "        if (_fq.pipe_terminated (pipe_) && _prefetched && !_routing_id_sent) {
            int rc = _prefetched_id.close ();
            errno_assert (rc == 0);
            rc = _prefetched_id.init ();
            errno_assert (rc == 0);
            rc = _prefetched_msg.close ();
            errno_assert (rc == 0);
            rc = _prefetched_msg.init ();
            errno_assert (rc == 0);
            _prefetched = false;
            _current_in = NULL;
            _terminate_current_in = false;
        }
",
            },
        ],
    },
];

/// How a pipe is taken out of those that are sent to, or received from, in turn.
const PIPE_GONE: &str = "        _active--;
        _pipes.swap (index, _active);
        if (_current == _active)
            _current = 0;
    }
    _pipes.erase (pipe_);
";

/// The same, which leaves the current one what it is.
const PIPE_GONE_MENDED: &str = "        _active--;
        _pipes.swap (index, _active);
        //  The current pipe is where the swap has put it.
        if (_current == _active)
            _current = index == _active ? 0 : index;
    }
    _pipes.erase (pipe_);
";
