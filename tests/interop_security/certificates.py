"""Certificates of the interop tests: made and read by pyzmq's zmq.auth, or by CZMQ's zcert.

    certificates.py {pyzmq|czmq} make FOLDER   makes a pair with the metadata `name = "Ann"`, and prints the
                                               path of the file for others, and both keys
    certificates.py {pyzmq|czmq} read PATH     prints both keys; for one that is not there `-`
    certificates.py czmq name PATH             prints the entry `name` of the metadata
"""

import ctypes
import os
import sys

NAME = "ann"


class Pyzmq:
    """zmq.auth, which has files NAME.key and NAME.key_secret."""

    def make(self, folder):
        import zmq.auth

        path, _ = zmq.auth.create_certificates(folder, NAME, metadata={"name": '"Ann"'})
        return path

    def read(self, path):
        import zmq.auth

        keys = zmq.auth.load_certificate(path)
        return [key.decode() if key else "-" for key in keys]

    def secret_of(self, path):
        return path + "_secret"


class Czmq:
    """zcert, which has files NAME and NAME_secret, and reads the secret one if it is there."""

    def __init__(self):
        self.czmq = ctypes.CDLL("libczmq.so.4")
        self.czmq.zsys_init()
        for name in ("zcert_new", "zcert_load"):
            getattr(self.czmq, name).restype = ctypes.c_void_p
        for name in ("zcert_public_txt", "zcert_secret_txt", "zcert_meta"):
            getattr(self.czmq, name).restype = ctypes.c_char_p

    def load(self, path):
        return ctypes.c_void_p(self.czmq.zcert_load(path.encode()) or exit("it cannot be read"))

    def make(self, folder):
        path = os.path.join(folder, NAME)
        certificate = ctypes.c_void_p(self.czmq.zcert_new())
        self.czmq.zcert_set_meta(certificate, b"name", b"%s", b"Ann")
        if self.czmq.zcert_save(certificate, path.encode()) != 0:
            raise OSError(path)
        return path

    def read(self, path):
        certificate = self.load(path)
        public = self.czmq.zcert_public_txt(certificate).decode()
        secret = self.czmq.zcert_secret_txt(certificate).decode()
        return [public, secret if secret.strip("0") else "-"]

    def name(self, path):
        return [self.czmq.zcert_meta(self.load(path), b"name").decode()]

    def secret_of(self, path):
        return path


def main(library, command, path):
    library = {"pyzmq": Pyzmq, "czmq": Czmq}[library]()
    if command == "make":
        path = library.make(path)
        print(path)
        print(*library.read(library.secret_of(path)), sep="\n")
    else:
        print(*getattr(library, command)(path), sep="\n")
    sys.stdout.flush()
    os._exit(0)  # CZMQ has a thread


main(*sys.argv[1:])
