"""The learned detector with networks made by hand: their answers reach the marks, whatever computes them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from learned_chest import chest, detector_in
from lianyi.lungct.detect.learned.cubes import SecondLook
from lianyi.lungct.detect.learned.peaks import Peak
from lianyi.lungct.detect.learned.runtime import choose_precision
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.lungct.domain.nodule import Candidate, Density

SMALL = ((25.0, 22.0, 24.0), 5.0)
LARGE = ((45.0, 40.0, 66.0), 9.0)

# What may differ between numbers of threads, and between float32 and bfloat16.
THREADS_PROBABILITY, THREADS_MM = 1e-4, 1e-2
BF16_PROBABILITY, BF16_MM = 0.05, 0.5


def test_the_probability_is_the_calibrated_sum_of_both_logits(tmp_path: Path) -> None:
    for mark in detector_in(tmp_path).detect(*chest(SMALL, LARGE)):
        log_odds = 0.5 * mark.evidence["propose_logit"] + 0.75 * mark.evidence["refine_logit"] - 0.25

        assert mark.probability == pytest.approx(1.0 / (1.0 + math.exp(-log_odds)))


def test_without_the_second_network_the_first_decides(tmp_path: Path) -> None:
    detector = detector_in(tmp_path, with_refine=False)

    mark = detector.detect(*chest(LARGE))[0]

    assert mark.probability == pytest.approx(1.0 / (1.0 + math.exp(0.25 - 0.5 * mark.evidence["propose_logit"])))
    assert mark.density is None
    assert mark.mask is None
    assert mark.suspicion_rating is None
    assert "refine_logit" not in mark.evidence


def test_the_second_look_brings_density_rating_and_mask(tmp_path: Path) -> None:
    working, lungs = chest(LARGE)

    mark = detector_in(tmp_path).detect(working, lungs)[0]

    shares = [mark.evidence[f"{name}_probability"] for name in ("ground-glass", "part-solid", "solid")]
    assert sum(shares) == pytest.approx(1.0)
    assert mark.density == Density.SOLID
    assert mark.suspicion_rating is not None
    assert 3.0 < mark.suspicion_rating <= 5.0


def test_each_mask_lies_on_its_own_ball(tmp_path: Path) -> None:
    working, lungs = chest(SMALL, LARGE)

    marks = detector_in(tmp_path).detect(working, lungs)[:2]

    volumes_ml = []
    for mark in marks:
        assert mark.mask is not None
        k, j, i = (float(a) for a in np.argwhere(mark.mask.values_kji).mean(axis=0))
        assert mark.mask.grid.voxel(k=k, j=j, i=i).to_patient().distance_mm(mark.center) < 1.0
        volumes_ml.append(mark.mask.volume_ml)
    assert sorted(volumes_ml) == pytest.approx([4.19 * r**3 / 1000.0 for r in (5.0, 9.0)], rel=0.2)


@pytest.mark.parametrize(
    ("cuts", "density"),
    [
        ((0.5, 1.2), Density.SOLID),
        ((0.5, 2.0), Density.PART_SOLID),
        ((2.0, 2.0), Density.GROUND_GLASS),
        (None, None),
    ],
)
def test_the_density_class_is_where_the_shares_lie_between_the_cuts(
    tmp_path: Path, cuts: tuple[float, float] | None, density: Density | None
) -> None:
    mark = detector_in(tmp_path, density_cuts=cuts).detect(*chest(LARGE))[0]

    assert 1.2 < mark.evidence["part-solid_probability"] + 2.0 * mark.evidence["solid_probability"] < 2.0
    assert mark.density == density


def test_a_chest_cut_into_tiles_gives_the_marks_of_one_piece(tmp_path: Path) -> None:
    balls = (
        ((96.0, 22.0, 24.0), 5.0),
        ((150.0, 40.0, 66.0), 9.0),
        ((200.0, 30.0, 22.0), 7.0),
        ((260.0, 30.0, 66.0), 6.0),
    )
    working, lungs = chest(*balls, shape=(300, 64, 90))
    detector = detector_in(tmp_path)
    whole = sure_of(detector.detect(working, lungs))

    detector._most_voxels = 200 * 88 * 112

    assert_alike(sure_of(detector.detect(working, lungs)), whole, probability=THREADS_PROBABILITY, mm=THREADS_MM)
    assert len(whole) == len(balls)


def test_every_ball_is_found_wherever_it_lies_between_the_cells(tmp_path: Path) -> None:
    detector = detector_in(tmp_path)
    for shift in (0.0, 1.0, 2.25, 3.5):
        center = (30.0 + shift, 28.0 - shift / 2, 23.0 + shift / 3)
        working, lungs = chest((center, 6.0))

        found = working.grid.locate(detector.detect(working, lungs)[0].center)

        assert math.dist((found.k, found.j, found.i), center) < 0.5


def test_what_was_never_scanned_is_no_mark(tmp_path: Path) -> None:
    working, lungs = chest(LARGE, SMALL, scanned_from_k=34)

    marks = [mark for mark in detector_in(tmp_path).detect(working, lungs) if mark.probability > 0.5]

    assert [round(working.grid.locate(mark.center).k) for mark in marks] == [45]


def test_two_peaks_that_the_second_look_moves_to_one_place_are_one_mark(tmp_path: Path) -> None:
    working, _ = chest()
    peaks = [
        Peak(place_kji=(30.0, 30.0, 20.0), logit=2.0, diameter_mm=6.0),
        Peak(place_kji=(30.0, 30.0, 26.0), logit=1.0, diameter_mm=6.0),
    ]
    looks = [second_look((30.0, 30.0, 23.0), logit=0.5), second_look((30.0, 30.0, 24.0), logit=3.0)]

    marks = detector_in(tmp_path)._ranked(working, peaks, looks)

    assert [mark.evidence["refine_logit"] for mark in marks] == [3.0]


def test_the_second_look_changes_the_order(tmp_path: Path) -> None:
    working, _ = chest()
    peaks = [
        Peak(place_kji=(30.0, 30.0, 10.0), logit=2.0, diameter_mm=6.0),
        Peak(place_kji=(30.0, 30.0, 26.0), logit=1.0, diameter_mm=6.0),
    ]
    looks = [second_look((30.0, 30.0, 10.0), logit=-4.0), second_look((30.0, 30.0, 26.0), logit=3.0)]

    marks = detector_in(tmp_path)._ranked(working, peaks, looks)

    assert [mark.evidence["propose_logit"] for mark in marks] == [1.0, 2.0]


def second_look(place_kji: tuple[float, float, float], *, logit: float) -> SecondLook:
    return SecondLook(
        place_kji=place_kji,
        logit=logit,
        density_probabilities=(0.2, 0.3, 0.5),
        suspicion_rating=3.0,
        first_kji=(0, 0, 0),
        mask_kji=np.zeros((32, 32, 32), bool),
    )


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_any_number_of_threads_gives_the_same_marks(tmp_path: Path, threads: int) -> None:
    working, lungs = chest(SMALL, LARGE)
    plain = sure_of(detector_in(tmp_path / "plain", threads=1).detect(working, lungs))

    marks = sure_of(detector_in(tmp_path / "threads", threads=threads).detect(working, lungs))

    assert len(marks) == 2
    assert_alike(marks, plain, probability=THREADS_PROBABILITY, mm=THREADS_MM)


def test_bfloat16_gives_the_same_marks_within_its_tolerance(tmp_path: Path) -> None:
    try:
        choose_precision("bf16")
    except Misconfigured:
        pytest.skip("this processor does not compute in bfloat16")
    working, lungs = chest(SMALL, LARGE)
    plain = sure_of(detector_in(tmp_path / "f32").detect(working, lungs))

    marks = sure_of(detector_in(tmp_path / "bf16", precision="bf16").detect(working, lungs))

    assert len(marks) == 2
    assert_alike(marks, plain, probability=BF16_PROBABILITY, mm=BF16_MM)


def test_the_identity_is_the_manifests(tmp_path: Path) -> None:
    identity = detector_in(tmp_path).identity

    assert (identity.name, identity.version) == ("by-hand", "1.2.3")


def sure_of(marks: tuple[Candidate, ...]) -> list[Candidate]:
    """Without the even walls, where rounding chooses between equal cells."""
    return [mark for mark in marks if mark.probability > 0.05]


def assert_alike(marks: list[Candidate], others: list[Candidate], *, probability: float, mm: float) -> None:
    """Each mark has one of the others at its place, with its probability and density."""
    assert len(marks) == len(others)
    left = list(others)
    for mark in marks:
        nearest = min(left, key=lambda other: other.center.distance_mm(mark.center))
        left.remove(nearest)
        assert nearest.center.distance_mm(mark.center) <= mm
        assert nearest.probability == pytest.approx(mark.probability, abs=probability)
        assert nearest.density == mark.density
