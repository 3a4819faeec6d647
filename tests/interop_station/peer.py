"""autopilot in the interop tests: a Net_Node or a Station, as they are.

    peer.py node NAME UPSTREAM PORT [ROUTER_PORT]     connects to its upstream, and binds its router
    peer.py station NAME PORT [UPSTREAM PORT]         binds, and connects to its upstream

All ports are of loopback; where it binds is given, and 0 is a free one. It prints `ready PORT`, 0 if it does not bind. What
comes with the key GOT it prints as `got JSON`: an array is `{"dtype": …, "shape": …, "items": …}` in it. Then it reads
commands, one a line:

    send JSON               `send` of a node, or of a station to who is below it, with these arguments
    push JSON               `push` of a station, to who is above it
    stream JSON             a stream with the arguments `id`, `key`, `min_size`, and the `items` that it sends
    unconfirmed             prints how many messages wait for a confirmation

A value {"dtype": …, "shape": …} is sent as the array of these, counted from 0. At the end of stdin it ends.
"""

import json
import os
import socket
import sys
import tempfile
import threading
import time

HOME = tempfile.TemporaryDirectory()
os.environ["HOME"] = HOME.name
os.environ["AUTOPILOT_NO_PREFS_MANAGER"] = "1"

import numpy  # noqa: E402
from autopilot.networking import Net_Node, Station  # noqa: E402


def say(*words):
    print(*words, flush=True)


def shown(value):
    """An array in JSON; what JSON does not have in Python's words."""
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return {"dtype": str(value.dtype), "shape": value.shape, "items": value.tolist()}
    return str(value)


def got(value):
    # A station gives the whole message.
    value = getattr(value, "value", value)
    say("got", json.dumps(value, default=shown))


def made(value):
    """The arrays in a value that was read from JSON."""
    if isinstance(value, dict) and set(value) == {"dtype", "shape"}:
        count = int(numpy.prod(value["shape"]))
        return numpy.arange(count).astype(value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict):
        return {name: made(member) for name, member in value.items()}
    if isinstance(value, list):
        return [made(item) for item in value]
    return value


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def obey(peer, line):
    command, _, text = line.strip().partition(" ")
    arguments = made(json.loads(text)) if text else {}
    if command == "stream":
        items = arguments.pop("items")
        peer.get_stream(**arguments).extend(items)
    elif command == "unconfirmed":
        outboxes = [getattr(peer, name, {}) for name in ("outbox", "push_outbox", "send_outbox")]
        say(sum(map(len, outboxes)))
    else:
        getattr(peer, command)(**arguments)


def read_commands(peer):
    for line in sys.stdin:
        # In its own thread: from another one, its socket may not hear of what has come.
        peer.loop.add_callback(obey, peer, line)
    # Its threads never end.
    HOME.cleanup()
    os._exit(0)


def node(name, upstream, port, router_port=None):
    router_port = router_port and (int(router_port) or free_port())
    peer = Net_Node(
        name, upstream, int(port), {"GOT": got}, instance=False, upstream_ip="127.0.0.1", router_port=router_port
    )
    say("ready", router_port or 0)
    read_commands(peer)


def station(name, port, upstream=None, upstream_port=None):
    port = int(port) or free_port()
    above = {}
    if upstream:
        above = {"pusher": True, "push_ip": "127.0.0.1", "push_id": upstream, "push_port": int(upstream_port)}
    peer = Station(name, listen_port=port, listens={"GOT": got}, **above)
    threading.Thread(target=be_ready, args=[peer, port], daemon=True).start()
    # In this process, not in one of its own.
    peer.run()


def be_ready(station, port):
    # It is the last that it makes before it runs.
    while station.repeat_thread is None:
        time.sleep(0.01)
    say("ready", port)
    read_commands(station)


if __name__ == "__main__":
    {"node": node, "station": station}[sys.argv[1]](*sys.argv[2:])
