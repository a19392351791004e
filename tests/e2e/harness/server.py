"""The reference server and its log."""

import json
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .paths import Build
from .process import Process

READY = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
LOGGED_WITHIN = 20.0

Line = dict[str, Any]


@dataclass(frozen=True)
class User:
    """A user of $external: a name and roles, each with its database."""

    name: str
    roles: tuple[tuple[str, str], ...]

    def document(self) -> dict[str, Any]:
        """In the words of createUser."""
        return {"user": self.name, "roles": [{"role": r, "db": d} for r, d in self.roles]}


class Server(Process):
    """What a MongoDB server does around the plugin."""

    def __init__(
        self,
        build: Build,
        folder: Path,
        users: Sequence[User],
        parameters: Mapping[str, str],
        *,
        port: int = 0,
        certificate: Path | None = None,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        users_file = folder / "users.json"
        users_file.write_text(json.dumps([user.document() for user in users], indent=2))
        command: list[str | Path] = [build.server, "--port", str(port), "--logLevel", "debug"]
        plugin = build.plugin if build.installed else private_copy(build.plugin, folder)
        command += ["--plugin", plugin, "--users", users_file]
        for name, value in parameters.items():
            command += ["--setParameter", f"{name}={value}"]
        if certificate is not None:
            command += ["--tlsCertificateKeyFile", certificate]
        super().__init__(command, READY)
        self.port = int(self.ready[1])
        self.certificate = certificate

    def log(self, after: int = 0) -> list[Line]:
        """Log lines so far, from a mark on."""
        return [parsed(text) for text in self.diagnostics(after)]

    def wait_for(self, wanted: Callable[[Line], bool], after: int = 0) -> Line:
        """The first such line of the log, now or as soon as it is written."""
        deadline = time.monotonic() + LOGGED_WITHIN
        with self._said_more:
            while True:
                for text in self._diagnostics[after:]:
                    if wanted(line := parsed(text)):
                        return line
                after = len(self._diagnostics)
                if not self._said_more.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{self.name} has not logged what was awaited")

    def login(self, after: int = 0, **members: object) -> Line:
        """The first line about a login with these members."""
        wanted = {"event": "login", **members}
        return self.wait_for(lambda line: wanted.items() <= line.items(), after)


def parsed(text: str) -> Line:
    """A log line; other text, such as a sanitizer's, as an event of its own."""
    try:
        line = json.loads(text)
    except ValueError:
        return {"event": "text", "text": text}
    assert isinstance(line, dict)
    return line


def private_copy(plugin: Path, folder: Path) -> Path:
    """The plugin where the loader accepts it: nobody else may write to the file or its folder.

    Where the usual umask is 002, a build folder is writable by its group.
    """
    copy = folder / plugin.name
    if not copy.exists():
        shutil.copyfile(plugin, copy)
        copy.chmod(0o600)
    return copy
