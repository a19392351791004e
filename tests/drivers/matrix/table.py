"""The matrix as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from .trials import Result

LEGEND = """\
ok       logged in as the right user of $external, or did the right thing
refused  refused with code 18, and the right reason is in the server's log
no       not supported by the driver: see the note
-        AWS gives no such credentials there
"""


@dataclass(frozen=True)
class Row:
    """A driver's results for one identity, or in one situation."""

    driver: str
    what: str
    cells: Sequence[Result]


class Table:
    """Rows under the headings of the sources, and notes below."""

    def __init__(self, headings: Sequence[str]) -> None:
        self._lines: list[list[str]] = [["driver", "identity", *headings]]
        self._notes: list[str] = []
        self._counts: dict[str, int] = {}
        self._shown = ""
        self.expected = True

    def add(self, row: Row) -> None:
        driver = "" if row.driver == self._shown else row.driver
        if driver:
            self._lines.append([])
        self._shown = row.driver
        self._lines.append([driver, row.what, *(self._cell(result) for result in row.cells)])

    def text(self) -> str:
        widths = [
            max(len(line[column]) for line in self._lines if len(line) > column)
            for column in range(len(self._lines[0]))
        ]
        lines = [
            "  ".join(f"{cell:<{widths[column]}}" for column, cell in enumerate(line)).rstrip()
            for line in self._lines
        ]
        counts = ", ".join(f"{count} {text}" for text, count in sorted(self._counts.items()))
        notes = [f"({number}) {note}" for number, note in enumerate(self._notes, 1)]
        return "\n".join([*lines, "", LEGEND, *notes, "", counts])

    def _cell(self, result: Result) -> str:
        self.expected = self.expected and result.expected
        if result.text != "-":
            self._counts[result.text] = self._counts.get(result.text, 0) + 1
        if not result.note:
            return result.text
        if result.note not in self._notes:
            self._notes.append(result.note)
        return f"{result.text} ({self._notes.index(result.note) + 1})"
