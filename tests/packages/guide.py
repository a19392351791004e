"""Follows docs/quick-start.md on a database host: guide.py ROOT

ROOT is a minimal Debian with the packages in /packages/old. The commands are the guide's own, to
the letter, in its order, and its configuration is added to /etc/mongod.conf. The STS emulator
stands in for AWS: in a network of the test's own it has the names of STS. The reference server
stands in for mongod, with the configuration's parameters. Needs root, for chroot and the network.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import OperationFailure

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from harness.certificate import make_certificate
from harness.emulator import Emulator
from harness.identities import BOB, SHOP_APP, Credentials
from harness.paths import REPOSITORY, Build
from harness.process import Process

HERE = Path(__file__).resolve().parent
GUIDE = (REPOSITORY / "docs" / "quick-start.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: What a database host has already: sudo, and libraries of the server's own.
HAS_ALREADY = ("sudo", "libbson-1.0-0", "libssl3", "libstdc++6")
#: Its configuration: what the guide wants to be there, and TLS.
CONFIGURED_ALREADY = """\
security:
  authorization: enabled
net:
  tls:
    mode: requireTLS
    certificateKeyFile: /etc/ssl/mongod.pem
"""
READY = re.compile(r"listening on 127\.0\.0\.1:27017.*")
#: Set once the network is the test's own.
MARK = "MAWS_GUIDE_NETWORK"
AUTHENTICATION_FAILED = 18


class UnclearError(Exception):
    """The guide does not lead where it says."""


def check(fact: bool, otherwise: object) -> None:
    if not fact:
        raise UnclearError(str(otherwise))


def block(language: str, wanted: str) -> str:
    """The guide's first block in this language with these words."""
    blocks = [text for name, text in BLOCK.findall(GUIDE) if name == language and wanted in text]
    check(bool(blocks), f"no block in {language} has {wanted}")
    return blocks[0]


def variables(credentials: Credentials) -> dict[str, str]:
    found = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret,
    }
    return found | ({"AWS_SESSION_TOKEN": credentials.token} if credentials.token else {})


class Machine:
    """The root, as a machine that somebody sits at."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, commands: str, environment: dict[str, str] | None = None, said: str = "") -> str:
        """What the commands print, as root; they have to succeed."""
        given = [f"{name}={value}" for name, value in (environment or {}).items()]
        command = [HERE / "in-root", self.root, "env", *given, "bash", "-euc", commands]
        run = subprocess.run(command, input=said, capture_output=True, text=True)
        text = run.stdout + run.stderr
        check(run.returncode == 0, f"status {run.returncode} of: {commands}\n{text}")
        return text

    def write(self, place: str, text: str, mode: int = 0o644) -> None:
        file = self.root / place.lstrip("/")
        file.write_text(text)
        file.chmod(mode)


def prepare(machine: Machine) -> None:
    """A database host as it is before, and the guide's first step: that takes the Debian mirror."""
    packages = " ".join(HAS_ALREADY)
    machine.run(f"apt-get install --yes --quiet=2 --no-install-recommends {packages}")
    machine.run("useradd --system mongod")
    host = machine.root / "opt" / "host"
    host.mkdir(parents=True)
    (host / "mongo-aws-host").write_bytes(Build.find().server.read_bytes())
    (host / "mongo-aws-host").chmod(0o755)
    # What the tool takes for the server's program: one that knows the plugin's parameters.
    machine.write("/usr/bin/mongod", "\x7fELF awsAuthPluginPath", 0o755)
    # The one question is answered with yes.
    machine.run(f"cd /packages/old\n{block('sh', 'apt-get install')}", said="y\n")


def parameters(configuration: str) -> dict[str, str]:
    _, below = configuration.split("setParameter:\n")
    return dict(line.strip().split(": ", 1) for line in below.splitlines())


@contextlib.contextmanager
def aws(machine: Machine, folder: Path, hosts: list[str]) -> Iterator[Emulator]:
    """STS under its own names, for every program in the root; and the database under its own."""
    names = [word for host in hosts for word in ("--host", host)]
    emulator = Emulator(Build.find().emulator, folder, "--port", "443", *names)
    try:
        machine.write("/etc/hosts", f"127.0.0.1 localhost db.example {' '.join(hosts)}\n")
        authority = emulator.ca_file.read_text()
        machine.write("/usr/local/share/ca-certificates/aws.crt", authority)
        machine.run("update-ca-certificates")
        yield emulator
    finally:
        emulator.stop()


