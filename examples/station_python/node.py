"""A Net_Node of autopilot, behind the station of rig.rs: python node.py [PORT]

It needs auto-pi-lot 0.5.1.
"""

import os
import sys
import tempfile
import threading

HOME = tempfile.TemporaryDirectory()
os.environ.setdefault("HOME", HOME.name)
os.environ["AUTOPILOT_NO_PREFS_MANAGER"] = "1"

import numpy  # noqa: E402
from autopilot.networking import Net_Node  # noqa: E402

stopped = threading.Event()


def start(trials):
    for number in range(trials):
        frame = numpy.zeros((4, 6), dtype="uint16")
        node.send("rig1", "TRIAL", {"number": number, "frame": frame}, repeat=True)


def stop(_):
    stopped.set()


port = int(sys.argv[1]) if len(sys.argv) > 1 else 5560
node = Net_Node("task", "rig1", port, {"START": start, "STOP": stop}, instance=False, upstream_ip="127.0.0.1")
node.send("rig1", "HERE")
stopped.wait()
print("stopped", flush=True)
# Its threads never end.
HOME.cleanup()
os._exit(0)
