"""The rows as a picture: for each the share that it uses of what must not be exceeded."""

from collections.abc import Iterable
from html import escape

from rows import Row

WIDTH = 980
LEFT = 510
RIGHT = 80
LINE = 22
TOP = 46
BOTTOM = 30
# The share at the right edge; longer bars are cut there.
MOST = 1.5

STYLE = """
text { font: 12px sans-serif; fill: #1f2328; }
.title { font-weight: bold; font-size: 13px; }
.right { text-anchor: end; }
.middle { text-anchor: middle; }
.met { fill: #2f7ed8; } .missed { fill: #d1495b; }
.must { stroke: #1f2328; stroke-width: 1.5; }
.aim { stroke: #2e8b57; stroke-width: 2; }
.spread { stroke: #1f2328; stroke-width: 1; }
.grid { stroke: #d0d7de; stroke-width: 1; }
"""


def picture(rows: Iterable[Row]) -> str:
    """An SVG document."""
    shown = [row for row in rows if row.samples and row.share_of_must(row.reached) is not None]
    height = TOP + LINE * len(shown) + BOTTOM
    bottom = height - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text class="title" x="{LEFT}" y="18">Share of what must not be exceeded</text>',
        f'<text x="{LEFT}" y="34">green: the aim; thin line: least to greatest</text>',
    ]
    for share in (0, 0.25, 0.5, 0.75, 1, 1.25, 1.5):
        x = _x(share)
        kind = "must" if share == 1 else "grid"
        parts.append(f'<line class="{kind}" x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{bottom}"/>')
        parts.append(f'<text class="middle" x="{x}" y="{bottom + 18}">{share:.0%}</text>')
    for number, row in enumerate(shown):
        parts += _bar(row, TOP + LINE * number)
    return "\n".join((*parts, "</svg>\n"))


def _bar(row: Row, y: int) -> list[str]:
    share = row.share_of_must(row.reached) or 0.0
    kind = "met" if share <= 1 else "missed"
    middle = y + LINE / 2
    parts = [
        f'<text class="right" x="{LEFT - 8}" y="{middle + 4}">{escape(row.name)}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{y + 4}" width="{_x(share) - LEFT}" height="14"/>',
    ]
    ends = sorted(row.share_of_must(end) or 0.0 for end in (min(row.samples), max(row.samples)))
    if len(row.samples) > 1:
        least, most = map(_x, ends)
        parts.append(f'<line class="spread" x1="{least}" y1="{middle}" x2="{most}" y2="{middle}"/>')
    aim = row.share_of_must(row.aim) if row.aim else None
    if aim is not None:
        x = _x(aim)
        parts.append(f'<line class="aim" x1="{x}" y1="{y + 2}" x2="{x}" y2="{y + LINE - 2}"/>')
    parts.append(f'<text x="{_x(MOST) + 6}" y="{middle + 4}">{escape(row.value_text())}</text>')
    return parts


def _x(share: float) -> float:
    return round(LEFT + min(share, MOST) / MOST * (WIDTH - LEFT - RIGHT), 1)
