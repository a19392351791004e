"""The matrix in tests/drivers/README.md is of the drivers that the lock files name."""

import json
import re
from pathlib import Path

from harness.paths import REPOSITORY

DRIVERS = REPOSITORY / "tests" / "drivers"
README = (DRIVERS / "README.md").read_text()
MATRIX = README.split("<!-- matrix:")[1].split("<!-- end of matrix -->")[0]
GUIDE = (REPOSITORY / "docs" / "drivers.md").read_text()


def of_npm(folder: str, package: str) -> str:
    lock = json.loads((DRIVERS / folder / "package-lock.json").read_text())
    version = lock["packages"][f"node_modules/{package}"]["version"]
    assert isinstance(version, str)
    return version


def found(pattern: str, file: Path) -> str:
    (version,) = re.findall(pattern, file.read_text(), re.MULTILINE)
    assert isinstance(version, str)
    return version


def test_the_matrix_is_of_the_versions_that_are_tried() -> None:
    pymongo = found(r"^pymongo\[aws\]==(.*)$", REPOSITORY / "scripts/requirements/demo.txt")
    wanted = {
        "PyMongo": pymongo,
        "PyMongo async": pymongo,
        "Node": of_npm("node", "mongodb"),
        "mongosh": of_npm("mongosh", "mongosh"),
        "Rust": found(r'^name = "mongodb"\nversion = "(.*)"$', DRIVERS / "rust" / "Cargo.lock"),
    }
    rows = re.findall(r"^([A-Z]?[a-zA-Z]+(?: async)?) (\d[\w.+-]*)  ", MATRIX, re.MULTILINE)
    shown = dict(rows)
    assert {name: shown[name] for name in wanted} == wanted
    # Debian's own have no lock file here.
    assert shown.keys() - wanted.keys() == {"libmongoc", "PHP", "Go"}


def test_every_cell_of_the_matrix_is_as_it_has_to_be() -> None:
    assert "FAILED" not in MATRIX
    assert re.search(r"^\d+ no, \d+ ok, \d+ refused$", MATRIX, re.MULTILINE)


def test_the_guide_names_every_driver_of_the_matrix() -> None:
    (table,) = re.findall(r"\| driver or program \| install \|.*?\n\n", GUIDE, re.DOTALL)
    for name in re.findall(r"^([A-Z]?[a-zA-Z]+)(?: async)? \d", MATRIX, re.MULTILINE):
        assert name in table
