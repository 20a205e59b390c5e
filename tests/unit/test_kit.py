"""Which detector screens, at which operating point, and what may be said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lianyi.kit import build_kit
from lianyi.lungct.assess import GUIDELINES, UNCONFIRMED_GUIDELINES
from lianyi.lungct.detect import ClassicalDetector, LearnedDetector, RuntimeUnavailable
from lianyi.lungct.domain.errors import CautionCode, Misconfigured
from lianyi.lungct.domain.outcome import OperatingPoint
from lianyi.settings import PointName, Settings
from tiny_networks import write_weights


@pytest.fixture
def with_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An installation that ships weights; their folder."""
    ship(monkeypatch, write_weights(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def without_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ship(monkeypatch, tmp_path)


@pytest.fixture
def without_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **_others: Any) -> None:
        raise RuntimeUnavailable("ImportError")

    monkeypatch.setattr("lianyi.kit.LearnedDetector", fail)


def ship(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("lianyi.lungct.models.weights.resources.files", lambda _package: folder)


@pytest.mark.usefixtures("with_weights")
def test_shipped_weights_make_the_learned_detector_the_default() -> None:
    kit = build_kit(Settings())

    assert isinstance(kit.detector, LearnedDetector)
    assert kit.operating_point == OperatingPoint(name="balanced", probability=0.5, max_marks=20)
    assert kit.settings["detector"] == "learned"
    assert kit.cautions == ()


@pytest.mark.usefixtures("without_weights")
def test_without_weights_the_classical_detector_is_the_default() -> None:
    kit = build_kit(Settings())

    assert isinstance(kit.detector, ClassicalDetector)
    assert kit.cautions == ()
    assert kit.ability is None


@pytest.mark.usefixtures("with_weights")
def test_the_classical_detector_is_used_when_asked_for() -> None:
    kit = build_kit(Settings(detector="classical"))

    assert isinstance(kit.detector, ClassicalDetector)
    assert kit.ability is None
    assert kit.cautions == ()


@pytest.mark.usefixtures("with_weights", "without_runtime")
def test_a_runtime_that_does_not_load_is_replaced_and_said() -> None:
    kit = build_kit(Settings(operating_point="specific", operating_point_probability=0.07))

    assert isinstance(kit.detector, ClassicalDetector)
    assert [caution.code for caution in kit.cautions] == [CautionCode.CLASSICAL_FALLBACK]
    assert kit.operating_point == OperatingPoint(name="balanced", probability=0.5, max_marks=20)
    assert kit.ability is None


@pytest.mark.usefixtures("with_weights", "without_runtime")
def test_everything_stays_everything_on_the_detector_in_its_place() -> None:
    assert build_kit(Settings(operating_point="all")).operating_point.max_marks == 100


@pytest.mark.usefixtures("with_weights", "without_runtime")
def test_a_detector_asked_for_by_name_is_never_replaced() -> None:
    with pytest.raises(Misconfigured, match="OpenVINO"):
        build_kit(Settings(detector="learned"))


@pytest.mark.usefixtures("without_weights")
def test_a_detector_without_weights_is_refused_when_asked_for_by_name() -> None:
    with pytest.raises(Misconfigured, match="no weights"):
        build_kit(Settings(detector="learned"))


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize("spoil", [change, Path.unlink], ids=["changed", "missing"])
@pytest.mark.parametrize("settings", [Settings(), Settings(detector="learned")], ids=["default", "by name"])
def test_weights_that_are_not_as_shipped_stop_everything(
    with_weights: Path, spoil: Callable[[Path], None], settings: Settings
) -> None:
    spoil(with_weights / "refine.onnx")

    with pytest.raises(Misconfigured, match=r"refine\.onnx"):
        build_kit(settings)


def test_changed_weights_do_not_keep_the_classical_detector_from_being_chosen(with_weights: Path) -> None:
    change(with_weights / "refine.onnx")

    assert isinstance(build_kit(Settings(detector="classical")).detector, ClassicalDetector)


@pytest.mark.usefixtures("with_weights")
@pytest.mark.parametrize(
    ("name", "probability", "max_marks", "false_marks"),
    [("sensitive", 0.2, 20, 4.1), ("balanced", 0.5, 20, 1.04), ("specific", 0.8, 20, 0.26), ("all", 0.02, 100, None)],
)
def test_a_named_point_has_its_own_numbers_and_what_was_measured_at_it(
    name: PointName, probability: float, max_marks: int, false_marks: float | None
) -> None:
    kit = build_kit(Settings(operating_point=name))

    assert kit.operating_point == OperatingPoint(name=name, probability=probability, max_marks=max_marks)
    assert (kit.ability.false_marks_per_chest if kit.ability else None) == false_marks


@pytest.mark.usefixtures("with_weights")
def test_what_was_measured_is_handed_on_by_size() -> None:
    ability = build_kit(Settings()).ability

    assert ability is not None
    assert ability.source == ("手工球体", "balls made by hand")
    assert [(one.from_mm, one.below_mm, one.found, one.total) for one in ability.sensitivity] == [
        (3.0, 6.0, 31, 50),
        (6.0, None, 9, 10),
    ]


@pytest.mark.usefixtures("with_weights")
@pytest.mark.parametrize(
    "settings",
    [
        Settings(operating_point_probability=0.3),
        Settings(max_marks=7),
        Settings(operating_point="sensitive", operating_point_probability=0.3),
        Settings(operating_point="sensitive", operating_point_name="balanced"),
        Settings(operating_point_name="all"),
    ],
)
def test_a_reserved_name_never_stands_for_other_numbers(settings: Settings) -> None:
    assert build_kit(settings).operating_point.name == "custom"


@pytest.mark.usefixtures("with_weights")
def test_nothing_measured_is_claimed_for_other_numbers() -> None:
    assert build_kit(Settings(operating_point_probability=0.51)).ability is None
    assert build_kit(Settings(max_marks=19)).ability is None


@pytest.mark.parametrize("name", ["sensitive", "specific"])
def test_the_classical_detector_has_no_point_that_nobody_measured(name: PointName) -> None:
    with pytest.raises(Misconfigured, match=name):
        build_kit(Settings(detector="classical", operating_point=name))


def test_the_classical_detector_gives_everything_for_evaluation() -> None:
    kit = build_kit(Settings(detector="classical", operating_point="all"))

    assert kit.operating_point == OperatingPoint(name="all", probability=0.02, max_marks=100)


@pytest.mark.parametrize("point", ["sensitive", "balanced", "specific", "all"])
@pytest.mark.usefixtures("with_weights")
def test_nodules_are_counted_at_the_balanced_point_whichever_is_run(point: PointName) -> None:
    kit = build_kit(Settings(operating_point=point))

    assert kit.counted_at == OperatingPoint(name="balanced", probability=0.5, max_marks=20)


@pytest.mark.usefixtures("without_weights")
def test_the_classical_detector_counts_at_its_balanced_point_too() -> None:
    kit = build_kit(Settings(operating_point="all"))

    assert kit.counted_at == OperatingPoint(name="balanced", probability=0.5, max_marks=20)


@pytest.mark.usefixtures("without_weights")
def test_rules_that_were_not_confirmed_are_judged_only_where_the_site_says_so() -> None:
    assert set(build_kit(Settings()).guidelines) == set(GUIDELINES)
    assert set(build_kit(Settings(unconfirmed_rules=True)).guidelines) == {*GUIDELINES, *UNCONFIRMED_GUIDELINES}
