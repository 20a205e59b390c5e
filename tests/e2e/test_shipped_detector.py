"""The shipped networks on a real chest: the same marks on any number of threads, and in either precision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lianyi.lungct.detect import LearnedDetector
from lianyi.lungct.detect.learned.runtime import Precision, choose_precision
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.lungct.domain.nodule import Candidate
from lianyi.lungct.domain.study import CtSeries
from lianyi.lungct.lungs import find_lungs
from lianyi.lungct.models import shipped_weights
from lianyi.lungct.volume import assemble, to_working_grid

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]

SURE_FROM = 0.03
"""Fainter marks, below what even the sensitive point shows, may change places, where rounding chooses between cells."""
THREADS_PROBABILITY, THREADS_MM = 1e-4, 1e-2
PRECISION_PROBABILITY, PRECISION_MM = 0.05, 1.1
"""docs/decisions/0009-the-runtime.md; a place moves by a voxel where the second look's cube falls on the next one."""

Look = Callable[[int, Precision], tuple[Candidate, ...]]


@pytest.fixture(scope="module")
def look(shared_data: Path) -> Look:
    series = read_chest_series([shared_data / "ct" / "LIDC-IDRI-0003"], requested=None)
    assert isinstance(series, CtSeries)
    working = to_working_grid(assemble(series)[0])
    lungs = find_lungs(working)
    weights = shipped_weights()
    assert weights is not None
    return lambda threads, precision: LearnedDetector(weights, threads=threads, precision=precision).detect(
        working, lungs
    )


@pytest.mark.parametrize("threads", [2, 4])
def test_marks_do_not_depend_on_the_number_of_threads(look: Look, threads: int) -> None:
    assert_alike(look(1, "f32"), look(threads, "f32"), probability=THREADS_PROBABILITY, mm=THREADS_MM)


def test_marks_hardly_depend_on_the_precision(look: Look) -> None:
    try:
        choose_precision("bf16")
    except Misconfigured:
        pytest.skip("this processor does not compute in bfloat16")

    assert_alike(look(2, "f32"), look(2, "bf16"), probability=PRECISION_PROBABILITY, mm=PRECISION_MM)


def assert_alike(ours: tuple[Candidate, ...], others: tuple[Candidate, ...], *, probability: float, mm: float) -> None:
    """Each mark that is sure enough has one of the others at its place, with its probability, and the other way."""
    assert any(mark.probability > SURE_FROM for mark in ours)
    for marks, among in ((ours, others), (others, ours)):
        for mark in marks:
            if mark.probability > SURE_FROM:
                nearest = min(among, key=lambda other: other.center.distance_mm(mark.center))
                assert nearest.center.distance_mm(mark.center) <= mm
                assert nearest.probability == pytest.approx(mark.probability, abs=probability)
