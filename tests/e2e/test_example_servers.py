"""The servers of examples/: a thread for each connection, and an event loop."""

import re
import resource
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from harness.emulator import Emulator
from harness.example import ExampleServer, LineClient, examples
from harness.identities import ALICE, ALICE_WRONG_SECRET, SHOP_APP, Credentials
from harness.paths import REPOSITORY, Build
from harness.running import Processes

pytestmark = pytest.mark.examples

VERIFIED = "verified arn:aws:iam::123456789012:user/alice"
VERIFIED_ROLE = "verified arn:aws:iam::123456789012:role/shop-app"
#: More than the requests that are in flight at once, so that some wait in the plugin's queue.
SOME = 100
CROWD = 2000

#: The event loop, which says at its end what is left of it.
LEFTOVERS = "maws_example_leftovers"
NOTHING_LEFT = "left: 0 descriptors, 0 threads"

StartExample: TypeAlias = Callable[..., ExampleServer]
Open: TypeAlias = Callable[[ExampleServer], LineClient]


@pytest.fixture
def start_example(
    tmp_path: Path, processes: Processes, emulator: Emulator
) -> Iterator[StartExample]:
    """Starts the examples' programs."""
    started: list[ExampleServer] = []

    def start(program: str, **options: str) -> ExampleServer:
        started.append(ExampleServer(program, emulator, tmp_path, **options))
        processes.all.append(started[-1])
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=["example-threads", "example-event-loop"])
def example(request: pytest.FixtureRequest, start_example: StartExample) -> ExampleServer:
    return start_example(request.param)


@pytest.fixture
def open_client() -> Iterator[Open]:
    """Opens connections, and closes them."""
    clients: list[LineClient] = []

    def open_one(server: ExampleServer) -> LineClient:
        clients.append(LineClient(server))
        return clients[-1]

    yield open_one
    for client in clients:
        client.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def start_logins(clients: list[LineClient]) -> None:
    """All have sent both of their payloads."""
    for client in clients:
        client.send_first()
    for client in clients:
        client.send_second(ALICE)


def test_users_and_roles_log_in(example: ExampleServer, open_client: Open) -> None:
    assert open_client(example).log_in(ALICE) == VERIFIED
    assert open_client(example).log_in(SHOP_APP) == VERIFIED_ROLE


def test_a_refused_client_may_try_again(example: ExampleServer, open_client: Open) -> None:
    client = open_client(example)
    assert client.log_in(ALICE_WRONG_SECRET) == "refused"
    assert client.log_in(ALICE) == VERIFIED


def test_what_is_no_payload_is_refused(example: ExampleServer, open_client: Open) -> None:
    client = open_client(example)
    client.socket.sendall(b"00\n")
    assert client.line() == "refused"
    assert client.log_in(ALICE) == VERIFIED


@pytest.mark.parametrize(
    ("program", "logged"),
    [("example-threads", "cancelled"), ("example-event-loop", "the login is abandoned")],
)
def test_a_client_that_leaves_ends_its_login(
    start_example: StartExample, sts: Emulator, open_client: Open, program: str, logged: str
) -> None:
    server = start_example(program)
    sts.hold()
    client = open_client(server)
    start_logins([client])
    sts.wait_until(in_flight=1)
    client.close()
    assert server.wait_for(logged)


def test_the_server_stops_while_logins_are_pending(
    example: ExampleServer, sts: Emulator, open_client: Open
) -> None:
    sts.hold()
    start_logins([open_client(example) for _ in range(SOME)])
    sts.wait_until(in_flight=1)
    assert example.stop() == 0


@pytest.mark.parametrize(
    ("credentials", "said"), [(ALICE, VERIFIED), (SHOP_APP, VERIFIED_ROLE)], ids=["user", "role"]
)
def test_the_emulators_client_logs_in_without_a_driver(
    example: ExampleServer, open_client: Open, credentials: Credentials, said: str
) -> None:
    client = open_client(example)
    words = [credentials.access_key_id, credentials.secret, credentials.token]
    client.socket.settimeout(None)  # else its descriptor does not block
    subprocess.run(
        [Build.find().emulator, "client", *filter(None, words)],
        stdin=client.socket,
        stdout=client.socket,
        check=True,
        timeout=30,
    )
    assert client.line() == said


def test_the_guides_commands_log_in_without_a_driver(tmp_path: Path) -> None:
    guide = (REPOSITORY / "docs" / "embedding.md").read_text()
    block = guide.partition("## Test without a driver")[2].partition("## ")[0]
    _, *commands, last = re.findall(r"^ {4}\$ (.*(?:\n {10}.*)*)", block, re.MULTILINE)
    build = Build.find()
    places = {
        "build/debug/examples": examples(build),
        "$PWD/build/debug/lib/libmongodb_aws_auth.so.1": build.plugin,
        "target/debug/sts-emulator": build.emulator,
        "/tmp/sts.pem": tmp_path / "sts.pem",
        "7000": free_port(),
        "7001": free_port(),
    }
    with subprocess.Popen(
        ["timeout", "60", "bash", "-m"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        for command in commands:
            for place, ours in places.items():
                command = command.replace(place, str(ours))
            print(command, file=shell.stdin, flush=True)
            # A reader sees that a server listens before the next command.
            if command.endswith("&"):
                assert any("listening on" in line for line in shell.stdout)
        said, _ = shell.communicate(f"{last}\n")
    assert VERIFIED in said.splitlines()
    assert shell.returncode == 0


def test_clients_may_leave_all_at_once_while_their_outcomes_come(
    start_example: StartExample, sts: Emulator, open_client: Open
) -> None:
    server = start_example(LEFTOVERS)
    sts.hold()
    leave, stay = ([open_client(server) for _ in range(SOME)] for _ in range(2))
    start_logins([*leave, *stay])
    sts.release()
    for client in leave:
        client.close()
    assert {client.line() for client in stay} == {VERIFIED}
    assert server.stop() == 0
    assert server.diagnostics()[-1] == NOTHING_LEFT


def test_clients_may_fall_one_by_one_while_their_outcomes_come(
    start_example: StartExample, sts: Emulator, open_client: Open
) -> None:
    server = start_example(LEFTOVERS)
    sts.hold()
    groups = [[open_client(server) for _ in range(4)] for _ in range(SOME)]
    start_logins([client for group in groups for client in group])
    sts.release()
    for stays, *fall in groups:
        assert stays.line() == VERIFIED
        for client in fall:
            client.reset()
    assert server.stop() == 0
    assert server.diagnostics()[-1] == NOTHING_LEFT


def test_two_thousand_logins_are_in_progress_at_once_and_nothing_is_left_of_them(
    start_example: StartExample, sts: Emulator, open_client: Open
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # None fails for the time that this machine takes to let all of them start.
    server = start_example(LEFTOVERS, awsStsTimeoutMs="60000")
    sts.hold()
    clients = [open_client(server) for _ in range(CROWD)]
    start_logins(clients)
    pending = 0
    while pending < CROWD:
        gauges = server.statistics()
        pending = gauges["queued"] + gauges["inFlight"]
    sts.release()
    assert {client.line() for client in clients} == {VERIFIED}
    assert server.statistics()["succeeded"] == CROWD
    assert server.stop() == 0
    assert server.diagnostics()[-1] == NOTHING_LEFT
