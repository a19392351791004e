"""Compiles the example at the top of a header: example.py HEADER COMPILER [FLAG...]"""

import re
import subprocess
import sys
from pathlib import Path


def main() -> int:
    header, *command = sys.argv[1:]
    comment, _, _ = Path(header).read_text(encoding="utf-8").partition("*/")
    lines = re.findall(r"^ \* {5}(.*)$|^ \*()$", comment, re.MULTILINE)
    example = "\n".join(code for code, _ in lines)
    if "begin(" not in example:
        sys.exit(f"{header} has no example")
    return subprocess.run([*command, "-"], input=example, text=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
