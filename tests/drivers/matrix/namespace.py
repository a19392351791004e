"""AWS's own link-local addresses on this machine, for drivers that know no others.

In a network namespace of its own a process may give them to its loopback device: nothing outside
can be reached from there, a real metadata service least of all.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

#: Instance metadata, and the endpoint of containers.
EC2 = "169.254.169.254"
CONTAINERS = "169.254.170.2"
PORT = 80
#: Set where the addresses are there.
MARK = "MAWS_LINK_LOCAL"
#: Set where they are not, to the reason.
REFUSAL = "MAWS_NO_LINK_LOCAL"

SET_UP = " && ".join(
    ["ip link set lo up", *(f"ip address add {address}/32 dev lo" for address in (EC2, CONTAINERS))]
)
UNSHARE = ("unshare", "--net", "--", "sh", "-c")


def available() -> bool:
    return MARK in os.environ


def refusal() -> str:
    """Why the addresses are not there."""
    return os.environ.get(REFUSAL, "not asked for")


def enter(program: Path) -> None:
    """Starts this program anew in such a namespace, or returns if that is not permitted."""
    try:
        # As another user than root the namespace would map file owners, and the server would
        # refuse the plugin's file.
        tried = subprocess.run([*UNSHARE, SET_UP], capture_output=True, text=True)
    except OSError as error:
        os.environ[REFUSAL] = str(error)
        return
    if tried.returncode != 0:
        os.environ[REFUSAL] = " ".join(tried.stderr.split())
        return
    _again(program)


def _again(program: Path) -> NoReturn:
    os.environ[MARK] = "yes"
    command = [sys.executable, str(program), *sys.argv[1:]]
    os.execvp(UNSHARE[0], [*UNSHARE, f'{SET_UP} && exec "$@"', "sh", *command])
