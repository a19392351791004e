"""What scripts and documents say is needed to build, and that it is looked at."""

import re
import subprocess
from pathlib import Path

import pytest
from harness.paths import REPOSITORY

CARGO = (REPOSITORY / "Cargo.toml").read_text()
(NEEDED,) = re.findall(r'^rust-version = "(.*)"$', CARGO, re.MULTILINE)


def ask_for_rust(folder: Path, version: str | None) -> subprocess.CompletedProcess[str]:
    """On a machine with this version of rustc, or with none."""
    for name in ("cargo", "rustc") if version else ():
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} {version} (abc 2026-01-01)'\n")
        program.chmod(0o755)
    script = f"source {REPOSITORY}/scripts/lib.sh && need_rust"
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("version", [f"{NEEDED}.0", "1.100.0", "2.0.0"])
def test_a_new_enough_rust_is_taken(tmp_path: Path, version: str) -> None:
    assert ask_for_rust(tmp_path, version).returncode == 0


@pytest.mark.parametrize(
    ("version", "words"), [("1.63.0", "1.63.0 is too old"), (None, "Rust is missing")]
)
def test_another_is_refused_with_the_version_that_is_needed(
    tmp_path: Path, version: str | None, words: str
) -> None:
    run = ask_for_rust(tmp_path, version)
    assert run.returncode == 2
    assert words in run.stderr
    assert NEEDED in run.stderr


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "docs/install.md", "docs/tryout.md"]
)
def test_the_documents_name_the_same_rust(name: str) -> None:
    named = re.findall(r"Rust (\d[\d.]*\d) or newer", (REPOSITORY / name).read_text())
    assert set(named) == {NEEDED}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "tests/drivers/README.md"])
def test_the_documents_name_the_node_that_the_drivers_need(name: str) -> None:
    script = (REPOSITORY / "scripts" / "lib.sh").read_text()
    major, minor = re.findall(r"a == (\d+) && b >= (\d+)", script)[0]
    assert f"Node.js {major}.{minor}" in (REPOSITORY / name).read_text()
