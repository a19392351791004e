"""Clients that no driver would be: they change what they sign or send, over the real wire.

What can be seen to be wrong here is refused without asking STS; what only STS can judge costs one
request. The client hears the same in every case.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import bson
import pytest
from bson.binary import Binary
from harness.emulator import Emulator
from harness.identities import ALICE, SHOP_APP
from harness.reason import Reason
from harness.running import StartLogin
from harness.server import Server
from harness.signer import NONCE_HEADER, TOKEN_HEADER, ServerFirst, Signing, client_second
from harness.wire import REFUSAL, client_first

Message = dict[str, Any] | bytes
Make = Callable[[ServerFirst], Message]


def signed(**how: object) -> Make:
    """Alice's message, signed in another way."""
    return lambda first: client_second(ALICE, first, Signing(**how))


def sent(change: Callable[[dict[str, str]], Message], credentials: object = ALICE) -> Make:
    """A message that was changed after it was signed."""
    return lambda first: change(client_second(credentials, first))


def rewritten(old: str, new: str) -> Make:
    """Another text in Alice's Authorization."""

    def change(message: dict[str, str]) -> dict[str, str]:
        assert old in message["a"]
        return {**message, "a": message["a"].replace(old, new)}

    return sent(change)


def ago(**time: float) -> datetime:
    return datetime.now(timezone.utc) - timedelta(**time)


def flipped(nonce: bytes) -> bytes:
    return nonce[:-1] + bytes([nonce[-1] ^ 1])


def stolen(first: ServerFirst) -> dict[str, str]:
    """A request that Alice signed for another service, without any nonce."""
    unsigned = Signing(without={NONCE_HEADER, "x-mongodb-gs2-cb-flag"})
    return client_second(ALICE, first, unsigned)


def stolen_with_decoy_list(first: ServerFirst) -> dict[str, str]:
    """The list that a lax parser checks, before the list that counts at STS."""
    message = stolen(first)
    honest = client_second(ALICE, first)["a"]
    decoy = honest[honest.index("SignedHeaders=") :]
    start, rest = message["a"].split(", SignedHeaders=")
    return {**message, "a": f"{start}, {decoy}, SignedHeaders={rest}"}


def stolen_with_decoy_after(first: ServerFirst) -> dict[str, str]:
    message = stolen(first)
    honest = client_second(ALICE, first)["a"]
    decoy = honest[honest.index("SignedHeaders=") :]
    return {**message, "a": f"{message['a']}, {decoy}"}


def stolen_behind(member: str) -> Make:
    """An honest-looking message with the stolen Authorization as one more header in a value."""

    def make(first: ServerFirst) -> dict[str, str]:
        honest = client_second(ALICE.with_token("EXAMPLEtoken0123456789"), first)
        hidden = f"\r\nAuthorization: {stolen(first)['a']}"
        return {**honest, member: honest[member] + hidden}

    return make


