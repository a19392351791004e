"""The crates that are linked into library or tool, as cargo resolves them for one target."""

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
    """One crate of the library or the tool."""

    name: str
    version: str
    licence: str
    authors: tuple[str, ...]
    repository: str
    folder: Path
    checksum: str
    dependencies: tuple[str, ...]
    own: bool

    @property
    def identity(self) -> str:
        return identity(self.name, self.version, own=self.own)

    def licence_files(self) -> list[Path]:
        """The licence texts that come with the crate's source."""
        folders = (self.folder / name for name in LICENCE_FOLDERS)
        files = (path for folder in folders if folder.is_dir() for path in folder.iterdir())
        return sorted(path for path in files if path.is_file() and LICENCE_FILE.match(path.name))


def identity(name: str, version: str, *, own: bool) -> str:
    """The crate's name among all packages; this project's own are in no registry."""
    return f"pkg:{'generic' if own else 'cargo'}/{name}@{version}"


def product_version() -> str:
    """The version of all that is released together."""
    text = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', text, re.MULTILINE)[1]


def checksums(manifest: Path) -> dict[tuple[str, str], str]:
    """SHA-256 of each crate's archive, out of Cargo.lock."""
    text = manifest.with_name("Cargo.lock").read_text(encoding="utf-8")
    entry = re.compile(r'name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"')
    return {(name, version): checksum for name, version, checksum in entry.findall(text)}


def cargo(command: str, manifest: Path, features: str, *arguments: str) -> str:
    """What a command of cargo's prints about a manifest."""
    chosen = ["--no-default-features", "--features", features] if features else []
    full = ["cargo", command, "--locked", "--manifest-path", str(manifest), *chosen, *arguments]
    return subprocess.run(full, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def metadata(manifest: Path, target: str, features: str) -> dict:
    arguments = ("--format-version", "1", "--filter-platform", target)
    return json.loads(cargo("metadata", manifest, features, *arguments))


def compiled(manifest: Path, target: str, features: str) -> set[tuple[str, str]]:
    """Names and versions of the crates that a build without tests compiles for the target.

    `cargo metadata` also names what tests switch on, and optional crates that nothing switches on.
    """
    arguments = ("--target", target, "--edges", "normal", "--prefix", "none", "--format", "{p}")
    lines = cargo("tree", manifest, features, *arguments).splitlines()
    return {(name, version.removeprefix("v")) for name, version, *_ in map(str.split, lines)}


def linked(manifest: Path, target: str, features: str = "") -> tuple[Crate, list[Crate]]:
    """The manifest's own crate, and those that are linked into it: no macros, no build tools."""
    data = metadata(manifest, target, features)
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    wanted = compiled(manifest, target, features)

    def is_macro(identifier: str) -> bool:
        kinds = (kind for item in packages[identifier]["targets"] for kind in item["kind"])
        return "proc-macro" in kinds

    def is_compiled(identifier: str) -> bool:
        return (packages[identifier]["name"], packages[identifier]["version"]) in wanted

    def dependencies(identifier: str) -> list[str]:
        return [
            dependency["pkg"]
            for dependency in nodes[identifier]["deps"]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
            and not is_macro(dependency["pkg"])
            and is_compiled(dependency["pkg"])
        ]

    root = data["resolve"]["root"]
    found, waiting = {root}, [root]
    while waiting:
        for identifier in dependencies(waiting.pop()):
            if identifier not in found:
                found.add(identifier)
                waiting.append(identifier)
    known = checksums(manifest)

    def identity_of(identifier: str) -> str:
        package = packages[identifier]
        return identity(package["name"], package["version"], own=package["source"] is None)

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
            dependencies=tuple(sorted(identity_of(other) for other in dependencies(identifier))),
            own=package["source"] is None,
        )

    return crate(root), sorted(crate(identifier) for identifier in found - {root})
