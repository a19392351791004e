"""What the operators' pages have clients set is what drivers read; their code is well-formed."""

import json
import re
import subprocess
from pathlib import Path

import botocore
import pytest
import tree_sitter
import tree_sitter_javascript
from harness.paths import REPOSITORY
from pymongo.uri_parser import parse_uri

#: Pages for server builders, packagers and contributors.
OTHERS = {"abi-policy", "embedding", "mongod", "packaging", "performance", "security"}
PAGES = {
    path.stem: path.read_text()
    for path in sorted((REPOSITORY / "docs").glob("*.md"))
    if path.stem not in OTHERS
}
CLIENTS = PAGES["clients"]
GUIDE = "".join(PAGES[name] for name in ("quick-start", "configuration", "clients", "drivers"))
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
#: Languages of blocks, and the test that reads them.
ELSEWHERE = {
    "yaml": "cli/tests/guide.rs",
    "yml": "of GitHub",
    **dict.fromkeys(("csharp", "go", "java", "javascript", "php", "python", "rust"), "drivers"),
}
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
    for text in POLICY.findall(CLIENTS):
        policy = json.loads(text)
        (statement,) = policy.get("Statement", [policy])
        (principal,) = statement["Principal"]
        row = next(row for row in CLIENTS.splitlines() if f'`"{principal}"' in row)
        assert (statement["Effect"], f"`{statement['Action']}`") == (
            "Allow",
            row.split("|")[3].strip(),
        )
    assert len(POLICY.findall(CLIENTS)) == 3


def test_every_connection_string_asks_for_this_mechanism() -> None:
    strings = URI.findall(GUIDE)
    assert strings
    for string in strings:
        options = parse_uri(string)["options"]
        wanted = {"authMechanism": "MONGODB-AWS", "authSource": "$external", "tls": True}
        assert {name: options[name] for name in wanted} == wanted


def blocks(language: str) -> list[str]:
    found = [match for page in PAGES.values() for match in BLOCK.findall(page)]
    return [
        re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)
        for indent, name, code in found
        if name == language
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_block_has_a_language_that_a_test_reads(page: str) -> None:
    languages = {language for _, language, _ in BLOCK.findall(PAGES[page])}
    assert languages <= {"sh", "js", "json", *ELSEWHERE}


def test_every_command_is_one_for_the_shell() -> None:
    found = blocks("sh")
    assert len(found) > 30
    for code in found:
        shell = ["bash", "--noprofile", "-n", "-c", code]
        run = subprocess.run(shell, capture_output=True, text=True)
        assert (run.returncode, run.stderr) == (0, ""), code


def test_every_command_for_mongosh_is_javascript() -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))
    found = blocks("js")
    assert len(found) > 10
    for code in found:
        assert not parser.parse(code.encode()).root_node.has_error, code
        assert re.match(r"db\.", code), code
