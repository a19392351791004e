"""The demo's acts; started by scripts/demo, which builds what they need."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "e2e"))

from harness import drivers
from harness.emulator import Emulator
from harness.identities import (
    ADMIN,
    ALICE,
    ALICE_WRONG_SECRET,
    BOB,
    Credentials,
)
from harness.paths import Build
from harness.process import StartError
from harness.server import Line, Server, User

UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
PRODUCTS = [{"_id": 1, "name": "tea"}, {"_id": 2, "name": "coffee"}, {"_id": 3, "name": "cocoa"}]

Client = pymongo.MongoClient[Mapping[str, Any]]


class CheckFailedError(Exception):
    """A login, a read or a write did not go as the demo expects."""


class CannotRunError(Exception):
    """The demo lacks something that it needs."""


# --- Output ---------------------------------------------------------------------------------------

COLUMNS = 80
INDENT = 24


def act(title: str) -> None:
    print(f"\n{textwrap.fill(title, COLUMNS, subsequent_indent='   ')}")


def tell(what: str, how: object) -> None:
    """One line for each line of the text, within the width where its words allow it."""
    width = COLUMNS - INDENT
    lines = [
        part
        for line in str(how).splitlines()
        for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
    ]
    # A long ARN moves to the left.
    indents = [" " * max(2, min(INDENT, COLUMNS - len(line))) for line in lines]
    text = "\n".join(indent + line for indent, line in zip(indents, lines, strict=True))
    print(f"  {what:<{INDENT - 2}}{text.lstrip()}")


def check(fact: bool, otherwise: str) -> None:
    if not fact:
        raise CheckFailedError(otherwise)


def roles_text(roles: object) -> str:
    return ", ".join(f"{role['role']} on {role['db']}" for role in roles) or "none"


def log_text(line: Line) -> str:
    """A login's line of the server's log, for people."""
    parts = [line["outcome"]]
    if line["detail"]:
        number = f"reason {line['reason']}: " if line["reason"] else ""
        parts.append(number + line["detail"])
    for name, label in (
        ("stsErrorCode", "STS error code"),
        ("rawArn", "ARN"),
        ("accessKeyId", "access key"),
        ("stsRequestId", "STS request"),
    ):
        if line[name]:
            parts.append(f"{label} {line[name]}")
    parts.append(f"after {line['durationMs']} ms")
    return "\n".join(parts)


# --- The steps, each of which is checked ----------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A running server."""

    server: Server

    @contextlib.contextmanager
    def client(self, credentials: Credentials) -> Iterator[Client]:
        with drivers.connect(self.server, credentials) as client:
            yield client

    @contextlib.contextmanager
    def client_without_keys(self) -> Iterator[Client]:
        """Its driver looks for credentials as the AWS tools do."""
        with drivers.connect(self.server, authMechanism="MONGODB-AWS") as client:
            yield client

    def logs_in(self, client: Client, user: User) -> None:
        mark = self.server.mark()
        try:
            users, roles = drivers.identity_of(client.admin.command("connectionStatus"))
        except OperationFailure as refused:
            tell("the client is told", _error(refused))
            self.log_says("success", mark, principal=user.name)
            raise
        named = [user["user"] for user in users]
        tell("logged in as", ", ".join(named))
        tell("with roles", roles_text(roles))
        check(named == [user.name], f"the user should be {user.name}")
        check([(r["role"], r["db"]) for r in roles] == list(user.roles), "the roles are wrong")
        self.log_says("success", mark, principal=user.name)

    def reads(self, client: Client) -> None:
        found = list(client.shop.products.find())
        tell("reads shop.products", ", ".join(str(product["name"]) for product in found))
        check(len(found) >= len(PRODUCTS), f"there should be {len(PRODUCTS)} products at least")

    def writes(self, client: Client, document: dict[str, Any]) -> None:
        client.shop.products.insert_one(document)
        tell("writes shop.products", f"inserted {document['name']}")

    def may_not_write(self, client: Client, database: str) -> None:
        try:
            client[database].products.insert_one({"name": "salt"})
        except OperationFailure as refused:
            tell(f"writes {database}.products", f"refused: {_error(refused)}")
            check(refused.code == UNAUTHORIZED, f"the code should be {UNAUTHORIZED}")
        else:
            raise CheckFailedError(f"writing {database}.products should have been refused")

    def is_refused(self, credentials: Credentials, because: Mapping[str, object]) -> None:
        mark = self.server.mark()
        with self.client(credentials) as client:
            try:
                client.admin.command("connectionStatus")
            except OperationFailure as refused:
                tell("the client is told", _error(refused))
                check(refused.code == AUTHENTICATION_FAILED, "the code should be 18")
            else:
                raise CheckFailedError("the login should have been refused")
        line = self.log_says("refused", mark, accessKeyId=credentials.access_key_id)
        for name, value in because.items():
            check(line[name] == value, f"{name} should be {value!r} in the log")

    def log_says(self, outcome: str, mark: int, **members: str) -> Line:
        """The line of this login: those of other clients may come late."""
        line = self.server.login(after=mark, **members)
        tell("the server's log says", log_text(line))
        check(line["outcome"] == outcome, f"the outcome should be {outcome}")
        return line


