"""Keeps the old words of tests/prose.txt out of documents, messages and the header: check-prose.py

Reads the repository's Markdown outside of code, the string literals of the plugin, the tool and the
C++ shim outside of their tests, and the comments of the C header.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "tests" / "prose.txt"
SOURCES = (
    *("*.md", "include/*.h", "src/*.rs", "cli/src/*.rs"),
    *("cpp_shim/*.cpp", "cpp_shim/*.h", "tests/host/messages.h"),
)
# Before the file's own tests.
TESTS = re.compile(r"#\[cfg\(.*\btest\b.*\)\]\nmod |(_tests\.rs|/tests\.rs|/tests/|/races/)")
CODE = re.compile(r"^ *(```|~~~).*?^ *\1|(`+)[^`].*?\2|^ {4,}\S.*?$|<!--.*?-->", re.M | re.S)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
LITERAL = re.compile(
    r"""//[^\n]*|/\*.*?\*/|'(?:\\.[^']*|[^'\\\n])'|[rR](?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)
    |"(?P<text>(?:\\.|[^"\\])*)\"""",
    re.S | re.X,
)


class Rule(NamedTuple):
    """An old word, what to say instead, and a text that has it."""

    old: re.Pattern[str]
    say: str
    fault: str


class Hit(NamedTuple):
    """Where an old word is."""

    path: str
    line: int
    words: str
    say: str


def blank(text: str) -> str:
    """As many characters in as many lines, without words."""
    return re.sub(r"[^\n]", " ", text)


def only(text: str, parts: Iterator[tuple[int, int]]) -> str:
    """The text with these parts alone, each in its place."""
    kept, end = "", 0
    for begin, after in parts:
        kept += blank(text[end:begin]) + text[begin:after]
        end = after
    return kept + blank(text[end:])


def literals(text: str) -> Iterator[tuple[int, int]]:
    for found in LITERAL.finditer(text):
        group = "text" if found["text"] is not None else "raw"
        if found[group] is not None:
            yield found.span(group)


def prose(path: str, text: str) -> str:
    """What is for readers, in its place in the file."""
    if path.endswith(".md"):
        return CODE.sub(lambda found: blank(found[0]), text)
    if path.startswith("include/"):
        comments = only(text, (found.span() for found in COMMENT.finditer(text)))
        return re.sub(r"^( */?)\*+|//", lambda found: blank(found[0]), comments, flags=re.M)
    if TESTS.search(path):
        return ""
    return re.sub(r"\\$", " ", only(TESTS.split(text)[0], literals(text)), flags=re.M)


def hits(path: str, text: str, rules: list[Rule]) -> Iterator[Hit]:
    words = prose(path, text)
    for rule in rules:
        for found in rule.old.finditer(words):
            line = words.count("\n", 0, found.start()) + 1
            yield Hit(path, line, " ".join(found[0].split()), rule.say)


def read(data: str) -> tuple[list[Rule], list[tuple[str, str]]]:
    """The rules, and the exceptions as path and words."""
    rules, exceptions = [], []
    for line in data.splitlines():
        if line.startswith("except "):
            path, _, words = line.removeprefix("except ").partition(": ")
            exceptions.append((path, words))
        elif line and not line.startswith("#"):
            old, say, fault = line.split(" => ")
            rules.append(Rule(re.compile(old.replace(" ", r"\s+"), re.I | re.M), say, fault))
    return rules, exceptions


def unnoticed(rules: list[Rule]) -> list[str]:
    """Each rule's own fault, in each kind of text, that is not found where it is."""
    kinds = {
        "page.md": "# Title\n\n`{0}` {0}\n",
        "src/page.rs": '// {0}\nconst TEXT: &str = "\\"";\nconst SAID: &str = "{0}";\n',
        "cpp_shim/page.h": '/* {0} */\nchar c = \'"\';\nMessage kText{{"{0}"}};\n',
        "include/page.h": "int a;\n/** First.\n * {0} */\n",
    }
    missed = []
    for rule in rules:
        for path, text in kinds.items():
            for fault in (rule.fault, rule.fault[0].upper() + rule.fault[1:]):
                found = [(hit.line, hit.say) for hit in hits(path, text.format(fault), [rule])]
                if found != [(3, rule.say)]:
                    missed.append(f"{rule.old.pattern}: {path}: {found}")
    return missed


def main() -> int:
    rules, exceptions = read(RULES.read_text(encoding="utf-8"))
    if missed := unnoticed(rules):
        print("\n".join(["the check does not notice its own faults:", *missed]))
        return 2
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    listed = subprocess.run(
        [*command, *SOURCES], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found, idle = [], set(exceptions)
    for name in sorted(filter(None, listed.stdout.split("\0"))):
        if (ROOT / name).is_file():
            for hit in hits(name, (ROOT / name).read_text(encoding="utf-8"), rules):
                excepted = [one for one in exceptions if one == (hit.path, hit.words)]
                idle -= set(excepted)
                found += [] if excepted else [hit]
    for hit in found:
        print(f'{hit.path}:{hit.line}: "{hit.words}": {hit.say}')
    for path, words in sorted(idle):
        print(f"tests/prose.txt: no need to except {path}: {words}")
    return 1 if found or idle else 0


if __name__ == "__main__":
    sys.exit(main())
