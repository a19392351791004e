"""Clients that leave, an STS that is down, servers that stop and come back."""

import signal
from concurrent.futures import ThreadPoolExecutor

import bson
import pytest
from harness.emulator import Emulator
from harness.identities import ADMIN, ALICE, SHOP_APP
from harness.reason import Reason
from harness.running import Connect, StartLogin, StartServer
from harness.server import Server
from harness.signer import client_second
from harness.valve import Valve
from harness.wire import REFUSAL
from pymongo.errors import OperationFailure


def test_a_login_is_cancelled_at_once_when_its_client_disconnects(
    server: Server, sts: Emulator, start_login: StartLogin
) -> None:
    sts.hold()
    login = start_login(server)
    login.send_second(client_second(ALICE, login.challenge()))
    sts.wait_until(in_flight=1)
    login.wire.close()
    line = server.login(after=login.mark, remote=login.wire.address)
    assert (line["outcome"], line["reason"]) == ("cancelled", Reason.CANCELLED)
    assert line["detail"] == "the client disconnected during verification"
    # All this while STS had not answered.
    assert sts.counters()["held"] == 1
    sts.release()


@pytest.mark.parametrize(
    ("interruption", "detail"),
    [
        ("disconnect", "the client disconnected during verification"),
        ("killOp", "the operation was killed"),
        ("maxTimeMS", "the time limit of the operation expired"),
    ],
)
def test_an_interrupted_login_frees_its_session_its_place_and_its_request_to_sts(
    start_server: StartServer,
    connect: Connect,
    start_login: StartLogin,
    sts: Emulator,
    interruption: str,
    detail: str,
) -> None:
    server = start_server(parameters={"awsStsWorkers": "1"})
    admin = connect(server, ADMIN).admin
    assert admin.command("ping")["ok"] == 1
    sts.hold()
    login = start_login(server)
    connection = bson.decode(login.wire.run({"hello": 1}, "admin"))["connectionId"]
    limit = {"maxTimeMS": 200} if interruption == "maxTimeMS" else {}
    login.send_second(client_second(ALICE, login.challenge()), **limit)
    sts.wait_until(in_flight=1)
    if interruption == "disconnect":
        login.wire.close()
    elif interruption == "killOp":
        admin.command("killOp", op=connection)
    line = server.login(after=login.mark, remote=login.wire.address)
    assert (line["outcome"], line["reason"]) == ("cancelled", Reason.CANCELLED)
    assert line["detail"] == detail
    if interruption != "disconnect":
        # The session is free although STS is silent.
        assert login.wire.receive() == REFUSAL
        assert bson.decode(login.wire.run({"ping": 1}, "admin"))["ok"] == 1
    # With room for one request to STS, the next login's goes out while the first is not answered.
    after = start_login(server)
    after.send_second(client_second(ALICE, after.challenge()))
    sts.wait_until(in_flight=2)
    assert admin.command("serverStatus")["awsIamAuth"]["inFlight"] == 1
    sts.release()
    assert bson.decode(after.wire.receive())["done"]


def test_a_client_that_leaves_between_the_messages_is_noted(
    server: Server, start_login: StartLogin
) -> None:
    login = start_login(server)
    login.challenge()
    login.wire.close()
    line = server.login(after=login.mark, remote=login.wire.address)
    assert line["outcome"] == "cancelled"


def test_the_server_survives_that_sts_is_down(
    start_server: StartServer, connect: Connect, start_login: StartLogin, emulator: Emulator
) -> None:
    valve = Valve(emulator.port)
    try:
        server = start_server(sts=f"https://127.0.0.1:{valve.port}")
        assert bson.decode(start_login(server).run(ALICE))["done"]
        server.login(outcome="success")

        valve.shut()
        mark = server.mark()
        assert start_login(server).run(ALICE) == REFUSAL
        line = server.login(after=mark)
        assert line["outcome"] == "failed"
        assert line["reason"] == Reason.CONNECT_FAILED
        with pytest.raises(OperationFailure) as refused:
            connect(server, SHOP_APP).shop.products.find_one()
        assert refused.value.code == 18

        valve.open()
        assert bson.decode(start_login(server).run(ALICE))["done"]
        assert connect(server, SHOP_APP).shop.products.find_one() is None
    finally:
        valve.shut()


def test_the_server_survives_that_sts_is_out_of_service(
    start_server: StartServer, start_login: StartLogin, sts: Emulator
) -> None:
    server = start_server(parameters={"awsStsTimeoutMs": "1000"})
    sts.faults(standing={"reply": "service_unavailable"})
    login = start_login(server)
    assert login.run(ALICE) == REFUSAL
    line = server.login(after=login.mark, remote=login.wire.address)
    assert line["outcome"] == "failed"
    assert line["reason"] == Reason.STS_FAILING
    sts.faults(standing=None)
    assert bson.decode(start_login(server).run(ALICE))["done"]


def test_a_login_outlasts_a_short_fault_of_sts(
    server: Server, sts: Emulator, connect: Connect
) -> None:
    sts.faults({"reply": "service_unavailable"})
    assert connect(server, ALICE).shop.products.find_one({"_id": "none"}) is None
    assert sts.counters()["by_status"] == {"200": 1, "503": 1}


def test_on_sigterm_pending_logins_are_refused_and_the_server_exits_with_0(
    start_server: StartServer, start_login: StartLogin, sts: Emulator
) -> None:
    server = start_server()
    sts.hold()
    logins = [start_login(server) for _ in range(3)]
    for login in logins:
        login.send_second(client_second(ALICE, login.challenge()))
    sts.wait_until(in_flight=3)
    server.signal(signal.SIGTERM)
    # A refusal and not a broken connection, which drivers would take for a reason to try again.
    assert [login.wire.receive() for login in logins] == [REFUSAL] * 3
    # Logins are answered for as long as connections are accepted.
    with pytest.raises(ConnectionRefusedError):
        start_login(server)
    assert server.wait() == 0
    for login in logins:
        line = server.login(after=login.mark, remote=login.wire.address)
        assert (line["outcome"], line["reason"]) == ("cancelled", Reason.CANCELLED)
        assert line["detail"] == "the server is shutting down"
    assert sts.counters()["held"] == 3


def test_a_client_logs_in_again_after_the_server_restarts(
    start_server: StartServer, connect: Connect, sts: Emulator
) -> None:
    first = start_server()
    client = connect(first, SHOP_APP)
    client.shop.products.insert_one({"_id": "tea"})
    assert first.stop() == 0
    second = start_server(port=first.port)
    # The store is in memory: that it is empty shows which server has answered.
    assert client.shop.products.find_one() is None
    assert second.login(outcome="success")["principal"].endswith(":role/shop-app")
    assert sts.counters()["by_status"] == {"200": 2}


def test_a_busy_client_outlives_a_restart(start_server: StartServer, connect: Connect) -> None:
    first = start_server()
    client = connect(first, SHOP_APP, maxPoolSize=4)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: client.shop.products.find_one(), range(4)))
        first.stop()
        start_server(port=first.port)
        found = list(threads.map(lambda _: client.shop.products.find_one(), range(8)))
    assert found == [None] * 8
