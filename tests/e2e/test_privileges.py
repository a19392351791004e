"""What a user may do: what the roles of $external say, and nothing before the login."""

from typing import Any

import pytest
from harness.identities import ADMIN, ALICE, JANE, SHOP_APP
from harness.running import Connect
from harness.server import Server
from pymongo.errors import OperationFailure

UNAUTHORIZED = 13
COMMAND_NOT_FOUND = 59


def refusal_code(action: Any, *arguments: object) -> int | None:  # noqa: ANN401
    with pytest.raises(OperationFailure) as refused:
        action(*arguments)
    return refused.value.code


def test_read_may_find_but_not_insert(server: Server, connect: Connect) -> None:
    products = connect(server, ALICE).shop.products
    assert list(products.find({"name": "nothing of this name"})) == []
    assert refusal_code(products.insert_one, {"name": "tea"}) == UNAUTHORIZED


def test_read_write_may_do_both(server: Server, connect: Connect) -> None:
    products = connect(server, JANE).shop.products
    inserted = products.insert_one({"name": "tea", "by": "jane"}).inserted_id
    assert products.find_one({"_id": inserted}) == {"_id": inserted, "name": "tea", "by": "jane"}


def test_roles_hold_for_their_database_only(server: Server, connect: Connect) -> None:
    client = connect(server, SHOP_APP)
    client.shop.products.insert_one({"name": "coffee"})
    assert client.stock.shelves.find_one() is None
    assert refusal_code(client.stock.shelves.insert_one, {"shelf": 1}) == UNAUTHORIZED
    assert refusal_code(client.payroll.salaries.find_one) == UNAUTHORIZED


def test_root_may_do_all(server: Server, connect: Connect) -> None:
    client = connect(server, ADMIN)
    client.payroll.salaries.insert_one({"_id": "one"})
    assert client.payroll.salaries.find_one() == {"_id": "one"}
    value = client.admin.command("getParameter", 1, awsStsHost=1)
    assert value["awsStsHost"] == "sts.amazonaws.com"


def test_unknown_commands_are_named_so(server: Server, connect: Connect) -> None:
    admin = connect(server, ADMIN).admin
    assert refusal_code(admin.command, "shearTheSheep") == COMMAND_NOT_FOUND


@pytest.mark.parametrize("command", ["hello", "isMaster", "ping", "buildInfo", "connectionStatus"])
def test_before_login_a_client_may(server: Server, connect: Connect, command: str) -> None:
    assert connect(server).admin.command(command)["ok"] == 1


@pytest.mark.parametrize(
    ("database", "command"),
    [
        ("shop", {"find": "products"}),
        ("shop", {"insert": "products", "documents": [{"name": "tea"}]}),
        ("admin", {"listDatabases": 1}),
        ("admin", {"getParameter": "*"}),
        ("admin", {"setParameter": 1, "awsAllowRoot": True}),
        ("admin", {"serverStatus": 1}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_before_login_a_client_may_not(
    server: Server, connect: Connect, database: str, command: dict[str, Any]
) -> None:
    client = connect(server)
    assert refusal_code(client[database].command, command) == UNAUTHORIZED


def test_before_login_nobody_is_logged_in(server: Server, connect: Connect) -> None:
    info = connect(server).admin.command("connectionStatus")["authInfo"]
    assert info["authenticatedUsers"] == []
    assert info["authenticatedUserRoles"] == []
