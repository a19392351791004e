"""The client's side of MONGODB-AWS with Signature Version 4 written out, honest or not.

PROTOCOL: the client signs a GetCallerIdentity request that carries the server's nonce. Whoever
wants to cheat changes what is signed (`Signing`) or what is sent (the returned document).
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .identities import Credentials

BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
NONCE_HEADER = "x-mongodb-server-nonce"
TOKEN_HEADER = "x-amz-security-token"


@dataclass(frozen=True)
class ServerFirst:
    """The server's challenge: both nonces, and the STS host to sign for."""

    nonce: bytes
    host: str


@dataclass(frozen=True)
class Signing:
    """How to sign; the defaults are those of an honest client."""

    at: datetime | None = None
    nonce: bytes | None = None
    host: str | None = None
    flag: str = "n"
    method: str = "POST"
    body: bytes = BODY
    region: str = "us-east-1"
    service: str = "sts"
    day: str | None = None
    without: Collection[str] = ()
    also: Mapping[str, str] = field(default_factory=dict)


HONEST = Signing()


def client_second(
    credentials: Credentials, first: ServerFirst, how: Signing = HONEST
) -> dict[str, str]:
    """The client's second message: Authorization, date and, for temporary credentials, token."""
    date = (how.at or datetime.now(timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-length": str(len(how.body)),
        "content-type": "application/x-www-form-urlencoded",
        "host": how.host or first.host,
        "x-amz-date": date,
        "x-mongodb-gs2-cb-flag": how.flag,
        NONCE_HEADER: base64.b64encode(how.nonce or first.nonce).decode(),
        **how.also,
    }
    if credentials.token is not None:
        headers[TOKEN_HEADER] = credentials.token
    for name in how.without:
        headers.pop(name, None)
    names = ";".join(sorted(headers))
    scope = f"{how.day or date[:8]}/{how.region}/{how.service}/aws4_request"
    canonical = "\n".join(
        [
            how.method,
            "/",
            "",
            *(f"{name}:{headers[name]}" for name in sorted(headers)),
            "",
            names,
            hashlib.sha256(how.body).hexdigest(),
        ]
    )
    signature = _sign(credentials.secret, scope, date, canonical)
    message = {
        "a": f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}",
        "d": date,
    }
    if credentials.token is not None:
        message["t"] = credentials.token
    return message


def _sign(secret: str, scope: str, date: str, canonical: str) -> str:
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashed])
    return hmac.digest(key, text.encode(), "sha256").hex()
