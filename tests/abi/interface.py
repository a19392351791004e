"""Reads what the guards compare: constants of a header, reasons, symbols and types of a library."""

import json
import re
import subprocess
import tempfile
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


def macros(header: Path) -> dict[str, str]:
    """What each macro with parameters stands for."""
    text = header.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"^#define (MAWS_\w+\([^)]*\)) (.*)$", text, re.MULTILINE)
    return {name: " ".join(body.split()) for name, body in found}


def described(library: Path, root: Path, header: Path) -> tuple[list[str], list[str]]:
    """The library's options and statistics, as a host compiled with this header sees them."""
    with tempfile.TemporaryDirectory(prefix="maws-describe-") as folder:
        program = str(Path(folder) / "describe")
        source = str(root / "abi" / "describe.c")
        output("gcc", "-std=c11", "-I", str(header.parent), source, "-o", program, "-ldl")
        ca_file = (root / "tests" / "c" / "unused_ca.pem").resolve()
        *options, statistics = output(program, str(library), str(ca_file)).splitlines()
    return options, sorted(members("", json.loads(statistics)))


def members(name: str, value: object) -> list[str]:
    """The name of each value of a JSON document, with its type."""
    if isinstance(value, dict):
        inner = [(f"{name}.{key}" if name else key, member) for key, member in value.items()]
    elif isinstance(value, list):
        inner = [(f"{name}[]", member) for member in value]
    else:
        return [f"{name} {type(value).__name__}"]
    return [line for key, member in inner for line in members(key, member)]


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
