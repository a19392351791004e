"""Checks what a library shows to the dynamic linker: symbols.py LIBRARY SONAME

One exported symbol, the right SONAME, never unmapped, bound at load time, no text relocations and
no executable stack.
"""

import re
import subprocess
import sys

ENTRY = "maws_plugin_entry_v1"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    library, soname = sys.argv[1:]
    symbols = output("nm", "-D", "--defined-only", library)
    exported = [line.split()[-1] for line in symbols.splitlines()]
    dynamic = output("readelf", "--dynamic", "--wide", library)
    segments = output("readelf", "--program-headers", "--wide", library)
    flags = set(re.search(r"\(FLAGS_1\).*Flags:(.*)", dynamic + "(FLAGS_1) Flags:\n")[1].split())
    stack = re.search(r"GNU_STACK.*", segments)
    checks = {
        f"exports {ENTRY} alone, not {exported}": exported == [ENTRY],
        f"has the SONAME {soname}": f"soname: [{soname}]" in dynamic,
        "is never unmapped (NODELETE)": "NODELETE" in flags,
        "binds every symbol at load time (NOW)": "NOW" in flags,
        "has no text relocations": "TEXTREL" not in dynamic,
        "is read-only after relocation (RELRO)": "GNU_RELRO" in segments,
        "has no executable stack": stack is not None and "RWE" not in stack[0],
        "has a build id": "NT_GNU_BUILD_ID" in output("readelf", "--notes", library),
    }
    for text, holds in checks.items():
        print("ok  " if holds else "FAIL", text)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
