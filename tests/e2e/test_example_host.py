"""The host of docs/embedding.md: what it prints is what the document promises."""

import subprocess
from pathlib import Path

import bson
from harness.emulator import Emulator
from harness.identities import ALICE, ALICE_WRONG_SECRET, Credentials
from harness.paths import Build
from harness.signer import ServerFirst, client_second
from harness.wire import client_first


def run(emulator: Emulator, credentials: Credentials) -> tuple[str, str, int]:
    """One login through the host's standard input and output: what it says, logs and returns."""
    build = Build.find()
    options = [f"awsStsEndpoint={emulator.endpoint}", f"awsStsCAFile={emulator.ca_file}"]
    program: Path = build.server.parents[2] / "examples" / "example-host"
    with subprocess.Popen(
        [program, build.plugin, *options],
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


def test_the_example_host_prints_who_logged_in(sts: Emulator) -> None:
    said, logged, status = run(sts, ALICE)
    assert (said, status) == ("verified arn:aws:iam::123456789012:user/alice\n", 0)
    assert "plugin created" in logged


def test_the_example_host_logs_why_a_client_is_refused(sts: Emulator) -> None:
    said, logged, status = run(sts, ALICE_WRONG_SECRET)
    assert (said, status) == ("refused\n", 1)
    assert "reason 301: STS: the signature does not match" in logged