#: Seen to be wrong without STS.
LOCAL = [
    # The binding to this conversation.
    ("unsigned nonce", signed(without={NONCE_HEADER}), Reason.SIGNED_HEADER_MISSING),
    ("unsigned flag", signed(without={"x-mongodb-gs2-cb-flag"}), Reason.SIGNED_HEADER_MISSING),
    ("request of another service", stolen, Reason.SIGNED_HEADER_MISSING),
    ("decoy SignedHeaders before", stolen_with_decoy_list, Reason.AUTHORIZATION_MALFORMED),
    ("decoy SignedHeaders after", stolen_with_decoy_after, Reason.AUTHORIZATION_MALFORMED),
    # Headers hidden in values.
    ("second Authorization in the date", stolen_behind("d"), Reason.DATE_MALFORMED),
    ("second Authorization in the token", stolen_behind("t"), Reason.TOKEN_MALFORMED),
    ("second Authorization behind the first", stolen_behind("a"), Reason.AUTHORIZATION_MALFORMED),
    (
        "header injected into the signature",
        sent(lambda m: {**m, "a": m["a"] + "\r\nX-Injected: 1"}),
        Reason.SIGNATURE_MALFORMED,
    ),
    (
        "header injected into the access key id",
        rewritten(ALICE.access_key_id, f"{ALICE.access_key_id}\r\nX-Injected: 1"),
        Reason.ACCESS_KEY_ID_MALFORMED,
    ),
    (
        "header injected into the date",
        sent(lambda m: {**m, "d": m["d"] + "\r\nX-Injected: 1"}),
        Reason.DATE_MALFORMED,
    ),
    (
        "header injected into the token",
        sent(lambda m: {**m, "t": m["t"] + "\r\nX-Injected: 1"}, SHOP_APP),
        Reason.TOKEN_MALFORMED,
    ),
    (
        "header injected into the signed list",
        rewritten("SignedHeaders=", "SignedHeaders=a\r\nx-injected: 1;"),
        Reason.SIGNED_HEADER_UNKNOWN,
    ),
    # The list of signed headers is closed and sorted.
    ("header that is never sent", signed(also={"x-other": "1"}), Reason.SIGNED_HEADER_UNKNOWN),
    (
        "list not sorted",
        rewritten("content-length;content-type", "content-type;content-length"),
        Reason.SIGNED_HEADERS_ORDER,
    ),
    ("list with a duplicate", rewritten("host;", "host;host;"), Reason.SIGNED_HEADERS_ORDER),
    ("list in upper case", rewritten(";host;", ";Host;"), Reason.SIGNED_HEADERS_ORDER),
    ("host unsigned", signed(without={"host"}), Reason.SIGNED_HEADER_MISSING),
    ("date unsigned", signed(without={"x-amz-date"}), Reason.SIGNED_HEADER_MISSING),
    # The token.
    (
        "token signed but not sent",
        sent(lambda m: {k: v for k, v in m.items() if k != "t"}, SHOP_APP),
        Reason.TOKEN_MISSING,
    ),
    (
        "token sent but not signed",
        lambda first: client_second(SHOP_APP, first, Signing(without={TOKEN_HEADER})),
        Reason.TOKEN_NOT_SIGNED,
    ),
    ("empty token", sent(lambda m: {**m, "t": ""}, SHOP_APP), Reason.TOKEN_EMPTY),
    ("endless token", sent(lambda m: {**m, "t": "x" * 16_385}, SHOP_APP), Reason.TOKEN_TOO_LONG),
    # The credential scope.
    ("scope of yesterday", signed(day=f"{ago(days=1):%Y%m%d}"), Reason.SCOPE_DATE_MISMATCH),
    ("scope of another region", signed(region="eu-west-1"), Reason.SCOPE_REGION_MISMATCH),
    ("scope of another service", signed(service="iam"), Reason.SCOPE_SERVICE_MISMATCH),
    ("scope cut short", rewritten("/sts/aws4_request", "/sts"), Reason.SCOPE_MALFORMED),
    # Forms.
    (
        "date in a month 13",
        sent(lambda m: {**m, "d": m["d"][:4] + "1301" + m["d"][8:]}),
        Reason.DATE_MALFORMED,
    ),
    ("no date", sent(lambda m: {"a": m["a"]}), Reason.FIELD_MISSING),
    ("date as a number", sent(lambda m: {**m, "d": 20250101}), Reason.FIELD_TYPE),
    (
        "signature in upper case",
        sent(lambda m: {**m, "a": m["a"][:-64] + m["a"][-64:].upper().replace("0", "A")}),
        Reason.SIGNATURE_MALFORMED,
    ),
    (
        "endless Authorization",
        rewritten(ALICE.access_key_id, "A" * 3000),
        Reason.AUTHORIZATION_TOO_LONG,
    ),
    ("another algorithm", rewritten("AWS4-HMAC", "AWS5-HMAC"), Reason.AUTHORIZATION_MALFORMED),
    ("nothing", lambda _: b"", Reason.PAYLOAD_EMPTY),
    ("no BSON", lambda _: b"GET / HTTP/1.1\r\n\r\n", Reason.BSON_MALFORMED),
    ("two documents", sent(lambda m: 2 * bson.encode(m)), Reason.BSON_MALFORMED),
    (
        "two dates",
        sent(lambda m: doubled(bson.encode(m), bson.encode({"d": m["d"]}))),
        Reason.FIELD_DUPLICATE,
    ),
    ("64 KiB of padding", sent(lambda m: {**m, "z": "x" * 65_536}), Reason.PAYLOAD_TOO_LARGE),
]

