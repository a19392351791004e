"""The STS emulator and its control interface; see tests/sts/README.md."""

import http.client
import json
import re
import time
from pathlib import Path
from typing import Any

from .process import Process

SETTLED_WITHIN = 20.0
READY = re.compile(
    r"listening on 127\.0\.0\.1:(\d+) control 127\.0\.0\.1:(\d+)(?: metadata 127\.0\.0\.1:(\d+))?"
)


class Emulator(Process):
    """AWS STS on loopback."""

    def __init__(self, program: Path, folder: Path, *arguments: str) -> None:
        self.ca_file = folder / "sts-ca.pem"
        command = [program, "--ca-out", self.ca_file, "--exit-with-stdin", *arguments]
        super().__init__(command, READY)
        self.port = int(self.ready[1])
        self._control = int(self.ready[2])
        self._metadata = self.ready[3]

    @property
    def endpoint(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def metadata(self) -> str:
        """The URL of the metadata endpoints; only with `--metadata-port`."""
        assert self._metadata is not None
        return f"http://127.0.0.1:{self._metadata}"

    def set_instance_role(self, arn: str | None) -> None:
        """The EC2 instance gets another role."""
        self._ask("POST", "/metadata", {"instance_role": arn})

    def metadata_requests(self) -> list[str]:
        """What the metadata endpoints were asked since the last reset: methods and paths."""
        asked = self._ask("GET", "/metadata/requests")
        return [str(request["request_line"]).removesuffix(" HTTP/1.1") for request in asked]

    def counters(self) -> dict[str, Any]:
        return self._ask("GET", "/counters")

    def requests(self) -> list[dict[str, Any]]:
        """The requests since the last reset, with the values of all headers."""
        return self._ask("GET", "/requests?values=1")

    def faults(self, *coming: dict[str, Any], standing: dict[str, Any] | None = None) -> None:
        """Faults for the requests to come, and one for all after them."""
        self._ask("POST", "/faults", {"next": coming, "standing": standing})

    def hold(self, count: int | None = None) -> None:
        """Holds answers back until `release`, or until there are so many."""
        self._ask("POST", "/hold", {} if count is None else {"count": count})

    def release(self) -> None:
        self._ask("POST", "/release")

    def settle(self) -> None:
        """Lets all answers go; returns once none is under way, so that none is counted later."""
        self.faults(standing=None)
        self.release()
        deadline = time.monotonic() + SETTLED_WITHIN
        # The control interface waits for figures to rise only; each turn is a request to it.
        while self.counters()["in_flight"] > 0:
            if time.monotonic() > deadline:
                raise AssertionError("STS emulator: requests are still in flight")

    def wait_until(self, **least: int) -> dict[str, Any]:
        """Returns once the counters have reached these figures."""
        query = "&".join(f"{name}={figure}" for name, figure in least.items())
        return self._ask("GET", f"/wait?{query}&timeout_ms=20000")

    def reset(self) -> None:
        self._ask("POST", "/reset")

    def stop(self) -> int:
        """It ends with its standard input."""
        stdin = self._process.stdin
        if stdin is not None:
            stdin.close()
        return self.wait()

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        connection = http.client.HTTPConnection("127.0.0.1", self._control, timeout=30)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise AssertionError(f"STS emulator: {method} {path}: {response.status} {answer}")
        return answer
