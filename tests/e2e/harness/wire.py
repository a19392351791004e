"""MongoDB's wire protocol, as little of it as a login takes."""

import os
import socket
import struct
from collections.abc import Mapping
from typing import Any

import bson
from bson.binary import Binary

from .identities import Credentials
from .signer import HONEST, ServerFirst, Signing, client_second

OP_MSG = 2013
HEADER = struct.Struct("<iiii")
EXTERNAL = "$external"

Document = Mapping[str, Any]

#: What every refused client gets, byte for byte.
REFUSAL = bson.encode(
    {
        "ok": 0.0,
        "errmsg": "Authentication failed.",
        "code": 18,
        "codeName": "AuthenticationFailed",
    }
)


class Wire:
    """One connection to the server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        host, own_port = self._socket.getsockname()
        #: As the server names us in its log.
        self.address = f"{host}:{own_port}"
        self._last_request = 0

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, command: Document, database: str) -> None:
        body = bson.encode({**command, "$db": database})
        self._last_request += 1
        length = HEADER.size + 5 + len(body)
        header = HEADER.pack(length, self._last_request, 0, OP_MSG)
        self._socket.sendall(header + struct.pack("<iB", 0, 0) + body)

    def receive(self) -> bytes:
        """The reply's document. Raises ConnectionError when there is none."""
        length, _, answers, opcode = HEADER.unpack(self._read(HEADER.size))
        message = self._read(length - HEADER.size)
        assert (answers, opcode) == (self._last_request, OP_MSG)
        assert message[:5] == b"\0\0\0\0\0"
        return message[5:]

    def run(self, command: Document, database: str) -> bytes:
        self.send(command, database)
        return self.receive()

    def _read(self, count: int) -> bytes:
        parts = []
        while count > 0:
            part = self._socket.recv(count)
            if not part:
                raise ConnectionError("the server has closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def client_first(nonce: object = None, flag: object = 110) -> dict[str, Any]:
    return {"r": Binary(os.urandom(32)) if nonce is None else nonce, "p": flag}


class Login:
    """A conversation in which the client can say anything."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        #: Where its lines begin in the server's log: another client may have had the port before.
        self.mark = 0
        self.first: ServerFirst | None = None

    def start(self, payload: Document | bytes | None = None, database: str = EXTERNAL) -> bytes:
        """The first message; the reply's challenge is kept."""
        message = client_first() if payload is None else payload
        command = {"saslStart": 1, "mechanism": "MONGODB-AWS", "payload": _binary(message)}
        reply = self.wire.run(command, database)
        document = bson.decode(reply)
        if document["ok"] == 1:
            challenge = bson.decode(document["payload"])
            assert challenge.keys() == {"s", "h"}
            self.first = ServerFirst(bytes(challenge["s"]), challenge["h"])
        return reply

    def challenge(self) -> ServerFirst:
        """Starts like an honest client."""
        self.start()
        assert self.first is not None, "the first message was refused"
        return self.first

    def send_second(self, message: Document | bytes, **more: object) -> None:
        command = {"saslContinue": 1, "conversationId": 1, "payload": _binary(message), **more}
        self.wire.send(command, EXTERNAL)

    def proceed(self, message: Document | bytes) -> bytes:
        """The second message; gives the reply."""
        self.send_second(message)
        return self.wire.receive()

    def run(self, credentials: Credentials, how: Signing = HONEST) -> bytes:
        """The whole login; gives the last reply."""
        return self.proceed(client_second(credentials, self.challenge(), how))


def _binary(message: Document | bytes) -> Binary:
    return Binary(message if isinstance(message, bytes) else bson.encode(message))
