"""The rows of the table: what is measured, what must be reached, and what was."""

import statistics
from dataclasses import dataclass, field
from enum import Enum


class Better(Enum):
    """Which way a figure is good."""

    LOW = "≤"
    HIGH = "≥"


@dataclass
class Row:
    """One figure with its goals and its samples, one for each repeat."""

    group: str
    name: str
    better: Better
    must: float | None
    aim: float | None = None
    unit: str = ""
    digits: int = 2
    # The worst repeat counts, and not the median.
    worst: bool = False
    samples: list[float] = field(default_factory=list)

    def add(self, sample: float) -> None:
        self.samples.append(sample)

    @property
    def reached(self) -> float:
        if self.worst:
            return max(self.samples) if self.better is Better.LOW else min(self.samples)
        return statistics.median(self.samples)

    def meets(self, goal: float) -> bool:
        if self.better is Better.LOW:
            return self.reached <= goal
        return self.reached >= goal

    def verdict(self) -> str:
        if self.must is None:
            return ""
        if not self.meets(self.must):
            return "not met"
        if self.aim is None or self.meets(self.aim):
            return "met"
        return "must met, aim not"

    def goal_text(self, goal: float | None) -> str:
        if goal is None:
            return ""
        if goal == 0:
            return "0"
        return f"{self.better.value} {self._number(goal)}"

    def value_text(self) -> str:
        return self._number(self.reached) if self.samples else "not measured"

    def spread_text(self) -> str:
        if len(self.samples) < 2:
            return ""
        return f"{self._plain(min(self.samples))} to {self._plain(max(self.samples))}"

    def _plain(self, value: float) -> str:
        return f"{value:,.{self.digits}f}"

    def _number(self, value: float) -> str:
        return f"{self._plain(value)} {self.unit}".rstrip()


LOW, HIGH = Better.LOW, Better.HIGH
CONCURRENT = (1, 16, 64)
# Must and aim, by STS's delay in milliseconds and the logins at once. One at a time at 20 ms, a
# login wakes a sleeping processor three times, libcurl's once.
CPU_GOALS = {
    (0, 1): (0.90, 0.65),
    (0, 16): (0.90, 0.65),
    (0, 64): (0.85, 0.65),
    (20, 1): (2.0, 1.3),
    (20, 16): (0.95, 0.75),
    (20, 64): (0.95, 0.75),
}


def all_rows() -> dict[str, Row]:
    """Every row by its key; the table has them in this order."""
    rows = {}

    def row(
        key: str,
        name: str,
        better: Better,
        must: float | None,
        aim: float | None = None,
        unit: str = "",
        digits: int = 2,
        worst: bool = False,
    ) -> None:
        rows[key] = Row(key.split("-")[0], name, better, must, aim, unit, digits, worst)

    for count, must in ((16, 1.05), (64, 1.15)):
        text = f"logins/s, STS 0 ms, {count} at once, to libcurl's"
        row(f"load-rate-0-{count}", text, HIGH, must, 1.3, "x")
    for count in CONCURRENT:
        text = f"logins/s, STS 20 ms, {count} at once, to libcurl's"
        row(f"load-rate-20-{count}", text, HIGH, 0.98, None, "x")
    for count in CONCURRENT:
        text = f"95th percentile, STS 20 ms, {count} at once, to libcurl's"
        row(f"load-p95-20-{count}", text, LOW, 1.05, None, "x")
    for (delay, count), (must, aim) in CPU_GOALS.items():
        text = f"CPU per login, STS {delay} ms, {count} at once, to libcurl's"
        row(f"load-cpu-{delay}-{count}", text, LOW, must, aim, "x")
    text = "growth of memory, 64 in flight, to libcurl's"
    row("load-memory", text, LOW, 0.75, 0.5, "x")
    text = "logins/s, STS 0 ms, 16 at once, to libcurl's with a new connection for each"
    row("fresh", text, HIGH, None, None, "x", 0)
    text = "median above the raw POST, pinned, one at a time"
    row("floor", text, LOW, None, None, "us", 1)
    row("idle", "an idle conversation", LOW, 1024, 512, "bytes", 0)
    text = "cold login, 5 ms after client-first: starts with a connect_us that is not 0"
    row("cold-connecting", text, LOW, 0, digits=0, worst=True)
    row("cold", "cold login, STS 20 ms: to a warm one", LOW, 1.1, None, "x")
    for way, ended in (("close", "closed"), ("reset", "reset")):
        text = f"200 logins, 16 at once, every second request of a connection {ended}: failed"
        row(f"dead-{way}", text, LOW, 0, digits=0, worst=True)
        text = f"{ended}: connections opened beyond one for each dead one"
        row(f"dead-connections-{way}", text, LOW, 0, digits=0, worst=True)
    row("denied", "200 denied logins: connections", LOW, 1, digits=0, worst=True)
    text = "storm, 10,000 logins at once, 600/s, 30 s: failed"
    row("storm-failed", text, LOW, 0, digits=0, worst=True)
    row("storm-time", "storm: time, to the ideal", LOW, 1.25, 1.1, "x")
    row("storm-requests", "storm: requests per login", LOW, 1.15, 1.1, digits=3)
    text = "the same storm, 8 s: verified, to what STS can answer in time"
    row("storm-default-verified", text, HIGH, 0.95, None, "x", 3)
    # A login whose last word from STS was a throttling answer has that as its reason.
    text = "8 s: others that ended neither as overload nor as throttled by STS (415)"
    row("storm-default-other", text, LOW, 0, digits=0, worst=True)
    text = "first of two endpoints silent, 500 logins/s: the last that failed began after"
    row("silence-last", text, LOW, 3, None, "s", worst=True)
    text = "silence over: logins at the first endpoint again after"
    row("silence-recovery", text, LOW, 60, None, "s", 1, worst=True)
    text = "64 clients leave a silent STS: until the next login is verified, above a warm one"
    row("leaving", text, LOW, 50, None, "ms", 1)
    text = "instructions per login, to the last release's"
    row("instructions", text, LOW, 1.05, None, "x", 3)
    return rows
