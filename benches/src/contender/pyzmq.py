"""A contender as contender.rs has it, with pyzmq's blocking sockets."""

import os
import sys
import threading
import time

import zmq

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
role, seconds = job["role"], float(job["seconds"])
body = b"x" * int(job["size"])


def listen():
    """Ends with the process that started this one."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=listen, daemon=True).start()


def secured(kind, binds):
    opened = zmq.Context.instance().socket(kind)
    if job["security"] == "curve":
        public, secret = job["public"].encode(), job["secret"].encode()
        opened.curve_publickey, opened.curve_secretkey = public, secret
        if binds:
            opened.curve_server = True
        else:
            opened.curve_serverkey = public
    return opened


def rate(recv):
    """Prints how many come in a second, after a while to warm up."""
    recv()
    first = time.monotonic()
    while time.monotonic() < first + seconds * 0.2:
        recv()
    count, began = 0, time.monotonic()
    while True:
        recv()
        count += 1
        if count % 16 == 0 and time.monotonic() > began + seconds:
            break
    print(count / (time.monotonic() - began), flush=True)


if role == "push":
    push = secured(zmq.PUSH, False)
    push.connect(job["endpoint"])
    while True:
        push.send(body)
elif role == "pull":
    pull = secured(zmq.PULL, True)
    pull.bind("tcp://127.0.0.1:0")
    print(pull.last_endpoint.decode(), flush=True)
    rate(pull.recv)
