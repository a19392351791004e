"""Runs the programs of this folder; each prints one line of JSON."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nginx import Nginx

# Numbers by name; counts by status and by reason are objects of their own.
Figures = dict[str, Any]
GIVE_UP_AFTER = 300.0
INSTRUCTIONS = re.compile(r"Collected : (\d+)")


class ProgramError(Exception):
    """A program did not do what it is for."""


@dataclass(frozen=True)
class Programs:
    """Where the programs and the plugin are."""

    folder: Path
    plugin: Path

    def driver(self, sts: Nginx, place: str, *arguments: object, cpu: int | None = None) -> Figures:
        """The plugin with a thread for each login."""
        return self._run("driver", [*self._plugin_at(sts, place), *arguments], cpu)

    def incumbent(self, sts: Nginx, place: str, *arguments: object) -> Figures:
        """libcurl with the flow of the built-in mechanism."""
        return self._run("incumbent", [*_at(sts, place), *arguments])

    def floor(self, sts: Nginx, place: str, *arguments: object, cpu: int | None = None) -> Figures:
        """The bare request."""
        return self._run("floor", [*_at(sts, place), *arguments], cpu)

    def crowd(self, sts: Nginx, place: str, *arguments: object) -> Figures:
        """The plugin with many logins from few threads."""
        return self._run("crowd", [*self._plugin_at(sts, place), *arguments])

    def leaving(self, sts: Nginx, place: str, *arguments: object) -> Figures:
        """The plugin's clients leave a silent STS."""
        return self._run("leaving", [*self._plugin_at(sts, place), *arguments])

    def crowd_at_two(self, first: Nginx, second: Nginx, *arguments: object) -> Figures:
        """The same with two endpoints; both have one CA."""
        # Of one region, as all logins send the same message.
        hosts = "sts.us-east-1.amazonaws.com sts.amazonaws.com"
        urls = f"{first.url('delayed')} {second.url('delayed')}"
        options = ("--option", f"awsStsHost={hosts}", "--option", f"awsStsEndpoint={urls}")
        ca = ("--option", f"awsStsCAFile={first.ca_file}")
        host = ("--first-host", hosts.split()[0])
        return self._run("crowd", ["--plugin", self.plugin, *options, *ca, *host, *arguments])

    def instructions(self, sts: Nginx, logins: int) -> int:
        """What a process with so many logins executes, all in all."""
        valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        command = [*valgrind, self.folder / "driver", *self._plugin_at(sts, "at_once")]
        ended = _finish([*command, "--logins", logins])
        found = INSTRUCTIONS.search(ended.stderr)
        if found is None:
            raise ProgramError(f"callgrind counted nothing:\n{ended.stderr}")
        return int(found[1])

    def _plugin_at(self, sts: Nginx, place: str) -> list[object]:
        endpoint = ("--option", f"awsStsEndpoint={sts.url(place)}")
        ca = ("--option", f"awsStsCAFile={sts.ca_file}")
        return ["--plugin", self.plugin, *endpoint, *ca]

    def _run(self, name: str, arguments: Sequence[object], cpu: int | None = None) -> Figures:
        pinned = [] if cpu is None else ["taskset", "--cpu-list", cpu]
        ended = _finish([*pinned, self.folder / name, *arguments])
        figures: Figures = json.loads(ended.stdout)
        return figures


def _at(sts: Nginx, place: str) -> list[object]:
    return ["--url", sts.url(place), "--ca", sts.ca_file]


def _finish(command: Sequence[object]) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    # Proxies of this machine are not for loopback.
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    ended = subprocess.run(
        words, capture_output=True, text=True, timeout=GIVE_UP_AFTER, env=environment
    )
    if ended.returncode != 0:
        raise ProgramError(f"{' '.join(words)}\nended with {ended.returncode}:\n{ended.stderr}")
    return ended
