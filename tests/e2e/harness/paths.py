"""Where the programs under test are."""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
IDENTITIES = REPOSITORY / "tests" / "sts" / "identities.json"


@dataclass(frozen=True)
class Build:
    """The programs of one build."""

    server: Path
    plugin: Path
    emulator: Path
    # Whether the plugin is loaded from where it is, as a server loads an installed one.
    installed: bool = False

    @classmethod
    def find(cls) -> "Build":
        """As built by `scripts/test e2e`, unless the environment names other folders."""
        folder = Path(os.environ.get("MAWS_BUILD_DIR", REPOSITORY / "build" / "debug"))
        cargo = Path(os.environ.get("MAWS_CARGO_DIR", REPOSITORY / "target" / "debug"))
        installed = os.environ.get("MAWS_INSTALLED_PLUGIN")
        return cls(
            server=folder / "tests" / "host" / "mongo-aws-host",
            plugin=Path(installed or folder / "lib" / "libmongodb_aws_auth.so.1"),
            emulator=cargo / "sts-emulator",
            installed=installed is not None,
        )

    def missing(self) -> list[Path]:
        return [path for path in (self.server, self.plugin, self.emulator) if not path.is_file()]
