"""What the pictures share: size, colours of both themes, and shapes."""

from html import escape
from math import hypot

WIDTH = 800
# Each colour by its use, in the light and in the dark theme.
COLOURS = {
    "paper": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "soft": ("#59636e", "#9198a1"),
    "grid": ("#d1d9e0", "#3d444d"),
    "box": ("#f6f8fa", "#161b22"),
    "main": ("#0969da", "#4493f8"),
    "other": ("#bc4c00", "#f0883e"),
}


class Picture:
    """An SVG document of the common width that follows the reader's theme."""

    def __init__(self, title: str, description: str, height: int) -> None:
        self.height = height
        self.parts: list[str] = []
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(description)}</desc>",
            f"<style>\n{style()}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        )
        self.text(24, 32, title, "title")

    def text(self, x: float, y: float, text: str, kind: str = "") -> None:
        name = f' class="{kind}"' if kind else ""
        self.parts.append(f'<text{name} x="{x:g}" y="{y:g}">{escape(text, quote=False)}</text>')

    def lines(self, x: float, y: float, lines: list[str], kind: str = "", step: int = 18) -> None:
        """Lines of text below each other."""
        for number, line in enumerate(lines):
            self.text(x, y + number * step, line, kind)

    def line(self, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
        self.parts.append(f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>')

    def box(self, kind: str, x: float, y: float, width: float, height: float, r: int = 0) -> None:
        corner = f' rx="{r}"' if r else ""
        size = f'width="{width:g}" height="{height:g}"{corner}'
        self.parts.append(f'<rect class="{kind}" x="{x:g}" y="{y:g}" {size}/>')

    def path(self, kind: str, points: list[tuple[float, float]]) -> None:
        steps = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(f'<polyline class="{kind}" points="{steps}"/>')

    def arrow(self, kind: str, points: list[tuple[float, float]]) -> None:
        """Straight lines through the points, with a head at the last."""
        self.path(kind, points)
        (x1, y1), (x2, y2) = points[-2:]
        length = hypot(x2 - x1, y2 - y1)
        dx, dy = (x2 - x1) / length * 9, (y2 - y1) / length * 9
        corners = (
            (x2, y2),
            (x2 - dx - dy / 2, y2 - dy + dx / 2),
            (x2 - dx + dy / 2, y2 - dy - dx / 2),
        )
        steps = " ".join(f"{x:g},{y:g}" for x, y in corners)
        self.parts.append(f'<polygon class="{kind} head" points="{steps}"/>')

    def document(self) -> str:
        return "\n".join((*self._head, *self.parts, "</svg>\n"))


def style() -> str:
    light, dark = (
        " ".join(f"--{name}: {both[theme]};" for name, both in COLOURS.items()) for theme in (0, 1)
    )
    return f"""svg {{ {light} }}
@media (prefers-color-scheme: dark) {{ svg {{ {dark} }} }}
text {{ font: 14px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }}
.title {{ font-size: 17px; font-weight: bold; }}
.bold {{ font-weight: bold; }}
.soft {{ fill: var(--soft); font-size: 13px; }}
.over {{ paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round; }}
.right {{ text-anchor: end; }}
.middle {{ text-anchor: middle; }}
.paper {{ fill: var(--paper); }}
.box {{ fill: var(--box); stroke: var(--grid); stroke-width: 1.5; }}
.plugin {{ fill: none; stroke: var(--main); stroke-width: 2; }}
.zone {{ fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 6 5; }}
.grid {{ stroke: var(--grid); stroke-width: 1; }}
.legend {{ fill: var(--paper); }}
.mark {{ stroke: var(--ink); stroke-width: 1.5; }}
.dot {{ fill: var(--main); }}
.bar-good {{ fill: var(--main); }}
.bar-other {{ fill: var(--other); }}
polyline {{ fill: none; stroke-width: 2; }}
.main {{ stroke: var(--main); }}
.other {{ stroke: var(--other); }}
.dashed {{ stroke: var(--ink); stroke-dasharray: 7 5; }}
.main.head {{ fill: var(--main); }}
.other.head {{ fill: var(--other); }}
"""
