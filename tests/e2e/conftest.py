"""The emulator and the servers: started once, waited for, stopped, and heard when a test fails."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from harness import drivers, identities
from harness.certificate import make_certificate
from harness.emulator import Emulator
from harness.identities import Credentials
from harness.paths import Build
from harness.running import Client, Connect, Processes, StartLogin, StartServer
from harness.secrets import Secrets
from harness.server import Server, User
from harness.wire import Login, Wire

USERS = (
    User("arn:aws:iam::123456789012:user/alice", (("read", "shop"),)),
    User("arn:aws:iam::123456789012:user/division/team/jane", (("readWrite", "shop"),)),
    User("arn:aws:iam::123456789012:role/shop-app", (("readWrite", "shop"), ("read", "stock"))),
    User(
        "arn:aws:iam::123456789012:role/AWSReservedSSO_Reader_0123456789abcdef",
        (("read", "shop"),),
    ),
    User("arn:aws-cn:iam::123456789012:role/shop-app", (("read", "shop"),)),
    User("arn:aws-us-gov:iam::123456789012:role/shop-app", (("read", "shop"),)),
    # The same user name in another account is somebody else.
    User("arn:aws:iam::210987654321:user/alice", (("root", "admin"),)),
    # Users that exist, so that it is not for want of them that these identities are refused.
    User("arn:aws:iam::123456789012:root", (("root", "admin"),)),
    User("arn:aws:sts::123456789012:federated-user/carol", (("read", "shop"),)),
    User("arn:aws:iam::123456789012:role/aws:ec2-instance", (("read", "shop"),)),
)

PROCESSES = pytest.StashKey[Processes]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PROCESSES] = Processes()
    # Clients get their credentials from the tests, not from whoever runs them.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


def pytest_sessionstart() -> None:
    missing = Build.find().missing()
    if missing:
        paths = ", ".join(str(path) for path in missing)
        pytest.exit(f"not built: {paths}\nscripts/test e2e builds and runs all", returncode=2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The logs are searched for secrets when all is over."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[PROCESSES].mark()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed:
        report.sections.extend(item.config.stash[PROCESSES].said())
    return report


# --- Once for all tests ---------------------------------------------------------------------------


@pytest.fixture(scope="session")
def processes(pytestconfig: pytest.Config) -> Processes:
    return pytestconfig.stash[PROCESSES]


@pytest.fixture(scope="session")
def secrets() -> Secrets:
    found = Secrets()
    for credentials in [*identities.everyone(), identities.ALICE_WRONG_SECRET]:
        found.add_credentials(credentials)
    found.add_credentials(identities.UNKNOWN_KEY)
    return found


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory, processes: Processes) -> Iterator[Emulator]:
    started = Emulator(Build.find().emulator, tmp_path_factory.mktemp("sts"))
    processes.all.append(started)
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def server_starter(processes: Processes, emulator: Emulator, folder: Path) -> StartServer:
    """Starts servers that verify with the emulator."""

    def start(
        *,
        sts: str = emulator.endpoint,
        parameters: Mapping[str, str] | None = None,
        users: tuple[User, ...] = USERS,
        port: int = 0,
        certificate: Path | None = None,
    ) -> Server:
        settings = {
            "awsStsEndpoint": sts,
            "awsStsCAFile": str(emulator.ca_file),
            **(parameters or {}),
        }
        server = Server(Build.find(), folder, users, settings, port=port, certificate=certificate)
        processes.all.append(server)
        return server

    return start


@pytest.fixture(scope="session")
def plain_server(
    tmp_path_factory: pytest.TempPathFactory, processes: Processes, emulator: Emulator
) -> Iterator[Server]:
    """A server without TLS."""
    server = server_starter(processes, emulator, tmp_path_factory.mktemp("plain"))()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="session")
def tls_server(
    tmp_path_factory: pytest.TempPathFactory,
    processes: Processes,
    emulator: Emulator,
    certificate: Path,
) -> Iterator[Server]:
    """A server that takes TLS only."""
    start = server_starter(processes, emulator, tmp_path_factory.mktemp("tls-server"))
    server = start(certificate=certificate)
    yield server
    assert server.stop() == 0


# --- For each test --------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def sts(emulator: Emulator, secrets: Secrets) -> Iterator[Emulator]:
    """The emulator, with nothing counted and no faults; what came to it is remembered as secret."""
    emulator.reset()
    yield emulator
    secrets.add_requests(emulator.requests())
    emulator.settle()


@pytest.fixture
def server(plain_server: Server) -> Server:
    return plain_server


@pytest.fixture(params=["plain", "tls"])
def either_server(request: pytest.FixtureRequest) -> Server:
    """The server without TLS, and then the one with TLS."""
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def start_server(tmp_path: Path, processes: Processes, emulator: Emulator) -> Iterator[StartServer]:
    """For servers of a test's own."""
    started: list[Server] = []
    start = server_starter(processes, emulator, tmp_path)

    def start_and_remember(**settings: object) -> Server:
        started.append(start(**settings))
        return started[-1]

    yield start_and_remember
    for server in started:
        server.stop()


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes driver clients, and closes them."""
    clients: list[Client] = []

    def connect_and_remember(
        server: Server, credentials: Credentials | None = None, **more: object
    ) -> Client:
        clients.append(drivers.connect(server, credentials, **more))
        return clients[-1]

    yield connect_and_remember
    for client in clients:
        client.close()


@pytest.fixture
def start_login(secrets: Secrets) -> Iterator[StartLogin]:
    """Opens connections for clients that need not be honest, and closes them."""
    logins: list[Login] = []

    def start(server: Server) -> Login:
        mark = server.mark()
        logins.append(RememberedLogin(Wire(server.port), secrets))
        logins[-1].mark = mark
        return logins[-1]

    yield start
    for login in logins:
        login.wire.close()


class RememberedLogin(Login):
    """A login whose messages are remembered as secret."""

    def __init__(self, wire: Wire, secrets: Secrets) -> None:
        super().__init__(wire)
        self._secrets = secrets

    def start(self, *arguments: object, **more: object) -> bytes:
        reply = super().start(*arguments, **more)
        if self.first is not None:
            self._secrets.add_nonce(self.first.nonce)
        return reply

    def send_second(self, message: Mapping[str, object] | bytes, **more: object) -> None:
        if not isinstance(message, bytes):
            self._secrets.add_client_second(message)
        super().send_second(message, **more)
