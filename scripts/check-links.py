"""Checks that links between Markdown files lead somewhere: check-links.py [FOLDER...]

The files are those of the repository, or of the folders.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"^#+\s+(.*?)\s*$", re.MULTILINE)


def markdown_files() -> list[Path]:
    """The repository's Markdown files, new ones included."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.md"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors_of(path: Path) -> set[str]:
    """What headings can be linked to as, by the rules of the usual renderers."""
    headings = (heading.lower() for heading in HEADING.findall(text_of(path)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def fault_of(source: Path, link: str) -> str | None:
    """What is wrong with the link, or None."""
    if re.match(r"[a-z]+:", link):
        return None
    name, _, anchor = link.partition("#")
    target = source if not name else (source.parent / name).resolve()
    if not target.exists():
        return "no such file"
    if anchor and target.suffix == ".md" and anchor not in anchors_of(target):
        return "no such heading"
    return None


def main() -> int:
    faults = 0
    folders = [Path(name).resolve() for name in sys.argv[1:]]
    found = [path for folder in folders for path in sorted(folder.rglob("*.md"))]
    paths = found if folders else markdown_files()
    if not paths:
        print("no Markdown file")
        return 1
    for path in paths:
        for link in LINK.findall(text_of(path)):
            fault = fault_of(path, link)
            if fault is not None:
                print(f"{os.path.relpath(path)}: {link}: {fault}")
                faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
