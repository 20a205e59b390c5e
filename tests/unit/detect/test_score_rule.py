"""The rule that turns evidence into a probability."""

import re
from dataclasses import replace

import pytest

from lianyi.lungct.detect import ClassicalDetector
from lianyi.lungct.detect.classical import Settings
from lianyi.lungct.detect.score import TERMS, probability

BALL = {
    "diameter_mm": 9.0,
    "contrast_hu": 700.0,
    "elongation": 1.1,
    "flatness": 1.1,
    "compactness": 0.45,
    "touched_share": 0.0,
    "wall_share": 0.05,
    "crowd_share": 0.03,
    "roundness": 0.75,
}


def test_a_compact_ball_passes_and_a_long_touched_thing_does_not() -> None:
    vessel = BALL | {"elongation": 2.4, "touched_share": 0.12, "roundness": 0.1}

    ball_probability, vessel_probability = probability(BALL), probability(vessel)

    assert ball_probability > 0.9
    assert vessel_probability < 0.25


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("diameter_mm", 3.0),
        ("contrast_hu", 150.0),
        ("elongation", 2.0),
        ("flatness", 2.5),
        ("compactness", 0.05),
        ("touched_share", 0.1),
        ("wall_share", 0.8),
        ("crowd_share", 0.4),
        ("roundness", 0.1),
    ],
)
def test_each_number_pulls_the_way_its_reason_says(name: str, worse: float) -> None:
    assert probability(BALL | {name: worse}) < probability(BALL)


def test_every_term_is_asked_for() -> None:
    assert {term.name for term in TERMS} == set(BALL)


def test_a_missing_number_is_an_error_not_a_zero() -> None:
    without = {name: value for name, value in BALL.items() if name != "crowd_share"}

    with pytest.raises(KeyError, match="crowd_share"):
        probability(without)


def test_extreme_numbers_stay_probabilities() -> None:
    absurd = dict.fromkeys(BALL, 1e9)
    nothing = dict.fromkeys(BALL, 0.0)

    assert 0.0 < probability(absurd) < 1.0
    assert 0.0 < probability(nothing) < 1.0


def test_the_identity_changes_when_a_setting_does() -> None:
    usual = ClassicalDetector().identity
    searching_less = ClassicalDetector(replace(Settings(), looks=10)).identity

    assert usual.name == "classical"
    assert re.fullmatch(r"[0-9a-f]{64}", usual.sha256)
    assert usual == ClassicalDetector().identity
    assert usual.sha256 != searching_less.sha256
