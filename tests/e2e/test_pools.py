"""Clients with many connections: each logs in by itself, and none waits for another."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import bson
import pymongo
from harness.drivers import options
from harness.emulator import Emulator
from harness.identities import ALICE, SHOP_APP
from harness.running import Connect, StartLogin
from harness.server import Server
from harness.signer import client_second

CONNECTIONS = 10
#: The default of awsStsWorkers.
WORKERS = 64
POOL = {"maxPoolSize": CONNECTIONS, "maxConnecting": CONNECTIONS}


def test_ten_connections_of_one_client_log_in_at_once(
    either_server: Server, sts: Emulator, connect: Connect
) -> None:
    client = connect(either_server, SHOP_APP, **POOL)
    # No answer goes out before ten logins are under way: one after the other they would never be.
    sts.hold(count=CONNECTIONS)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        found = list(
            threads.map(
                lambda number: client.shop.pool.find_one({"_id": number}), range(CONNECTIONS)
            )
        )
    assert found == [None] * CONNECTIONS
    counters = sts.counters()
    assert counters["in_flight_max"] == CONNECTIONS
    assert counters["by_status"] == {"200": CONNECTIONS}


def test_ten_connections_of_one_async_client_log_in_at_once(server: Server, sts: Emulator) -> None:
    async def find_all() -> list:
        async with pymongo.AsyncMongoClient(**options(server, ALICE, **POOL)) as client:
            finds = [client.shop.pool.find_one({"_id": n}) for n in range(CONNECTIONS)]
            return await asyncio.gather(*finds)

    sts.hold(count=CONNECTIONS)
    assert asyncio.run(find_all()) == [None] * CONNECTIONS
    assert sts.counters()["in_flight_max"] == CONNECTIONS


def test_many_logins_are_verified_at_once(
    server: Server, sts: Emulator, start_login: StartLogin
) -> None:
    sts.hold()
    logins = [start_login(server) for _ in range(WORKERS)]
    for login in logins:
        login.send_second(client_second(ALICE, login.challenge()))
    sts.wait_until(in_flight=WORKERS)
    # While all workers wait for STS, logins begin as ever.
    start_login(server).challenge()
    sts.release()
    assert all(bson.decode(login.wire.receive())["done"] for login in logins)
    assert sts.counters()["in_flight_max"] == WORKERS


def test_a_slow_login_holds_up_nobody_else(
    server: Server, sts: Emulator, connect: Connect, start_login: StartLogin
) -> None:
    client = connect(server, ALICE)
    client.shop.products.find_one({"_id": "none"})
    sts.hold()
    slow = start_login(server)
    slow.send_second(client_second(SHOP_APP, slow.challenge()))
    sts.wait_until(in_flight=1)
    # Meanwhile others work, and begin logins.
    assert client.shop.products.find_one({"_id": "none"}) is None
    start_login(server).challenge()
    sts.release()
    assert bson.decode(slow.wire.receive())["done"]
