"""A server as it is often written: a ROUTER that takes exactly `[who, empty, body]`.

    router.py {any|PORT}

It binds to a free port, or to PORT, and prints `ready PORT`. Then it reads commands:

    recv          receives a request, and prints its body
    reply N TEXT  replies to the request received as number N (from 0)
    serve COUNT   replies to as many requests with their own body

At the end of stdin it ends.
"""

import sys

import zmq

LIMIT = 60_000  # milliseconds: no call waits longer


def main():
    (place,) = sys.argv[1:]
    context = zmq.Context.instance()
    context.rcvtimeo = context.sndtimeo = LIMIT
    router = context.socket(zmq.ROUTER)
    if place == "any":
        place = router.bind_to_random_port("tcp://127.0.0.1")
    else:
        router.bind(f"tcp://127.0.0.1:{place}")
    print("ready", place, flush=True)
    asked_by = []
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "recv":
            who, empty, body = router.recv_multipart()
            assert empty == b"", empty
            asked_by.append(who)
            print(body.decode(), flush=True)
        elif command == "reply":
            number, text = arguments
            router.send_multipart([asked_by[int(number)], b"", text.encode()])
        elif command == "serve":
            for _ in range(int(arguments[0])):
                who, empty, body = router.recv_multipart()
                assert empty == b"", empty
                router.send_multipart([who, b"", body])
        else:
            raise ValueError(command)


main()
