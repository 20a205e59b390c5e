"""The yardsticks of measuring: their truths, their splits, their fit, and the promise of the stated interval."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from lianyi_train.calipers import figures
from lianyi_train.calipers.collect import Row, phantom_row
from lianyi_train.calipers.fit import fit_half_width
from lianyi_train.calipers.intervals import coverage_section
from lianyi_train.calipers.phantoms import FIRST_REPORTED, make_case
from lianyi_train.calipers.plots import Cloud, bland_altman
from lianyi_train.calipers.readers import is_for_building

from lianyi.lungct.domain.nodule import Density

REPORTED_PHANTOMS = 500


def test_the_same_seed_gives_the_same_phantom_and_another_seed_another() -> None:
    one, same, other = (make_case(seed, thickness_mm=2.5, diameter_mm=9.0) for seed in (3, 3, 4))

    assert np.array_equal(one.volume.values_kji, same.volume.values_kji)
    assert one.candidate == same.candidate
    assert one.candidate.center != other.candidate.center


def test_the_truth_of_a_whole_phantom_is_its_formula() -> None:
    case = next(c for c in (make_case(seed, thickness_mm=5.0, diameter_mm=9.0) for seed in range(20)) if not c.is_cut)

    assert case.volume_mm3 == pytest.approx(np.pi / 6 * 9.0**3)
    assert case.axes_mm in (pytest.approx((9.0, 9.0)), pytest.approx((9.0 * 1.25, 9.0)))


def test_the_pleura_takes_volume_and_length_from_a_phantom() -> None:
    cut = next(c for c in (make_case(seed, thickness_mm=5.0, diameter_mm=9.0) for seed in range(20)) if c.is_cut)

    assert 0.4 * np.pi / 6 * 9.0**3 < cut.volume_mm3 < np.pi / 6 * 9.0**3
    assert cut.axes_mm[0] >= cut.axes_mm[1]
    assert cut.mean_diameter_mm < 9.0 * 1.13


def test_densities_are_drawn_as_stated() -> None:
    drawn = {make_case(seed, thickness_mm=5.0).density for seed in range(24)}

    assert drawn == set(Density)


def test_patients_are_halved_and_stay_on_their_side() -> None:
    names = [f"LIDC-IDRI-{n:04d}" for n in range(1000)]
    building = [is_for_building(name) for name in names]

    assert 400 < sum(building) < 600
    assert building == [is_for_building(name) for name in names]


def test_the_fitted_interval_follows_the_spread_and_holds_95_percent_of_new_errors() -> None:
    random = np.random.default_rng(0)

    def errors(count: int) -> tuple[np.ndarray, np.ndarray]:
        hardness = random.uniform(0, 2, count)
        return np.column_stack([np.ones(count), hardness]), random.normal(size=count) * np.exp(hardness)

    model = fit_half_width(*errors(3000), ["dense"] * 3000, names=["one", "hardness"])
    terms, wrong = errors(3000)
    half = model["factors"]["dense"] * np.exp(terms @ np.array(model["weights"]))

    assert model["weights"][1] == pytest.approx(1.0, abs=0.15)
    assert 0.93 < np.mean(np.abs(wrong) <= half) < 0.97


def test_errors_beyond_the_widest_interval_are_made_up_for_by_the_others() -> None:
    random = np.random.default_rng(2)
    wrong, most = random.normal(size=4000), np.full(4000, 1e9)
    wrong[:80], most[:80] = 50.0, 10.0

    terms = np.column_stack([np.ones(4000), random.uniform(size=4000)])
    model = fit_half_width(terms, wrong, ["dense"] * 4000, most=most, names=["one", "hardness"])
    half = np.minimum(model["factors"]["dense"] * np.exp(terms @ np.array(model["weights"])), most)

    assert np.mean(np.abs(wrong) <= half) == pytest.approx(0.95, abs=0.005)


def test_no_interval_narrows_with_haze() -> None:
    random = np.random.default_rng(1)
    haze = random.uniform(0, 1, 2000)
    terms = np.column_stack([np.ones(2000), haze])

    model = fit_half_width(terms, random.normal(size=2000) * np.exp(-haze), ["dense"] * 2000, names=["one", "haze"])

    assert model["weights"][1] == 0.0


def test_auc_counts_pairs_and_ties() -> None:
    assert figures.auc([0.1, 0.2, 0.9], [False, False, True]) == 1.0
    assert figures.auc([0.5, 0.5], [False, True]) == 0.5
    assert figures.auc([0.9, 0.1], [False, True]) == 0.0


def test_readers_are_held_against_the_mean_of_the_others() -> None:
    row = {"ours": {"mean_diameter": 9.0}, "readers_mm": [8.0, 10.0, 12.0]}

    mine, theirs = figures.ours_and_readers([row], "readers_mm", "mean_diameter")

    assert mine.differences == [-1.0]
    assert theirs.differences == [-3.0, 0.0, 3.0]
    assert sorted(figures.pair_differences([row], "readers_mm")) == [2.0, 2.0, 4.0]


def phantom(seed: int, *, density: str, called: str, true_mm: float, haze: float) -> Row:
    """A row as it is collected: a free nodule measured at 10 mm on 1 mm slices."""
    is_faint = (float(called == "part-solid"), float(called == "ground-glass"))
    terms = (1.0, math.log(10.0), 0.0, 0.1, math.log(0.7), math.log(20 / 880), *is_faint, 0.0, haze)
    return {
        "seed": seed,
        "density": density,
        "called": called,
        "thickness_mm": 1.0,
        "is_cut": False,
        "true": {"mean_diameter": true_mm, "volume": math.pi / 6 * true_mm**3},
        "ours": {"mean_diameter": 10.0, "volume": math.pi / 6 * 10.0**3},
        "terms": terms,
    }


def test_the_page_counts_the_intervals_that_hold_the_truth_by_kind() -> None:
    rows = [
        phantom(1, density="solid", called="solid", true_mm=10.0, haze=0.0),
        phantom(2, density="solid", called="solid", true_mm=30.0, haze=0.0),
        phantom(3, density="part-solid", called="solid", true_mm=10.2, haze=0.5),
    ]

    page = coverage_section(rows)

    assert "| mean_diameter | 2 of 3 (66.7 %) |" in page
    assert "| solid | 1 of 2 (50 %) |" in page
    assert "| solid or calcified, 20 to 40 mm, slices to 1.25 mm | 0 of 1 (0 %) |" in page
    assert "| called solid or calcified, with ground glass in truth | 1 of 1 (100 %) |" in page
    assert "| ground-glass |" not in page


def test_readers_means_within_the_stated_interval_are_counted() -> None:
    near, far = (
        {**phantom(n, density="solid", called="solid", true_mm=10.0, haze=0.0), "readers_mm": readers_mm}
        for n, readers_mm in ((1, [9.8, 10.4]), (2, [20.0, 22.0]))
    )

    held, count, width = figures.reader_coverage([near, far])

    assert (held, count) == (1, 2)
    assert width == figures.half_width_of("mean_diameter", near["terms"])


def test_the_plot_is_svg_and_keeps_every_point_within_its_frame() -> None:
    near = Cloud(sizes=[5.0, 10.0, 20.0], differences=[0.5, -0.5, 30.0])

    root = ET.fromstring(bland_altman(near, near, title="t", note="n", unit="mm"))  # noqa: S314 -- drawn here

    dots = [(float(c.get("cx", "nan")), float(c.get("cy", "nan"))) for c in root.iter() if c.tag.endswith("circle")]
    assert len(dots) == 6
    assert all(76 <= x <= 716 and 64 <= y <= 384 for x, y in dots)
    assert all(high[0] > low[0] for low, high in pairwise(dots[:3]))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_stated_interval_holds_the_truth_of_phantoms_not_used_to_fit_it() -> None:
    rows = [phantom_row(make_case(seed)) for seed in range(FIRST_REPORTED, FIRST_REPORTED + REPORTED_PHANTOMS)]

    for quantity in ("mean_diameter", "volume"):
        held, count, _ = figures.coverage(rows, quantity)
        assert count >= 0.98 * REPORTED_PHANTOMS
        assert 0.93 <= held / count <= 0.97, quantity