#: Only STS can tell.
BY_STS = [
    (
        "altered nonce",
        lambda first: client_second(ALICE, first, Signing(nonce=flipped(first.nonce))),
        Reason.SIGNATURE_MISMATCH,
    ),
    (
        "client's own half of the nonce altered",
        lambda first: client_second(ALICE, first, Signing(nonce=os.urandom(32) + first.nonce[32:])),
        Reason.SIGNATURE_MISMATCH,
    ),
    ("flag of another value signed", signed(flag="y"), Reason.SIGNATURE_MISMATCH),
    ("another host signed", signed(host="sts.eu-west-1.amazonaws.com"), Reason.SIGNATURE_MISMATCH),
    ("another method signed", signed(method="GET"), Reason.SIGNATURE_MISMATCH),
    (
        "another action signed",
        signed(body=b"Action=GetSessionToken&Version=2011-06-15xx"),
        Reason.SIGNATURE_MISMATCH,
    ),
    ("stale date", lambda first: signed(at=ago(minutes=16))(first), Reason.SIGNATURE_EXPIRED),
    (
        "date in the future",
        lambda first: signed(at=ago(minutes=-16))(first),
        Reason.SIGNATURE_NOT_YET_CURRENT,
    ),
    (
        "date changed after signing",
        lambda first: {**client_second(ALICE, first), "d": f"{ago(seconds=90):%Y%m%dT%H%M%SZ}"},
        Reason.SIGNATURE_MISMATCH,
    ),
    (
        "access key id of somebody else",
        rewritten(ALICE.access_key_id, "AKIAJANEEXAMPLE00002"),
        Reason.SIGNATURE_MISMATCH,
    ),
    (
        "token of another session",
        lambda first: client_second(SHOP_APP.with_token("EXAMPLEotherToken000001"), first),
        Reason.ACCESS_KEY_UNKNOWN,
    ),
    (
        "token for a key that has none",
        lambda first: client_second(ALICE.with_token("EXAMPLEneedlessToken001"), first),
        Reason.ACCESS_KEY_UNKNOWN,
    ),
    (
        "temporary key without its token",
        lambda first: client_second(SHOP_APP.with_token(None), first),
        Reason.ACCESS_KEY_UNKNOWN,
    ),
]

#: First messages that are refused.
FIRST = [
    ("nonce of 31 bytes", client_first(nonce=Binary(bytes(31))), Reason.CLIENT_NONCE_LENGTH),
    ("nonce of 33 bytes", client_first(nonce=Binary(bytes(33))), Reason.CLIENT_NONCE_LENGTH),
    ("nonce of a subtype", client_first(nonce=Binary(bytes(32), 5)), Reason.CLIENT_NONCE_LENGTH),
    ("channel binding wanted", client_first(flag=ord("p")), Reason.CHANNEL_BINDING_FLAG),
    ("channel binding possible", client_first(flag=ord("y")), Reason.CHANNEL_BINDING_FLAG),
    ("flag as text", client_first(flag="n"), Reason.FIELD_TYPE),
    ("no flag", {"r": Binary(bytes(32))}, Reason.FIELD_MISSING),
    ("no nonce", {"p": 110}, Reason.FIELD_MISSING),
    ("nothing", b"", Reason.PAYLOAD_EMPTY),
    ("no BSON", b"\xff" * 40, Reason.BSON_MALFORMED),
]


def doubled(document: bytes, other: bytes) -> bytes:
    """The elements of both in one document."""
    elements = document[4:-1] + other[4:-1]
    return (len(elements) + 5).to_bytes(4, "little") + elements + b"\0"


