"""Mixed load and faults for minutes; started by scripts/soak, which builds what it needs.

Two endpoints: the STS emulator, which checks signatures and is told its faults, and nginx, which is
stopped and started. Each fault lasts some seconds; a round has each of them once, in random order.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.emulator import Emulator
from nginx import Nginx

Sample = dict[str, float]

OUTCOMES = (
    "succeeded",
    "bad_protocol",
    "denied",
    "overloaded",
    "timed_out",
    "upstream_failed",
    "cancelled",
    "others",
)
OPTIONS = (
    ("awsStsWorkers", ("4", "16", "64")),
    ("awsStsTimeoutMs", ("1000", "2000", "4000")),
    ("awsStsQueueLimit", ("4", "10000")),
    ("awsMaxConversations", ("24", "20000")),
    ("awsConversationTimeoutMs", ("1000", "60000")),
    ("awsStsConnectTimeoutMs", ("200", "3000")),
)
# As they are when it rests, so that all rests are alike.
AT_REST = {
    "awsStsWorkers": "64",
    "awsStsTimeoutMs": "4000",
    "awsStsQueueLimit": "10000",
    "awsMaxConversations": "20000",
    "awsConversationTimeoutMs": "60000",
    "awsStsConnectTimeoutMs": "3000",
}
# What the last quarter may have more than the one after the warm-up: a share, and so many.
ALLOWANCES = {
    "rss_kib": (0.05, 2048),
    "heap_kib": (0.10, 1024),
    "threads": (0, 8),
    "descriptors": (0.10, 16),
}
# Of the whole time; until then pools fill and the heap finds its size.
WARM_UP = 0.15


class Clients:
    """The program with the plugin and its clients."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.first = self._line()

    def do(self, command: str) -> Sample:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._line()

    def end(self) -> Sample:
        """Destroys the plugin; gives what is left."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        last = self._line()
        if self._process.wait() != 0:
            raise SystemExit(f"the clients ended with {self._process.returncode}")
        return last

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _line(self) -> Sample:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the clients ended with {self._process.wait()}")
        sample: Sample = json.loads(line)
        return sample


class Faults:
    """What can go wrong, each as something to begin and to end."""

    def __init__(self, emulator: Emulator, nginx: Nginx) -> None:
        self._emulator = emulator
        self._nginx = nginx

    def all(self) -> dict[str, Callable[[], contextlib.AbstractContextManager[None]]]:
        standing: dict[str, dict[str, Any]] = {
            "slow": {"latency_ms": 300},
            "silent": {"delivery": "silence"},
            "dripping": {"delivery": {"drip": {"interval_ms": 5}}},
            "closing": {"delivery": "close"},
            "resetting": {"delivery": "reset"},
            "closing after answers": {"delivery": "then_close"},
            "half-closing": {"delivery": "half_close"},
            "half-closing after answers": {"delivery": "then_half_close"},
            "throttling": {"reply": "throttling"},
            "500": {"reply": "internal_failure"},
            "503": {"reply": "service_unavailable"},
            "redirecting": {
                "reply": {"redirect": {"status": 302, "location": "https://localhost/"}}
            },
            "senseless": {"reply": {"canned": {"status": 200, "body": "{"}}},
        }
        faults = {
            name: lambda fault=fault: self._standing(fault) for name, fault in standing.items()
        }
        return {
            "none": contextlib.nullcontext,
            **faults,
            "mixed": self._mixed,
            "first stopped": lambda: self._stopped(self._emulator.pid),
            "second stopped": lambda: self._stopped(self._nginx.worker()),
            "second restarted": self._restarted,
        }

    @contextlib.contextmanager
    def _standing(self, fault: dict[str, Any]) -> Iterator[None]:
        self._emulator.faults(standing=fault)
        yield
        self._emulator.faults(standing=None)

    @contextlib.contextmanager
    def _mixed(self) -> Iterator[None]:
        """Now and then one of many, as a flaky network has it."""
        deliveries = ("close", "reset", "then_close", "half_close")
        flaws: list[dict[str, Any]] = [{"delivery": delivery} for delivery in deliveries]
        flaws += [{"reply": "throttling"}, {"reply": "internal_failure"}, {"latency_ms": 100}]
        coming = [flaw for flaw in flaws * 8 for flaw in ({"times": 9}, flaw)]
        self._emulator.faults(*coming)
        yield

    @contextlib.contextmanager
    def _stopped(self, pid: int) -> Iterator[None]:
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def _restarted(self) -> Iterator[None]:
        self._nginx.stop()
        yield
        self._nginx.start()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/soak")
    parser.add_argument("minutes", type=float)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--plugin", type=Path, required=True)
    parser.add_argument("--emulator", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    with contextlib.ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="maws-soak-")))
        emulator = Emulator(arguments.emulator, folder)
        running.callback(emulator.stop)
        nginx = running.enter_context(Nginx())
        bundle = folder / "both.pem"
        bundle.write_text(emulator.ca_file.read_text() + nginx.ca_file.read_text())
        options = {
            "awsStsHost": "sts.us-east-1.amazonaws.com sts.amazonaws.com",
            "awsStsEndpoint": f"{emulator.endpoint} {nginx.url('at_once')}",
            "awsStsCAFile": bundle,
            **AT_REST,
        }
        command = [str(arguments.programs / "soak"), "--plugin", str(arguments.plugin)]
        for name, value in options.items():
            command += ["--option", f"{name}={value}"]
        clients = Clients(command)
        running.callback(clients.kill)
        samples, idle = soak(clients, Faults(emulator, nginx), arguments)
        left = clients.end()
    return judge(samples, idle, clients.first, left)


def soak(
    clients: Clients, faults: Faults, arguments: argparse.Namespace
) -> tuple[list[Sample], list[Sample]]:
    """Samples under load, a second apart, and those at rest after each round."""
    chance = random.Random(arguments.seed)
    kinds = faults.all()
    total = arguments.minutes * 60
    # At least six rounds, and a fault for half a second at least.
    lasting = min(3.0, max(0.5, total / 6 / len(kinds)))
    print(f"{len(kinds)} faults of {lasting:.1f} s a round, seed {arguments.seed}", flush=True)
    end = time.monotonic() + total
    samples: list[Sample] = []
    idle: list[Sample] = []
    while time.monotonic() < end:
        clients.do("load")
        for name in chance.sample(sorted(kinds), len(kinds)):
            option, values = chance.choice(OPTIONS)
            with kinds[name]():
                clients.do(f"option {option} {chance.choice(values)}")
                until = time.monotonic() + lasting
                while time.monotonic() < until:
                    time.sleep(min(1.0, lasting))
                    samples.append(clients.do("sample"))
        for option, value in AT_REST.items():
            clients.do(f"option {option} {value}")
        idle.append(clients.do("idle"))
        print(round_text(len(idle), idle[-1]), flush=True)
    return samples, idle


def round_text(number: int, sample: Sample) -> str:
    figures = ", ".join(f"{sample[f'counted_{name}']:.0f} {name}" for name in OUTCOMES)
    process = ", ".join(f"{name} {sample[name]:.0f}" for name in ALLOWANCES)
    return f"round {number}: {figures}; at rest: {process}"


def judge(samples: list[Sample], idle: list[Sample], first: Sample, left: Sample) -> int:
    """Prints what was found; 0 where all is as it should be."""
    faults = [
        *growth("under load", samples[int(len(samples) * WARM_UP) :]),
        *growth("at rest", idle[int(len(idle) * WARM_UP) :]),
        *accounts(idle[-1]),
    ]
    # Destroy leaves nothing behind; `first` was taken with the clients' threads.
    if left["threads"] != 1:
        faults.append(f"after destroy {left['threads']:.0f} threads, and not 1")
    if left["descriptors"] > first["descriptors"]:
        before = first["descriptors"]
        faults.append(f"after destroy {left['descriptors']:.0f} descriptors, before {before:.0f}")
    last = idle[-1]
    begun, requests = last["counted_begun"], last["requests"]
    print(f"{begun:.0f} logins, {requests:.0f} requests, {last['connections']:.0f} connections")
    for fault in faults:
        print(f"NOT AS IT SHOULD BE: {fault}")
    print("failed" if faults else "passed: all is flat, and every login is accounted for")
    return 1 if faults else 0


def growth(when: str, samples: list[Sample]) -> list[str]:
    """The medians of the first quarter against those of the last."""
    quarter = max(1, len(samples) // 4)
    faults = []
    for name, (share, more) in ALLOWANCES.items():
        early = statistics.median(sample[name] for sample in samples[:quarter])
        late = statistics.median(sample[name] for sample in samples[-quarter:])
        print(f"{name} {when}: {early:.0f} in the first quarter, {late:.0f} in the last")
        if late > early * (1 + share) + more:
            faults.append(f"{name} {when} has grown from {early:.0f} to {late:.0f}")
    return faults


def accounts(last: Sample) -> list[str]:
    """Every login must have one outcome in the statistics: the one that its client saw."""
    faults = []
    begun = last["counted_begun"]
    outcomes = sum(last[f"counted_{name}"] for name in OUTCOMES)
    if outcomes != begun:
        faults.append(f"{begun:.0f} logins begun, but {outcomes:.0f} outcomes")
    seen = last["seen_begun"] + last["refused_begins"]
    if begun != seen:
        faults.append(f"{seen:.0f} begun or refused at once, {begun:.0f} counted")
    unheard = 0.0
    for name in OUTCOMES:
        more = last[f"counted_{name}"] - last[f"seen_{name}"]
        unheard += more
        if more < 0:
            faults.append(f"{name}: counted {-more:.0f} less than clients have seen")
    if unheard != last["unheard"]:
        faults.append(f"{unheard:.0f} outcomes that nobody heard, but {last['unheard']:.0f} left")
    if last["conversations"] > 0:
        faults.append(f"{last['conversations']:.0f} conversations live on")
    if last["wrong"] > 0:
        faults.append(f"{last['wrong']:.0f} clients had an outcome that is not theirs")
    return faults


if __name__ == "__main__":
    sys.exit(main())
