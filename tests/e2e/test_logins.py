"""Who logs in, and as which user of $external."""

import asyncio

import bson
import pymongo
import pytest
from harness.drivers import identity_of, options
from harness.emulator import Emulator
from harness.identities import (
    ADMIN,
    ALICE,
    CHINA_APP,
    JANE,
    SHOP_APP,
    SSO_JANE,
    US_GOV_APP,
    Credentials,
)
from harness.running import Connect, StartLogin, StartServer
from harness.server import Server, User
from harness.wire import REFUSAL

IDENTITIES = [
    pytest.param(
        ALICE,
        "arn:aws:iam::123456789012:user/alice",
        [("read", "shop")],
        id="IAM user",
    ),
    pytest.param(
        JANE,
        "arn:aws:iam::123456789012:user/division/team/jane",
        [("readWrite", "shop")],
        id="IAM user under a path",
    ),
    pytest.param(
        SHOP_APP,
        "arn:aws:iam::123456789012:role/shop-app",
        [("readWrite", "shop"), ("read", "stock")],
        id="assumed role",
    ),
    pytest.param(
        SSO_JANE,
        "arn:aws:iam::123456789012:role/AWSReservedSSO_Reader_0123456789abcdef",
        [("read", "shop")],
        id="Identity Center role",
    ),
    pytest.param(
        ADMIN,
        "arn:aws:iam::210987654321:user/alice",
        [("root", "admin")],
        id="user of the same name in another account",
    ),
    pytest.param(
        CHINA_APP,
        "arn:aws-cn:iam::123456789012:role/shop-app",
        [("read", "shop")],
        id="assumed role in China",
    ),
    pytest.param(
        US_GOV_APP,
        "arn:aws-us-gov:iam::123456789012:role/shop-app",
        [("read", "shop")],
        id="assumed role in GovCloud",
    ),
]

Roles = list[tuple[str, str]]


def expected(user: str, roles: Roles) -> tuple[list, list]:
    return (
        [{"user": user, "db": "$external"}],
        [{"role": role, "db": database} for role, database in roles],
    )


@pytest.mark.parametrize(("credentials", "user", "roles"), IDENTITIES)
def test_logs_in_as_the_user_of_its_arn(
    either_server: Server, connect: Connect, credentials: Credentials, user: str, roles: Roles
) -> None:
    client = connect(either_server, credentials)
    status = client.admin.command("connectionStatus")
    assert identity_of(status) == expected(user, roles)


@pytest.mark.parametrize(("credentials", "user", "roles"), IDENTITIES)
def test_logs_in_with_the_async_driver(
    either_server: Server, credentials: Credentials, user: str, roles: Roles
) -> None:
    async def status() -> dict:
        async with pymongo.AsyncMongoClient(**options(either_server, credentials)) as client:
            return await client.admin.command("connectionStatus")

    assert identity_of(asyncio.run(status())) == expected(user, roles)


@pytest.mark.parametrize("credentials", [ALICE, SHOP_APP], ids=["IAM user", "assumed role"])
def test_logs_in_with_credentials_of_the_environment(
    server: Server, connect: Connect, credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials.secret)
    if credentials.token is not None:
        monkeypatch.setenv("AWS_SESSION_TOKEN", credentials.token)
    client = connect(server, authMechanism="MONGODB-AWS")
    assert client.shop.products.find_one({"_id": "none"}) is None


def test_our_own_client_logs_in_too(server: Server, start_login: StartLogin) -> None:
    """Otherwise the refusals of dishonest clients would prove nothing."""
    login = start_login(server)
    reply = bson.decode(login.run(SHOP_APP))
    assert reply == {"conversationId": 1, "done": True, "payload": b"", "ok": 1.0}


#: All the names that somebody may have given one session's user, with a role that tells them apart.
SPELLINGS = {
    "iamRole": User("arn:aws:iam::123456789012:role/shop-app", (("read", "by-role"),)),
    "stsWildcard": User("arn:aws:sts::123456789012:assumed-role/shop-app/*", (("read", "by-any"),)),
    "the session itself": User(
        "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0",
        (("root", "admin"),),
    ),
}


@pytest.mark.parametrize("scheme", ["iamRole", "stsWildcard"])
def test_a_session_is_the_user_of_the_configured_scheme_whoever_else_is_there(
    start_server: StartServer, connect: Connect, scheme: str
) -> None:
    server = start_server(
        users=tuple(SPELLINGS.values()), parameters={"awsPrincipalFormat": scheme}
    )
    status = connect(server, SHOP_APP).admin.command("connectionStatus")
    user = SPELLINGS[scheme]
    assert identity_of(status) == expected(user.name, list(user.roles))


@pytest.mark.parametrize("scheme", ["iamRole", "stsWildcard"])
def test_a_session_is_refused_where_only_other_schemes_have_a_user(
    start_server: StartServer, start_login: StartLogin, scheme: str
) -> None:
    others = tuple(user for name, user in SPELLINGS.items() if name != scheme)
    server = start_server(users=others, parameters={"awsPrincipalFormat": scheme})
    assert start_login(server).run(SHOP_APP) == REFUSAL


def test_the_log_names_who_logged_in(server: Server, sts: Emulator, connect: Connect) -> None:
    mark = server.mark()
    connect(server, SHOP_APP).admin.command("connectionStatus")
    line = server.login(after=mark)
    assert line["outcome"] == "success"
    assert line["principal"] == "arn:aws:iam::123456789012:role/shop-app"
    assert line["rawArn"] == "arn:aws:sts::123456789012:assumed-role/shop-app/i-0123456789abcdef0"
    assert line["account"] == "123456789012"
    assert line["accessKeyId"] == SHOP_APP.access_key_id
    assert line["stsHost"] == "sts.amazonaws.com"
    assert line["stsRequestId"]
    assert line["remote"].startswith("127.0.0.1:")
    assert sts.counters()["by_status"] == {"200": 1}


def test_each_connection_asks_sts_once(server: Server, sts: Emulator, connect: Connect) -> None:
    client = connect(server, ALICE)
    for _ in range(3):
        client.shop.products.find_one({"_id": "none"})
    assert sts.counters()["requests"] == 1


def test_logout_takes_the_privileges(server: Server, start_login: StartLogin) -> None:
    login = start_login(server)
    login.run(ALICE)
    login.wire.run({"logout": 1}, "$external")
    reply = bson.decode(login.wire.run({"find": "products"}, "shop"))
    assert reply["code"] == 13
