"""The discovery server in Python, with pyre: found by the same client, without an address.

    pip install zeromq-pyre pyzmq
"""

import socket

import zmq
from pyre import Pyre

node = Pyre("worker")
pull = zmq.Context.instance().socket(zmq.PULL)
# pyre chooses its address when it starts, and headers are set before that: a socket that is
# connected to anywhere knows it, too, and sends nothing.
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.connect(("192.0.2.1", 9))
    address = probe.getsockname()[0]
port = pull.bind_to_random_port("tcp://*")
node.set_header("X-jobs-pull", f"tcp://{address}:{port}")
node.start()
try:
    while True:
        print(pull.recv_string(), flush=True)
finally:
    node.stop()
