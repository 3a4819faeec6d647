"""A Python peer of the interop tests, which tell it on stdin what to do.

    peer.py {zeroless|pyzmq} {push|pull|pub|sub|request|reply|pair} {bind|PORT}
    peer.py pyzmq {router|dealer} {bind|PORT}

It binds to a free port, or connects to PORT, and prints `ready PORT`. Then it reads commands:

    send FRAME...   sends a message; a frame is written in hexadecimal, an empty one as `-`
    recv            receives a message and prints it so
    numbers COUNT   sends as many messages: 0, 1, 2...
    expect COUNT    receives them, and prints `in order` if they are
    echo COUNT      sends back each message, as many times

Messages of publish and subscribe have the topic `sh`, as a frame of its own. To routers its name is
`theirs`. At the end of stdin it ends.
"""

import socket
import sys
import warnings

import zmq

import zeroless

TOPIC = b"sh"
LIMIT = 60_000  # milliseconds: no call waits longer

KINDS = {
    "push": zmq.PUSH,
    "pull": zmq.PULL,
    "pub": zmq.PUB,
    "sub": zmq.SUB,
    "request": zmq.REQ,
    "reply": zmq.REP,
    "pair": zmq.PAIR,
    "router": zmq.ROUTER,
    "dealer": zmq.DEALER,
}
NAMED = ("request", "router", "dealer")
ARGUMENTS = {
    "pub": {"topic": TOPIC, "embed_topic": True},
    "sub": {"topics": [TOPIC]},
}


class Zeroless:
    """A peer of Python zeroless."""

    def __init__(self, pattern, place):
        # That a subscriber which binds is slow to start is known, and waited for.
        warnings.simplefilter("ignore")
        if place == "bind":
            self.port, made = self.bind(pattern)
        else:
            self.port = int(place)
            client = zeroless.Client()
            client.connect_local(port=self.port)
            made = getattr(client, pattern)(**ARGUMENTS.get(pattern, {}))
        if pattern in ("push", "pub"):
            made = (made, iter(()))
        elif pattern in ("pull", "sub"):
            made = (None, made)
        self.call, self.received = made

    @staticmethod
    def bind(pattern):
        while True:
            with socket.socket() as probe:
                probe.bind(("", 0))
                port = probe.getsockname()[1]
            try:
                server = zeroless.Server(port=port)
                return port, getattr(server, pattern)(**ARGUMENTS.get(pattern, {}))
            except ValueError:
                pass  # Somebody else took the port meanwhile.

    def send(self, frames):
        self.call(*frames)

    def recv(self):
        message = next(self.received)
        return message if isinstance(message, list) else [message]


class Pyzmq:
    """A peer with nothing but a socket."""

    def __init__(self, pattern, place):
        self.topic = [TOPIC] if pattern == "pub" else []
        self.socket = zmq.Context.instance().socket(KINDS[pattern])
        if pattern == "sub":
            self.socket.subscribe(TOPIC)
        if pattern in NAMED:
            self.socket.routing_id = b"theirs"
        if place == "bind":
            self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        else:
            self.port = int(place)
            self.socket.connect(f"tcp://127.0.0.1:{self.port}")

    def send(self, frames):
        self.socket.send_multipart(self.topic + frames)

    def recv(self):
        return self.socket.recv_multipart()


def decode(frame):
    return b"" if frame == "-" else bytes.fromhex(frame)


def encode(frame):
    return frame.hex() or "-"


def obey(peer, command, arguments):
    if command == "send":
        peer.send([decode(frame) for frame in arguments])
    elif command == "recv":
        print(*map(encode, peer.recv()), flush=True)
    elif command == "numbers":
        for number in range(int(arguments[0])):
            peer.send([b"%d" % number])
    elif command == "expect":
        for number in range(int(arguments[0])):
            got = peer.recv()
            assert got == [b"%d" % number], f"{got} instead of {number}"
        print("in order", flush=True)
    elif command == "echo":
        for _ in range(int(arguments[0])):
            peer.send(peer.recv())
    else:
        raise ValueError(command)


def main():
    library, pattern, place = sys.argv[1:]
    context = zmq.Context.instance()
    context.rcvtimeo = context.sndtimeo = LIMIT
    peer = {"zeroless": Zeroless, "pyzmq": Pyzmq}[library](pattern, place)
    print("ready", peer.port, flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        obey(peer, command, arguments)


main()
