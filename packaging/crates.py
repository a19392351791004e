"""The crates that are linked into the library, as cargo resolves them for one target."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LICENCE_FILE = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
# A crate may keep the terms of code that it took over beside that code.
LICENCE_FOLDERS = (".", "LICENSES", "third_party/fiat")


@dataclass(frozen=True, order=True)
class Crate:
    """One crate of the library."""

    name: str
    version: str
    licence: str
    authors: tuple[str, ...]
    repository: str
    folder: Path
    checksum: str
    dependencies: tuple[str, ...]

    @property
    def identity(self) -> str:
        return f"pkg:cargo/{self.name}@{self.version}"

    def licence_files(self) -> list[Path]:
        """The licence texts that come with the crate's source."""
        folders = (self.folder / name for name in LICENCE_FOLDERS)
        files = (path for folder in folders if folder.is_dir() for path in folder.iterdir())
        return sorted(path for path in files if path.is_file() and LICENCE_FILE.match(path.name))


def checksums() -> dict[tuple[str, str], str]:
    """SHA-256 of each crate's archive, out of Cargo.lock."""
    text = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    entry = re.compile(r'name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"')
    return {(name, version): checksum for name, version, checksum in entry.findall(text)}


def metadata(target: str, features: str) -> dict:
    command = [
        "cargo",
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        target,
    ]
    if features:
        command += ["--no-default-features", "--features", features]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(output)


def linked(target: str, features: str = "") -> tuple[Crate, list[Crate]]:
    """The library's own crate, and those that are linked into it: no macros, no build tools."""
    data = metadata(target, features)
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}

    def is_macro(identifier: str) -> bool:
        kinds = (kind for item in packages[identifier]["targets"] for kind in item["kind"])
        return "proc-macro" in kinds

    def dependencies(identifier: str) -> list[str]:
        return [
            dependency["pkg"]
            for dependency in nodes[identifier]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
            and not is_macro(dependency["pkg"])
        ]

    root = data["resolve"]["root"]
    found, waiting = {root}, [root]
    while waiting:
        for identifier in dependencies(waiting.pop()):
            if identifier not in found:
                found.add(identifier)
                waiting.append(identifier)
    known = checksums()

    def identity(identifier: str) -> str:
        package = packages[identifier]
        return f"pkg:cargo/{package['name']}@{package['version']}"

    def crate(identifier: str) -> Crate:
        package = packages[identifier]
        return Crate(
            name=package["name"],
            version=package["version"],
            licence=(package["license"] or "see licence file").replace("/", " OR "),
            authors=tuple(package["authors"]),
            repository=package["repository"] or "",
            folder=Path(package["manifest_path"]).parent,
            checksum=known.get((package["name"], package["version"]), ""),
            dependencies=tuple(sorted(identity(other) for other in dependencies(identifier))),
        )

    return crate(root), sorted(crate(identifier) for identifier in found - {root})
