"""PyMongo as a program, sync and async: see ../README.md for what it is asked and answers."""

import asyncio
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pymongo
from pymongo.errors import OperationFailure, PyMongoError


def say(**answer: object) -> None:
    print(json.dumps(answer), flush=True)


def user_of(status: dict) -> str:
    return status["authInfo"]["authenticatedUsers"][0]["user"]


def talk(action: str, uri: str, count: int) -> None:
    with pymongo.MongoClient(uri) as client:

        def find(_: int = 0) -> None:
            client.shop.products.find_one({"_id": "none"})

        if action == "login":
            say(user=user_of(client.admin.command("connectionStatus")))
        elif action == "pool":
            with ThreadPoolExecutor(count) as threads:
                say(found=len(list(threads.map(find, range(count)))))
        elif action == "restart":
            find()
            say(ready=True)
            sys.stdin.readline()
            find()
            say(found=1)


async def talk_async(action: str, uri: str, count: int) -> None:
    async with pymongo.AsyncMongoClient(uri) as client:

        async def find() -> None:
            await client.shop.products.find_one({"_id": "none"})

        if action == "login":
            say(user=user_of(await client.admin.command("connectionStatus")))
        elif action == "pool":
            say(found=len(await asyncio.gather(*(find() for _ in range(count)))))
        elif action == "restart":
            await find()
            say(ready=True)
            await asyncio.to_thread(sys.stdin.readline)
            await find()
            say(found=1)


def run_async(action: str, uri: str, count: int) -> None:
    asyncio.run(talk_async(action, uri, count))


def main() -> None:
    way, action, *more = sys.argv[1:]
    if action == "version":
        say(version=pymongo.version)
        return
    uri = more[0]
    count = int(more[1]) if more[1:] else 0
    talks: dict[str, Callable[[str, str, int], None]] = {"sync": talk, "async": run_async}
    try:
        talks[way](action, uri, count)
    except OperationFailure as refused:
        say(code=refused.code, message=str(refused))
    except PyMongoError as error:
        say(code=None, message=str(error))


if __name__ == "__main__":
    main()
