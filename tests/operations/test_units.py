"""systemd accepts the units, and the command that they start is one that the tool has."""

import re
import subprocess
from pathlib import Path

from paths import EXAMPLES, REPOSITORY

SYSTEMD = EXAMPLES / "systemd"
TOOL = "/usr/bin/mongodb-aws-auth"


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in SYSTEMD.iterdir():
        # It looks for the program that a unit starts, and the tool is not installed here.
        (tmp_path / unit.name).write_text(unit.read_text().replace(TOOL, "/bin/true"))
    units = sorted(tmp_path.iterdir())
    assert [unit.suffix for unit in units] == [".service", ".timer"]
    command = ["systemd-analyze", "verify", "--man=no", *map(str, units)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_timer_starts_the_service_of_its_name() -> None:
    service, timer = sorted(SYSTEMD.iterdir())
    assert service.stem == timer.stem
    assert "\nUnit=" not in timer.read_text()


def test_every_option_of_the_command_is_one_of_the_tool() -> None:
    text = (SYSTEMD / "mongodb-aws-auth-check.service").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", text, re.M)
    program, *words = command.split()
    assert program == TOOL
    described = (REPOSITORY / "docs" / "tool.md").read_text()
    assert "check" in words
    for option in (word for word in words if word.startswith("--")):
        assert f"`{option}" in described, option
