"""What fixtures hand out: ways to start and connect, and all that was started."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pymongo

from .process import Process
from .server import Server
from .wire import Login

Client: TypeAlias = pymongo.MongoClient[Mapping[str, Any]]
#: Starts a server of the test's own.
StartServer: TypeAlias = Callable[..., Server]
#: Makes a driver's client.
Connect: TypeAlias = Callable[..., Client]
#: Opens a connection for a client of our own.
StartLogin: TypeAlias = Callable[[Server], Login]


class Processes:
    """All that was ever started, for the logs."""

    def __init__(self) -> None:
        self.all: list[Process] = []
        self._marks: dict[int, int] = {}

    def mark(self) -> None:
        """A test begins."""
        self._marks = {id(process): process.mark() for process in self.all}

    def said(self) -> Iterator[tuple[str, str]]:
        """What each process has said since the test began."""
        for process in self.all:
            lines = process.diagnostics(self._marks.get(id(process), 0))
            if lines:
                yield f"log of {process.name} {process.pid}", "\n".join(lines)
