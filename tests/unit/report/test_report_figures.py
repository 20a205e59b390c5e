"""Numbers are rounded half up, once, and never claim certainty."""

import pytest

from lianyi.lungct.report.figures import half_up, mm, plain_mm, probability, wilson_95


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (2.25, 1, "2.3"),
        (2.35, 1, "2.4"),
        (14.449999, 1, "14.4"),
        (0.05, 1, "0.1"),
        (-0.04, 1, "0.0"),
        (-617.5, 0, "-618"),
        (10240.5, 0, "10241"),
        (30.0, 1, "30.0"),
    ],
)
def test_a_number_is_rounded_half_up(value: float, decimals: int, printed: str) -> None:
    assert half_up(value, decimals) == printed


def test_a_length_has_its_unit() -> None:
    assert mm(6.25) == "6.3 mm"
    assert plain_mm(2.5) == "2.5 mm"
    assert plain_mm(5.0) == "5 mm"
    assert plain_mm(0.625) == "0.63 mm"


def test_a_number_that_is_none_is_not_printed() -> None:
    with pytest.raises(ValueError, match="cannot be printed"):
        half_up(float("nan"), 1)


def test_a_probability_never_prints_as_one() -> None:
    assert probability(0.999) == ">0.99"
    assert probability(0.9949) == "0.99"
    assert probability(0.545) == "0.55"


def test_the_interval_of_a_rate_is_wilsons() -> None:
    low, high = wilson_95(21, 31)

    assert (round(100 * low), round(100 * high)) == (50, 81)  # as in the design's sample
    assert wilson_95(20, 20)[1] == 1.0
