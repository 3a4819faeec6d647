//! Work that libzmq could spare.

use crate::patch::{Edit, Patch};

pub(super) const PATCHES: &[Patch] = &[
    Patch {
        name: "batch-frames",
        why: "A batch is bound in bytes alone. Of tiny frames a large one holds tens of thousands, \
              more than the cache, and while it is filled nothing is written or read.",
        edits: &[
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "        _outsize = _encoder->encode (&_outpos, 0);
",
                new: "        _outsize = _encoder->encode (&_outpos, 0);
        int frames = 0;
",
            },
            Edit {
                file: "src/stream_engine_base.cpp",
                old: "            _outsize += n;
        }
",
                new: "            _outsize += n;
            if (++frames == 1000)
                break;
        }
",
            },
        ],
    },
    Patch {
        name: "receive",
        why: "Where the bytes of a received frame are, how many, and whether more follow takes four \
              calls; the frames after the first are looked for as if they might not be there.",
        edits: &[
            Edit {
                file: "src/socket_base.hpp",
                old: "    int recv (zmq::msg_t *msg_, int flags_);
",
                new: "    int recv (zmq::msg_t *msg_, int flags_);

    //  Receives the next frame of a message: it has come with the first.
    int recv_following (zmq::msg_t *msg_);
",
            },
            Edit {
                file: "src/socket_base.cpp",
                old: "int zmq::socket_base_t::recv (msg_t *msg_, int flags_)
{
",
                new: "int zmq::socket_base_t::recv_following (msg_t *msg_)
{
    if (unlikely (_thread_safe || _ctx_terminated || xrecv (msg_) != 0))
        return recv (msg_, ZMQ_DONTWAIT);
    _rcvmore = (msg_->flags () & msg_t::more) != 0;
    return 0;
}

int zmq::socket_base_t::recv (msg_t *msg_, int flags_)
{
",
            },
            Edit {
                file: "src/pipe.cpp",
                old: "    if (!(msg_->flags () & msg_t::more) && !msg_->is_routing_id ())
        _msgs_read++;

    if (_lwm > 0 && _msgs_read % _lwm == 0)
        send_activate_write (_peer, _msgs_read);
",
                new: "    if (!(msg_->flags () & msg_t::more) && !msg_->is_routing_id ()) {
        _msgs_read++;

        if (_lwm > 0 && _msgs_read % _lwm == 0)
            send_activate_write (_peer, _msgs_read);
    }
",
            },
            Edit {
                file: "src/zmq.cpp",
                old: "int zmq_msg_close (zmq_msg_t *msg_)
{
",
                new: "struct zeroless_frame_t
{
    const void *data;
    size_t size;
    int more;
};

extern \"C\" __attribute__ ((visibility (\"default\"))) int
zeroless_recv (void *s_,
               zmq_msg_t *msg_,
               int flags_,
               int following_,
               zeroless_frame_t *frame_);

//  Receives a frame as zmq_msg_recv does, or the next one of a message that has begun, and tells
//  of it.
int zeroless_recv (void *s_,
                   zmq_msg_t *msg_,
                   int flags_,
                   int following_,
                   zeroless_frame_t *frame_)
{
    zmq::socket_base_t *s = as_socket_base_t (s_);
    if (!s)
        return -1;
    zmq::msg_t *msg = reinterpret_cast<zmq::msg_t *> (msg_);
    const int rc =
      following_ ? s->recv_following (msg) : s->recv (msg, flags_);
    if (unlikely (rc < 0))
        return -1;
    frame_->data = msg->data ();
    frame_->size = msg->size ();
    frame_->more = (msg->flags () & zmq::msg_t::more) != 0;
    return 0;
}

int zmq_msg_close (zmq_msg_t *msg_)
{
",
            },
        ],
    },
];
