"""What docs/operators.md tells clients to set is what drivers read."""

import re
from pathlib import Path

import botocore
from harness.paths import REPOSITORY
from pymongo.uri_parser import parse_uri

GUIDE = (REPOSITORY / "docs" / "operators.md").read_text()
VARIABLE = re.compile(r"\bAWS_[A-Z_]+[A-Z]\b")
URI = re.compile(r"'(mongodb://[^']*)'")


def test_every_variable_is_one_that_the_aws_sdk_reads() -> None:
    named = set(VARIABLE.findall(GUIDE))
    code = "".join(path.read_text() for path in Path(botocore.__file__).parent.glob("*.py"))
    assert {name for name in named if f'"{name}"' not in code and f"'{name}'" not in code} == set()
    # One at least for each kind of client that is told to set something, or finds it set.
    for source in ("ACCESS_KEY_ID", "WEB_IDENTITY_TOKEN_FILE", "CONTAINER_CREDENTIALS_FULL_URI"):
        assert f"AWS_{source}" in named


def test_every_connection_string_asks_for_this_mechanism() -> None:
    strings = URI.findall(GUIDE)
    assert strings
    for string in strings:
        options = parse_uri(string)["options"]
        wanted = {"authMechanism": "MONGODB-AWS", "authSource": "$external", "tls": True}
        assert {name: options[name] for name in wanted} == wanted
