"""Writes CHANGELOG.md in a package's form: changelog.py deb|rpm

Dates are those of the headings; what is not released yet has the time of SOURCE_DATE_EPOCH.
"""

import os
import re
import sys
from datetime import UTC, datetime
from email.utils import format_datetime

from crates import ROOT, product_version

MAINTAINER = "mongodb-aws-auth maintainers <maintainers@mongodb-aws-auth.example>"
HEADING = re.compile(
    r"^## (?:\[?(\d+\.\d+\.\d+)\]? - (\d{4}-\d{2}-\d{2})|Unreleased)$", re.MULTILINE
)


def entries() -> list[tuple[str, datetime, list[str]]]:
    """Version, date and changes of each heading, newest first; none without changes."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    pieces = HEADING.split(text)[1:]
    found = []
    for version, day, body in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        items = re.findall(r"^- (.+(?:\n  .+)*)", body, re.MULTILINE)
        if not items:
            continue
        if version:
            when = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
        else:
            when = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
        changes = [re.sub(r"\s+", " ", item).replace("`", "") for item in items]
        found.append((version or product_version(), when, changes))
    return found


def wrapped(text: str, first: str, rest: str) -> str:
    lines, line = [], first
    for word in text.split():
        if len(line) + len(word) > 78 and line.strip(" *-"):
            lines.append(line.rstrip())
            line = rest
        line += word + " "
    return "\n".join([*lines, line.rstrip()])


def main() -> None:
    for version, when, changes in entries():
        if sys.argv[1] == "deb":
            print(f"mongodb-aws-auth ({version}) unstable; urgency=medium\n")
            print("\n".join(wrapped(change, "  * ", "    ") for change in changes))
            print(f"\n -- {MAINTAINER}  {format_datetime(when)}\n")
        else:
            print(f"* {when:%a %b %d %Y} {MAINTAINER} - {version}-1")
            print("\n".join(wrapped(change, "- ", "  ") for change in changes) + "\n")


if __name__ == "__main__":
    main()
