"""Shows the rows: on the terminal, in docs/performance.md, as JSON."""

import os
import platform
import re
import statistics
import subprocess
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nginx import PROGRAM
from rows import Row

BEGIN = "<!-- figures: written by scripts/bench --write -->"
END = "<!-- end of figures -->"
COLUMNS = ("", "must", "aim", "reached", "spread", "")


def cells(row: Row) -> tuple[str, ...]:
    must, aim = row.goal_text(row.must), row.goal_text(row.aim)
    verdict = row.verdict() if row.samples else ""
    return (row.name, must, aim, row.value_text(), row.spread_text(), verdict)


def text_table(rows: Iterable[Row]) -> str:
    table = [COLUMNS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(COLUMNS))]

    def line(values: tuple[str, ...]) -> str:
        first, *middle, last = values
        padded = (value.rjust(width) for value, width in zip(middle, widths[1:-1], strict=True))
        return "  ".join((first.ljust(widths[0]), *padded, last)).rstrip()

    return "\n".join(line(values) for values in table)


def markdown_table(rows: Iterable[Row]) -> str:
    lines = ["| | must | aim | reached | spread | |", "|---|--:|--:|--:|--:|---|"]
    lines += [f"| {' | '.join(cells(row))} |" for row in rows]
    return "\n".join(re.sub(" +", " ", line) for line in lines)


def write_into(page: Path, rows: Iterable[Row], surroundings: dict[str, Any]) -> None:
    """Puts the table between the markers of the page."""
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page} has no '{BEGIN}' and '{END}'")
    told = (
        f"{surroundings['cpus']} CPUs ({surroundings['cpu']}), load {surroundings['load']} before "
        f"the run; {surroundings['programs']}. {surroundings['repeats']} repeats of "
        f"{surroundings['seconds']} s; storm and silence {surroundings['rare_repeats']}. "
        "Medians, of failures the worst; the spread is from the least to the greatest."
    )
    figures = (
        f"![What a login costs, relative to libcurl](performance.svg)\n\n{markdown_table(rows)}"
    )
    told = textwrap.fill(told, 110)
    page.write_text(f"{before}{BEGIN}\n\n{told}\n\n{figures}\n\n{END}{after}")


def surroundings() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cpu": _cpu(),
        "cpus": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "kernel": platform.release(),
        "programs": ", ".join(
            (
                _version(PROGRAM, "-v"),
                "libcurl " + _version("curl-config", "--version").split()[-1],
                _version("openssl", "version"),
                _version("rustc", "--version"),
            )
        ),
    }


def notes(details: list[dict[str, Any]]) -> str:
    """Figures in their own units, for orientation."""
    lines = []
    loads = [detail for detail in details if detail["group"] == "load"]
    for delay, count in sorted({(one["delay"], one["concurrent"]) for one in loads}):
        of = [one for one in loads if (one["delay"], one["concurrent"]) == (delay, count)]

        def middle(who: str, name: str, of: list[dict[str, Any]] = of) -> float:
            return statistics.median(one[who][name] for one in of)

        both = (
            f"{middle(who, 'logins_per_s'):,.0f}/s, {middle(who, 'cpu_us_per_login'):.0f} us of CPU"
            for who in ("plugin", "libcurl")
        )
        ours, theirs = both
        lines.append(f"STS {delay:2} ms, {count:2} at once: plugin {ours}, libcurl {theirs}")
    return "\n".join(lines)


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _version(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    first = (ended.stdout + ended.stderr).splitlines()[0]
    return " ".join(first.removeprefix("nginx version: ").split()[:2])
