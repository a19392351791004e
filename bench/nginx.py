"""nginx as STS on loopback over TLS: answers what STS answers, and checks no signature."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).parent
PROGRAM = "/usr/sbin/nginx"
ECHO_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
STARTED_WITHIN = 10.0
PLACES = ("at_once", "delayed", "dropping", "resetting", "denying", "throttling", "status")

# Shaped as AWS's: a leaf, an intermediate and a root, all RSA.
CERTIFICATES = """
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=root -keyout root.key -out ca.pem \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
openssl req -newkey rsa:2048 -nodes -subj /CN=intermediate -keyout middle.key -out middle.csr
printf 'basicConstraints=critical,CA:TRUE,pathlen:0\\nkeyUsage=critical,keyCertSign\\n' >middle.ext
openssl x509 -req -in middle.csr -CA ca.pem -CAkey root.key -CAcreateserial -days 30 \
  -extfile middle.ext -out middle.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=sts.amazonaws.com -keyout server.key -out leaf.csr
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nextendedKeyUsage=serverAuth\\n' >leaf.ext
openssl x509 -req -in leaf.csr -CA middle.pem -CAkey middle.key -CAcreateserial -days 30 \
  -extfile leaf.ext -out leaf.pem
cat leaf.pem middle.pem >server.pem
"""


def make_certificates(folder: Path) -> None:
    """Writes ca.pem, server.pem and server.key."""
    command = ["bash", "-euc", CERTIFICATES]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@dataclass(frozen=True)
class Counters:
    """What nginx has seen so far, on all of its ports."""

    connections: int
    requests: int


class Nginx:
    """One nginx with a port for each way to answer; stopped when its `with` block ends."""

    def __init__(
        self, delay_ms: int = 20, quota: int = 600, certificates: Path | None = None
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="maws-nginx-"))
        if certificates is None:
            make_certificates(self.folder)
        else:
            for name in ("ca.pem", "server.pem", "server.key"):
                shutil.copy(certificates / name, self.folder)
        self.ports = dict(zip(PLACES, _free_ports(len(PLACES)), strict=True))
        shutil.copy(HERE / "answers.conf", self.folder)
        configuration = (HERE / "nginx.conf.in").read_text()
        values = {
            "module": ECHO_MODULE,
            "folder": self.folder,
            "quota": quota,
            "delay": delay_ms / 1000,
            **self.ports,
        }
        for name, value in values.items():
            configuration = configuration.replace(f"@{name}@", str(value))
        (self.folder / "nginx.conf").write_text(configuration)
        self.start()

    def start(self) -> None:
        """Also after `stop`: on the same ports, and with counters that begin anew."""
        # Connections of this class to the port that tells the counters.
        self._asked = 0
        command = [PROGRAM, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self._await_start()

    def __enter__(self) -> "Nginx":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def stop(self) -> None:
        """Closes all connections, also where the process that answers was stopped by a signal."""
        if self._process.poll() is None:
            os.kill(self.worker(), signal.SIGCONT)
        self._process.terminate()
        self._process.wait()

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def url(self, place: str) -> str:
        return f"https://localhost:{self.ports[place]}"

    def worker(self) -> int:
        """The process that answers, which may be stopped and go on."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text().split()[0])

    def counters(self) -> Counters:
        """Without the connections that ask for them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["status"], timeout=10)
        try:
            connection.request("GET", "/")
            words = connection.getresponse().read().decode().split()
        finally:
            connection.close()
        figures = [int(word) for word in words if word.isdigit()]
        self._asked += 1
        return Counters(connections=figures[1] - self._asked, requests=figures[3])

    def _await_start(self) -> None:
        deadline = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.ports["status"]), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                self._asked += 1
                return
        self._process.kill()
        assert self._process.stderr is not None
        raise RuntimeError(f"nginx did not start: {self._process.stderr.read().decode()}")


def _free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
