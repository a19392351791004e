"""Logins from many connections at once against the reference server with the stub plugin.

For a server under ThreadSanitizer: which login wins is all the same, that the server says nothing
but what is right and stops in order is not.
"""

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bson
from harness.paths import Build
from harness.server import Server, User
from harness.wire import EXTERNAL, REFUSAL, Login, Wire

ALICE = User("arn:aws:iam::123456789012:user/alice", (("root", "admin"),))
CLIENTS = 8
ROUNDS = 25


def start(wire: Wire) -> None:
    command = {"saslStart": 1, "mechanism": "MONGODB-AWS", "payload": bson.Binary(b"first")}
    assert bson.decode(wire.run(command, EXTERNAL))["ok"] == 1


def a_client_logs_in_and_works(port: int) -> None:
    with Wire(port) as wire:
        start(wire)
        assert bson.decode(Login(wire).proceed(b"second"))["done"]
        for command in ({"serverStatus": 1}, {"setParameter": 1, "awsStsTimeoutMs": "7000"}):
            assert bson.decode(wire.run(command, "admin"))["ok"] == 1


def a_client_is_refused(port: int) -> None:
    with Wire(port) as wire:
        start(wire)
        assert Login(wire).proceed(b"deny") == REFUSAL


def a_client_leaves_while_it_is_verified(port: int) -> None:
    with Wire(port) as wire:
        start(wire)
        Login(wire).send_second(b"hold")


def a_client_leaves_between_its_messages(port: int) -> None:
    with Wire(port) as wire:
        start(wire)


CLIENT_KINDS = (
    a_client_logs_in_and_works,
    a_client_is_refused,
    a_client_leaves_while_it_is_verified,
    a_client_leaves_between_its_messages,
)


def run_client(port: int, first: int) -> None:
    for turn in range(ROUNDS):
        CLIENT_KINDS[(first + turn) % len(CLIENT_KINDS)](port)


def run_clients(port: int) -> list[BaseException]:
    """What went wrong in any of the clients."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(run_client, port, number) for number in range(CLIENTS)]
    return [fault for client in clients if (fault := client.exception()) is not None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="folder of the CMake build")
    folder = parser.parse_args().build.resolve()
    build = Build(
        server=folder / "tests" / "host" / "mongo-aws-host",
        plugin=folder / "tests" / "c" / "stub.so",
        emulator=folder,
    )
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(build, Path(scratch), (ALICE,), {})
        faults = run_clients(server.port)
        # One client is still being verified when the server stops.
        with Wire(server.port) as wire:
            start(wire)
            Login(wire).send_second(b"hold")
            status = server.stop()
    texts = [line["text"] for line in server.log() if line["event"] == "text"]
    for problem in [*map(repr, faults), *texts]:
        print(problem)
    print(f"{CLIENTS * ROUNDS} logins, {len(faults)} faults, exit status {status}")
    return 1 if faults or texts or status != 0 else 0


if __name__ == "__main__":
    raise SystemExit(main())
