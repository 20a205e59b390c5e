"""Hypothesis: small evaluations in which marks lie on several findings, probabilities tie and chests are empty."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

from froc_lists import chest, mark, mark_on, nodule
from lianyi.evaluate import Chest, Mark, TrueNodule
from lianyi.lungct.domain.nodule import Density

timeless = settings(deadline=None)
"""For every law: a busy machine is no failure."""

# Coarse on purpose: ties of probability, marks exactly on a surface and overlapping nodules must all be common.
millimetres = st.integers(-8, 8).map(lambda half: half * 1.5)
places = st.tuples(millimetres, millimetres, millimetres)
probabilities = st.integers(0, 8).map(lambda eighth: eighth / 8)
names = st.sampled_from(["c", "a", "b", "d"])


@dataclass(frozen=True, kw_only=True)
class Lists:
    chests: list[Chest]
    nodules: list[TrueNodule]
    marks: list[Mark]


true_nodules = st.builds(
    nodule,
    names,
    places,
    diameter_mm=st.sampled_from([2.0, 3.0, 5.0, 7.0, 9.0, 16.0]),
    readers=st.integers(1, 4),
    density=st.sampled_from([None, *Density]),
)

# Apart from everything that is strewn, so that each stays what it is.
FAR = (300.0, 0.0, 0.0)
SURE = (30.0, 0.0, 0.0)
SURELY_IGNORED = (-30.0, 0.0, 0.0)


@st.composite
def evaluations(draw: st.DrawFn) -> Lists:
    """Draw lists with at least one counted nodule, marks strewn anywhere and marks strewn about the findings."""
    nodules = draw(
        st.lists(true_nodules, min_size=1, max_size=6, unique_by=lambda one: (one.series_uid, one.center_lps_mm))
    )
    sure = draw(st.builds(nodule, names, st.just(SURE), diameter_mm=st.just(6.0)))
    findings = [*nodules, sure]
    about = st.builds(
        mark_on,
        st.sampled_from(findings),
        probabilities,
        off_mm=st.tuples(*[st.sampled_from([0.0, 1.5, -3.0])] * 3),
    )
    return Lists(
        chests=[chest(name, draw(st.sampled_from([None, 1.0, 2.0, 5.0]))) for name in "cabd"],
        nodules=findings,
        marks=[
            *draw(st.lists(st.builds(mark, names, probabilities, places), max_size=6)),
            *draw(st.lists(about, max_size=8)),
        ],
    )


@st.composite
def evaluations_with_each_verdict(draw: st.DrawFn) -> Lists:
    """Draw lists in which at least one mark hits, one is false and one is ignored."""
    lists = draw(evaluations())
    ignored = draw(st.builds(nodule, names, st.just(SURELY_IGNORED), readers=st.integers(0, 2)))
    hit, missed, passed_over = (draw(probabilities) for _ in range(3))
    return Lists(
        chests=lists.chests,
        nodules=[*lists.nodules, ignored],
        marks=[
            mark_on(ignored, passed_over),
            *lists.marks,
            mark_on(lists.nodules[-1], hit),
            draw(st.builds(mark, names, st.just(missed), st.just(FAR))),
        ],
    )
