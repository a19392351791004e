"""Reads what the guards compare: constants of a header, reasons, symbols and types of a library."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CATALOGUE = "src/reason.rs"
HEADER = "mongodb_aws_auth.h"


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def constants(header: Path) -> dict[str, str]:
    """Each number that has a name."""
    text = header.read_text(encoding="utf-8")
    macros = re.findall(r"^#define (MAWS_\w+) (-?\d+)$", text, re.MULTILINE)
    codes = re.findall(r"^\s+(MAWS_\w+) = (-?\d+),$", text, re.MULTILINE)
    return dict(macros + codes)


def reasons(catalogue: Path) -> dict[int, str]:
    """The name of each reason and message, by its number."""
    text = catalogue.read_text(encoding="utf-8")
    declared = re.findall(r"^\s+(\w+) = (\d+), MAWS_", text, re.MULTILINE)
    return {int(number): name for name, number in declared}


def symbols(library: Path) -> list[str]:
    lines = output("nm", "--dynamic", "--defined-only", str(library)).splitlines()
    return sorted(line.split()[-1] for line in lines)


def compile_fixture(fixture: Path, include: Path, to: Path) -> None:
    flags = ("-std=c11", "-g", "-fPIC", "-shared", f"-Wl,-soname,{to.name}")
    output("gcc", *flags, "-I", str(include), str(fixture), "-o", str(to))


def write_types(library: Path, to: Path) -> None:
    """The entry function and every type that can be reached from it, as libabigail's XML.

    libabigail writes the library's inner types too, which are nobody's business here.
    """
    output(
        "abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed",
        str(library), "--out-file", str(to),
    )  # fmt: skip
    tree = ElementTree.parse(to)
    corpus = tree.getroot()
    units = corpus.findall("abi-instr")
    # Rust's are nested in the namespaces of their modules.
    types = {element.get("id"): element for element in corpus.iter() if element.get("id")}
    exported = symbols(library)
    functions = [
        element
        for element in corpus.iter("function-decl")
        if element.get("elf-symbol-id") in exported
    ]
    if len(functions) != len(exported):
        raise ValueError(f"{library} has no debug information for {exported}")
    kept: dict[str, ElementTree.Element] = {}
    waiting = list(functions)
    while waiting:
        for element in waiting.pop().iter():
            for name, value in element.attrib.items():
                if name.endswith("type-id") and value in types and value not in kept:
                    kept[value] = types[value]
                    waiting.append(types[value])
    unit = ElementTree.Element(
        "abi-instr", {"address-size": "64", "path": "interface", "language": "LANG_C11"}
    )
    unit.extend([*kept.values(), *functions])
    for old in units:
        corpus.remove(old)
    corpus.append(unit)
    ElementTree.indent(tree)
    tree.write(to, encoding="unicode")
