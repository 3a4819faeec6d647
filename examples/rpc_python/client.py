"""Calls the example rpc_server from Python, with pyzmq alone; docs/rpc.md has the bytes.

    pip install pyzmq
    cargo run --features rpc --example rpc_server
    python examples/rpc_python/client.py [PORT]
"""

import itertools
import json
import sys

import zmq

VERSION, CALL, REPLY, JSON = 1, 0, 1, 1
LEFT = 5000  # milliseconds

socket = zmq.Context.instance().socket(zmq.REQ)
socket.rcvtimeo = LEFT
socket.linger = 0
socket.connect(f"tcp://localhost:{sys.argv[1] if len(sys.argv) > 1 else 30000}")
ids = itertools.count(1)


def call(name, **arguments):
    envelope = [VERSION, CALL, next(ids), LEFT, name, JSON]
    socket.send_multipart([json.dumps(it).encode() for it in (envelope, arguments)])
    envelope, *body = socket.recv_multipart()
    _version, kind, _id, *more = json.loads(envelope)
    if kind != REPLY:
        raise RuntimeError(f"error {more[0]}: {more[1]}")
    return json.loads(body[0])


print("1 + 2 =", call("Add", a=1, b=2))
print("6 / 3 =", call("Divide", a=6, by=3))
try:
    call("Divide", a=1, by=0)
except RuntimeError as error:
    print("1 / 0:", error)
