"""Serves the commands of the example rpc_client in Python; docs/rpc.md has the bytes.

    pip install pyzmq msgpack
    python examples/rpc_python/server.py [PORT]
    cargo run --features rpc --example rpc_client

It runs one call after the other, answers pings, and drops the rest: a list of commands, a cancel.
"""

import sys

import msgpack
import zmq

VERSION, CALL, REPLY, ERROR, PING, PONG = 1, 0, 1, 2, 5, 6
SERVICE, NO_SUCH_COMMAND = 0, 2  # errors
MESSAGEPACK = 0  # as our clients send it


def add(a, b):
    return a + b


def divide(a, by):
    return a // by


SERVICES = {"Add": add, "Divide": divide}

socket = zmq.Context.instance().socket(zmq.ROUTER)
endpoint = f"tcp://127.0.0.1:{sys.argv[1] if len(sys.argv) > 1 else 30000}"
socket.bind(endpoint)
print("ready on", socket.last_endpoint.decode(), flush=True)
while True:
    frames = socket.recv_multipart()
    start = frames.index(b"") + 1  # before it is the way back
    _version, kind, id, *more = msgpack.unpackb(frames[start])
    if kind == PING:
        answer = [[VERSION, PONG, id]]
    elif kind == CALL:
        _left, name, *_ = more
        if name not in SERVICES:
            answer = [[VERSION, ERROR, id, NO_SUCH_COMMAND, f"there is no {name} here", [name, None], None]]
        else:
            try:
                value = SERVICES[name](**msgpack.unpackb(frames[start + 1]))
                answer = [[VERSION, REPLY, id, MESSAGEPACK], value]
            except Exception as error:
                answer = [[VERSION, ERROR, id, SERVICE, str(error), [], None]]
    else:
        continue
    socket.send_multipart(frames[:start] + [msgpack.packb(it) for it in answer])
