"""docs/tryout.md, as a reader follows it: its commands, in its order, with what it says of them."""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.paths import REPOSITORY, Build
from harness.process import Process

DOCUMENT = (REPOSITORY / "docs" / "tryout.md").read_text()
TOOL = REPOSITORY / "cli" / "target" / "debug" / "mongodb-aws-auth"
PORTS = ("9443", "9080", "27117")
READY = re.compile(r"listening on .*")
PART = re.compile(r"```sh\n(.*?)```|^((?: {4}[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """A block of commands, and the lines that are shown as what comes of it."""

    commands: str
    shown: str = ""


def steps() -> list[Step]:
    found: list[Step] = []
    for commands, shown in PART.findall(DOCUMENT):
        if commands:
            found.append(Step(commands))
        else:
            found[-1].shown = " ".join(shown.split())
    return found


def free_ports() -> Iterator[str]:
    """Held together until all are known, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    for listening in sockets:
        yield str(listening.getsockname()[1])
        listening.close()


def here(commands: str, ports: dict[str, str]) -> str:
    """The commands with the programs of this build and ports that are free."""
    build = Build.find()
    places = {
        "build/demo/lib/libmongodb_aws_auth.so.1": build.plugin,
        "build/demo/tests/host/mongo-aws-host": build.server,
        "target/debug/sts-emulator": build.emulator,
        "cli/target/debug/mongodb-aws-auth": TOOL,
        ".venv/bin/python": Path(sys.executable),
    }
    # The longest first: one place ends in another's name.
    pattern = "|".join(sorted(map(re.escape, places), key=len, reverse=True))
    placed = re.sub(pattern, lambda match: str(places[match[0]]), commands)
    return re.sub("|".join(PORTS), lambda match: ports[match[0]], placed)


class Shell:
    """A reader's shell: what a block exports is there in those after it, and nothing else is.

    Its umask is 002, and others of its group may write to its folder, as is usual for clones.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.chmod(0o775)
        self._exported = folder / "exported"
        # The reader has settings for AWS, none of which may play a part.
        mine = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        mine |= {"AWS_ENDPOINT_URL": "https://127.0.0.1:1", "AWS_PROFILE": "mine"}
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in mine.items()]
        self._exported.write_text("".join(lines))

    def run(self, commands: str) -> subprocess.CompletedProcess[str]:
        after = f"{self._entered()}\n{commands}\nexport -p >{self._exported}"
        command = ["env", "--ignore-environment", "bash", "-euc", after]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def program(self, command: str) -> list[str]:
        return ["env", "--ignore-environment", "bash", "-c", f"{self._entered()}; exec {command}"]

    def _entered(self) -> str:
        return f"cd {self._folder}; umask 002; source {self._exported}"


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    ports = dict(zip(PORTS, free_ports(), strict=True))
    first, *middle, last = steps()
    assert first.commands.startswith("scripts/demo\n")
    # A shell of its own, which the last command leaves.
    assert first.commands.endswith("\nbash\n")
    stop, clean_up, leave = last.commands.splitlines()
    assert (stop, leave) == ("kill %1 %2", "exit")
    shown = 0
    started: list[Process] = []
    shell = Shell(tmp_path)
    try:
        for step in middle:
            commands = here(step.commands, ports)
            if commands.endswith("&\n"):
                started.append(Process(shell.program(commands.removesuffix("&\n")), READY))
                continue
            run = shell.run(commands)
            said = " ".join((run.stdout + run.stderr).split())
            assert step.shown in said, f"{step.commands}{said}"
            shown += bool(step.shown)
            refused = step.shown.startswith("pymongo.errors.")
            assert (run.returncode != 0) == refused, f"{step.commands}{said}"
    finally:
        for process in reversed(started):
            process.stop()
        assert shell.run(clean_up).returncode == 0
    assert len(started) == 2
    assert shown >= 9
