"""A zgossip of the interop tests, CZMQ's own, which tell it on stdin what to do.

    gossip.py ENDPOINT

It binds there, and prints `ready`. Then it reads commands:

    connect ENDPOINT        becomes a client of another too
    publish KEY VALUE

Meanwhile it prints all that it comes to know, also of itself, and anew when a value changes:

    DELIVER KEY VALUE

At the end of stdin it ends.
"""

import ctypes
import os
import sys
import threading

LIMIT = 180  # seconds
LINES = "inproc://lines"

czmq = ctypes.CDLL("libczmq.so.4")
for name in ("zactor_new", "zpoller_new", "zpoller_wait", "zsock_new_pair"):
    getattr(czmq, name).restype = ctypes.c_void_p


def pair(endpoint):
    return ctypes.c_void_p(czmq.zsock_new_pair(endpoint.encode()))


def send(socket, *words):
    """Sends words, each as a frame."""
    words = [ctypes.c_char_p(word.encode()) for word in words]
    if czmq.zstr_sendx(socket, *words, None) != 0:
        raise OSError("it was not sent")


def receive(socket):
    """The next message: up to three frames, as words."""
    words = [ctypes.c_char_p() for _ in range(3)]
    if czmq.zstr_recvx(socket, *map(ctypes.byref, words), None) < 0:
        raise EOFError("its thread has ended")
    return [word.value.decode() for word in words if word.value is not None]


def read():
    """Hands on the lines of stdin: CZMQ's sockets are a thread's own."""
    lines = pair(">" + LINES)
    for line in sys.stdin:
        send(lines, *line.split())
    send(lines, "end")


def main(endpoint):
    watchdog = threading.Timer(LIMIT, os._exit, [1])
    watchdog.daemon = True
    watchdog.start()
    lines = pair("@" + LINES)
    gossip = ctypes.c_void_p(czmq.zactor_new(czmq.zgossip, b"gossip"))
    send(gossip, "BIND", endpoint)
    send(gossip, "PORT")
    _, port = receive(gossip)
    if int(port) <= 0:
        raise OSError(f"{endpoint} is taken")
    print("ready")
    threading.Thread(target=read, daemon=True).start()
    poller = ctypes.c_void_p(czmq.zpoller_new(gossip, lines, None))
    while True:
        if czmq.zpoller_wait(poller, -1) == gossip.value:
            print(*receive(gossip))
            continue
        command, *arguments = receive(lines)
        if command == "end":
            break
        send(gossip, command.upper(), *arguments)
    czmq.zactor_destroy(ctypes.byref(gossip))
    sys.stdout.flush()
    os._exit(0)  # CZMQ would complain of the other sockets


main(*sys.argv[1:])