def _error(error: OperationFailure) -> str:
    details = error.details or {}
    return f"{details.get('errmsg')} (code {error.code}, {details.get('codeName')})"


@contextlib.contextmanager
def running_server(
    folder: Path, users: list[User], parameters: Mapping[str, str]
) -> Iterator[Stage]:
    build = Build.find()
    server = Server(build, folder, users, parameters)
    if build.installed:
        print(f"The reference server has loaded\n  {build.plugin}")
    print(f"The reference server listens on 127.0.0.1:{server.port}. Its users of $external:")
    for user in users:
        roles = ", ".join(f"{role} on {database}" for role, database in user.roles)
        print(f"  {user.name:<56} {roles}")
    try:
        yield Stage(server)
    finally:
        status = server.stop()
    check(status == 0, f"the server should stop with status 0, not {status}")


# --- With the emulator ----------------------------------------------------------------------------

READER = User("arn:aws:iam::123456789012:user/alice", (("read", "shop"),))
INSTANCE_ROLE = "arn:aws:iam::123456789012:role/shop-app"
APPLICATION = User("arn:aws:iam::123456789012:role/shop-app", (("readWrite", "shop"),))
ADMINISTRATOR = User("arn:aws:iam::210987654321:user/alice", (("root", "admin"),))


def with_emulator(folder: Path) -> None:
    instance = ("--metadata-port", "0", "--instance-role", INSTANCE_ROLE)
    emulator = Emulator(Build.find().emulator, folder, *instance)
    try:
        print(f"\nThe STS emulator listens on 127.0.0.1:{emulator.port}.")
        print(f"It also emulates EC2 instance metadata on {emulator.metadata}.")
        parameters = {
            "awsStsEndpoint": emulator.endpoint,
            "awsStsCAFile": str(emulator.ca_file),
        }
        users = [READER, APPLICATION, ADMINISTRATOR]
        with running_server(folder, users, parameters) as stage:
            with stage.client(ADMIN) as client:
                client.shop.products.insert_many(PRODUCTS)
            print(f"The user with role root has inserted {len(PRODUCTS)} products into shop.")
            play(stage, emulator)
    finally:
        emulator.stop()


