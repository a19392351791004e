"""Checks a file that is shipped: inspect_binary.py FILE GLIBC [UNSTRIPPED DEBUG-SYMBOLS]

It has a bounded size, runs with that glibc and needs no library besides it, holds no path of the
machine it was built on, is stripped and hardened; and debug symbols, if given, belong to it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

# Library and tool are well below: one that is above has taken in something big by mistake.
LARGEST = 8 << 20
OF_GLIBC = re.compile(r"^(lib(c|m|dl|pthread|rt)\.so\.\d|ld-linux[-\w]*\.so\.\d)$")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def build_id(path: str) -> str:
    found = re.search(r"Build ID: ([0-9a-f]{40})", output("readelf", "--notes", path))
    return found[1] if found else ""


def unversioned(path: str) -> list[str]:
    """Symbols that the file must be given and that no version of glibc up to the oldest one has.

    A library links with them all the same, and then it loads where glibc is new enough, only.
    """
    symbols = output("readelf", "--dyn-syms", "--wide", path)
    return re.findall(r" GLOBAL \w+ +UND ([^@\s]+)$", symbols, re.MULTILINE)


def private_paths() -> list[str]:
    """Folders of whoever builds: the home folder, the checkout, cargo's and rustup's."""
    places = ["/home", "/root", str(Path(__file__).resolve().parent.parent)]
    places += [
        os.environ[name] for name in ("HOME", "CARGO_HOME", "RUSTUP_HOME") if name in os.environ
    ]
    return sorted({place.rstrip("/") + "/" for place in places} - {"/"})


def main() -> int:
    path, baseline, *symbols = sys.argv[1:]
    dynamic = output("readelf", "--dynamic", "--wide", path)
    segments = output("readelf", "--segments", "--wide", path)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    versions = output("readelf", "--version-info", "--wide", path)
    newest = max(re.findall(r"GLIBC_([0-9.]+)", versions), key=version, default="0")
    missing = unversioned(path)
    sections = output("readelf", "--sections", "--wide", path)
    # The debug symbols are looked into as the linker wrote them, before they are compressed.
    content = b"".join(Path(name).read_bytes() for name in [path, *symbols[:1]])
    leaked = [place for place in private_paths() if place.encode() in content]
    size = Path(path).stat().st_size
    checks = {
        f"has {size} bytes, at most {LARGEST}": size <= LARGEST,
        f"needs glibc {newest}, at most {baseline}": version(newest) <= version(baseline),
        f"takes nothing that this glibc lacks{': ' if missing else ''}{' '.join(missing)}": (
            not missing
        ),
        f"needs nothing besides glibc: {' '.join(needed)}": all(map(OF_GLIBC.match, needed)),
        f"holds no path of the build machine{': ' if leaked else ''}{' '.join(leaked)}": not leaked,
        "is stripped": ".symtab" not in sections and ".debug_info" not in sections,
        "is position independent, and bound and read-only before it runs": (
            "DYN" in output("readelf", "--file-header", path)
            and "GNU_RELRO" in segments
            and "NOW" in dynamic
            and "TEXTREL" not in dynamic
        ),
        "has no executable stack": re.search(r"GNU_STACK.* RW  ", segments) is not None,
    }
    if symbols:
        checks["has debug symbols of the same build"] = build_id(path) == build_id(symbols[1]) != ""
    for text, holds in checks.items():
        print("ok  " if holds else "FAIL", text)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
