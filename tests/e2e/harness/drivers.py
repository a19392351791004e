"""Clients as an application makes them."""

from collections.abc import Mapping
from typing import Any

import pymongo

from .identities import Credentials
from .server import Server

#: Long enough for a busy machine, short enough for a test.
SERVER_SELECTION_MS = 20_000


def options(server: Server, credentials: Credentials | None, **more: object) -> dict[str, Any]:
    """Arguments of MongoClient and AsyncMongoClient."""
    chosen: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "serverSelectionTimeoutMS": SERVER_SELECTION_MS,
    }
    if server.certificate is not None:
        chosen.update(tls=True, tlsCAFile=str(server.certificate))
    if credentials is not None:
        chosen.update(authMechanism="MONGODB-AWS")
        chosen.update(username=credentials.access_key_id, password=credentials.secret)
        if credentials.token is not None:
            token = {"AWS_SESSION_TOKEN": credentials.token}
            chosen.update(authMechanismProperties=token)
    return {**chosen, **more}


def connect(
    server: Server, credentials: Credentials | None = None, **more: object
) -> "pymongo.MongoClient[Mapping[str, Any]]":
    return pymongo.MongoClient(**options(server, credentials, **more))


def identity_of(status: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Users and roles of a connectionStatus."""
    info = status["authInfo"]
    return info["authenticatedUsers"], info["authenticatedUserRoles"]
