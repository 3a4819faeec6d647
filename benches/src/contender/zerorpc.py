"""A contender as contender.rs has it: zerorpc's server and client, as many calls under way as asked for."""

import os
import sys
import time

import gevent
import gevent.fileobject
import zerorpc

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
seconds = float(job["seconds"])


def listen():
    """Ends with the process that started this one."""
    gevent.fileobject.FileObject(sys.stdin, "r", close=False).read()
    os._exit(0)


gevent.spawn(listen)


class Adder:
    def add(self, a, b):
        return a + b


if job["role"] == "reply":
    server = zerorpc.Server(Adder())
    server.bind("tcp://127.0.0.1:0")
    print(server._events._socket.last_endpoint.decode(), flush=True)
    server.run()
else:
    client = zerorpc.Client(job["endpoint"])
    times = []

    def calls(end):
        while time.monotonic() < end:
            before = time.monotonic()
            assert client.add(1, 2) == 3
            times.append(time.monotonic() - before)

    def together(seconds):
        end = time.monotonic() + seconds
        gevent.joinall([gevent.spawn(calls, end) for _ in range(int(job["in_flight"]))], raise_error=True)

    together(seconds * 0.2)
    times.clear()
    began = time.monotonic()
    together(seconds)
    took = time.monotonic() - began
    times.sort()
    print(1 / times[len(times) // 2] if job["median"] == "true" else len(times) / took, flush=True)
    gevent.sleep(1e6)
