"""A pyre node of the interop tests, which tell it on stdin what to do.

    node.py NAME PORT [KEY=VALUE...]

It starts a node with these headers, whose beacons go to that port, and prints `ready UUID
ENDPOINT`. Then it reads commands:

    join GROUP              leave GROUP
    whisper UUID FRAME...   shout GROUP FRAME...
    numbers UUID COUNT      whispers as many messages: 0, 1, 2...
    stop                    says goodbye, and ends

A frame is written in hexadecimal, an empty one as `-`. Meanwhile it prints each event as a line:

    ENTER UUID NAME ENDPOINT [KEY=VALUE...]     EXIT UUID
    JOIN UUID GROUP                             LEAVE UUID GROUP
    WHISPER UUID FRAME...                       SHOUT UUID GROUP FRAME...

At the end of stdin it ends without a word to anybody.
"""

import os
import sys
import threading
import traceback
import uuid

from pyre import Pyre, PyreEvent

LIMIT = 180  # seconds: pyre may hang, but no longer


def end(status):
    """Ends at once: pyre's threads would keep the program alive."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def die(error):
    """A thread of pyre's that ends by an error would leave the others waiting."""
    traceback.print_exception(error.exc_type, error.exc_value, error.exc_traceback)
    end(1)


def decode(frame):
    return b"" if frame == "-" else bytes.fromhex(frame)


def encode(frames):
    return [frame.hex() or "-" for frame in frames]


def describe(event):
    if event.type == "ENTER":
        headers = sorted(f"{key}={value}" for key, value in event.headers.items())
        return [event.peer_name, event.peer_addr, *headers]
    group = [] if event.group is None else [event.group]
    return group + encode(event.msg or [])


def tell_events(node):
    while True:
        event = PyreEvent(node)
        if event.type == "STOP":
            return
        print(event.type, event.peer_uuid.hex.upper(), *describe(event))


def obey(node, command, arguments):
    if command in ("join", "leave"):
        getattr(node, command)(*arguments)
    elif command == "whisper":
        peer, *frames = arguments
        node.whisper(uuid.UUID(peer), [decode(frame) for frame in frames])
    elif command == "shout":
        group, *frames = arguments
        node.shout(group, [decode(frame) for frame in frames])
    elif command == "numbers":
        peer = uuid.UUID(arguments[0])
        for number in range(int(arguments[1])):
            node.whisper(peer, [b"%d" % number])
    elif command == "stop":
        node.stop()
        end(0)
    else:
        raise ValueError(command)


def main():
    threading.excepthook = die
    watchdog = threading.Timer(LIMIT, end, [1])
    watchdog.daemon = True
    watchdog.start()
    name, port, *headers = sys.argv[1:]
    node = Pyre(name)
    node.set_port(port.encode())
    for header in headers:
        node.set_header(*header.split("=", 1))
    node.start()
    print("ready", node.uuid().hex.upper(), node.endpoint())
    threading.Thread(target=tell_events, args=[node], daemon=True).start()
    for line in sys.stdin:
        command, *arguments = line.split()
        obey(node, command, arguments)
    end(0)


try:
    main()
except BaseException:
    traceback.print_exc()
    end(1)
