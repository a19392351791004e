"""One cell of the matrix each: what a driver does, and what server and emulator say of it."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.emulator import Emulator
from harness.paths import Build
from harness.server import Server
from harness.valve import Valve

from . import namespace
from .identities import REGION, USERS, WELCOME, Account, Identity, Setting, Source
from .programs import AT_ONCE, Driver, Program, ProgramError

AUTHENTICATION_FAILED = 18


@dataclass(frozen=True)
class Result:
    """What stands in a cell, and below the table if there is more to say."""

    text: str
    note: str = ""
    expected: bool = True


OK = Result("ok")
REFUSED = Result("refused")


class UnexpectedError(Exception):
    """It went otherwise than it has to."""


def check(fact: bool, otherwise: object) -> None:
    if not fact:
        raise UnexpectedError(str(otherwise))


class Stage:
    """The emulated AWS and the reference server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._build = Build.find()
        arguments = ("--region", REGION, "--metadata-port", "0")
        self.emulator = Emulator(self._build.emulator, folder, *arguments)
        self.account = Account(self.emulator)
        self._link_local = self._open_link_local() if namespace.available() else []
        self.server = self.start_server()

    def _open_link_local(self) -> list[Valve]:
        """AWS's own addresses lead to the emulator."""
        metadata = int(self.emulator.metadata.rpartition(":")[2])
        addresses = (namespace.EC2, namespace.CONTAINERS)
        return [Valve(metadata, address, namespace.PORT) for address in addresses]

    def start_server(self, port: int = 0) -> Server:
        parameters = {
            "awsStsEndpoint": self.emulator.endpoint,
            "awsStsCAFile": str(self.emulator.ca_file),
        }
        return Server(self._build, self._folder, USERS, parameters, port=port)

    def stop(self) -> bool:
        """Whether both have ended as they should."""
        for valve in self._link_local:
            valve.shut()
        statuses = [self.server.stop(), self.emulator.stop()]
        return statuses == [0, 0]

    def program(
        self, driver: Driver, setting: Setting, action: str, *more: str, **options: object
    ) -> Program:
        port = options.pop("port", self.server.port)
        assert isinstance(port, int)
        uri = setting.uri(port, **driver.options, **options)
        names = ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")
        trust = dict.fromkeys(names, str(self.emulator.ca_file))
        return Program(driver, action, uri, *more, environment={**trust, **setting.environment})


# --- Logins ---------------------------------------------------------------------------------------


def login(stage: Stage, driver: Driver, identity: Identity, source: Source) -> Result:
    """A login of this identity, or why this driver knows no way to it."""
    if source not in identity.sources:
        return Result("-")
    note = ""
    if driver.knows(source.variable):
        setting = stage.account.setting(identity, source)
    elif source.link_local and driver.knows(source.link_local[1]) and namespace.available():
        setting = stage.account.link_local_setting(identity, source)
        note = f"asked at {source.link_local[0]}, in a network namespace that has this address"
    else:
        return not_supported(driver, source)
    mark = stage.server.mark()
    stage.emulator.reset()
    with stage.program(driver, setting, "login") as program:
        answer = program.answer()
    if source is Source.URI and driver.refuses_keys_in_uri:
        return refuses_keys(stage, driver, answer)
    if identity.user is not None:
        check(answer == {"user": identity.user}, answer)
    else:
        check(answer.get("code") == AUTHENTICATION_FAILED, answer)
    stage.server.login(after=mark, **identity.logged)
    check(came_from(stage, source), f"{source.heading} was not asked for credentials")
    return dataclasses.replace(OK if identity.user is not None else REFUSED, note=note)


def came_from(stage: Stage, source: Source) -> bool:
    """Was the source asked, where the emulator can tell?"""
    if source is Source.WEB_IDENTITY:
        bodies = [request["body"] for request in stage.emulator.requests()]
        return any("Action=AssumeRoleWithWebIdentity" in body for body in bodies)
    paths = {
        Source.EC2: "PUT /latest/api/token",
        Source.ECS: "GET /v2/credentials/",
        Source.POD_IDENTITY: "GET /v1/credentials",
    }
    # Go's driver puts two slashes in front.
    asked = [request.replace("//", "/") for request in stage.emulator.metadata_requests()]
    return source not in paths or any(request.startswith(paths[source]) for request in asked)


def not_supported(driver: Driver, source: Source) -> Result:
    """Its code does not even have the variable's name."""
    note = f"{driver.title} does not read {source.variable}"
    if source.link_local and driver.knows(source.link_local[1]):
        note += (
            f": it asks at {source.link_local[0]} only, which takes a network namespace"
            f" ({namespace.refusal()})"
        )
    return Result("no", note)


def refuses_keys(stage: Stage, driver: Driver, answer: dict[str, Any]) -> Result:
    check("message" in answer and answer["code"] is None, answer)
    check(stage.emulator.counters()["requests"] == 0, "it logged in nevertheless")
    return Result("no", f"{driver.title} says: {answer['message']}")


# --- Behaviour ------------------------------------------------------------------------------------


def setting_of_role(stage: Stage) -> tuple[Identity, Setting]:
    role = next(identity for identity in WELCOME if identity.name == "assumed role")
    return role, stage.account.setting(role, Source.ENVIRONMENT)


def pool(stage: Stage, driver: Driver) -> Result:
    """Ten connections of one client log in at once."""
    if driver.pool is None:
        return Result("no", f"{driver.title} has no pool: {driver.no_pool}")
    _, setting = setting_of_role(stage)
    stage.emulator.reset()
    # No answer goes out before ten logins are under way: one after the other they would never be.
    stage.emulator.hold(count=AT_ONCE)
    try:
        with stage.program(driver, setting, "pool", str(AT_ONCE), **driver.pool) as program:
            answer = program.answer()
    finally:
        stage.emulator.release()
    check(answer == {"found": AT_ONCE}, answer)
    most = stage.emulator.counters()["in_flight_max"]
    check(most >= AT_ONCE, f"{most} logins at once")
    return OK


def restart(stage: Stage, driver: Driver) -> Result:
    """The server goes and comes back under the eyes of a client."""
    role, setting = setting_of_role(stage)
    first = stage.start_server()
    second = None
    try:
        with stage.program(driver, setting, "restart", port=first.port) as program:
            answer = program.first_answer()
            check(answer == {"ready": True}, answer)
            check(first.stop() == 0, "the server did not stop as it should")
            second = stage.start_server(first.port)
            answer = program.answer("\n")
        check(answer == {"found": 1}, answer)
        second.login(**role.logged)
    finally:
        for server in (first, second):
            if server is not None:
                server.stop()
    return OK


def leave(stage: Stage, driver: Driver) -> Result:
    """The client ends while its login is verified."""
    _, setting = setting_of_role(stage)
    mark = stage.server.mark()
    stage.emulator.reset()
    stage.emulator.hold()
    try:
        with stage.program(driver, setting, "login") as program:
            stage.emulator.wait_until(in_flight=1)
            program.leave()
        stage.server.login(after=mark, outcome="cancelled")
    finally:
        stage.emulator.settle()
    return OK


BEHAVIOUR = {
    f"{AT_ONCE} connections at once": pool,
    "the server restarts": restart,
    "the client leaves midway": leave,
}

#: What a trial may end in beside a result.
FAILURES = (UnexpectedError, ProgramError, AssertionError, OSError)
