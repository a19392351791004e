"""How each row is measured: paired within a repeat, as close together in time as can be."""

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nginx import Nginx
from programs import Figures, ProgramError, Programs
from rows import CONCURRENT, Row

RECORDED = Path(__file__).parent / "instructions.json"
PLACES = {0: "at_once", 20: "delayed"}
QUOTA = 600
STORM_DEADLINE_MS = 30_000
# awsStsTimeoutMs as it is without being set.
DEADLINE_S = 8
# awsStsWorkers as it is without being set.
IN_FLIGHT = 64
# How many of the dead idle connections' logins are in progress at once.
DEAD_AT_ONCE = 16
# From the header: maws_code and the numbers of reasons.
DONE, OVERLOADED = "0", "-40"
STS_THROTTLING = "415"


@dataclass(frozen=True)
class Scale:
    """How long and how much; the quick one only shows that all rows are produced."""

    repeats: int = 9
    rare_repeats: int = 3
    seconds: float = 1.5
    cold_starts: int = 8
    storm: int = 10_000
    silence_rate: int = 500
    silent_at: float = 2
    back_at: float = 14
    silence_end: float = 30
    instruction_logins: int = 1000


QUICK = Scale(1, 1, 0.2, 2, 1500, 100, 0.5, 3, 8, 100)


