"""nginx as STS on loopback over TLS: answers what STS answers, and checks no signature."""

import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ECHO_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
STARTED_WITHIN = 10.0
PLACES = ("at_once", "delayed", "dropping", "resetting", "denying", "throttling", "status")

CONFIGURATION = """
load_module {module};
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 300s;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;

  ssl_certificate {folder}/server.pem;
  ssl_certificate_key {folder}/server.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:sessions:10m;
  ssl_buffer_size 4k;

  log_format connection '$connection';
  limit_req_zone $server_port zone=quota:1m rate={quota}r/s;

  # 200 only for a request that carries all that STS would look at.
  map "$request_method|$content_length|$http_x_amz_date|$http_x_mongodb_gs2_cb_flag|$http_authorization" $complete {{
    default 0;
    "~^POST\\|43\\|\\d{{8}}T\\d{{6}}Z\\|n\\|AWS4-HMAC-SHA256 Credential=A[KS]IA" 1;
  }}
  map $complete $answer {{ default denied; 1 identity; }}
  map $http_accept $form {{ default xml; application/json json; }}
  map $request_id $uuid {{
    "~^(?<a>.{{8}})(?<b>.{{4}})(?<c>.{{4}})(?<d>.{{4}})(?<e>.{{12}})" "$a-$b-$c-$d-$e";
  }}
  map "" $identity_json {{
    default '{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"{account}","Arn":"{arn}","UserId":"{user_id}"}},"ResponseMetadata":{{"RequestId":"$uuid"}}}}}}';
  }}
  map "" $identity_xml {{
    default '<GetCallerIdentityResponse xmlns="{namespace}">
  <GetCallerIdentityResult>
    <Arn>{arn}</Arn>
    <UserId>{user_id}</UserId>
    <Account>{account}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata>
    <RequestId>$uuid</RequestId>
  </ResponseMetadata>
</GetCallerIdentityResponse>
';
  }}
  map $http_accept $denied {{
    default '<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided.</Message></Error><RequestId>$uuid</RequestId></ErrorResponse>';
    application/json '{{"Error":{{"Code":"SignatureDoesNotMatch","Message":"The request signature we calculated does not match the signature you provided.","Type":"Sender"}},"RequestId":"$uuid"}}';
  }}
  map $http_accept $throttled {{
    default '<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>$uuid</RequestId></ErrorResponse>';
    application/json '{{"Error":{{"Code":"Throttling","Message":"Rate exceeded","Type":"Sender"}},"RequestId":"$uuid"}}';
  }}

  server {{
    listen 127.0.0.1:{at_once} ssl backlog=4096;
    include {folder}/answers.conf;
    location / {{ rewrite ^ /${{answer}}_$form last; }}
  }}
  server {{
    listen 127.0.0.1:{delayed} ssl backlog=4096;
    include {folder}/answers.conf;
    location / {{ echo_sleep {delay}; echo_exec /${{answer}}_$form; }}
  }}
  server {{
    listen 127.0.0.1:{dropping} ssl backlog=4096;
    include {folder}/answers.conf;
    location / {{ if ($connection_requests = 2) {{ return 444; }} rewrite ^ /${{answer}}_$form last; }}
  }}
  server {{
    listen 127.0.0.1:{resetting} ssl backlog=4096;
    reset_timedout_connection on;
    include {folder}/answers.conf;
    location / {{ if ($connection_requests = 2) {{ return 444; }} rewrite ^ /${{answer}}_$form last; }}
  }}
  server {{
    listen 127.0.0.1:{denying} ssl backlog=4096;
    access_log {folder}/denying.log connection;
    include {folder}/answers.conf;
    location / {{ rewrite ^ /denied_$form last; }}
  }}
  server {{
    listen 127.0.0.1:{throttling} ssl backlog=4096;
    include {folder}/answers.conf;
    limit_req_log_level info;
    location / {{
      limit_req zone=quota burst={quota} nodelay;
      error_page 503 = @throttled;
      echo_sleep {delay};
      echo_exec /${{answer}}_$form;
    }}
    location @throttled {{ echo_sleep {delay}; echo_exec /throttled_$form; }}
  }}
  server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }}
}}
"""

ANSWERS = """
add_header x-amzn-RequestId $uuid always;
location = /identity_json { internal; default_type application/json; return 200 $identity_json; }
location = /identity_xml { internal; default_type text/xml; return 200 $identity_xml; }
location = /denied_xml { internal; default_type text/xml; return 403 $denied; }
location = /denied_json { internal; default_type application/json; return 403 $denied; }
location = /throttled_xml { internal; default_type text/xml; return 400 $throttled; }
location = /throttled_json { internal; default_type application/json; return 400 $throttled; }
"""

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

    def __init__(self, delay_ms: int = 20, quota: int = 600, certificates: Path | None = None):
        self.folder = Path(tempfile.mkdtemp(prefix="maws-nginx-"))
        if certificates is None:
            make_certificates(self.folder)
        else:
            for name in ("ca.pem", "server.pem", "server.key"):
                shutil.copy(certificates / name, self.folder)
        self.ports = dict(zip(PLACES, _free_ports(len(PLACES)), strict=True))
        (self.folder / "answers.conf").write_text(ANSWERS)
        configuration = CONFIGURATION.format(
            module=ECHO_MODULE,
            folder=self.folder,
            quota=quota,
            delay=delay_ms / 1000,
            account="123456789012",
            arn="arn:aws:sts::123456789012:assumed-role/bench-app-role/i-0123456789abcdef0",
            user_id="AROAEXAMPLEEXAMPLE123:i-0123456789abcdef0",
            namespace="https://sts.amazonaws.com/doc/2011-06-15/",
            **self.ports,
        )
        (self.folder / "nginx.conf").write_text(configuration)
        command = ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
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
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.folder)

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
        """Without the connection and the request that ask for them, now and before."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["status"], timeout=10)
        try:
            connection.request("GET", "/")
            words = connection.getresponse().read().decode().split()
        finally:
            connection.close()
        figures = [int(word) for word in words if word.isdigit()]
        self._asked = getattr(self, "_asked", 0) + 1
        return Counters(figures[1] - self._asked, figures[3] - self._asked)

    def denied_connections(self) -> int:
        """How many connections carried the requests that were denied."""
        return len(set((self.folder / "denying.log").read_text().split()))

    def _await_start(self) -> None:
        deadline = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.ports["status"]), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                self._asked = 1
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


def installed() -> bool:
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is not None
