"""Rows R3, D2, S11 of docs/security-catalogue.md: a relay, one answer for all, long tokens."""

import bson
import pytest
from harness.emulator import Emulator
from harness.identities import (
    ACCOUNT_ROOT,
    ALICE,
    ALICE_WRONG_SECRET,
    BOB,
    EXPIRED,
    SHOP_APP,
    UNKNOWN_KEY,
    Credentials,
)
from harness.running import StartLogin, StartServer
from harness.server import Server
from harness.signer import NONCE_HEADER, ServerFirst, Signing, client_second
from harness.wire import REFUSAL, Login, client_first


class Victim:
    """An honest client that was led to a server of somebody else."""

    def __init__(self) -> None:
        self.first = client_first()

    def answer(self, challenge: ServerFirst) -> dict[str, str]:
        """It sees its own nonce in the challenge, and the host that it knows."""
        assert challenge.nonce[:32] == bytes(self.first["r"])
        return client_second(ALICE, challenge)


def relayed(login: Login) -> bytes:
    """The rogue server passes on all that it hears; gives the reply that it gets in the end."""
    victim = Victim()
    login.start(victim.first)
    assert login.first is not None
    return login.proceed(victim.answer(login.first))


def test_r3_a_relayed_login_succeeds(server: Server, start_login: StartLogin) -> None:
    """A known limit of the mechanism: the signature does not name the server."""
    login = start_login(server)
    assert bson.decode(relayed(login))["done"]
    line = server.login(after=login.mark, remote=login.wire.address)
    assert line["outcome"] == "success"


def test_r3_a_relay_over_clear_text_is_refused_by_option(
    start_server: StartServer, start_login: StartLogin, sts: Emulator
) -> None:
    server = start_server(parameters={"awsRequireTLS": "true"})
    login = start_login(server)
    assert login.start(Victim().first) == REFUSAL
    assert sts.counters()["requests"] == 0


def test_d2_failures_of_eight_kinds_have_one_answer(
    start_server: StartServer, start_login: StartLogin, sts: Emulator
) -> None:
    server = start_server(parameters={"awsStsTimeoutMs": "1000"})

    def honest(who: Credentials) -> bytes:
        return start_login(server).run(who)

    def by_sts(fault: dict[str, object]) -> bytes:
        sts.faults(standing=fault)
        try:
            return honest(ALICE)
        finally:
            sts.faults(standing=None)

    def junk() -> bytes:
        login = start_login(server)
        login.challenge()
        return login.proceed(b"junk")

    unsigned_nonce = Signing(without={NONCE_HEADER})
    replies = {
        "malformed message": junk(),
        "nonce not signed": start_login(server).run(ALICE, unsigned_nonce),
        "wrong secret": honest(ALICE_WRONG_SECRET),
        "unknown key": honest(UNKNOWN_KEY),
        "expired token": honest(EXPIRED),
        "wrong token": honest(SHOP_APP.with_token("EXAMPLEotherToken000001")),
        "no such user": honest(BOB),
        "root of the account": honest(ACCOUNT_ROOT),
        "STS throttles": by_sts({"reply": "throttling"}),
        "STS fails": by_sts({"reply": "internal_failure"}),
        "STS is silent": by_sts({"delivery": "silence"}),
        "STS closes": by_sts({"delivery": "close"}),
    }
    assert {name: reply for name, reply in replies.items() if reply != REFUSAL} == {}
    assert len(replies) >= 8


@pytest.mark.parametrize("length", [4 * 1024, 12 * 1024, 16 * 1024])
def test_s11_long_tokens_reach_sts(
    server: Server, start_login: StartLogin, sts: Emulator, length: int
) -> None:
    assert start_login(server).run(SHOP_APP.with_token("T" * length)) == REFUSAL
    assert sts.counters()["requests"] == 1
