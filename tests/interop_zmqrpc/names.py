"""Prints the classes of pyzmqrpc3, and the arguments of their constructors, a name a line."""

import inspect

import zmqrpc

for name in zmqrpc.__all__:
    print(name)
    for argument in list(inspect.signature(getattr(zmqrpc, name).__init__).parameters)[1:]:
        if argument not in ("args", "kwargs"):
            print(argument)
