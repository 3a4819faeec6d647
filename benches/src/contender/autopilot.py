"""Net_Nodes as contender/station.rs has nodes, and a Station between them."""

import os
import socket
import sys
import tempfile
import threading
import time

HOME = tempfile.TemporaryDirectory()
os.environ["HOME"] = HOME.name
os.environ["AUTOPILOT_NO_PREFS_MANAGER"] = "1"

# What autopilot prints is none of the numbers.
OUT = os.dup(1)
os.dup2(2, 1)

from autopilot.networking import Net_Node, Station  # noqa: E402

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
role, pattern, seconds = job["role"], job["pattern"], float(job["seconds"])
port = int(job["endpoint"].rsplit(":", 1)[1])
behind = job["behind"] == "true"
body = "x" * int(job["size"])


def say(word):
    os.write(OUT, f"{word}\n".encode())


def end():
    HOME.cleanup()
    os._exit(0)


def listen():
    """Ends with the process that started this one; tells how much of a core it uses."""
    for line in sys.stdin:
        if line.startswith("cpu"):
            whole = float(line.split()[1])
            before = time.process_time()
            time.sleep(whole)
            say((time.process_time() - before) * 100 / whole)
    end()


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def node(name, upstream, port, listens, **more):
    return Net_Node(name, upstream, port, listens, instance=False, upstream_ip="127.0.0.1", **more)


handled = 0
first = began = None
counted = 0


def item(_):
    global handled, first, began, counted
    handled += 1
    if handled % 16 or seconds == 0:
        return
    now = time.monotonic()
    first = first or now
    if now < first + seconds * 0.2:
        return
    if began is None:
        began = now
    elif now < began + seconds:
        counted += 16
    elif counted is not None:
        say(counted / (now - began))
        counted = None
        time.sleep(3600)


def pull():
    if behind:
        peer = node("disk", "site", port, {"ITEM": item})
        say(job["endpoint"])
    else:
        own = free_port()
        peer = node("disk", "nobody", free_port(), {"ITEM": item}, router_port=own)
        say(f"tcp://127.0.0.1:{own}")
    return peer


def push():
    above = "site" if behind else "disk"
    peer = node("camera", above, port, {})
    time.sleep(0.5)
    if pattern == "stream":
        queue = peer.get_stream("stream", "ITEM", min_size=100)
        while True:
            if len(queue) < 5000:
                queue.extend([body] * 100)
            else:
                time.sleep(0.0005)
    flags = {"MINPRINT": True}
    if pattern == "unconfirmed":
        flags["NOREPEAT"] = True

    def some():
        for _ in range(20):
            peer.send("disk", "ITEM", body, flags=dict(flags))
        peer.loop.add_callback(some)

    peer.loop.add_callback(some)
    return peer


def relay():
    own = free_port()
    station = Station("site", listen_port=own, listens={})

    def be_ready():
        while station.repeat_thread is None:
            time.sleep(0.01)
        say(f"tcp://127.0.0.1:{own}")

    threading.Thread(target=be_ready, daemon=True).start()
    station.run()


threading.Thread(target=listen, daemon=True).start()
kept = {"pull": pull, "push": push, "relay": relay}[role]()
threading.Event().wait()
