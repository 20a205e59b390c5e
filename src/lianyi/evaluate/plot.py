"""Two pictures as SVG, laid out by hand: the FROC, and the reliability of a probability.

Five seconds must do: what is found (up) against what it costs (right, each step twice as much), LUNA16's seven
readings as dots with their numbers, and how far they may be off as a band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log2

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from lianyi.evaluate import figures
from lianyi.evaluate.curve import RATES, Curve
from lianyi.evaluate.froc import Froc
from lianyi.evaluate.reliability import Reliability
from lianyi.evaluate.resampling import BAND_RATES

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where the axes stand, in the picture's units; y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    def x(self, share: float) -> float:
        """Place a share of the width."""
        return round(self.left + share * self.width, 2)

    def y(self, share: float) -> float:
        """Place a share of the height, from the bottom."""
        return round(self.top + (1.0 - share) * self.height, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across the picture with its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A reading, with its label beside it."""

    x: float
    y: float
    label: str


FROC_BOX = Box(left=84, top=92, width=700, height=380)
RELIABILITY_BOX = Box(left=84, top=92, width=400, height=400)

# Octaves left free on either side of the seven rates, so that labels do not meet the axis.
_MARGIN = 0.4


def froc_svg(froc: Froc) -> str:
    """Draw the curve of all counted nodules; counts instead of percentages below twenty."""
    curve, nodules = froc.curve, froc.nodules
    shown = [rate for rate in BAND_RATES if rate <= curve.last_rate]
    band = froc.spread.band if froc.spread else {}
    return _template("froc.svg.j2").render(
        box=FROC_BOX,
        x_ticks=[Tick(at=_x(rate), label=figures.rate(rate)) for rate in RATES],
        y_ticks=_share_ticks(nodules),
        curve=_path(_corners(curve, shown)) if nodules else "",
        beyond=_path(_level_end(curve)) if nodules else "",
        band=_path(
            [(_x(rate), FROC_BOX.y(band[rate].high)) for rate in BAND_RATES]
            + [(_x(rate), FROC_BOX.y(band[rate].low)) for rate in reversed(BAND_RATES)]
        )
        if band
        else "",
        dots=_readings(froc) if nodules else [],
        chests=froc.chests,
        nodules=nodules,
        cpm=figures.mean_share(froc.cpm, nodules),
        cpm_interval=figures.mean_interval(froc.cpm_interval, nodules),
        confidence=f"{100 * froc.resampling.confidence:g}",
    )


def reliability_svg(reliability: Reliability) -> str:
    """Draw what came true against what was said, one dot a bin, with its 95 % interval and its number of outcomes."""
    box = RELIABILITY_BOX
    most = max(one.outcomes for one in reliability.bins)
    ticks = [tenth / 5 for tenth in range(6)]
    return _template("reliability.svg.j2").render(
        box=box,
        x_ticks=[Tick(at=box.x(at), label=f"{at:.1f}") for at in ticks],
        y_ticks=[Tick(at=box.y(at), label=f"{at:.1f}") for at in ticks],
        bins=[
            {
                "x": box.x(one.mean_probability),
                "y": box.y(one.share),
                "low": box.y(one.interval.low),
                "high": box.y(one.interval.high),
                "said": box.y(one.mean_probability),
                "outcomes": one.outcomes,
                "bar": round(54 * one.outcomes / most, 2),
            }
            for one in reliability.bins
        ],
        outcomes=reliability.outcomes,
        came_true=sum(one.true for one in reliability.bins),
        ece=figures.half_up(reliability.ece, 3),
        binning={"equal width": "等宽 equal width", "equal mass": "等量 equal mass"}[reliability.binning],
    )


def _x(rate: float) -> float:
    """Place a rate: from 1/8 to 8, each doubling as wide as the next."""
    octaves = log2(RATES[-1] / RATES[0])
    return FROC_BOX.x((log2(rate / RATES[0]) + _MARGIN) / (octaves + 2 * _MARGIN))


def _share_ticks(nodules: int) -> list[Tick]:
    if not figures.may_print_percent(nodules):
        step = max(1, round(nodules / 5))
        return [
            Tick(at=FROC_BOX.y(found / nodules if nodules else 0.0), label=f"{found}")
            for found in range(0, nodules + 1, step)
        ]
    return [Tick(at=FROC_BOX.y(fifth / 5), label=f"{20 * fifth} %") for fifth in range(6)]


def _corners(curve: Curve, rates: Sequence[float]) -> list[Point]:
    """Give the curve from 1/8 on to its end or to 8, without the points in the middle of a straight run.

    The grid of rates among them bends a slant as the logarithmic axis does.
    """
    last = min(curve.last_rate, RATES[-1])
    points = {(rate, curve.found_at(rate)) for rate in [*rates, last] if rate >= RATES[0]}
    points |= {
        (false / curve.chests, found)
        for false, found in zip(curve.false_marks.tolist(), curve.found.tolist(), strict=True)
        if RATES[0] < false / curve.chests <= last
    }
    path = sorted(points)  # both numbers only grow along the curve
    kept = [
        point
        for before, point, after in zip([None, *path], path, [*path[1:], None], strict=False)
        if before is None
        or after is None
        or not (before[1] == point[1] == after[1] or before[0] == point[0] == after[0])
    ]
    return [(_x(rate), FROC_BOX.y(found / curve.nodules)) for rate, found in kept]


def _level_end(curve: Curve) -> list[Point]:
    """Give the level line from where the list of marks ends to the edge of the picture."""
    if curve.last_rate >= RATES[-1]:
        return []
    y = FROC_BOX.y(float(curve.found[-1]) / curve.nodules)
    return [(_x(max(curve.last_rate, RATES[0])), y), (_x(RATES[-1]), y)]


def _readings(froc: Froc) -> list[Dot]:
    return [
        Dot(
            x=_x(rate),
            y=FROC_BOX.y(froc.curve.found_at(rate) / froc.nodules),
            label=figures.share(froc.curve.found_at(rate), froc.nodules),
        )
        for rate in RATES
    ]


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if points else ""


def _source(name: str) -> str:
    return (files("lianyi.evaluate") / "templates" / name).read_text(encoding="utf-8")


@cache
def _template(name: str) -> Template:
    """Load a template; everything put into it is escaped."""
    environment = Environment(
        loader=FunctionLoader(_source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
