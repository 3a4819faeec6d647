"""pyzmqrpc3 in the interop tests: its server, its clients and its proxies, as they are.

    peer.py server [--user USER PASSWORD] [--subscribe PORT…]
    peer.py receiver
    peer.py client [--user USER PASSWORD] PORT…
    peer.py publisher
    peer.py sub2pub PORT                        subscribes to this port, and publishes
    peer.py sub2req PORT PORT                   subscribes to the first, and requests from the second
    peer.py rep2pub
    peer.py rep2req PORT [--user USER PASSWORD]
    peer.py buffered PORT

All ports are of loopback. What binds takes a free port, and prints `ready PORT`; what connects, `ready 0`. Then it reads
commands, one a line:

    call NAME JSON       calls a command with this state; prints `JSON` of the list of the replies, or `error TEXT`
    publish NAME JSON    publishes a command
    heartbeat            publishes a heartbeat
    received             prints how many messages the server's Echo was given, other than heartbeats
    ended                waits until the server has ended, and prints `ended`

At the end of stdin it ends.
"""

import argparse
import json
import os
import socket
import sys
import threading
import time

import zmqrpc

LIMIT = 60  # seconds


class Command(zmqrpc.ICommand):
    """A command of any state. It is registered itself, and so can be sent, as all its subclasses."""

    def __init__(self, state=None):
        super().__init__()
        self.state = {} if state is None else state

    def set_command_state(self, state):
        self.state = state

    def get_command_state(self):
        return self.state


class Echo(Command):
    pass


class Outer(Command):
    pass


class Inner(Command):
    pass


class Raise(Command):
    pass


class Ret(Command):
    pass


class NoService(Command):
    pass


class Unheard(Command):
    """A command that the other end does not know."""


class Bad(Command):
    """A command whose value is not JSON."""


class RetCmd(Command):
    """A command whose value is a command."""


class Picky(Command):
    def set_command_state(self, state):
        self.state = {"a": state["a"]}


COMMANDS = {
    kind.__name__: kind
    for kind in (Echo, Outer, Inner, Raise, Ret, NoService, Unheard, Bad, RetCmd, Picky, zmqrpc.ShutdownServer)
}


class EchoService(zmqrpc.IService):
    def __init__(self):
        super().__init__()
        self.received = 0

    def __call__(self, command):
        self.received += 1
        return command.state


class OuterService(zmqrpc.IService):
    def __call__(self, command):
        inner = command.state["inner"]
        return {"inner": type(inner).__name__, "x": [inner.state["x"]] + [it.state["x"] for it in command.state["many"]]}


class FRaise(zmqrpc.IService):
    def __call__(self, command):
        raise ValueError(command.state["text"])


class RetService(zmqrpc.IService):
    def __call__(self, command):
        return None


class BadService(zmqrpc.IService):
    def __call__(self, command):
        return {1, 2}


class RetCmdService(zmqrpc.IService):
    def __call__(self, command):
        return Echo()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def at(port):
    return f"tcp://127.0.0.1:{port}"


def nested(value):
    """A JSON value with its commands made, since a client of pyzmqrpc3 has them as objects."""
    if isinstance(value, dict):
        if "_icmd_" in value:
            name, state = value["_icmd_"]
            return COMMANDS[name](nested(state))
        return {key: nested(it) for key, it in value.items()}
    if isinstance(value, list):
        return [nested(it) for it in value]
    return value


def command(name, state):
    if name == "ShutdownServer":
        return zmqrpc.ShutdownServer()
    return COMMANDS[name](nested(json.loads(state)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role")
    parser.add_argument("ports", nargs="*", type=int)
    parser.add_argument("--user", nargs=2, default=(None, None))
    parser.add_argument("--subscribe", nargs="*", type=int, default=[])
    options = parser.parse_args()
    username, password = options.user
    echo, server, client, port = EchoService(), None, None, 0

    if options.role in ("server", "receiver"):
        port = free_port()
        kind = zmqrpc.ZmqRpcServerThread if options.role == "server" else zmqrpc.ZmqReceiverThread
        server = kind(
            zmq_rep_bind_address=at(port),
            zmq_sub_connect_addresses=tuple(at(it) for it in options.subscribe),
            username=username,
            password=password,
        )
        if options.role == "server":
            server.register_service(Echo, echo)
            server.register_service(Outer, OuterService())
            server.register_service(Raise, FRaise())
            server.register_service(Ret, RetService())
            server.register_service(Bad, BadService())
            server.register_service(RetCmd, RetCmdService())
            server.register_service(Picky, EchoService())
    elif options.role == "client":
        client = zmqrpc.ZmqRpcClient(
            zmq_req_endpoints=[at(it) for it in options.ports], username=username, password=password
        )
    elif options.role == "publisher":
        port = free_port()
        client = zmqrpc.ZmqRpcClient(zmq_pub_endpoint=at(port))
    elif options.role == "sub2pub":
        port = free_port()
        server = zmqrpc.ZmqProxySub2PubThread(
            zmq_sub_connect_addresses=[at(options.ports[0])], zmq_pub_bind_address=at(port)
        )
    elif options.role == "sub2req":
        server = zmqrpc.ZmqProxySub2ReqThread(
            zmq_sub_connect_addresses=[at(options.ports[0])], zmq_req_connect_addresses=[at(options.ports[1])]
        )
    elif options.role == "rep2pub":
        port, published = free_port(), free_port()
        server = zmqrpc.ZmqProxyRep2PubThread(zmq_rep_bind_address=at(port), zmq_pub_bind_address=at(published))
        port = f"{port} {published}"
    elif options.role == "rep2req":
        port = free_port()
        server = zmqrpc.ZmqProxyRep2ReqThread(
            zmq_rep_bind_address=at(port),
            zmq_req_connect_addresses=[at(options.ports[0])],
            username_req=username,
            password_req=password,
        )
    elif options.role == "buffered":
        port, between = free_port(), free_port()
        server = zmqrpc.ZmqBufferedProxyRep2ReqThread(
            zmq_rep_bind_address=at(port),
            zmq_req_connect_addresses=[at(options.ports[0])],
            buffered_pub_address=at(between),
            buffered_sub_address=at(between),
        )
    if server is not None:
        server.daemon = True
        server.start()
    print(f"ready {port}")

    for line in sys.stdin:
        what, *rest = line.rstrip("\n").split(" ", 2)
        if what == "call":
            try:
                replies = client.execute_remote(command(*rest), time_out_in_sec=LIMIT)
            except Exception as error:
                print(f"error {error}")
            else:
                print(json.dumps(replies))
        elif what == "publish":
            client.execute_remote(command(*rest))
        elif what == "heartbeat":
            client.send_heartbeat()
        elif what == "received":
            print(echo.received)
        elif what == "ended":
            server.join(LIMIT)
            print("running" if server.is_alive() else "ended")
    # Its threads and sockets would be waited for.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
