"""The C interface against the last release's: guards.py [--source DIR] LIBRARY GENERATED-HEADER

Each guard says ok or FAIL; the exit status is 0 when all are ok. The baseline is refreshed by
scripts/abi-baseline, when a release is made. See docs/abi-policy.md.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from interface import (
    CATALOGUE,
    HEADER,
    compile_fixture,
    constants,
    described,
    macros,
    reasons,
    symbols,
    write_types,
)

ROOT = Path(__file__).resolve().parent.parent.parent


# abidiff's own bits: it could not run, or was called wrongly; and it is sure that hosts break.
ABIDIFF_FAILED = 1 | 2
ABIDIFF_BREAKS = 8


class Guards:
    """The guards over one source tree and the library built from it."""

    def __init__(self, source: Path, library: Path, generated: Path, work: Path) -> None:
        self.header = source / "include" / HEADER
        self.layout = source / "tests" / "c" / "layout.c"
        self.reasons = reasons(source / CATALOGUE)
        self.library = library
        self.generated = generated
        self.work = work
        self.baseline = ROOT / "abi" / "1.0"
        old, new = constants(self.baseline / HEADER), constants(self.header)
        self.minor_raised = int(new["MAWS_ABI_MINOR"]) > int(old["MAWS_ABI_MINOR"])

    def header_drift(self) -> str:
        """The committed header is the one that the Rust source gives."""
        same = self.header.read_bytes() == self.generated.read_bytes()
        return "" if same else f"{HEADER} is not what src/abi.rs says"

    def exported_symbols(self) -> str:
        """The library exports what the list says."""
        listed = (self.baseline / "symbols").read_text(encoding="utf-8").split()
        found = symbols(self.library)
        return "" if found == listed else f"exported {found}, listed {listed}"

    def numbers(self) -> str:
        """Every number has the name that it had; new ones come with a new minor version."""
        old, new = constants(self.baseline / HEADER), constants(self.header)
        faults = [
            f"{name} was {value}, is {new.get(name, 'gone')}"
            for name, value in old.items()
            if new.get(name) != value and name != "MAWS_ABI_MINOR"
        ]
        added = sorted(new.keys() - old.keys())
        if added and not self.minor_raised:
            faults.append(f"{', '.join(added)} without a raised MAWS_ABI_MINOR")
        return "; ".join(faults)

    def reasons_and_messages(self) -> str:
        """Every reason and message has the number that it had."""
        lines = (self.baseline / "reasons").read_text(encoding="utf-8").splitlines()
        listed = [line.split() for line in lines]
        found = [(number, name, self.reasons.get(int(number), "gone")) for number, name in listed]
        faults = [f"{number} was {name}, is {now}" for number, name, now in found if now != name]
        return "; ".join(faults)

    def macros_of_the_header(self) -> str:
        """Every macro with parameters stands for what it stood for."""
        old, new = macros(self.baseline / HEADER), macros(self.header)
        return "; ".join(
            f"{name} was {body}, is {new.get(name, 'gone')}"
            for name, body in old.items()
            if new.get(name) != body
        )

    def options(self) -> str:
        """Every option has its name and kind, and may change when it could."""
        return self.lines_that_went("options", 0)

    def statistics(self) -> str:
        """Every member of the statistics has its name and type."""
        return self.lines_that_went("statistics", 1)

    def lines_that_went(self, listed: str, which: int) -> str:
        lines = (self.baseline / listed).read_text(encoding="utf-8").splitlines()
        try:
            found = described(self.library, ROOT, self.baseline / HEADER)[which]
        except subprocess.CalledProcessError as error:
            return f"{error}: {error.stderr}"
        return "; ".join(f"no longer: {line}" for line in lines if line not in found)

    def struct_layout(self) -> str:
        """Every member is where version 1.0 has it."""
        command = [
            "gcc",
            "-std=c11",
            "-fsyntax-only",
            "-I",
            str(self.header.parent),
            str(self.layout),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stderr

    def types_for_c(self) -> str:
        """abidiff sees no difference between C with the release's header and with today's."""
        libraries = []
        for name, include in (("old", self.baseline), ("new", self.header.parent)):
            (self.work / name).mkdir()
            libraries.append(self.work / name / "fixture.so")
            try:
                compile_fixture(ROOT / "abi" / "fixture.c", include, libraries[-1])
            except subprocess.CalledProcessError as error:
                return error.stderr
        return self.abidiff(*libraries)

    def types_of_the_library(self) -> str:
        """abidiff sees the release's entry function and table of functions in today's library."""
        types = self.work / "library.abi"
        write_types(self.library, types)
        return self.abidiff(self.baseline / "library.abi", types)

    def abidiff(self, old: Path, new: Path) -> str:
        # Additions are told from breaks by the layout's assertions; here they need a new minor.
        command = ["abidiff", "--harmless", "--no-architecture", str(old), str(new)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        fails = done.returncode & (ABIDIFF_FAILED | ABIDIFF_BREAKS) or (
            done.returncode and not self.minor_raised
        )
        return done.stdout + done.stderr if fails else ""

    def run(self) -> list[str]:
        """Says how each guard stands; gives the names of those that fail."""
        failed = []
        for guard in (
            self.header_drift,
            self.exported_symbols,
            self.numbers,
            self.reasons_and_messages,
            self.macros_of_the_header,
            self.options,
            self.statistics,
            self.struct_layout,
            self.types_for_c,
            self.types_of_the_library,
        ):
            fault = guard()
            print(f"{'FAIL' if fault else 'ok  '} {guard.__name__}: {guard.__doc__}")
            if fault:
                print("     " + "\n     ".join(fault.splitlines()[:12]))
                failed.append(guard.__name__)
        return failed


def check(source: Path, library: Path, generated: Path) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="maws-abi-") as work:
        return Guards(source, library, generated, Path(work)).run()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=ROOT)
    parser.add_argument("library", type=Path)
    parser.add_argument("generated", type=Path)
    arguments = parser.parse_args()
    return 1 if check(arguments.source, arguments.library, arguments.generated) else 0


if __name__ == "__main__":
    sys.exit(main())
