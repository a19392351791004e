"""Checks the file that is shipped: inspect_library.py LIBRARY UNSTRIPPED DEBUG-SYMBOLS GLIBC

It needs no glibc newer than the given one and no library besides glibc's, holds no path of the
machine it was built on, and its debug symbols belong to it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

OF_GLIBC = re.compile(r"^(lib(c|m|dl|pthread|rt)\.so\.\d|ld-linux[-\w]*\.so\.\d)$")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def build_id(path: str) -> str:
    found = re.search(r"Build ID: ([0-9a-f]{40})", output("readelf", "--notes", path))
    return found[1] if found else ""


def private_paths() -> list[str]:
    """Folders of whoever builds: the home folder, the checkout, cargo's and rustup's."""
    places = ["/home", "/root", str(Path(__file__).resolve().parent.parent)]
    places += [
        os.environ[name] for name in ("HOME", "CARGO_HOME", "RUSTUP_HOME") if name in os.environ
    ]
    return sorted({place.rstrip("/") + "/" for place in places} - {"/"})


def main() -> int:
    library, unstripped, debug, baseline = sys.argv[1:]
    dynamic = output("readelf", "--dynamic", "--wide", library)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    versions = output("readelf", "--version-info", "--wide", library)
    newest = max(re.findall(r"GLIBC_([0-9.]+)", versions), key=version)
    sections = output("readelf", "--sections", "--wide", library)
    # The debug symbols are looked into as the linker wrote them, before they are compressed.
    content = Path(library).read_bytes() + Path(unstripped).read_bytes()
    leaked = [path for path in private_paths() if path.encode() in content]
    checks = {
        f"needs glibc {newest}, at most {baseline}": version(newest) <= version(baseline),
        f"needs nothing besides glibc: {' '.join(needed)}": all(map(OF_GLIBC.match, needed)),
        f"holds no path of the build machine{': ' if leaked else ''}{' '.join(leaked)}": not leaked,
        "is stripped": ".symtab" not in sections and ".debug_info" not in sections,
        "has debug symbols of the same build": build_id(library) == build_id(debug) != "",
    }
    for text, holds in checks.items():
        print("ok  " if holds else "FAIL", text)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
