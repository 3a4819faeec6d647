"""A node as contender.rs has it, with pyre."""

import os
import sys
import threading
import time
import uuid

from pyre import Pyre

GROUP = "bench"

job = dict(argument.split("=", 1) for argument in sys.argv[1:])
role, seconds, count = job["role"], float(job["seconds"]), int(job["count"])
size, told = int(job["size"]), job["told"] == "true"
words = threading.Semaphore(0)


def listen():
    """Ends with the process that started this one."""
    for _ in sys.stdin:
        words.release()
    os._exit(0)


def say(*lines):
    print(*lines, sep="\n", flush=True)


def ready():
    say("ready")
    if told:
        words.acquire()


def start():
    """Gives a node, and when it began to start; to make it was not counted."""
    node = Pyre()
    node.set_port(job["beacons"].encode())
    began = time.monotonic_ns()
    node.start()
    return node, began


def wait(node, kind):
    while True:
        event = node.recv()
        if event[0] == kind:
            return event


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def meet():
    node, began = start()
    say(began)
    wait(node, b"ENTER")
    say(time.monotonic_ns())


def hear():
    node, _ = start()
    node.join(GROUP)
    ready()
    came, first, began, counted = 0, None, None, 0
    while True:
        event = node.recv()
        if event[0] not in (b"SHOUT", b"WHISPER"):
            continue
        came += 1
        if seconds == 0 or came % 16:
            continue
        now = time.monotonic()
        first = first or now
        if now < first + seconds * 0.2:
            continue
        if began is None:
            began = now
        elif now < began + seconds:
            counted += 16
        else:
            break
    say(counted / (now - began), came, int.from_bytes(event[-1][:8], "big") + 1 - came)


def shout():
    node, _ = start()
    wait(node, b"JOIN")
    rest = b"x" * (size - 8)
    number = 0
    while True:
        node.shout(GROUP, number.to_bytes(8, "big") + rest)
        number += 1


def flood():
    node, _ = start()
    peer = uuid.UUID(bytes=wait(node, b"JOIN")[1])
    ready()
    body = b"x" * size
    before = most = resident()
    end = time.monotonic() + seconds
    tried = 0
    while tried < count and time.monotonic() < end:
        for _ in range(1000):
            tried += 1
            if job["pattern"] == "whisper":
                node.whisper(peer, body)
            else:
                node.shout(GROUP, body)
        most = max(most, resident())
    # It has no way to tell that a message was not sent.
    say(tried, 0, most - before)


threading.Thread(target=listen, daemon=True).start()
{"meet": meet, "hear": hear, "shout": shout, "flood": flood}[role]()
say("done")
# Queued messages have to be sent still.
words.acquire()
