"""The page of a comparison: numbers only where they are certain, a sentence elsewhere."""

import pytest

from lianyi.lungct.domain.growth import DoublingTime
from lianyi.lungct.report.comparison_page import WORDS, doubling_text, told
from lianyi.lungct.report.wording import NEVER_PRINTED


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ((180.0, 120.0, 400.0), "volume doubling time 180 days (95 % interval 120 to 400)"),
        ((900.0, 300.0, None), "volume: not surely growing; if it is, it doubles in no fewer than 300 days"),
        ((-900.0, 300.0, None), "volume: not surely growing; if it is, it doubles in no fewer than 300 days"),
        ((-300.0, None, None), "volume: stable or shrinking"),
        ((None, None, None), "volume: stable or shrinking"),
    ],
)
def test_no_negative_or_endless_time_is_printed(time: tuple[float | None, ...], text: str) -> None:
    days, earliest, latest = time

    said = doubling_text("volume", DoublingTime(days=days, earliest_days=earliest, latest_days=latest), "en")

    assert said == text


def test_every_word_is_there_in_both_languages_and_none_that_must_not_be_printed() -> None:
    for zh, en in WORDS.values():
        assert zh
        assert en
        assert not any(word in zh for word in NEVER_PRINTED)
    assert told("days", "zh", n=3) == "相隔 3 天"
