"""What docs/operators.md and docs/clients.md tell clients to set is what drivers read."""

import json
import re
from pathlib import Path

import botocore
from harness.paths import REPOSITORY
from pymongo.uri_parser import parse_uri

DOCUMENTS = [REPOSITORY / "docs" / name for name in ("operators.md", "clients.md")]
GUIDE = "".join(document.read_text() for document in DOCUMENTS)
VARIABLE = re.compile(r"\bAWS_[A-Z_]+[A-Z]\b")
URI = re.compile(r"'(mongodb://[^']*)'")
POLICY = re.compile(r"```json\n(.*?)```", re.DOTALL)


def test_every_variable_is_one_that_the_aws_sdk_reads() -> None:
    named = set(VARIABLE.findall(GUIDE))
    code = "".join(path.read_text() for path in Path(botocore.__file__).parent.glob("*.py"))
    assert {name for name in named if f'"{name}"' not in code and f"'{name}'" not in code} == set()
    # One at least for each kind of client that is told to set something, or finds it set.
    for source in ("ACCESS_KEY_ID", "WEB_IDENTITY_TOKEN_FILE", "CONTAINER_CREDENTIALS_FULL_URI"):
        assert f"AWS_{source}" in named


def test_every_trust_policy_is_json_that_allows_what_the_table_says() -> None:
    for text in POLICY.findall(GUIDE):
        policy = json.loads(text)
        (statement,) = policy.get("Statement", [policy])
        (principal,) = statement["Principal"]
        row = next(row for row in GUIDE.splitlines() if f'`"{principal}"' in row)
        assert (statement["Effect"], f"`{statement['Action']}`") == (
            "Allow",
            row.split("|")[3].strip(),
        )
    assert len(POLICY.findall(GUIDE)) == 3


def test_every_connection_string_asks_for_this_mechanism() -> None:
    strings = URI.findall(GUIDE)
    assert strings
    for string in strings:
        options = parse_uri(string)["options"]
        wanted = {"authMechanism": "MONGODB-AWS", "authSource": "$external", "tls": True}
        assert {name: options[name] for name in wanted} == wanted
