"""Lets every driver log in as every identity, with credentials from every source."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from harness.paths import Build
from harness.process import StartError
from matrix import namespace, trials
from matrix.identities import REFUSED, WELCOME, Identity, Source
from matrix.programs import Driver, ProgramError, all_drivers
from matrix.table import Row, Table
from matrix.trials import FAILURES, Result, Stage

#: Enough to see that a driver works at all.
QUICK = ("IAM user", "assumed role", "wrong secret")


def attempt(what: str, trial: Callable[[], Result]) -> Result:
    try:
        result = trial()
    except FAILURES as failure:
        result = Result("FAILED", f"{what}: {failure}", expected=False)
    return result


def rows_of(
    stage: Stage, driver: Driver, identities: Sequence[Identity], quick: bool
) -> Iterator[Row]:
    for identity in identities:
        cells = []
        for source in Source:
            what = f"{driver.title}, {identity.name}, {source.heading}"
            trial = partial(trials.login, stage, driver, identity, source)
            cells.append(attempt(what, trial))
        yield Row(driver.title, identity.name, cells)
    for name, behaviour in trials.BEHAVIOUR.items() if not quick else ():
        result = attempt(f"{driver.title}, {name}", partial(behaviour, stage, driver))
        yield Row(driver.title, name, [result])


def chosen_drivers(names: Sequence[str]) -> list[Driver]:
    drivers = [driver for driver in all_drivers() if not names or driver.name in names]
    unknown = set(names) - {driver.name for driver in drivers}
    if unknown:
        raise ProgramError(f"no such driver: {', '.join(sorted(unknown))}")
    return drivers


def run(drivers: Sequence[Driver], quick: bool, into_document: bool) -> bool:
    identities = [i for i in (*WELCOME, *REFUSED) if not quick or i.name in QUICK]
    table = Table([source.heading for source in Source])
    with tempfile.TemporaryDirectory(prefix="mongodb-aws-auth-drivers-") as folder:
        stage = Stage(Path(folder))
        try:
            for driver in drivers:
                print(f"{driver.title} ...", file=sys.stderr, flush=True)
                for row in rows_of(stage, driver, identities, quick):
                    table.add(row)
        finally:
            stopped = stage.stop()
    print(table.text())
    if into_document and table.expected:
        write(table.text())
    if not stopped:
        print("The server or the emulator did not end as it should have.")
    return table.expected and stopped


MARKS = ("<!-- matrix: written by run.py --write -->\n", "<!-- end of matrix -->\n")
README = Path(__file__).resolve().parent / "README.md"


def write(matrix: str) -> None:
    """Puts the matrix into the document, between its marks."""
    before, rest = README.read_text().split(MARKS[0])
    _, after = rest.split(MARKS[1])
    README.write_text(f"{before}{MARKS[0]}\n```\n{matrix}\n```\n\n{MARKS[1]}{after}")


def interrupted(number: int, _: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--driver", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--quick", action="store_true", help="some of the identities only")
    parser.add_argument("--write", action="store_true", help="write the matrix into README.md")
    arguments = parser.parse_args()
    if arguments.write and (arguments.driver or arguments.quick):
        parser.error("--write is for the whole matrix")
    if not namespace.available():
        namespace.enter(Path(__file__).resolve())
    # Whatever ends the run, what it has started is stopped on the way out.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    # What this machine's own settings say about AWS is none of the emulator's business.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    if missing := Build.find().missing():
        print(f"not built: {', '.join(map(str, missing))}", file=sys.stderr)
        return 2
    try:
        drivers = chosen_drivers(arguments.driver)
        return 0 if run(drivers, arguments.quick, arguments.write) else 1
    except (StartError, ProgramError) as error:
        print(f"tests/drivers: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
