"""The smallest hosts, each in its language: what they print is what docs/embedding.md promises."""

import subprocess
import sys
from pathlib import Path

import bson
import pytest
from harness.emulator import Emulator
from harness.example import examples
from harness.identities import ALICE, ALICE_WRONG_SECRET, Credentials
from harness.paths import REPOSITORY, Build
from harness.signer import ServerFirst, client_second
from harness.wire import client_first

Program = list[str | Path]


@pytest.fixture(params=["c", "python", pytest.param("go", marks=pytest.mark.examples)])
def program(request: pytest.FixtureRequest) -> Program:
    folder = examples(Build.find())
    programs: dict[str, Program] = {
        "c": [folder / "example-host"],
        "python": [sys.executable, REPOSITORY / "examples" / "host.py"],
        "go": [folder / "example-host-go"],
    }
    return programs[request.param]


def run(program: Program, emulator: Emulator, credentials: Credentials) -> tuple[str, str, int]:
    """One login through the host's standard input and output: what it says, logs and returns."""
    options = [f"awsStsEndpoint={emulator.endpoint}", f"awsStsCAFile={emulator.ca_file}"]
    with subprocess.Popen(
        [*program, Build.find().plugin, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as host:
        assert host.stdin is not None
        assert host.stdout is not None
        print(bson.encode(client_first()).hex(), file=host.stdin, flush=True)
        challenge = bson.decode(bytes.fromhex(host.stdout.readline()))
        first = ServerFirst(bytes(challenge["s"]), challenge["h"])
        second = bson.encode(client_second(credentials, first)).hex() + "\n"
        said, logged = host.communicate(second, timeout=30)
        return said, logged, host.returncode


def test_the_host_prints_who_logged_in(program: Program, sts: Emulator) -> None:
    said, _, status = run(program, sts, ALICE)
    assert (said, status) == ("verified arn:aws:iam::123456789012:user/alice\n", 0)


def test_the_host_logs_why_a_client_is_refused(program: Program, sts: Emulator) -> None:
    said, logged, status = run(program, sts, ALICE_WRONG_SECRET)
    assert (said, status) == ("refused\n", 1)
    assert "reason 301: STS: the signature does not match" in logged