@contextlib.contextmanager
def database(machine: Machine, folder: Path, users: str) -> Iterator[Process]:
    """The reference server, as the server's user, with what the configuration says."""
    given = parameters(block("yaml", "setParameter"))
    plugin = given.pop("awsAuthPluginPath")
    del given["authenticationMechanisms"]
    machine.write("/opt/host/users.json", users)
    machine.write("/etc/ssl/mongod.pem", make_certificate(folder, "db.example").read_text())
    server = ["/opt/host/mongo-aws-host", "--plugin", plugin, "--users", "/opt/host/users.json"]
    options = [f"--setParameter={name}={value}" for name, value in given.items()]
    options = [word for option in options for word in option.split("=", 1)]
    user = ["chroot", "--userspec=mongod", str(machine.root)]
    certificate = ["--tlsCertificateKeyFile", "/etc/ssl/mongod.pem"]
    process = Process([*user, *server, *options, *certificate], READY)
    try:
        yield process
    finally:
        process.stop()


def log_in(uri: str, credentials: Credentials, use: Callable[[Any], object]) -> None:
    """A client with PyMongo, which finds the credentials as the guide says."""
    os.environ.update(variables(credentials))
    try:
        with pymongo.MongoClient(uri, serverSelectionTimeoutMS=20_000) as client:
            use(client)
    finally:
        for name in variables(credentials):
            del os.environ[name]


def follow(machine: Machine, folder: Path) -> None:
    configuration = block("yaml", "setParameter")
    machine.write("/etc/mongod.conf", CONFIGURED_ALREADY + configuration)
    server_hosts = [parameters(configuration)["awsStsHost"]]
    # The tool asks the STS of its own region.
    with aws(machine, folder, [*server_hosts, "sts.us-east-1.amazonaws.com"]):
        said = machine.run(block("sh", "sudo -u mongod mongodb-aws-auth check"))
        check("0 with a warning, 0 failed" in said, said)
        check("login: left out" in said, said)
        said = machine.run(block("sh", "--preserve-env"), variables(SHOP_APP))
        check("pass  second login:" in said, said)

        said = machine.run(block("sh", "whoami"), variables(SHOP_APP))
        command = block("js", "createUser")
        check("".join(command.split()) in "".join(said.split()), said)
        user, role, name = re.findall(r'(?:user|role|db): "([^"]*)"', command)
        users = f'[{{"user": "{user}", "roles": [{{"role": "{role}", "db": "{name}"}}]}}]'

        (uri,) = re.findall(r"mongosh '([^']*)'", block("sh", "mongosh"))
        with database(machine, folder, users) as server:

            def shop(client: Any) -> None:  # noqa: ANN401
                status = client.admin.command("connectionStatus")["authInfo"]
                check(status["authenticatedUsers"] == [{"user": user, "db": "$external"}], status)
                client.get_default_database().products.insert_one({"name": "tea"})

            log_in(uri, SHOP_APP, shop)
            refused(machine, server, uri)


def refused(machine: Machine, server: Process, uri: str) -> None:
    """Somebody without a user hears 18, and `explain` makes the log's line plain."""
    try:
        log_in(uri, BOB, lambda client: client.admin.command("connectionStatus"))
    except OperationFailure as failure:
        check(failure.code == AUTHENTICATION_FAILED, failure)
    else:
        raise UnclearError("Bob is logged in")
    server.stop()
    lines = [text for text in server.diagnostics() if "user/bob" in text]
    check(bool(lines), server.diagnostics())
    line = lines[-1]
    command = block("sh", "explain").replace("'LINE'", '"$LINE"')
    said = machine.run(command, {"LINE": line})
    check("Create the user that principal names" in " ".join(said.split()), said)


def main() -> int:
    machine = Machine(Path(sys.argv[1]))
    if MARK not in os.environ:
        prepare(machine)
        os.environ[MARK] = "yes"
        again = [sys.executable, str(Path(__file__)), *sys.argv[1:]]
        hosts = machine.root / "etc" / "hosts"
        hosts.touch()
        # The client is on this machine, and knows the same names.
        set_up = f'ip link set lo up && mount --bind {hosts} /etc/hosts && exec "$@"'
        os.execvp("unshare", ["unshare", "--net", "--mount", "sh", "-c", set_up, "sh", *again])
    with tempfile.TemporaryDirectory(prefix="mongodb-aws-auth-guide-") as folder:
        # The client trusts the database's certificate.
        os.environ["SSL_CERT_FILE"] = str(Path(folder) / "cert.pem")
        try:
            follow(machine, Path(folder))
        except UnclearError as why:
            print(why)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
