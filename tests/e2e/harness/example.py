"""The servers of examples/, and a client that speaks their lines of hexadecimal digits."""

import json
import re
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Any

import bson

from .emulator import Emulator
from .identities import Credentials
from .paths import Build
from .process import Process
from .server import private_copy
from .signer import ServerFirst, client_second
from .wire import client_first

READY = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
PRINTED_WITHIN = 20.0


def examples(build: Build) -> Path:
    """The folder with the programs."""
    return build.server.parents[2] / "examples"


class ExampleServer(Process):
    """One of the servers, with the emulator as its STS."""

    def __init__(self, program: str, emulator: Emulator, folder: Path, **options: str) -> None:
        build = Build.find()
        settings = {
            "awsStsEndpoint": emulator.endpoint,
            "awsStsCAFile": str(emulator.ca_file),
            **options,
        }
        plugin = build.plugin if build.installed else private_copy(build.plugin, folder)
        words = [f"{name}={value}" for name, value in settings.items()]
        super().__init__([examples(build) / program, plugin, "0", *words], READY)
        self.port = int(self.ready[1])

    def statistics(self) -> dict[str, Any]:
        """The plugin's, which the event loop prints when it is asked to."""
        mark = self.mark()
        self.signal(signal.SIGUSR1)
        return json.loads(self.wait_for("{", mark))

    def wait_for(self, words: str, after: int = 0) -> str:
        """The first line of the log with these words, now or as soon as it is written."""
        deadline = time.monotonic() + PRINTED_WITHIN
        with self._said_more:
            while True:
                for line in self._diagnostics[after:]:
                    if words in line:
                        return line
                if not self._said_more.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{self.name} has not logged: {words}")


class LineClient:
    """One connection to such a server."""

    def __init__(self, server: ExampleServer) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._lines = self.socket.makefile("r")

    def close(self) -> None:
        self._lines.close()
        self.socket.close()

    def reset(self) -> None:
        """Closes it so that the server cannot even send any more."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def line(self) -> str:
        return self._lines.readline().rstrip("\n")

    def send(self, message: dict[str, Any]) -> None:
        self.socket.sendall(bson.encode(message).hex().encode() + b"\n")

    def send_first(self) -> None:
        self.send(client_first())

    def send_second(self, credentials: Credentials) -> None:
        """The answer to the server's challenge, which is awaited."""
        challenge = bson.decode(bytes.fromhex(self.line()))
        first = ServerFirst(bytes(challenge["s"]), challenge["h"])
        self.send(client_second(credentials, first))

    def log_in(self, credentials: Credentials) -> str:
        """A whole login; what the server says at its end."""
        self.send_first()
        self.send_second(credentials)
        return self.line()
