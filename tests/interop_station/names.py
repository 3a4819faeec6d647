"""Prints the arguments, the methods and the attributes of autopilot's Net_Node and Station, a name a line."""

import inspect
import os
import re
import tempfile

HOME = tempfile.TemporaryDirectory()
os.environ["HOME"] = HOME.name
os.environ["AUTOPILOT_NO_PREFS_MANAGER"] = "1"

from autopilot.networking import Net_Node, Station  # noqa: E402

for one in Net_Node, Station:
    names = {name for name in vars(one) if not name.startswith("__")}
    names.update(re.findall(r"self\.([a-z]\w*) *(?::[^=\n]+)?= ", inspect.getsource(one)))
    functions = [one.__init__] + [member for name, member in vars(one).items() if inspect.isfunction(member) and name[0] != "_"]
    for function in functions:
        names.update(inspect.signature(function).parameters)
    print(*sorted(names - {"self"}), sep="\n")
