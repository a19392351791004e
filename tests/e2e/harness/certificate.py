"""A throw-away certificate for the server's own TLS."""

import subprocess
from pathlib import Path


def make_certificate(folder: Path, *names: str) -> Path:
    """A PEM file with key and certificate; clients take it as the authority, too."""
    more = "".join(f",DNS:{name}" for name in names)
    key, certificate, both = (folder / name for name in ("key.pem", "cert.pem", "server.pem"))
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subprocess.run(
        [
            *command.split(),
            *("-subj", "/CN=localhost"),
            *("-addext", f"subjectAltName=IP:127.0.0.1,DNS:localhost{more}"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    both.touch(mode=0o600)
    both.write_text(key.read_text() + certificate.read_text())
    return both
