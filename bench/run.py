"""Measures all rows and shows them; started by scripts/bench, which builds what it needs."""

import argparse
import contextlib
import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

from measurements import QUICK, QUOTA, Bench, Scale, record_instructions
from nginx import Nginx
from programs import ProgramError, Programs
from report import notes, surroundings, text_table, write_into
from rows import Row, all_rows

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "performance.md"
DRAW = REPOSITORY / "docs" / "pictures" / "draw.py"
GROUPS = tuple(dict.fromkeys(row.group for row in all_rows().values()))


def main() -> int:
    arguments = parse()
    scale = QUICK if arguments.quick else Scale()
    if arguments.repeats is not None:
        rare = min(scale.rare_repeats, arguments.repeats)
        scale = dataclasses.replace(scale, repeats=arguments.repeats, rare_repeats=rare)
    rows = {key: row for key, row in all_rows().items() if row.group in arguments.only}
    programs = Programs(arguments.programs, arguments.plugin)
    around = surroundings() | {
        "repeats": scale.repeats,
        "rare_repeats": scale.rare_repeats,
        "seconds": scale.seconds,
    }
    with contextlib.ExitStack() as running:
        sts = running.enter_context(Nginx(quota=QUOTA))
        other = running.enter_context(Nginx(quota=QUOTA, certificates=sts.folder))
        bench = Bench(programs, sts, other, scale, arguments.version)
        try:
            measure(bench, rows, arguments.only)
        except ProgramError as error:
            print(error, file=sys.stderr)
            return 2
    print(text_table(rows.values()))
    print(f"\n{notes(bench.details)}".rstrip())
    if arguments.json:
        table = {
            key: dataclasses.asdict(row) | {"better": row.better.value} for key, row in rows.items()
        }
        document = {"surroundings": around, "rows": table, "details": bench.details}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")
    if arguments.write:
        write_into(PAGE, rows.values(), around)
        subprocess.run([sys.executable, DRAW], check=True)
        print(f"\nWritten into {PAGE.relative_to(REPOSITORY)}, and its picture drawn")
    if arguments.record:
        instructions = bench.measured_instructions()
        if instructions is not None:
            record_instructions(arguments.version, instructions)
    unmeasured = [row.name for row in rows.values() if not row.samples]
    if unmeasured:
        print("not measured: " + ", ".join(unmeasured), file=sys.stderr)
        return 2
    return 0


def measure(bench: Bench, rows: dict[str, Row], only: list[str]) -> None:
    """Repeat by repeat through all groups, so that what else the machine does hits all alike."""
    groups = {name: group for name, group in bench.groups().items() if name in only}
    for repeat in range(max(count for count, _ in groups.values())):
        for name, (count, run) in groups.items():
            if repeat < count:
                began = time.monotonic()
                run(rows, repeat)
                took = time.monotonic() - began
                print(f"  {name} {repeat + 1} of {count}: {took:.0f} s", file=sys.stderr)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", add_help=False)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--plugin", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    if arguments.write and (arguments.quick or len(arguments.only) < len(GROUPS)):
        parser.error("only a whole run is written into the documents")
    if arguments.record and "instructions" not in arguments.only:
        parser.error("--record needs the instructions to be measured")
    if arguments.repeats is not None and arguments.repeats < 1:
        parser.error("--repeats: 1 or more")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
