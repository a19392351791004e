"""The identities that the STS emulator knows, by the names that the tests give them."""

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from .paths import IDENTITIES


@dataclass(frozen=True)
class Credentials:
    """What a client has: an access key, and a token if the credentials are temporary."""

    access_key_id: str
    secret: str
    token: str | None = None

    def with_secret(self, secret: str) -> "Credentials":
        return replace(self, secret=secret)

    def with_token(self, token: str | None) -> "Credentials":
        return replace(self, token=token)


@cache
def _known() -> dict[str, dict[str, Any]]:
    document = json.loads(IDENTITIES.read_text())
    return {entry["arn"]: entry for entry in document["users"] + document["sessions"]}


def identity(arn: str) -> Credentials:
    entry = _known()[arn]
    return Credentials(entry["accessKeyId"], entry["secretAccessKey"], entry.get("sessionToken"))


def everyone() -> list[Credentials]:
    return [identity(arn) for arn in _known()]


ALICE = identity("arn:aws:iam::123456789012:user/alice")
JANE = identity("arn:aws:iam::123456789012:user/division/team/jane")
BOB = identity("arn:aws:iam::123456789012:user/bob")
ACCOUNT_ROOT = identity("arn:aws:iam::123456789012:root")
ADMIN = identity("arn:aws:iam::210987654321:user/alice")
SHOP_APP = identity("arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0")
EXPIRED = identity("arn:aws:sts::123456789012:assumed-role/shop-app/yesterday")
SSO_JANE = identity(
    "arn:aws:sts::123456789012:assumed-role/"
    "AWSReservedSSO_Reader_0123456789abcdef/jane.doe@example.com"
)
FEDERATED = identity("arn:aws:sts::123456789012:federated-user/carol")
INSTANCE = identity("arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0123456789abcdef0")
CHINA_APP = identity("arn:aws-cn:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0")
US_GOV_APP = identity("arn:aws-us-gov:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0")

ALICE_WRONG_SECRET = ALICE.with_secret("aWrongEXAMPLEsecret+0001/forTheUserAlice")
UNKNOWN_KEY = Credentials("AKIANOBODYEXAMPLE001", "nobodyEXAMPLEsecret+001/nobodyEXAMPLE001")
