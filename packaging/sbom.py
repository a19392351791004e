"""Writes a bill of materials (CycloneDX 1.5, JSON):

sbom.py MANIFEST TARGET FILE OUTPUT [FEATURES]

It names every crate that is linked into the file, with its checksum of Cargo.lock, and what the
toolchain adds. The same input gives the same bytes: the document has no time and no random number.
"""

import hashlib
import json
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

from crates import Crate, linked, product_version
from toolchain import PARTS


def component(crate: Crate) -> dict:
    entry = {
        "type": "library",
        "bom-ref": crate.identity,
        "name": crate.name,
        "version": crate.version,
        "licenses": [{"expression": crate.licence}],
        "purl": crate.identity,
    }
    if crate.checksum:
        entry["hashes"] = [{"alg": "SHA-256", "content": crate.checksum}]
    if crate.repository:
        entry["externalReferences"] = [{"type": "vcs", "url": crate.repository}]
    return entry


def rust_version() -> str:
    command = ["rustc", "--version"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return output.split()[1]


def toolchain_component(name: str, licence: str) -> dict:
    reference = "toolchain:" + name.lower().replace(" ", "-")
    version = {"version": rust_version()} if name.startswith("Rust") else {}
    return {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        **version,
        "licenses": [{"expression": licence}],
    }


def main() -> None:
    manifest, target, file, output = sys.argv[1:5]
    features = sys.argv[5] if len(sys.argv) > 5 else ""
    root, crates = linked(Path(manifest), target, features)
    # The tool's crate leaves the version to the plugin's.
    root = replace(root, version=product_version())
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    subject = component(root)
    subject["type"] = "library" if ".so" in file else "application"
    subject["hashes"] = [{"alg": "SHA-256", "content": digest}]
    subject["description"] = f"{Path(file).name} for {target}"
    added = [toolchain_component(part.name, part.licence) for part in PARTS]
    below = [{"ref": crate.identity, "dependsOn": list(crate.dependencies)} for crate in crates]
    own = [*root.dependencies, *(part["bom-ref"] for part in added)]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {"component": subject},
        "components": [*(component(crate) for crate in crates), *added],
        "dependencies": [{"ref": root.identity, "dependsOn": own}, *below],
    }
    Path(output).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
