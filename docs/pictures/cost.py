"""What a login costs beside libcurl, from the table of docs/performance.md."""

import re
from dataclasses import dataclass
from math import ceil

from svg import Picture

TITLE = "What a login costs, relative to libcurl with the built-in mechanism's flow"
# By the sign of the goal.
SECTIONS = (
    ("≥", "Logins per second: longer is better"),
    ("≤", "Cost of a login: shorter is better"),
)
SUFFIX = ", to libcurl's"
LEFT, RIGHT, LINE = 306, 700, 24
# Ratios so near to 1 are as good.
EQUAL = 0.02


@dataclass
class Figure:
    """One row of the table."""

    name: str
    sign: str
    reached: float
    spread: tuple[float, float] | None


def figures(table: str) -> list[Figure]:
    """The rows that compare with libcurl and have a goal."""
    found = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 6 or not cells[0].endswith(SUFFIX):
            continue
        name, must, _, reached, spread, _ = cells
        ratio = re.fullmatch(r"([\d.]+) x", reached)
        if not must or ratio is None:
            continue
        ends = [float(end) for end in re.findall(r"[\d.]+", spread)]
        found.append(
            Figure(
                name.removesuffix(SUFFIX),
                must[0],
                float(ratio[1]),
                (ends[0], ends[1]) if len(ends) == 2 else None,
            )
        )
    return found


class _Scale:
    """Places of ratios, from 0 to the half above the greatest."""

    def __init__(self, rows: list[Figure]) -> None:
        most = max(max(row.reached, *(row.spread or (0, 0))) for row in rows)
        self.halves = max(3, ceil(most * 2))

    def __call__(self, ratio: float) -> float:
        return round(LEFT + ratio * 2 / self.halves * (RIGHT - LEFT), 1)


def draw(page: str) -> str:
    rows = figures(page)
    at = _Scale(rows)
    height = 128 + sum(40 + LINE * sum(row.sign == sign for row in rows) for sign, _ in SECTIONS)
    text = (
        "Ratios of the plugin to libcurl, as in the table that scripts/bench writes. "
        + "; ".join(f"{row.name}: {row.reached:.2f}" for row in rows)
    )
    picture = Picture(TITLE, text, height)
    picture.text(24, 56, "Thin lines: from the least to the greatest of the repeats", "soft")
    y = 76
    for sign, heading in SECTIONS:
        picture.text(24, y + 18, heading, "bold")
        y += 32
        of = [row for row in rows if row.sign == sign]
        bottom = y + LINE * len(of)
        for half in range(at.halves + 1):
            picture.line("grid", at(half / 2), y, at(half / 2), bottom)
        for row in of:
            _bar(picture, at, row, y)
            y += LINE
        picture.line("mark", at(1), bottom - LINE * len(of) - 4, at(1), bottom + 4)
        y += 8
    for half in range(at.halves + 1):
        label = "libcurl" if half == 2 else f"{half / 2:g} x"
        picture.text(at(half / 2), y + 16, label, "soft middle")
    picture.box("bar-good", 24, y + 28, 14, 12)
    picture.text(44, y + 39, f"better than libcurl, or within {EQUAL:.0%}", "soft")
    picture.box("bar-other", 270, y + 28, 14, 12)
    picture.text(290, y + 39, "worse than libcurl", "soft")
    return picture.document()


def _bar(picture: Picture, at: _Scale, row: Figure, y: float) -> None:
    good = row.reached >= 1 - EQUAL if row.sign == "≥" else row.reached <= 1 + EQUAL
    picture.text(LEFT - 10, y + 17, row.name, "right")
    picture.box("bar-good" if good else "bar-other", LEFT, y + 4, at(row.reached) - LEFT, LINE - 8)
    if row.spread:
        least, most = map(at, row.spread)
        picture.line("mark", least, y + LINE / 2, most, y + LINE / 2)
    picture.text(RIGHT + 12, y + 17, f"{row.reached:.2f} x")
