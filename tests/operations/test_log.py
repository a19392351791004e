"""The jq queries read the lines that the server writes about logins."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from paths import EXAMPLES, REPOSITORY

LOG = EXAMPLES / "log"
STATEMENT = re.compile(r'LOGV2(?:_(\w+))?\((\d+), (?:1, )?"([^"]+)"(.*?)\);', re.S)
SEVERITIES = {"": "I", "WARNING": "W", "ERROR": "E", "DEBUG": "D1"}
HOUR = "2026-11-29T10:{}.000+00:00"

VERIFIED = {
    "login": 1,
    "remote": "192.0.2.7:40001",
    "principal": "arn:aws:iam::123456789012:role/shop-app",
    "rawArn": "arn:aws:sts::123456789012:assumed-role/shop-app/i-0abc",
    "userId": "AROASHOPAPPEXAMPLE001:i-0abc",
    "account": "123456789012",
    "accessKeyId": "ASIASHOPAPPEXAMPLE01",
    "stsRequestId": "request-1",
    "durationMillis": 21,
}
REFUSED = {
    "login": 2,
    "remote": "[2001:db8::7]:40002",
    "group": "client",
    "reason": 304,
    "detail": "the clock of the client is slow",
    "stsErrorCode": "SignatureDoesNotMatch",
    "rawArn": "",
    "account": "",
    "accessKeyId": "AKIAALICEEXAMPLE0001",
    "stsRequestId": "request-2",
    "durationMillis": 1500,
}


def written() -> dict[tuple[str, str], tuple[int, set[str]]]:
    """Id and attributes of each line of the adapter's code, by message and severity."""
    code = (REPOSITORY / "cpp_shim" / "mongod" / "server_log.cpp").read_text()
    return {
        (message, SEVERITIES[kind]): (int(number), set(re.findall(r'"(\w+)"_attr', attributes)))
        for kind, number, message, attributes in STATEMENT.findall(code)
    }


WRITTEN = written()


def line(minute: str, message: str, attributes: dict[str, Any], severity: str = "I") -> str:
    """A line as the server writes it, with all attributes that its code has and no others."""
    number, names = WRITTEN[message, severity]
    assert names == attributes.keys(), message
    return json.dumps(
        {
            "t": {"$date": HOUR.format(minute)},
            "s": severity,
            "c": "ACCESS",
            "id": number,
            "ctx": "conn7",
            "msg": message,
            "attr": attributes,
        }
    )


def plugin(minute: str, severity: str, message: int, login: int, text: str) -> str:
    attributes = {"message": message, "login": login, "text": text}
    return line(minute, "MONGODB-AWS plugin", attributes, severity)


LINES = [
    '{"t":{"$date":"2026-11-29T09:59:00.000+00:00"},"s":"I","c":"NETWORK","id":22943,"ctx":"listener",'
    '"msg":"Connection accepted","attr":{"remote":"192.0.2.7:40001"}}',
    "a line that was cut off by the rotation of the log",
    line("00:01", "MONGODB-AWS login verified", VERIFIED),
    plugin("00:02", "D1", 10, 2, "client-first accepted"),
    line("00:03", "MONGODB-AWS login refused", REFUSED),
    line("00:04", "MONGODB-AWS login verified", VERIFIED | {"login": 3, "durationMillis": 1000}),
    line(
        "00:05", "MONGODB-AWS login refused", REFUSED | {"login": 4, "reason": 302, "detail": "b"}
    ),
    line(
        "00:06",
        "MONGODB-AWS login refused",
        REFUSED | {"login": 5, "remote": "[2001:db8::7]:50000", "detail": "tab\there"},
    ),
    line("00:07", "MONGODB-AWS", {"text": "it is the only mechanism"}, "W"),
    plugin("00:08", "W", 6, 0, "sts.amazonaws.com is unhealthy"),
    plugin("00:09", "E", 601, 6, "an internal error"),
    line("00:10", "MONGODB-AWS", {"text": "logins are verified by"}),
]
ALICE = "AKIAALICEEXAMPLE0001"


def at(minute: str) -> str:
    return HOUR.format(minute)


QUERIES: dict[str, tuple[list[str], list[list[object]]]] = {
    "refusals.jq": (
        [],
        [
            [
                "time",
                "remote",
                "reason",
                "group",
                "detail",
                "account",
                "accessKeyId",
                "stsRequestId",
            ],
            [
                at("00:03"),
                "[2001:db8::7]:40002",
                304,
                "client",
                REFUSED["detail"],
                "",
                ALICE,
                "request-2",
            ],
            [at("00:05"), "[2001:db8::7]:40002", 302, "client", "b", "", ALICE, "request-2"],
            [
                at("00:06"),
                "[2001:db8::7]:50000",
                304,
                "client",
                "tab\\there",
                "",
                ALICE,
                "request-2",
            ],
        ],
    ),
    "refusals-by-reason.jq": (
        [],
        [
            ["logins", "reason", "group", "last", "detail"],
            [2, 304, "client", at("00:06"), "tab\\there"],
            [1, 302, "client", at("00:05"), "b"],
        ],
    ),
    "refusals-by-client.jq": (
        [],
        [
            ["logins", "address", "accessKeyId", "account", "reasons"],
            [3, "[2001:db8::7]", ALICE, "", "302 304"],
        ],
    ),
    "users.jq": (
        [],
        [
            ["logins", "last", "user", "arn", "remote"],
            [2, at("00:04"), VERIFIED["principal"], VERIFIED["rawArn"], VERIFIED["remote"]],
        ],
    ),
    "slow-logins.jq": (
        ["--argjson", "ms", "1000"],
        [
            ["ms", "time", "outcome", "remote", "stsRequestId"],
            [1500, at("00:03"), 304, "[2001:db8::7]:40002", "request-2"],
            [1500, at("00:05"), 302, "[2001:db8::7]:40002", "request-2"],
            [1500, at("00:06"), 304, "[2001:db8::7]:50000", "request-2"],
            [1000, at("00:04"), "verified", "192.0.2.7:40001", "request-1"],
        ],
    ),
    "warnings.jq": (
        [],
        [
            ["time", "severity", "message", "text"],
            [at("00:07"), "W", "", "it is the only mechanism"],
            [at("00:08"), "W", 6, "sts.amazonaws.com is unhealthy"],
            [at("00:09"), "E", 601, "an internal error"],
        ],
    ),
}


def run(query: Path, options: list[str], log: Path) -> str:
    """Runs the query as its comment says."""
    (command,) = re.findall(r"^#     (jq -\w+) ", query.read_text(), re.M)
    words = [*command.split(), str(query), *options, str(log)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mongod.log"
    path.write_text("\n".join(LINES) + "\n")
    return path


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_shows(name: str, log: Path) -> None:
    options, rows = QUERIES[name]
    shown = [row.split("\t") for row in run(LOG / name, options, log).splitlines()]
    assert shown == [[str(cell) for cell in row] for row in rows]


def test_all_lines_of_one_login_are_found(log: Path) -> None:
    shown = run(LOG / "login.jq", ["--argjson", "login", "2"], log).splitlines()
    assert [json.loads(one) for one in shown] == [json.loads(LINES[3]), json.loads(LINES[4])]


def test_every_query_is_tested() -> None:
    assert {path.name for path in LOG.iterdir()} == QUERIES.keys() | {"login.jq"}
