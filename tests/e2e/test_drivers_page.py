"""docs/drivers.md and docs/clients.md: the code of each driver and the connection strings run or
parse, and "tried" is said of what the matrix of drivers has."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pymongo
import pytest
import tree_sitter
import tree_sitter_c_sharp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_php
import tree_sitter_python
import tree_sitter_rust
from harness.drivers import identity_of
from harness.identities import ALICE, SHOP_APP, Credentials
from harness.paths import REPOSITORY
from harness.server import Server
from pymongo.uri_parser import parse_uri

GUIDE = "".join((REPOSITORY / "docs" / name).read_text() for name in ("clients.md", "drivers.md"))
MATRIX = (REPOSITORY / "tests" / "drivers" / "README.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOST = "db.example"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
GRAMMARS: dict[str, Callable[[], object]] = {
    "csharp": tree_sitter_c_sharp.language,
    "go": tree_sitter_go.language,
    "java": tree_sitter_java.language,
    "javascript": tree_sitter_javascript.language,
    "php": tree_sitter_php.language_php,
    "python": tree_sitter_python.language,
    "rust": tree_sitter_rust.language,
}


def blocks(language: str) -> list[str]:
    return [code for name, code in BLOCK.findall(GUIDE) if name == language]


def keys_of(credentials: Credentials) -> dict[str, str]:
    values = (credentials.access_key_id, credentials.secret, credentials.token)
    return {name: value for name, value in zip(KEYS, values, strict=True) if value is not None}


def connection_string(commands: str, credentials: Credentials) -> str:
    """What the commands leave in MONGODB_URI in a shell with these credentials."""
    script = f'set -eu\n{commands}printf %s "$MONGODB_URI"'
    environment = {"PATH": os.environ["PATH"], **keys_of(credentials)}
    shell = ["bash", "-c", script]
    return subprocess.run(shell, env=environment, check=True, capture_output=True, text=True).stdout


def at(server: Server, uri: str) -> str:
    """The documented connection string, with this server instead of the example's."""
    assert uri.count(HOST) == 1
    assert server.certificate is not None
    return uri.replace(HOST, f"127.0.0.1:{server.port}") + f"&tlsCAFile={server.certificate}"


def commands_with(text: str) -> str:
    (found,) = (block for block in blocks("sh") if text in block)
    return found


@pytest.mark.parametrize("language", GRAMMARS)
def test_code_is_of_its_language(language: str) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(GRAMMARS[language]()))
    found = blocks(language)
    assert found
    for code in found:
        assert not parser.parse(code.encode()).root_node.has_error, code
        assert len(code.splitlines()) <= 5, code


def test_a_program_in_each_language_takes_the_connection_string_of_the_environment() -> None:
    for language in GRAMMARS:
        assert all("MONGODB_URI" in code for code in blocks(language)), language


def test_the_connection_string_asks_for_this_mechanism_and_has_no_credentials() -> None:
    parsed = parse_uri(connection_string(commands_with("export MONGODB_URI='"), SHOP_APP))
    wanted = {"authMechanism": "MONGODB-AWS", "authSource": "$external", "tls": True}
    assert {name: parsed["options"][name] for name in wanted} == wanted
    assert (parsed["username"], parsed["password"]) == (None, None)


def test_the_python_program_prints_the_user_that_it_is(tls_server: Server, tmp_path: Path) -> None:
    (code,) = blocks("python")
    uri = connection_string(commands_with("export MONGODB_URI='"), SHOP_APP)
    program = tmp_path / "program.py"
    program.write_text(code)
    environment = {**os.environ, **keys_of(SHOP_APP), "MONGODB_URI": at(tls_server, uri)}
    run = subprocess.run(
        [sys.executable, program], env=environment, check=True, capture_output=True, text=True
    )
    assert "arn:aws:iam::123456789012:role/shop-app" in run.stdout


@pytest.mark.parametrize(
    ("credentials", "user"),
    [
        pytest.param(SHOP_APP, "arn:aws:iam::123456789012:role/shop-app", id="session"),
        pytest.param(ALICE, "arn:aws:iam::123456789012:user/alice", id="IAM user"),
    ],
)
def test_escaped_credentials_log_in(
    tls_server: Server, credentials: Credentials, user: str
) -> None:
    commands = commands_with("escaped()").splitlines(keepends=True)
    if credentials.token is None:
        commands = [line for line in commands if "token" not in line.lower()]
    uri = at(tls_server, connection_string("".join(commands), credentials))
    with pymongo.MongoClient(uri) as client:
        users, _ = identity_of(client.admin.command("connectionStatus"))
    assert users == [{"user": user, "db": "$external"}]


def test_what_is_said_to_be_tried_is_in_the_matrix_and_the_other_way_round() -> None:
    rows = re.findall(r"^(\S+(?: async)?) (\d+\.\d+\.\d+)  ", MATRIX, re.MULTILINE)
    matrix = {f"{name.removesuffix(' async')} {version}" for name, version in rows}
    assert set(re.findall(r"tried: (\S+ \d+\.\d+\.\d+)", GUIDE)) == matrix
    assert len(matrix) >= 7


def test_each_program_that_is_not_tried_has_a_source() -> None:
    heads = ("| driver or program |", "| program | how |")
    for head in heads:
        _, below = GUIDE.split(head)
        rows = below.split("\n\n")[0].splitlines()[2:]
        assert rows
        for row in rows:
            last = row.strip("|").split(" | ")[-1]
            assert "tried: " in last or "](https://" in last, row


def test_the_refusal_that_it_quotes_is_the_one_that_the_matrix_has() -> None:
    (quoted,) = re.findall(r"refused: `([^`]+)`", GUIDE)
    assert quoted in MATRIX
