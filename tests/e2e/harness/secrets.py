"""What must not stand in any log: collected while the tests run, looked for at the end.

Of the Authorization header the log may have the access key id: looked for are the signature and
what only the header has before it.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .identities import Credentials

SIGNATURE = re.compile(r"Signature=(\S+)")
HEADER = re.compile(r"Credential=\w+|SignedHeaders=\S{8}")
PIECE = 16


class Secrets:
    """Secret keys, session tokens, signatures and nonces that were in use."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._headers: set[str] = set()

    def __len__(self) -> int:
        return len(self._texts)

    def add_credentials(self, credentials: Credentials) -> None:
        self._texts.add(credentials.secret)
        if credentials.token:
            self._texts.add(credentials.token)

    def add_nonce(self, nonce: bytes) -> None:
        """The whole and both halves, in the ways in which bytes get into logs."""
        for part in (nonce, nonce[:32], nonce[32:]):
            if part:
                self._texts.update([part.hex(), base64.b64encode(part).decode()])

    def add_client_second(self, message: Mapping[str, Any]) -> None:
        """What a client has sent of its own making."""
        for name, value in message.items():
            if name == "t" and isinstance(value, str):
                self._texts.add(value)
            if name == "a" and isinstance(value, str):
                self._add_header(value)

    def add_requests(self, requests: Iterable[Mapping[str, Any]]) -> None:
        """What came to STS."""
        for request in requests:
            for name, value in request["headers"]:
                if name.lower() == "x-amz-security-token":
                    self._texts.add(value)
                elif name.lower() == "authorization":
                    self._add_header(value)
                elif name.lower() == "x-mongodb-server-nonce":
                    self.add_nonce(base64.b64decode(value))

    def _add_header(self, authorization: str) -> None:
        self._texts.update(SIGNATURE.findall(authorization))
        self._headers.update(HEADER.findall(authorization))

    def findable(self) -> list[str]:
        """Those that are long enough to be told from other text."""
        return [secret for secret in self._texts if _pieces(secret)] + list(self._headers)

    def found_in(self, text: str) -> list[str]:
        """The secrets of which the text holds a piece, from their beginning, middle or end."""
        found = [secret for secret in self._texts if any(p in text for p in _pieces(secret))]
        return found + [part for part in self._headers if part in text]


def _pieces(secret: str) -> set[str]:
    if len(secret) < PIECE:
        return set()
    middle = (len(secret) - PIECE) // 2
    return {secret[:PIECE], secret[middle : middle + PIECE], secret[-PIECE:]}
