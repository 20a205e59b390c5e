"""Settings come from the environment, and a wrong one is named without its value."""

import pytest

from lianyi.kit import build_kit
from lianyi.lungct.domain.errors import Misconfigured
from lianyi.settings import Settings, read_settings


def test_without_variables_the_defaults_hold() -> None:
    assert read_settings().language == "zh"
    assert read_settings().detector is None
    assert build_kit(read_settings()).operating_point.name == "balanced"


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANYI_MAX_MARKS", "7")

    assert read_settings().max_marks == 7


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIANYI_MAX_MARKS", "0"),
        ("LIANYI_MAX_MARKS", "21"),
        ("LIANYI_OPERATING_POINT_PROBABILITY", "1.5"),
        ("LIANYI_OPERATING_POINT_PROBABILITY", "nan"),
        ("LIANYI_LANGUAGE", "klingon"),
        ("LIANYI_OPERATING_POINT_NAME", ""),
        ("LIANYI_OPERATING_POINT", "careful"),
        ("LIANYI_DETECTOR", "best"),
        ("LIANYI_PRECISION", "int8"),
        ("LIANYI_THREADS", "0"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(Misconfigured, match=variable):
        read_settings()


def test_the_kit_holds_what_the_settings_say() -> None:
    kit = build_kit(Settings(operating_point_name="night shift", operating_point_probability=0.2, max_marks=9))

    assert kit.operating_point.name == "night shift"
    assert kit.operating_point.probability == 0.2
    assert kit.operating_point.max_marks == 9
    assert kit.detector.identity.name


@pytest.mark.parametrize(
    "settings",
    [
        Settings(operating_point_probability=0.3),
        Settings(max_marks=7),
        Settings(operating_point_name="balanced", operating_point_probability=0.3),
    ],
)
def test_other_numbers_never_carry_the_shipped_name(settings: Settings) -> None:
    point = build_kit(settings).operating_point

    assert point.name == "custom"


def test_the_shipped_numbers_given_again_keep_the_shipped_name() -> None:
    shipped = build_kit(Settings()).operating_point

    point = build_kit(
        Settings(operating_point_probability=shipped.probability, max_marks=shipped.max_marks)
    ).operating_point

    assert point == shipped
