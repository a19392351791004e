"""Shows that the guards bite: bite.py TARGET-FOLDER

Copies the source, makes a change that breaks servers, refreshes the header as one who makes it
would, builds the library, and asks the guards: those that are for this must fail. TARGET-FOLDER is
cargo's for these builds.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from guards import check
from interface import CATALOGUE, HEADER

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns("target", "build", "dist", ".git", ".venv", "vendor")


@dataclass(frozen=True)
class Break:
    """A change of the source, and the guards that must notice it."""

    name: str
    edits: tuple[tuple[str, str, str], ...]  # file, old text, new text
    noticed_by: frozenset[str]
    header_written: bool = True


CANCEL = 'pub cancel: Option<unsafe extern "C" fn(conv: maws_conv) -> maws_status>,'
ENTRY_DOC = "/// The only exported symbol:"
LAYOUT_AND_TYPES = frozenset({"struct_layout", "types_for_c"})
BREAKS = (
    Break("nothing is changed", (), frozenset()),
    Break(
        "two members of a struct swapped",
        (
            ("src/abi.rs", "pub min: i64,", "pub swapped: i64,"),
            ("src/abi.rs", "pub max: i64,", "pub min: i64,"),
            ("src/abi.rs", "pub swapped: i64,", "pub max: i64,"),
        ),
        LAYOUT_AND_TYPES,
    ),
    Break(
        "a function removed from the table",
        (("src/abi.rs", CANCEL, ""), ("src/ffi/table.rs", "    cancel: Some(cancel),\n", "")),
        LAYOUT_AND_TYPES | {"types_of_the_library"},
    ),
    Break(
        "an error renumbered",
        (("src/abi.rs", "MAWS_E_DENIED = -21,", "MAWS_E_DENIED = -22,"),),
        frozenset({"struct_layout", "numbers"}),
    ),
    Break(
        "two reasons exchange their numbers",
        (
            (CATALOGUE, "NameResolution = 410,", "NameResolution = 411,"),
            (CATALOGUE, "ConnectFailed = 411,", "ConnectFailed = 410,"),
        ),
        frozenset({"reasons_and_messages"}),
    ),
    Break(
        "an option and a statistic renamed",
        (
            ("src/options/table.rs", 'name: c"awsStsProxy"', 'name: c"awsProxy"'),
            ("src/stats.rs", '"throttledAccounts"', '"accountsThrottled"'),
        ),
        frozenset({"options", "statistics"}),
    ),
    Break(
        "an option of another kind, MAWS_HAS weakened, an enum of another type",
        (
            ("src/options/table.rs", "kind: MAWS_OPTION_CHOICE", "kind: MAWS_OPTION_TEXT"),
            ("include/preamble.h.in", "offsetof(type, member) + sizeof", "sizeof"),
            (
                "src/abi.rs",
                "#[repr(i32)]\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum maws_code",
                "#[repr(i64)]\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum maws_code",
            ),
        ),
        frozenset({"options", "macros_of_the_header", "struct_layout"}),
    ),
    Break(
        "a new exported symbol",
        (
            (
                "src/ffi/entry.rs",
                ENTRY_DOC,
                '/// One more.\n#[unsafe(no_mangle)]\npub extern "C" fn maws_extra() {}\n\n'
                + ENTRY_DOC,
            ),
        ),
        frozenset({"exported_symbols"}),
    ),
    Break(
        "a change without a new header",
        (("src/abi.rs", "MAWS_E_DENIED = -21,", "MAWS_E_DENIED = -22,"),),
        frozenset({"header_drift"}),
        header_written=False,
    ),
)


def apply(edits: tuple[tuple[str, str, str], ...], tree: Path) -> None:
    for name, old, new in edits:
        path = tree / name
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            sys.exit(f"{name} has {old!r} {text.count(old)} times: this test needs it once")
        path.write_text(text.replace(old, new), encoding="utf-8")


def build(tree: Path, target: Path, *, write_header: bool) -> tuple[Path, Path]:
    """The library, and the header that its build generates."""
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target))
    if write_header:
        environment["MAWS_HEADER_WRITE"] = "1"
    command = [
        "cargo",
        "rustc",
        "--locked",
        "--lib",
        "--crate-type",
        "cdylib",
        "--message-format",
        "json",
    ]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    own = [message for message in messages if "mongodb-aws-auth" in message.get("package_id", "")]
    folder = next(
        message["out_dir"] for message in own if message["reason"] == "build-script-executed"
    )
    library = next(
        name
        for message in own
        if message["reason"] == "compiler-artifact"
        for name in message["filenames"]
        if name.endswith(".so")
    )
    return Path(library), Path(folder) / HEADER


def main() -> int:
    target = Path(sys.argv[1]).resolve()
    blunt = []
    for change in BREAKS:
        # One place for all of them, so that cargo keeps what does not change.
        tree = target / "changed-source"
        shutil.rmtree(tree, ignore_errors=True)
        # Without their times: cargo would take what the last change left for up to date.
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT, copy_function=shutil.copyfile)
        apply(change.edits, tree)
        print(f"--- {change.name}", flush=True)
        failed = set(check(tree, *build(tree, target, write_header=change.header_written)))
        if not failed >= change.noticed_by or (not change.edits and failed):
            print(f"expected to fail: {sorted(change.noticed_by)}, failed: {sorted(failed)}")
            blunt.append(change.name)
        shutil.rmtree(tree)
    print("every break was noticed" if not blunt else f"not noticed: {', '.join(blunt)}")
    return 1 if blunt else 0


if __name__ == "__main__":
    sys.exit(main())
