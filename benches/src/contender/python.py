"""A contender as contender.rs has it, with Python zeroless."""

import os
import socket
import sys
import threading
import time

import zeroless

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
role, seconds = job["role"], float(job["seconds"])
frames = [b"x" * int(job["size"])] * int(job["frames"])


def listen():
    """Ends with the process that started this one."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=listen, daemon=True).start()


def server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return zeroless.Server(port), "tcp://127.0.0.1:%d" % port


def client():
    client = zeroless.Client()
    client.connect_local(int(job["endpoint"].rsplit(":", 1)[1]))
    return client


def rate(messages):
    """Prints how many come in a second, after a while to warm up."""
    next(messages)
    first = time.monotonic()
    while time.monotonic() < first + seconds * 0.2:
        next(messages)
    count, began = 0, time.monotonic()
    for count, _ in enumerate(messages, 1):
        if count % 16 == 0 and time.monotonic() > began + seconds:
            break
    print(count / (time.monotonic() - began), flush=True)


def replies(request, replies):
    while True:
        request(*frames)
        yield next(replies)


if role == "push":
    push = client().push()
    while True:
        push(*frames)
elif role == "pull":
    server, endpoint = server()
    pull = server.pull()
    print(endpoint, flush=True)
    rate(pull)
elif role == "request":
    rate(replies(*client().request()))
elif role == "reply":
    server, endpoint = server()
    reply, requests = server.reply()
    print(endpoint, flush=True)
    for request in requests:
        reply(request)