class Bench:
    """Fills the rows; `rotation` is the number of the repeat."""

    def __init__(
        self, programs: Programs, sts: Nginx, other: Nginx, scale: Scale, version: str
    ) -> None:
        self._programs = programs
        self._sts = sts
        self._other = other
        self._scale = scale
        self._version = version
        # All that was measured, for --json.
        self.details: list[dict[str, Any]] = []

    def groups(self) -> dict[str, tuple[int, Callable[[dict[str, Row], int], None]]]:
        """What is measured together, by the group's name, with the number of repeats."""
        often, rarely = self._scale.repeats, self._scale.rare_repeats
        return {
            "load": (often, self._load),
            "fresh": (rarely, self._fresh),
            "floor": (often, self._floor),
            "cold": (often, self._cold),
            "idle": (1, self._idle),
            "dead": (often, self._dead),
            "denied": (rarely, self._denied),
            "storm": (rarely, self._storm),
            "silence": (rarely, self._silence),
            "leaving": (often, self._leaving),
            "instructions": (1, self._instructions),
        }

    def _load(self, rows: dict[str, Row], rotation: int) -> None:
        for delay, place in PLACES.items():
            for count in CONCURRENT:
                ours, theirs = self._pair(place, count, rotation)
                self._note("load", delay=delay, concurrent=count, plugin=ours, libcurl=theirs)

                def ratio(name: str, ours: Figures = ours, theirs: Figures = theirs) -> float:
                    return ours[name] / theirs[name]

                if delay > 0 or count > 1:
                    rows[f"load-rate-{delay}-{count}"].add(ratio("logins_per_s"))
                if delay > 0:
                    rows[f"load-p95-{delay}-{count}"].add(ratio("p95_us"))
                if delay > 0 and count == max(CONCURRENT):
                    rows["load-memory"].add(ratio("rss_growth_kib"))
                rows[f"load-cpu-{delay}-{count}"].add(ratio("cpu_us_per_login"))

    def _pair(self, place: str, count: int, rotation: int) -> tuple[Figures, Figures]:
        """Both in turn; which of them is first changes with each repeat."""
        arguments = ("--threads", count, "--seconds", self._scale.seconds)

        def measure(run: Callable[..., Figures]) -> Figures:
            figures = run(self._sts, place, *arguments)
            if figures["errors"] > 0:
                raise ProgramError(f"logins failed at {place}, {count} at once: {figures}")
            return figures

        if rotation % 2 == 0:
            ours = measure(self._programs.driver)
            return ours, measure(self._programs.incumbent)
        theirs = measure(self._programs.incumbent)
        return measure(self._programs.driver), theirs

    def _fresh(self, rows: dict[str, Row], rotation: int) -> None:
        arguments = ("--threads", 16, "--seconds", self._scale.seconds)
        ours = self._programs.driver(self._sts, "at_once", *arguments)
        theirs = self._programs.incumbent(self._sts, "at_once", "--mode", "fresh", *arguments)
        self._note("fresh", repeat=rotation, plugin=ours, libcurl=theirs)
        rows["fresh"].add(ours["logins_per_s"] / theirs["logins_per_s"])

    def _floor(self, rows: dict[str, Row], rotation: int) -> None:
        """nginx on one CPU, the program on another: the scheduler's choice counts for nothing."""
        cpus = sorted(os.sched_getaffinity(0))
        worker = self._sts.worker()
        os.sched_setaffinity(worker, cpus[:1])
        arguments = ("--seconds", self._scale.seconds)
        try:
            ours = self._programs.driver(self._sts, "at_once", *arguments, cpu=cpus[-1])
            floor = self._programs.floor(self._sts, "at_once", *arguments, cpu=cpus[-1])
        finally:
            os.sched_setaffinity(worker, cpus)
        self._note("floor", repeat=rotation, plugin=ours, floor=floor)
        rows["floor"].add(ours["p50_us"] - floor["p50_us"])

    def _cold(self, rows: dict[str, Row], rotation: int) -> None:
        """The first login of a process, against later ones; the time counts from client-second."""
        pause = ("--pause-ms", 5)
        starts = self._scale.cold_starts
        first = (*pause, "--warmup", 0, "--logins", 1)
        cold = [self._programs.driver(self._sts, "delayed", *first) for _ in range(starts)]
        warm = self._programs.driver(self._sts, "delayed", *pause, "--logins", starts)
        middle = statistics.median(figures["p50_us"] for figures in cold)
        connecting = sum(figures["connecting"] for figures in cold)
        self._note("cold", repeat=rotation, cold=cold, warm=warm)
        rows["cold-connecting"].add(connecting)
        rows["cold"].add(middle / warm["p50_us"])

    def _idle(self, rows: dict[str, Row], _rotation: int) -> None:
        figures = self._programs.crowd(self._sts, "at_once", "--warmup", 10, "--idle", 10_000)
        self._note("idle", **figures)
        rows["idle"].add(figures["bytes_per_idle_conversation"])

    def _dead(self, rows: dict[str, Row], rotation: int) -> None:
        """A connection is opened, ahead of a login or by it, only where none is idle, so that 16
        logins at once never have more than 16, one that was opened ahead included. Each one beyond
        the first 16 must replace a dead one over which a request was sent: `stale` counts those.
        """
        load = ("--threads", DEAD_AT_ONCE, "--logins", 200, "--warmup", 0)
        for way, place in (("close", "dropping"), ("reset", "resetting")):
            before = self._sts.counters()
            ours = self._programs.driver(self._sts, place, *load)
            opened = self._sts.counters().connections - before.connections
            theirs = self._programs.incumbent(self._sts, place, *load)
            figures = {"connections": opened, "plugin": ours, "libcurl": theirs}
            self._note("dead", repeat=rotation, way=way, **figures)
            rows[f"dead-{way}"].add(ours["errors"])
            beyond = opened - DEAD_AT_ONCE - ours["stale"]
            rows[f"dead-connections-{way}"].add(max(0, beyond))

    def _denied(self, rows: dict[str, Row], rotation: int) -> None:
        before = self._sts.counters()
        figures = self._programs.driver(self._sts, "denying", "--logins", 200, "--warmup", 0)
        opened = self._sts.counters().connections - before.connections
        if figures["errors"] != figures["logins"]:
            raise ProgramError(f"logins were not denied: {figures}")
        self._note("denied", repeat=rotation, connections=opened, plugin=figures)
        rows["denied"].add(opened)

    def _storm(self, rows: dict[str, Row], rotation: int) -> None:
        """The quota is a bucket that is full when the storm begins."""
        logins = self._scale.storm
        figures = self._storm_of(logins, "--option", f"awsStsTimeoutMs={STORM_DEADLINE_MS}")
        ideal = (logins - QUOTA) / QUOTA
        self._note("storm", repeat=rotation, ideal_s=ideal, plugin=figures)
        rows["storm-failed"].add(figures["errors"])
        rows["storm-time"].add(figures["wall_s"] / ideal)
        rows["storm-requests"].add(figures["requests"] / logins)

        figures = self._storm_of(logins)
        in_time = min(logins, QUOTA + QUOTA * DEADLINE_S)
        self._note("storm-default", repeat=rotation, in_time=in_time, plugin=figures)
        verified = figures["by_status"].get(DONE, 0)
        overloaded = figures["by_status"].get(OVERLOADED, 0)
        # Their last request was throttled and there was no time for another: overload, too.
        throttled = figures["by_reason"].get(STS_THROTTLING, 0)
        rows["storm-default-verified"].add(verified / in_time)
        rows["storm-default-other"].add(logins - verified - overloaded - throttled)

    def _storm_of(self, logins: int, *options: object) -> Figures:
        # The bucket of another storm is full again after this.
        time.sleep(1.5)
        return self._programs.crowd(self._sts, "throttling", "--logins", logins, *options)

    def _silence(self, rows: dict[str, Row], rotation: int) -> None:
        """The first endpoint's nginx is stopped, as by SIGSTOP, and goes on later."""
        scale = self._scale
        times = ("--silent-at", scale.silent_at, "--back-at", scale.back_at)
        load = (
            "--rate",
            scale.silence_rate,
            "--logins",
            int(scale.silence_rate * scale.silence_end),
        )
        figures = self._programs.crowd_at_two(
            self._sts, self._other, *load, *times, "--silent-pid", self._sts.worker()
        )
        self._note("silence", repeat=rotation, plugin=figures)
        recovered = figures["recovered_s"]
        rows["silence-last"].add(figures["last_failed_begun_s"])
        rows["silence-recovery"].add(recovered if recovered >= 0 else float("inf"))

    def _leaving(self, rows: dict[str, Row], rotation: int) -> None:
        """From the first client's leaving; STS goes on when the last one has left."""
        load = ("--clients", IN_FLIGHT, "--silent-pid", self._sts.worker())
        figures = self._programs.leaving(self._sts, "delayed", *load)
        self._note("leaving", repeat=rotation, plugin=figures)
        above = figures["next_ms"] - figures["warm_p50_ms"]
        rows["leaving"].add(above if figures["verified"] else float("inf"))

    def _instructions(self, rows: dict[str, Row], _rotation: int) -> None:
        """The difference of two runs, so that the start counts for nothing."""
        few = self._scale.instruction_logins // 5
        many = few + self._scale.instruction_logins
        difference = self._programs.instructions(self._sts, many) - self._programs.instructions(
            self._sts, few
        )
        instructions = difference / (many - few)
        recorded = recorded_instructions()
        self._note("instructions", version=self._version, plugin=instructions, recorded=recorded)
        rows["instructions"].add(instructions / recorded["instructions"] if recorded else 1.0)

    def measured_instructions(self) -> float | None:
        """Of this run."""
        found = [note["plugin"] for note in self.details if note["group"] == "instructions"]
        return found[-1] if found else None

    def _note(self, group: str, **figures: object) -> None:
        self.details.append({"group": group, **figures})


def recorded_instructions() -> dict[str, Any] | None:
    """Of the last release."""
    if not RECORDED.exists():
        return None
    recorded: dict[str, Any] = json.loads(RECORDED.read_text())
    return recorded


def record_instructions(version: str, instructions: float) -> None:
    figures = {"version": version, "instructions": round(instructions)}
    RECORDED.write_text(json.dumps(figures, indent=2) + "\n")
