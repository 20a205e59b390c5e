"""What the other CT may only hide is neither new nor gone, what it measures too roughly is not stable."""

from dataclasses import replace
from datetime import datetime

import pytest

from lianyi.lungct.compare.again import may_hide
from lianyi.lungct.compare.chests import compare_chests
from lianyi.lungct.domain.outcome import Screened
from report_outcome import screened


def only(numbers: tuple[int, ...], thickness_mm: float, year: int) -> Screened:
    """The analytic chest with some of its four nodules marked, of 26.0, 14.4, 10.8 and 20.0 mm."""
    chest = screened()
    acquired = datetime(year, 3, 10, 9, 0)  # noqa: DTZ001 -- DICOM's time names no zone
    return replace(
        chest,
        nodules=tuple(nodule for nodule in chest.nodules if nodule.id in numbers),
        series=replace(chest.series, facts=replace(chest.series.facts, acquired=acquired)),
        slice_thickness_mm=thickness_mm,
    )


def test_only_what_thick_slices_would_have_shown_is_new_or_gone() -> None:
    current, prior = only((1, 2), 6.0, 2099), only((3, 4), 8.0, 2098)

    compared = compare_chests(current, prior, measure=lambda *_: None)

    assert [(number, one.change) for number, one in compared.growth.items()] == [(1, "new"), (2, "cannot be told")]
    followed = [(one.prior.id, one.growth.change) for one in compared.unmarked]
    assert followed == [(3, "cannot be told"), (4, "gone")]
    assert [nodule.id for nodule in compared.gone] == [4]
    assert "whether it is new cannot be told" in compared.growth[2].reasons[0].en
    assert "whether it is gone cannot be told" in compared.unmarked[0].growth.reasons[0].en


def test_a_nodule_measured_too_roughly_to_show_growth_is_not_called_stable() -> None:
    current, prior = only((1,), 1.0, 2099), only((1,), 5.0, 2098)
    (nodule,) = prior.nodules
    rough = replace(nodule.measurements.mean_diameter, uncertainty=3.0)
    nodule = replace(nodule, measurements=replace(nodule.measurements, mean_diameter=rough))

    growth = compare_chests(current, replace(prior, nodules=(nodule,)), measure=lambda *_: None).growth[1]

    assert growth.change == "cannot be told"
    assert [why.en.split(":")[0] for why in growth.reasons] == ["the error of ±3.4 mm exceeds what defines growth"]


@pytest.mark.parametrize(
    ("thickness_mm", "diameter_mm", "is_hidden"),
    [
        (1.0, 1.5, False),  # thin slices hide nothing that was marked elsewhere
        (2.5, 4.0, False),
        (3.0, 5.9, True),
        (3.0, 6.0, False),
        (5.0, 9.0, True),
        (None, 9.0, True),
        (None, 10.0, False),
    ],
)
def test_slices_hide_what_is_smaller_than_two_of_them(
    thickness_mm: float | None,
    diameter_mm: float,
    is_hidden: bool,  # noqa: FBT001
) -> None:
    chest = replace(screened(), slice_thickness_mm=thickness_mm)

    assert may_hide(chest, replace(chest.nodules[0], mean_diameter_mm=diameter_mm)) is is_hidden
