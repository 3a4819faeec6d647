"""libzmq's own proxy, as pyzmq has it.

    proxy.py {PULL PUSH | XSUB XPUB | ROUTER DEALER}

It binds both sockets to free ports, and prints `ready INPUT OUTPUT`. At the end of stdin it ends.
"""

import os
import sys
import threading

import zmq


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


def main():
    context = zmq.Context.instance()
    sockets = [context.socket(getattr(zmq, name)) for name in sys.argv[1:]]
    ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in sockets]
    threading.Thread(target=end_with_stdin, daemon=True).start()
    print("ready", *ports, flush=True)
    zmq.proxy(*sockets)


main()
