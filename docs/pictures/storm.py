"""The failover of a fleet over time, from the simulation's record."""

import csv

from svg import Picture

CONNECTIONS = 1_000_000
ACCOUNTS = 5
QUOTA = 600
END = 600
LEFT, RIGHT, TOP, BOTTOM = 76, 770, 116, 380
TITLE = "A failover over time: 1,000,000 connections log in again (higher is better)"


def draw(record: str) -> str:
    lines = [line for line in record.splitlines() if not line.startswith("#")]
    moments = [
        {key: int(value or -1) for key, value in row.items()} for row in csv.DictReader(lines)
    ]
    # What STS answers at once, and then its quota.
    ideal = (CONNECTIONS / ACCOUNTS - QUOTA) / QUOTA
    done = next(one["seconds"] for one in moments if one["plugin"] == CONNECTIONS)
    at_most = max(one["unlimited"] for one in moments)
    text = (
        f"Simulated: at STS's quota all connections are back after {ideal:.0f} s, with the plugin "
        f"after {done} s. Where each login is sent at once and refused when STS throttles it, at "
        f"most {at_most} are up at any time within {END} s."
    )
    picture = Picture(TITLE, text, 446)
    about = [
        "Simulated by bench/fleet: 100 servers, clients of 5 AWS accounts with pools of 100,",
        "STS answers 600 requests per second and account.",
    ]
    picture.lines(24, 54, about, "soft")
    for share in (0, 25, 50, 75, 100):
        y = _y(share / 100 * CONNECTIONS)
        picture.line("grid", LEFT, y, RIGHT, y)
        picture.text(LEFT - 10, y + 5, f"{share}%", "soft right")
    for seconds in range(0, END + 1, 100):
        picture.line("grid", _x(seconds), BOTTOM, _x(seconds), BOTTOM + 6)
        picture.text(_x(seconds), BOTTOM + 24, f"{seconds} s", "soft middle")
    picture.text(LEFT, TOP - 10, "connections that are up", "soft")
    picture.text(RIGHT, BOTTOM + 46, "since the connections were lost", "soft right")
    burst = ACCOUNTS * QUOTA
    picture.path("dashed", [(_x(0), _y(burst)), (_x(ideal), _y(CONNECTIONS))])
    for column, kind in (("plugin", "main"), ("unlimited", "other")):
        points = [(one["seconds"], one[column]) for one in moments if one[column] >= 0]
        picture.path(kind, [(_x(seconds), _y(count)) for seconds, count in points])
    legend = (
        ("dashed", f"as fast as STS's quota allows: {ideal:.0f} s"),
        ("main", f"with the plugin: {done} s"),
        ("other", f"each login sent at once: none in {END} s"),
    )
    picture.box("legend", 434, TOP + 106, 330, 104)
    for number, (kind, words) in enumerate(legend):
        y = TOP + 128 + 30 * number
        picture.path(kind, [(444, y), (474, y)])
        picture.text(482, y + 5, words)
    return picture.document()


def _x(seconds: float) -> float:
    return round(LEFT + seconds / END * (RIGHT - LEFT), 1)


def _y(connections: float) -> float:
    return round(BOTTOM - connections / CONNECTIONS * (BOTTOM - TOP), 1)
