"""Clients with a real driver that are refused: all hear the same, and the log knows why."""

import asyncio

import bson
import pymongo
import pytest
from harness.drivers import options
from harness.emulator import Emulator
from harness.identities import (
    ACCOUNT_ROOT,
    ALICE_WRONG_SECRET,
    BOB,
    EXPIRED,
    FEDERATED,
    INSTANCE,
    SHOP_APP,
    UNKNOWN_KEY,
    Credentials,
)
from harness.reason import Reason
from harness.running import Connect, StartLogin, StartServer
from harness.server import Server
from harness.wire import REFUSAL
from pymongo.errors import OperationFailure

NO_REASON = 0

REFUSED = [
    pytest.param(
        ALICE_WRONG_SECRET,
        Reason.SIGNATURE_MISMATCH,
        {"stsErrorCode": "SignatureDoesNotMatch"},
        id="wrong secret",
    ),
    pytest.param(
        UNKNOWN_KEY,
        Reason.ACCESS_KEY_UNKNOWN,
        {"stsErrorCode": "InvalidClientTokenId"},
        id="unknown key",
    ),
    pytest.param(
        EXPIRED,
        Reason.TOKEN_EXPIRED,
        {"stsErrorCode": "ExpiredToken"},
        id="expired token",
    ),
    pytest.param(
        SHOP_APP.with_token(None),
        Reason.ACCESS_KEY_UNKNOWN,
        {"stsErrorCode": "InvalidClientTokenId"},
        id="missing token",
    ),
    pytest.param(
        BOB,
        NO_REASON,
        {
            "rawArn": "arn:aws:iam::123456789012:user/bob",
            "detail": "no user of $external matches the verified ARN",
        },
        id="valid AWS identity that is no user",
    ),
    pytest.param(
        ACCOUNT_ROOT,
        Reason.ROOT_NOT_ALLOWED,
        {"rawArn": "arn:aws:iam::123456789012:root"},
        id="root of the account",
    ),
    pytest.param(
        FEDERATED,
        Reason.FEDERATED_NOT_ALLOWED,
        {"rawArn": "arn:aws:sts::123456789012:federated-user/carol"},
        id="federated user",
    ),
    pytest.param(
        INSTANCE,
        Reason.INSTANCE_IDENTITY,
        {"rawArn": "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0123456789abcdef0"},
        id="EC2 instance identity",
    ),
]


@pytest.mark.parametrize(("credentials", "reason", "also"), REFUSED)
def test_the_driver_is_refused_and_the_log_says_why(
    either_server: Server,
    sts: Emulator,
    connect: Connect,
    credentials: Credentials,
    reason: int,
    also: dict[str, str],
) -> None:
    mark = either_server.mark()
    with pytest.raises(OperationFailure) as refused:
        connect(either_server, credentials).shop.products.find_one()
    assert refused.value.details == bson.decode(REFUSAL)

    line = either_server.login(after=mark)
    assert line["outcome"] == "refused"
    assert line["reason"] == reason
    assert line["accessKeyId"] == credentials.access_key_id
    assert line["stsRequestId"]
    assert also.items() <= line.items()
    assert sts.counters()["requests"] == 1


@pytest.mark.parametrize(("credentials", "reason", "also"), REFUSED)
def test_the_refusal_is_the_same_byte_for_byte(
    server: Server,
    start_login: StartLogin,
    credentials: Credentials,
    reason: int,
    also: dict[str, str],
) -> None:
    login = start_login(server)
    assert login.run(credentials) == REFUSAL
    line = server.login(after=login.mark, remote=login.wire.address)
    assert line["reason"] == reason
    assert also.items() <= line.items()


def test_the_async_driver_is_refused_alike(server: Server) -> None:
    async def log_in() -> None:
        async with pymongo.AsyncMongoClient(**options(server, ALICE_WRONG_SECRET)) as client:
            await client.shop.products.find_one()

    with pytest.raises(OperationFailure) as refused:
        asyncio.run(log_in())
    assert refused.value.details == bson.decode(REFUSAL)


def test_a_role_that_is_no_user_is_told_of_the_trap_with_paths(
    start_server: StartServer, start_login: StartLogin
) -> None:
    server = start_server(users=())
    login = start_login(server)
    assert login.run(SHOP_APP) == REFUSAL
    assert "user names hold no role path" in server.login()["detail"]


@pytest.mark.parametrize(
    ("option", "credentials"),
    [("awsAllowRoot", ACCOUNT_ROOT), ("awsAllowFederated", FEDERATED)],
)
def test_the_operator_may_allow_some_of_them(
    start_server: StartServer, connect: Connect, option: str, credentials: Credentials
) -> None:
    server = start_server(parameters={option: "true"})
    assert connect(server, credentials).shop.products.find_one() is None


def test_logins_without_tls_are_refused_where_the_operator_says_so(
    start_server: StartServer, start_login: StartLogin, sts: Emulator
) -> None:
    server = start_server(parameters={"awsRequireTLS": "true"})
    login = start_login(server)
    assert login.start() == REFUSAL
    line = server.login()
    assert (line["outcome"], line["reason"]) == ("refused", Reason.LINK_NOT_TLS)
    assert sts.counters()["requests"] == 0
