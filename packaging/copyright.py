"""Writes the copyright file of the packages: copyright.py MANIFEST TARGET OUTPUT [FEATURES]

The form is Debian's machine-readable one; under it stand the licence texts that the crates bring.
OUTPUT-of-sources is for packages that hold nothing but this project's own files.
"""

import re
import sys
from pathlib import Path

from crates import ROOT, Crate, linked
from toolchain import PARTS

COMMENT = "Comment: The program holds code of the crates and toolchain parts that stand below.\n"
HEADER = f"""\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: mongodb-aws-auth
{COMMENT}\

Files: *
Copyright: 2026, the mongodb-aws-auth maintainers
License: Apache-2.0
"""
APACHE_TEXT = re.compile(
    r"^ *Apache License\n\s*Version 2\.0, January 2004\n.*"
    r"(additional liability\.|END OF TERMS AND CONDITIONS|limitations under the License\.)\n?",
    re.MULTILINE | re.DOTALL,
)
APACHE_SHORT = """\
License: Apache-2.0
 Licensed under the Apache License, Version 2.0. On Debian systems the full text is in
 /usr/share/common-licenses/Apache-2.0; other packages bring it as LICENSE.
"""


def indented(text: str) -> str:
    """Text as the continuation lines of a field."""
    lines = (line.expandtabs().rstrip() for line in text.strip().splitlines())
    return "".join(f" {line}\n" if line else " .\n" for line in lines)


def texts(crate: Crate) -> dict[str, str]:
    """The crate's licence texts; Apache's, which is the same everywhere, is only named."""
    found = {path.name: path.read_text(encoding="utf-8") for path in crate.licence_files()}
    return {
        name: APACHE_TEXT.sub("The Apache License, Version 2.0.\n", text)
        for name, text in found.items()
    }


def paragraph(crate: Crate) -> str:
    holders = ", ".join(crate.authors) or f"the {crate.name} developers"
    own = texts(crate)
    body = "\n\n".join(f"-- {name} --\n{text.strip()}" for name, text in own.items())
    if not body:
        body = f"{crate.licence}; the crate's source brings no text of its own besides Apache's."
    licence = crate.licence.replace("(", "").replace(")", "")
    return (
        f"\nFiles: crates/{crate.name}-{crate.version}/*\n"
        f"Copyright: {holders}\n"
        f"License: {crate.name}-terms\n"
        f"Comment: SPDX: {licence}. {crate.repository}\n"
        f"\nLicense: {crate.name}-terms\n{indented(body)}"
    )


def main() -> None:
    manifest, target, output = sys.argv[1:4]
    features = sys.argv[4] if len(sys.argv) > 4 else ""
    _, crates = linked(Path(manifest), target, features)
    others = (paragraph(crate) for crate in crates if not crate.own)
    parts = [HEADER, "\n", APACHE_SHORT, *others]
    for part in PARTS:
        name = part.name.lower().replace(" ", "-")
        parts.append(
            f"\nFiles: toolchain/{name}/*\nCopyright: {part.text.split('. ')[0].split('(c) ')[1]}\n"
            f"License: {name}-terms\nComment: SPDX: {part.licence}\n"
            f"\nLicense: {name}-terms\n{indented(part.text)}"
        )
    if (ROOT / "NOTICE").exists():
        parts.append("\n" + (ROOT / "NOTICE").read_text(encoding="utf-8"))
    Path(output).write_text("".join(parts), encoding="utf-8")
    sources = HEADER.replace(COMMENT, "") + "\n" + APACHE_SHORT
    Path(output + "-of-sources").write_text(sources, encoding="utf-8")


if __name__ == "__main__":
    main()
