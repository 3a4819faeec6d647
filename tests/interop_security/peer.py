"""A pyzmq peer of the interop tests that is secured, with pyzmq's own authenticator where it binds.

    peer.py HOST bind plain USER PASSWORD    lets in this user
    peer.py HOST bind curve KEYS FOLDER      has these keys, and lets in those whose files are in the folder
    peer.py HOST PORT plain USER PASSWORD    is this user
    peer.py HOST PORT curve KEYS SERVER      has these keys, and knows the server by this file

It replies to requests, if it binds to the host, or else sends them there. It prints `ready PORT`, and then reads commands:

    request     sends one, and prints the reply, or `nothing` after two seconds
    replied     waits for a request, replies to it in capital letters, and prints it

At the end of stdin it ends.
"""

import sys

import zmq
import zmq.auth
from zmq.auth.thread import ThreadAuthenticator

LIMIT = 60_000  # milliseconds
SECOND = 1000


def bind(context, host, mechanism, one, two):
    authenticator = ThreadAuthenticator(context)
    authenticator.start()
    replier = context.socket(zmq.REP)
    if mechanism == "plain":
        authenticator.configure_plain(domain="*", passwords={one: two})
        replier.plain_server = True
    else:
        # It reads the folder once.
        authenticator.configure_curve(domain="*", location=two)
        replier.curve_publickey, replier.curve_secretkey = zmq.auth.load_certificate(one)
        replier.curve_server = True
    return replier, replier.bind_to_random_port(f"tcp://{host}"), authenticator


def connect(context, host, port, mechanism, one, two):
    requester = context.socket(zmq.REQ)
    requester.req_relaxed = requester.req_correlate = True
    requester.linger = 0
    if mechanism == "plain":
        requester.plain_username, requester.plain_password = one.encode(), two.encode()
    else:
        requester.curve_publickey, requester.curve_secretkey = zmq.auth.load_certificate(one)
        requester.curve_serverkey, _ = zmq.auth.load_certificate(two)
    requester.connect(f"tcp://{host}:{port}")
    return requester, port, None


def request(peer):
    """Sends a request; the reply. Where libzmq was refused it never tries again, and nothing can be sent."""
    peer.sndtimeo = SECOND
    try:
        peer.send(b"hello")
    except zmq.Again:
        return "nothing"
    return peer.recv().decode() if peer.poll(SECOND) else "nothing"


def main(host, place, mechanism, one, two):
    context = zmq.Context()
    if place == "bind":
        peer, port, authenticator = bind(context, host, mechanism, one, two)
    else:
        peer, port, authenticator = connect(context, host, place, mechanism, one, two)
    print("ready", port, flush=True)
    for line in sys.stdin:
        if line.strip() == "request":
            print(request(peer), flush=True)
        else:
            if not peer.poll(LIMIT):
                raise TimeoutError("no request came")
            received = peer.recv()
            peer.send(received.upper())
            print(received.decode(), flush=True)
    if authenticator:
        authenticator.stop()


main(*sys.argv[1:])