@contextlib.contextmanager
def on_an_instance(emulator: Emulator, nowhere: Path) -> Iterator[None]:
    """This process looks for AWS credentials as on an EC2 instance where nobody has set any."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = emulator.metadata
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(nowhere)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def play(stage: Stage, emulator: Emulator) -> None:
    act("1. Alice, an IAM user, logs in with her access key. She has role read.")
    with stage.client(ALICE) as client:
        stage.logs_in(client, READER)
        stage.reads(client)
        stage.may_not_write(client, "shop")

    act("2. An application on an EC2 instance has no keys. It uses the instance's role.")
    nowhere = emulator.ca_file.parent / "none"
    with on_an_instance(emulator, nowhere), stage.client_without_keys() as client:
        stage.logs_in(client, APPLICATION)
        asked = emulator.metadata_requests()
        tell("its driver requests", "\n".join(asked))
        check(asked[:1] == ["PUT /latest/api/token"], "the driver should have used IMDSv2")
        stage.writes(client, {"_id": 4, "name": "chocolate"})
        stage.reads(client)

    act("3. Someone has Alice's access key id and a wrong secret key.")
    stage.is_refused(ALICE_WRONG_SECRET, {"stsErrorCode": "SignatureDoesNotMatch"})

    act("4. Bob's keys are valid, but no user of this server has his ARN.")
    stage.is_refused(BOB, {"rawArn": "arn:aws:iam::123456789012:user/bob", "stsErrorCode": ""})


# --- With AWS -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Caller:
    """Who runs this demo, as AWS knows them."""

    credentials: Credentials
    arn: str

    def user(self, roles: tuple[tuple[str, str], ...]) -> User:
        """The user of $external: sessions of a role stand for the role, in account and name."""
        parts = self.arn.split(":", 5)
        kind, _, rest = parts[5].partition("/")
        if kind == "assumed-role":
            role = rest.split("/")[0]
            return User(f"arn:{parts[1]}:iam::{parts[4]}:role/{role}", roles)
        return User(self.arn, roles)

    def parameters(self) -> dict[str, str]:
        """The options that let such an identity in."""
        resource = self.arn.split(":", 5)[5]
        if resource == "root":
            return {"awsAllowRoot": "true"}
        if resource.startswith("federated-user/"):
            return {"awsAllowFederated": "true"}
        return {}


def find_caller() -> Caller:
    """Asks AWS whose credentials these are."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.Session()
        found = session.get_credentials()
        if found is None:
            raise CannotRunError(
                "found no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                " (and AWS_SESSION_TOKEN), or AWS_PROFILE, or log in with the AWS command line"
            )
        frozen = found.get_frozen_credentials()
        region = session.region_name or "us-east-1"
        arn = session.client("sts", region_name=region).get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        raise CannotRunError(f"AWS does not say who you are: {error}") from error
    return Caller(Credentials(frozen.access_key, frozen.secret_key, frozen.token), arn)


def with_aws(folder: Path, more_parameters: Mapping[str, str] | None = None) -> None:
    caller = find_caller()
    print(f"\nAWS's STS says that you are\n  {caller.arn}")
    parameters = {**caller.parameters(), **(more_parameters or {})}
    for name in caller.parameters():
        print(f"The server sets {name}, which such an identity needs.")
    user = caller.user((("readWrite", "shop"),))
    with running_server(folder / "known", [user], parameters) as stage:
        act("1. You log in with your own AWS credentials. You have role readWrite on shop.")
        with stage.client(caller.credentials) as client:
            stage.logs_in(client, user)
            for product in PRODUCTS:
                stage.writes(client, product)
            stage.reads(client)
            stage.may_not_write(client, "office")

        act("2. Someone has your access key id and a wrong secret key.")
        wrong = caller.credentials.with_secret("aWrongEXAMPLEsecretKey/thatNobodyHas0000")
        stage.is_refused(wrong, {"stsErrorCode": "SignatureDoesNotMatch"})

    act("3. You log in to a server that has no user with your ARN.")
    with running_server(folder / "unknown", [ADMINISTRATOR], parameters) as stage:
        stage.is_refused(caller.credentials, {"rawArn": caller.arn, "stsErrorCode": ""})


# --- Start ----------------------------------------------------------------------------------------


def interrupted(number: int, _: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--aws", action="store_true")
    arguments = parser.parse_args()
    # Whatever ends the demo, what it has started is stopped on the way out.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    sys.stdout.reconfigure(line_buffering=True)
    try:
        if missing := Build.find().missing():
            raise CannotRunError(f"not built, run scripts/demo: {', '.join(map(str, missing))}")
        with tempfile.TemporaryDirectory(prefix="mongodb-aws-auth-demo-") as folder:
            show = with_aws if arguments.aws else with_emulator
            show(Path(folder))
    except CannotRunError as error:
        print(f"scripts/demo: {error}", file=sys.stderr)
        return 2
    except (CheckFailedError, StartError, PyMongoError, AssertionError) as error:
        print(f"\nA check failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    finally:
        # Nothing is left to be stopped.
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
    print("\nAll checks passed.")
    print("Next: docs/tryout.md does this by hand; docs/quick-start.md sets up a server.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
