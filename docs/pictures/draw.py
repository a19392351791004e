"""Draws the documents' pictures from the repository's data.

draw.py           writes them: docs/*.svg
draw.py --check   fails if one of them is not what would be written
"""

import sys
from pathlib import Path

import cost
import deployment
import login
import storm

DOCS = Path(__file__).resolve().parent.parent


def pictures() -> dict[Path, str]:
    page = (DOCS / "performance.md").read_text()
    record = (DOCS / "pictures" / "storm.csv").read_text()
    return {
        DOCS / "login.svg": login.draw(),
        DOCS / "deployment.svg": deployment.draw(),
        DOCS / "performance.svg": cost.draw(page),
        DOCS / "storm.svg": storm.draw(record),
    }


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        old = [path for path, text in pictures().items() if not _is(path, text)]
        for path in old:
            print(f"docs/{path.name} is out of date: python3 docs/pictures/draw.py")
        return 1 if old else 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    for path, text in pictures().items():
        path.write_text(text)
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
