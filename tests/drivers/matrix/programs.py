"""The drivers, each as a program; README.md says what it is asked and answers."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.paths import REPOSITORY

HERE = REPOSITORY / "tests" / "drivers"
BUILD = REPOSITORY / "build" / "drivers"
ANSWERED_WITHIN = 60.0
AT_ONCE = 10


class ProgramError(Exception):
    """A driver's program did not answer as it should have."""


@dataclass(frozen=True)
class Driver:
    """A driver and how its program is started."""

    name: str
    command: tuple[str | Path, ...]
    #: Finds its code, for drivers that read only some of the AWS SDKs' variables.
    code: Callable[[], Path] | None = None
    #: It says so when keys are in the connection string, and does not connect.
    refuses_keys_in_uri: bool = False
    #: Further options of the connection string for the test of the pool; without, there is no pool.
    pool: Mapping[str, object] | None = None
    no_pool: str = ""
    #: Further options of all connection strings.
    options: Mapping[str, object] = field(default_factory=dict)
    #: It gets neither arguments nor standard input: both are told by the environment.
    environment_only: bool = False

    @cached_property
    def version(self) -> str:
        with Program(self, "version") as program:
            return program.answer()["version"]

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    def knows(self, name: str) -> bool:
        """Does its code know this variable, or this address?"""
        return self.code is None or name.encode() in self.code().read_bytes()


class Program:
    """A driver's program at work."""

    def __init__(
        self, driver: Driver, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self._driver = driver
        given: dict[str, str] = {}
        heard, self._pipe = os.pipe()
        if driver.environment_only:
            given = dict(zip(("DRIVER_ACTION", "DRIVER_URI"), arguments, strict=False))
            given["DRIVER_INPUT"] = f"/proc/self/fd/{heard}"
            arguments = ()
        self._process = subprocess.Popen(
            [*map(str, driver.command), *arguments],
            env={**surroundings(), **given, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=(heard,),
            start_new_session=True,
        )
        os.close(heard)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def first_answer(self) -> dict[str, Any]:
        """What it says while it goes on."""
        stdout = self._process.stdout
        assert stdout is not None
        # A program that is ended says nothing more, which ends the wait for a line of it.
        guard = threading.Timer(ANSWERED_WITHIN, self._process.kill)
        guard.start()
        try:
            return self._parsed(stdout.readline())
        finally:
            guard.cancel()

    def answer(self, said: str = "") -> dict[str, Any]:
        """What it says in the end, once it has been told this."""
        os.write(self._pipe, said.encode())
        self._close_pipe()
        try:
            stdout, stderr = self._process.communicate(said, timeout=ANSWERED_WITHIN)
        except subprocess.TimeoutExpired as late:
            raise ProgramError(f"no answer within {ANSWERED_WITHIN:.0f} s") from late
        lines = stdout.strip().splitlines()
        return self._parsed(lines[-1] if lines else "", stderr)

    def leave(self) -> None:
        """Ends it, wherever it is."""
        self._process.kill()
        self._process.wait()
        self._close_pipe()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def _parsed(self, line: str, stderr: str = "") -> dict[str, Any]:
        try:
            answer = json.loads(line)
        except ValueError:
            raise ProgramError(f"it says {line!r} {stderr.strip()[-500:]}") from None
        assert isinstance(answer, dict)
        return answer


def surroundings() -> dict[str, str]:
    """An environment in which no credentials are found but those that a test adds."""
    home = BUILD / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        # So that no driver looks for the region, or for credentials, beyond this machine.
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(home / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "none"),
    }


def all_drivers() -> tuple[Driver, ...]:
    python = (sys.executable, HERE / "pymongo" / "driver.py")
    mongosh = HERE / "mongosh" / "node_modules" / "mongosh" / "bin" / "mongosh.js"
    pool = {"maxPoolSize": AT_ONCE, "maxConnecting": AT_ONCE}
    go = BUILD / "driver-go"
    libmongoc = BUILD / "driver-libmongoc"
    patient = {"serverSelectionTryOnce": "false"}
    one = "it works on one connection"
    return (
        Driver("PyMongo", (*python, "sync"), pool=pool),
        Driver("PyMongo async", (*python, "async"), pool=pool),
        Driver("Node", ("node", HERE / "node" / "driver.mjs"), pool=pool, refuses_keys_in_uri=True),
        Driver(
            "mongosh",
            ("node", mongosh, "--nodb", "--quiet", "--norc", HERE / "mongosh" / "driver.js"),
            environment_only=True,
            no_pool="a shell does one thing at a time",
        ),
        Driver("Rust", (BUILD / "rust" / "debug" / "driver-rust",), pool=pool),
        Driver(
            "libmongoc",
            (libmongoc,),
            lambda: library_of(libmongoc),
            pool={"maxPoolSize": AT_ONCE},
        ),
        Driver("PHP", ("php", HERE / "php" / "driver.php"), php, no_pool=one, options=patient),
        Driver("Go", (go,), lambda: go, pool=pool),
    )


def library_of(program: Path) -> Path:
    """The libmongoc that a program is linked with."""
    command = ["ldd", program]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Path(next(line.split()[2] for line in listed.splitlines() if "libmongoc-1" in line))


def php() -> Path:
    """PHP's extension, which brings its own libmongoc."""
    show = ["php", "-r", "echo ini_get('extension_dir');"]
    folder = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    return Path(folder) / "mongodb.so"
