"""A server that cannot start says why, in words that the operator's tool explains."""

import shutil
import subprocess
from pathlib import Path

import pytest
from harness.paths import REPOSITORY, Build

TOOL = REPOSITORY / "cli" / "target" / "debug" / "mongodb-aws-auth"
WRONG_SETTING, FAILED = 2, 1


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the plugin and lists of users, where nobody else can write."""
    tmp_path.chmod(0o700)
    plugin = tmp_path / "plugin.so"
    shutil.copyfile(Build.find().plugin, plugin)
    plugin.chmod(0o644)
    shutil.copyfile(plugin, tmp_path / "shared.so")
    (tmp_path / "shared.so").chmod(0o666)
    (tmp_path / "loop.so").symlink_to("loop.so")
    (tmp_path / "text.so").write_text("no library")
    (tmp_path / "cut.so").write_bytes(plugin.read_bytes()[:4096])
    (tmp_path / "none.json").write_text("[]")
    (tmp_path / "role.json").write_text('[{"user": "a", "roles": [{"role": "dba", "db": "b"}]}]')
    (tmp_path / "twice.json").write_text('[{"user": "a", "roles": []}, {"user": "a", "roles": []}]')
    return tmp_path


PLUGIN = "--plugin={place}/plugin.so"
USERS = "--users={place}/none.json"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([USERS], WRONG_SETTING, "--plugin is missing"),
        (["--plugin"], WRONG_SETTING, "option '--plugin' needs a value"),
        ([PLUGIN, USERS, "--port=x"], WRONG_SETTING, "--port 'x': must be a number"),
        ([PLUGIN, "--users=/none"], WRONG_SETTING, "users file '/none': cannot be read"),
        ([PLUGIN, "--users={place}/role.json"], WRONG_SETTING, "entry 0: no role 'dba'"),
        ([PLUGIN, "--users={place}/twice.json"], WRONG_SETTING, "entry 1: user given twice"),
        ([USERS, "--plugin=plugin.so"], WRONG_SETTING, "the path must be absolute"),
        ([USERS, "--plugin={place}"], WRONG_SETTING, "it is a directory"),
        ([USERS, "--plugin={place}/shared.so"], WRONG_SETTING, "is writable by group or others"),
        ([USERS, "--plugin={place}/loop.so"], WRONG_SETTING, "too many links"),
        ([USERS, "--plugin={place}/absent.so"], FAILED, "No such file or directory"),
        ([USERS, "--plugin={place}/text.so"], FAILED, "it is not a shared library (ELF)"),
        ([USERS, "--plugin={place}/cut.so"], FAILED, "the file is truncated"),
        (
            [PLUGIN, USERS, "--setParameter=awsStsWorkers=0"],
            WRONG_SETTING,
            'MONGODB-AWS plugin: awsStsWorkers: "0" is invalid: a whole number from 1 to 1024',
        ),
        ([PLUGIN, USERS, "--setParameter=awsStsHots=x"], WRONG_SETTING, "no such parameter"),
        ([PLUGIN, USERS, "--bind_ip=host.example"], WRONG_SETTING, "--bind_ip 'host.example': "),
        (
            [PLUGIN, USERS, "--tlsCertificateKeyFile=/none"],
            WRONG_SETTING,
            "TLS certificate key file '/none': no certificate can be read: ",
        ),
        ([PLUGIN, USERS, "--logpath=/none/log"], FAILED, "cannot open log file '/none/log': "),
    ],
)
def test_a_start_that_fails_is_told_and_explained(
    place: Path, arguments: list[str], status: int, words: str
) -> None:
    command = [str(Build.find().server), *(word.format(place=place) for word in arguments)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    # The plugin may have logged lines of its own by then.
    (message,) = (line for line in run.stderr.splitlines() if line.startswith("mongo-aws-host: "))
    assert words.format(place=place) in message
    assert run.returncode == status
    explained = subprocess.run([TOOL, "explain", message], capture_output=True, text=True)
    assert explained.returncode == 0, explained.stdout
