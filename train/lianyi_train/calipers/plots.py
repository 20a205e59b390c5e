"""A Bland-Altman plot as SVG, laid out by hand: the difference against the size, bias and limits as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_LEFT, _TOP, _WIDTH, _HEIGHT = 76, 64, 640, 320
_INK, _DOT, _OTHER = "#1f2933", "#1f6f8b", "#b8c4cc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """Points of one comparison.

    Attributes:
        sizes: x, mean of the two measurements or the reference.
        differences: y, ours less the reference.
    """

    sizes: Sequence[float]
    differences: Sequence[float]

    @property
    def bias(self) -> float:
        """Mean difference."""
        return float(np.mean(self.differences))

    @property
    def limits(self) -> tuple[float, float]:
        """Bland and Altman's limits of agreement: bias less and plus 1.96 standard deviations."""
        spread = 1.96 * float(np.std(self.differences, ddof=1))
        return self.bias - spread, self.bias + spread


def bland_altman(cloud: Cloud, behind: Cloud, *, title: str, note: str, unit: str) -> str:
    """Draw *cloud* in front of *behind* (the readers among each other), on the same axes.

    Lines are those of *cloud*; points beyond the drawn range are set on its edge as hollow dots.
    """
    sizes = np.concatenate([cloud.sizes, behind.sizes])
    most_x = float(np.ceil(np.quantile(sizes, 0.995) / 5) * 5)
    every = np.abs(np.concatenate([cloud.differences, behind.differences]))
    most_y = float(max(np.ceil(np.quantile(every, 0.99)), np.ceil(max(map(abs, cloud.limits)))))
    parts = [_frame(title, note, unit, most_x, most_y)]
    parts.extend(_dots(behind, most_x, most_y, _OTHER))
    parts.extend(_dots(cloud, most_x, most_y, _DOT))
    low, high = cloud.limits
    parts.extend(
        _line(value, most_y, name, unit)
        for value, name in ((cloud.bias, "bias"), (low, "−1.96 SD"), (high, "+1.96 SD"))
    )
    return "\n".join([*parts, "</svg>", ""])


def _x(value: float, most: float) -> float:
    return round(_LEFT + min(value / most, 1.0) * _WIDTH, 1)


def _y(value: float, most: float) -> float:
    return round(_TOP + _HEIGHT / 2 - float(np.clip(value / most, -1, 1)) * _HEIGHT / 2, 1)


def _dots(cloud: Cloud, most_x: float, most_y: float, colour: str) -> list[str]:
    dots = []
    for size, difference in zip(cloud.sizes, cloud.differences, strict=True):
        beyond = size > most_x or abs(difference) > most_y
        fill = f'fill="none" stroke="{colour}"' if beyond else f'fill="{colour}" fill-opacity="0.6"'
        dots.append(f'<circle cx="{_x(size, most_x)}" cy="{_y(difference, most_y)}" r="2.6" {fill}/>')
    return dots


def _line(value: float, most_y: float, name: str, unit: str) -> str:
    y, dash = _y(value, most_y), "" if name == "bias" else ' stroke-dasharray="5 4"'
    right = _LEFT + _WIDTH
    return (
        f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="{_INK}"{dash}/>'
        f'<text x="{right + 6}" y="{y + 4}">{name} {value:+.2f} {unit}</text>'
    )


def _frame(title: str, note: str, unit: str, most_x: float, most_y: float) -> str:
    ticks = []
    for fifth in range(6):
        x = round(_LEFT + fifth / 5 * _WIDTH, 1)
        ticks.append(f'<text x="{x}" y="{_TOP + _HEIGHT + 20}" text-anchor="middle">{most_x * fifth / 5:g}</text>')
    for share in (-1.0, -0.5, 0.0, 0.5, 1.0):
        y = _y(share * most_y, most_y)
        ticks.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{share * most_y:+g}</text>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 460" font-family="sans-serif" font-size="13" '
        f'fill="{_INK}">\n<rect width="860" height="460" fill="white"/>\n'
        f'<text x="{_LEFT}" y="26" font-size="16" font-weight="bold">{title}</text>\n'
        f'<text x="{_LEFT}" y="47">{note}</text>\n'
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="{_OTHER}"/>\n'
        + "\n".join(ticks)
        + f'\n<text x="{_LEFT + _WIDTH / 2}" y="{_TOP + _HEIGHT + 44}" text-anchor="middle">size, {unit}</text>'
        f'<text transform="translate(22 {_TOP + _HEIGHT / 2}) rotate(-90)" text-anchor="middle">'
        f"difference, {unit}</text>"
    )