def cases(table: list[tuple[str, Any, Reason]]) -> list[Any]:
    return [pytest.param(make, reason, id=name) for name, make, reason in table]


@pytest.mark.parametrize(("make", "reason"), cases(LOCAL))
def test_is_refused_without_asking_sts(
    server: Server, sts: Emulator, start_login: StartLogin, make: Make, reason: Reason
) -> None:
    login = start_login(server)
    assert login.proceed(make(login.challenge())) == REFUSAL
    line = server.login(after=login.mark, remote=login.wire.address)
    assert (line["outcome"], line["reason"]) == ("refused", reason), line["detail"]
    assert sts.counters()["requests"] == 0


@pytest.mark.parametrize(("make", "reason"), cases(BY_STS))
def test_is_refused_by_sts(
    server: Server, sts: Emulator, start_login: StartLogin, make: Make, reason: Reason
) -> None:
    login = start_login(server)
    assert login.proceed(make(login.challenge())) == REFUSAL
    line = server.login(after=login.mark, remote=login.wire.address)
    assert (line["outcome"], line["reason"]) == ("refused", reason), line["detail"]
    assert line["stsErrorCode"]
    assert sts.counters()["requests"] == 1


@pytest.mark.parametrize(("message", "reason"), cases(FIRST))
def test_first_message_is_refused(
    server: Server, sts: Emulator, start_login: StartLogin, message: Message, reason: Reason
) -> None:
    login = start_login(server)
    assert login.start(message) == REFUSAL
    line = server.login(after=login.mark, remote=login.wire.address)
    assert (line["outcome"], line["reason"]) == ("refused", reason), line["detail"]
    assert sts.counters()["requests"] == 0


def test_a_message_counts_in_its_own_conversation_only(
    server: Server, sts: Emulator, start_login: StartLogin
) -> None:
    """Who listens in on a link without TLS gains nothing by saying the same again."""
    honest = start_login(server)
    overheard = client_second(ALICE, honest.challenge())
    assert bson.decode(honest.proceed(overheard))["done"]
    assert sts.counters()["requests"] == 1

    thief = start_login(server)
    thief.challenge()
    assert thief.proceed(overheard) == REFUSAL
    line = server.login(after=thief.mark, remote=thief.wire.address)
    assert line["reason"] == Reason.SIGNATURE_MISMATCH


def test_a_client_cannot_choose_the_servers_half_of_the_nonce(
    server: Server, start_login: StartLogin
) -> None:
    nonce = os.urandom(32)
    halves = set()
    for _ in range(3):
        login = start_login(server)
        login.start(client_first(nonce=Binary(nonce)))
        assert login.first is not None
        assert len(login.first.nonce) == 64
        assert login.first.nonce[:32] == nonce
        halves.add(login.first.nonce[32:])
    assert len(halves) == 3


def test_only_external_has_such_users(
    server: Server, sts: Emulator, start_login: StartLogin
) -> None:
    login = start_login(server)
    assert login.start(database="admin") == REFUSAL
    line = server.login(after=login.mark, remote=login.wire.address)
    assert (line["outcome"], line["reason"]) == ("refused", Reason.DATABASE_NOT_EXTERNAL)
    assert sts.counters()["requests"] == 0


def test_after_a_refusal_the_conversation_is_over(server: Server, start_login: StartLogin) -> None:
    login = start_login(server)
    message = client_second(ALICE, login.challenge(), Signing(without={NONCE_HEADER}))
    assert login.proceed(message) == REFUSAL
    reply = bson.decode(login.proceed(message))
    assert (reply["ok"], reply["code"]) == (0, 17)


def test_after_a_refusal_the_connection_may_try_again(
    server: Server, start_login: StartLogin
) -> None:
    login = start_login(server)
    assert login.start(client_first(flag=ord("p"))) == REFUSAL
    assert login.proceed({"a": "", "d": ""}) != REFUSAL  # there is no conversation
    assert bson.decode(login.run(ALICE))["done"]
