"""The statistics as mongodb_exporter names them, derived from their declaration in the plugin."""

import re

from paths import REPOSITORY

# How each group of the declarations in src/stats.rs begins, and where it is in the JSON.
GROUPS = {
    "members_of_maws_stats! {\n": "",
    " LoginTimers => ": "times.",
    " EndpointCounters => ": "endpoints.",
}
STATISTIC = re.compile(r'^ +\w+: (\w+) => \w+, "(\w+)", ".*";$', re.M)
# What a statistic of this type has in the JSON: members of its own, or no number at all.
PARTS = {"Timer": (".count", ".sumUs", ".maxUs"), "ElsewhereText": ()}


def statistics() -> set[str]:
    """The path of every number and boolean in the JSON; those in endpoints are of each endpoint."""
    text = (REPOSITORY / "src" / "stats.rs").read_text()
    paths = set()
    for begin, prefix in GROUPS.items():
        block = text.partition(begin)[2].partition("\n}\n")[0]
        for kind, statistic in STATISTIC.findall(block):
            paths |= {f"{prefix}{statistic}{part}" for part in PARTS.get(kind, ("",))}
    return paths


def section() -> str:
    """The name of the plugin's section of serverStatus."""
    text = (REPOSITORY / "cpp_shim" / "mongod" / "status_section.cpp").read_text()
    (name,) = re.findall(r'makeSection<StatusSection>\("(\w+)"\)', text)
    return name


def metric(path: str) -> str:
    """The exporter's name of a field of serverStatus.

    By exporter/metrics.go of mongodb_exporter 0.53.0: serverStatus becomes ss, fields are joined by
    underscores and keep their letters, and so do fields of the documents in an array, which the
    label member_idx tells apart. A boolean is 0 or 1; texts are left out.
    """
    joined = re.sub(r"[^a-zA-Z0-9_]+", "_", f"ss.{section()}.{path}")
    return "mongodb_" + re.sub(r"__+", "_", joined).rstrip("_")


def metrics() -> set[str]:
    return {metric(path) for path in statistics()}
