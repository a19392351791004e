"""Programs that say when they are ready, and that are always stopped."""

import os
import re
import selectors
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

READY_WITHIN = 30.0
STOPPED_WITHIN = 30.0


class StartError(Exception):
    """A program ended, or said nothing, instead of becoming ready."""


class Process:
    """A program that prints one line on standard output when it is ready."""

    def __init__(self, command: Sequence[str | Path], ready: re.Pattern[str]) -> None:
        self.name = Path(command[0]).name
        self._diagnostics: list[str] = []
        self._said_more = threading.Condition()
        # The programs' own settings come from their command lines alone.
        environment = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")}
        self._process = subprocess.Popen(
            [str(word) for word in command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A terminal's Ctrl-C is for us; we stop what we have started.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()
        try:
            self.ready = self._await_ready(ready)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def diagnostics(self, after: int = 0) -> list[str]:
        """Lines of standard error so far."""
        with self._said_more:
            return self._diagnostics[after:]

    def mark(self) -> int:
        """How many lines there are: what comes later can be told from what was before."""
        with self._said_more:
            return len(self._diagnostics)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """The exit status, once the program has ended."""
        try:
            status = self._process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._close()
        return status

    def stop(self) -> int:
        """Stops the program, if it still runs; gives its exit status."""
        if self._process.poll() is None:
            self._process.terminate()
        return self.wait()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _await_ready(self, pattern: re.Pattern[str]) -> re.Match[str]:
        stdout = self._process.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            said = selector.select(READY_WITHIN)
        line = stdout.readline().decode() if said else ""
        match = pattern.fullmatch(line.rstrip("\n"))
        if match is None:
            if said:
                self._process.wait(STOPPED_WITHIN)
                self._reader.join()
            why = "\n".join(self.diagnostics()) or repr(line)
            raise StartError(f"{self.name} did not start: {why}")
        return match

    def _collect(self) -> None:
        stream: IO[bytes] | None = self._process.stderr
        assert stream is not None
        for line in stream:
            with self._said_more:
                self._diagnostics.append(line.decode(errors="replace").rstrip("\n"))
                self._said_more.notify_all()
        with self._said_more:
            self._said_more.notify_all()
