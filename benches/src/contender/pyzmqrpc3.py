"""A contender as contender.rs has it: pyzmqrpc3's server and client."""

import os
import socket
import sys
import threading
import time

import zmqrpc

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
seconds = float(job["seconds"])


def listen():
    """Ends with the process that started this one."""
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=listen, daemon=True).start()


class Add(zmqrpc.ICommand):
    def __init__(self, a=0, b=0):
        super().__init__()
        self.a, self.b = a, b

    def set_command_state(self, state):
        self.a, self.b = state["a"], state["b"]

    def get_command_state(self):
        return {"a": self.a, "b": self.b}


class AddService(zmqrpc.IService):
    def __call__(self, command):
        return command.a + command.b


if job["role"] == "reply":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = "tcp://127.0.0.1:%d" % free.getsockname()[1]
    server = zmqrpc.ZmqRpcServerThread(zmq_rep_bind_address=endpoint)
    server.register_service(Add, AddService())
    server.start()
    print(endpoint, flush=True)
    server.join()
else:
    client = zmqrpc.ZmqRpcClient(zmq_req_endpoints=[job["endpoint"]])

    def call():
        (answer,) = client.execute_remote(Add(1, 2), time_out_in_sec=30)
        assert answer == 3, answer

    call()
    first = time.monotonic()
    while time.monotonic() < first + seconds * 0.2:
        call()
    times, began = [], time.monotonic()
    while time.monotonic() < began + seconds:
        before = time.monotonic()
        call()
        times.append(time.monotonic() - before)
    took = time.monotonic() - began
    times.sort()
    print(1 / times[len(times) // 2] if job["median"] == "true" else len(times) / took, flush=True)
    sys.stdin.read()
