"""Who logs in, from where the credentials come, and what has to come of it."""

import base64
import json
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import quote

import boto3
from harness.emulator import Emulator
from harness.identities import (
    ALICE,
    ALICE_WRONG_SECRET,
    BOB,
    EXPIRED,
    JANE,
    SSO_JANE,
    Credentials,
)
from harness.paths import IDENTITIES
from harness.reason import Reason
from harness.server import User

from . import namespace

REGION = "us-east-1"
RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
ACCOUNT = "arn:aws:iam::123456789012"
TOKEN_LASTS = 3600


class Source(Enum):
    """From where a driver gets credentials: a heading, and the variable that it must read."""

    ENVIRONMENT = ("environment", "AWS_ACCESS_KEY_ID")
    PROFILE = ("profile", "AWS_PROFILE")
    URI = ("URI", "")
    EC2 = ("EC2", "AWS_EC2_METADATA_SERVICE_ENDPOINT")
    ECS = ("ECS", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    WEB_IDENTITY = ("EKS web identity", "AWS_WEB_IDENTITY_TOKEN_FILE")
    POD_IDENTITY = ("EKS Pod Identity", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")

    @property
    def heading(self) -> str:
        return self.value[0]

    @property
    def variable(self) -> str:
        return self.value[1]

    @property
    def link_local(self) -> tuple[str, str] | None:
        """AWS's own address of it, and what a driver's code holds that asks there."""
        places = {
            Source.EC2: (namespace.EC2, namespace.EC2),
            Source.ECS: (namespace.CONTAINERS, RELATIVE_URI),
        }
        return places.get(self)


KEYS = (Source.ENVIRONMENT, Source.PROFILE, Source.URI)


@dataclass(frozen=True)
class Identity:
    """Somebody who logs in: as a user of $external, or to be refused."""

    name: str
    #: Long-lived keys or a session; where there are none, the role is assumed.
    credentials: Credentials | None
    role: str | None
    sources: tuple[Source, ...]
    #: The members of the server's log line that tell the outcome.
    logged: dict[str, Any] = field(default_factory=dict)

    @property
    def user(self) -> str | None:
        """As whom; nobody if the login has to be refused."""
        return self.logged.get("principal") if self.logged["outcome"] == "success" else None


def welcome(user: str) -> dict[str, Any]:
    return {"outcome": "success", "principal": user}


def refused(**because: object) -> dict[str, Any]:
    return {"outcome": "refused", **because}


SHOP_APP = f"{ACCOUNT}:role/shop-app"
IMPORTER = f"{ACCOUNT}:role/service/batch/importer"
SSO_ROLE = "AWSReservedSSO_Reader_0123456789abcdef"
READER = f"{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/{SSO_ROLE}"
STRANGER = f"{ACCOUNT}:role/stranger"

WELCOME = (
    Identity("IAM user", ALICE, None, KEYS, welcome(f"{ACCOUNT}:user/alice")),
    Identity(
        "IAM user under a path", JANE, None, KEYS, welcome(f"{ACCOUNT}:user/division/team/jane")
    ),
    Identity("assumed role", None, SHOP_APP, tuple(Source), welcome(SHOP_APP)),
    # Sessions of a role have its name without the path.
    Identity(
        "role under a path", None, IMPORTER, tuple(Source), welcome(f"{ACCOUNT}:role/importer")
    ),
    # People have it, and tools on their machines that play the container endpoint.
    Identity(
        "Identity Center role",
        SSO_JANE,
        READER,
        (*KEYS, Source.ECS),
        welcome(f"{ACCOUNT}:role/{SSO_ROLE}"),
    ),
)
REFUSED = (
    Identity(
        "wrong secret", ALICE_WRONG_SECRET, None, KEYS, refused(reason=Reason.SIGNATURE_MISMATCH)
    ),
    Identity("expired token", EXPIRED, None, KEYS, refused(reason=Reason.TOKEN_EXPIRED)),
    Identity("unknown user", BOB, None, KEYS, refused(rawArn=f"{ACCOUNT}:user/bob")),
    Identity("unknown role", None, STRANGER, tuple(Source), refused(principal=STRANGER)),
)

USERS = tuple(User(str(identity.user), (("read", "shop"),)) for identity in WELCOME)


@dataclass(frozen=True)
class Setting:
    """What a driver is given to find credentials: variables, and parts of the connection string."""

    environment: dict[str, str]
    userinfo: str = ""
    properties: str = ""

    def uri(self, port: int, **options: object) -> str:
        parts = {
            "authMechanism": "MONGODB-AWS",
            "authSource": "$external",
            "serverSelectionTimeoutMS": 20_000,
            **options,
        }
        query = "&".join(f"{name}={value}" for name, value in parts.items()) + self.properties
        return f"mongodb://{self.userinfo}127.0.0.1:{port}/?{query}"


class Account:
    """The emulated AWS, as those see it who get credentials there."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._assumed: dict[str, Credentials] = {}
        roles = json.loads(IDENTITIES.read_text())["roles"]
        self._subjects = {role["arn"]: role.get("subjects", []) for role in roles}

    def link_local_setting(self, identity: Identity, source: Source) -> Setting:
        """Lets them be found there by drivers that know AWS's own addresses only."""
        assert identity.role is not None
        if source is Source.EC2:
            self._emulator.set_instance_role(identity.role)
            return Setting({"AWS_EC2_METADATA_DISABLED": "false"})
        return Setting({RELATIVE_URI: f"/v2/credentials/{identity.role.rpartition('/')[2]}"})

    def setting(self, identity: Identity, source: Source) -> Setting:
        """Lets the identity's credentials be found at the source, and nowhere else."""
        if source is Source.PROFILE:
            return self._profile(self._credentials(identity))
        if source in KEYS:
            return keys_setting(self._credentials(identity), source)
        role = identity.role
        assert role is not None
        if source is Source.EC2:
            self._emulator.set_instance_role(role)
            endpoint = {source.variable: self._emulator.metadata}
            return Setting({"AWS_EC2_METADATA_DISABLED": "false", **endpoint})
        if source is Source.ECS:
            name = role.rpartition("/")[2]
            uri = f"{self._emulator.metadata}/v2/credentials/{name}"
            return Setting({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri})
        if source is Source.POD_IDENTITY:
            uri = f"{self._emulator.metadata}/v1/credentials"
            token = self._token(role, "pods.eks.amazonaws.com")
            return Setting({"AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, source.variable: token})
        return Setting(
            {
                source.variable: self._token(role, "sts.amazonaws.com"),
                "AWS_ROLE_ARN": role,
                "AWS_ROLE_SESSION_NAME": "pod",
                "AWS_ENDPOINT_URL_STS": self._emulator.endpoint,
            }
        )

    def _credentials(self, identity: Identity) -> Credentials:
        if identity.credentials is not None:
            return identity.credentials
        role = identity.role
        assert role is not None
        if role not in self._assumed:
            self._assumed[role] = self._assume(role)
        return self._assumed[role]

    def _assume(self, role: str) -> Credentials:
        """As Alice, whom the roles trust."""
        sts = boto3.client(
            "sts",
            endpoint_url=self._emulator.endpoint,
            verify=str(self._emulator.ca_file),
            region_name=REGION,
            aws_access_key_id=ALICE.access_key_id,
            aws_secret_access_key=ALICE.secret,
        )
        answer = sts.assume_role(RoleArn=role, RoleSessionName="nightly-job")["Credentials"]
        return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])

    def _profile(self, credentials: Credentials) -> Setting:
        """A profile of AWS's tools with these keys."""
        lines = {
            "aws_access_key_id": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret,
            "aws_session_token": credentials.token,
        }
        held = "".join(f"{name} = {value}\n" for name, value in lines.items() if value)
        file = self._emulator.ca_file.parent / "config"
        file.write_text(f"[profile somebody]\n{held}")
        return Setting({Source.PROFILE.variable: "somebody", "AWS_CONFIG_FILE": str(file)})

    def _token(self, role: str, audience: str) -> str:
        """A file with a token that stands for the role."""
        expires = int(time.time()) + TOKEN_LASTS
        claims = {"sub": self._subjects[role][0], "aud": [audience], "exp": expires}
        parts = [{"alg": "RS256", "typ": "JWT"}, claims, "not checked"]
        encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
        file = self._emulator.ca_file.parent / f"token-{audience}"
        file.write_text(".".join(part.decode().rstrip("=") for part in encoded))
        return str(file)


def keys_setting(credentials: Credentials, source: Source) -> Setting:
    token = credentials.token
    if source is Source.ENVIRONMENT:
        variables = {
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret,
        }
        return Setting(variables | ({} if token is None else {"AWS_SESSION_TOKEN": token}))
    user, password = quote(credentials.access_key_id, ""), quote(credentials.secret, "")
    properties = "&authMechanismProperties=AWS_SESSION_TOKEN:" + quote(token or "", "")
    return Setting({}, f"{user}:{password}@", "" if token is None else properties)
