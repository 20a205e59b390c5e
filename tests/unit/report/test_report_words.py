"""The table of words is whole, in both languages, and each of its rows is used."""

import re
from importlib.resources import files
from string import Formatter

import pytest

from lianyi.lungct.domain.errors import RefusalCode
from lianyi.lungct.report.wording import FAILURE_STEPS, REFUSAL_STEPS, REFUSAL_TITLES, WORDS, say


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_ask_for_the_same_values(key: str) -> None:
    fields = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in WORDS[key]]

    assert all(WORDS[key])
    assert fields[0] == fields[1]


def test_english_sentences_hold_no_chinese() -> None:
    for key, (_, english) in WORDS.items():
        assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", english), key


@pytest.mark.parametrize("code", RefusalCode)
def test_every_refusal_has_a_title_and_steps_that_end_with_a_doctor(code: RefusalCode) -> None:
    assert all(REFUSAL_TITLES[code])
    assert len(REFUSAL_STEPS[code]) == 3
    assert REFUSAL_STEPS[code][-1][1] == ("医师", "doctor")


def test_a_failure_ends_with_a_doctor() -> None:
    assert FAILURE_STEPS[-1][1] == ("医师", "doctor")


def test_no_row_of_the_table_is_unused() -> None:
    sources = [file for file in files("lianyi.lungct.report").iterdir() if file.name.endswith(".py")]
    code = "".join(file.read_text(encoding="utf-8") for file in sources if not file.name.startswith("wording"))
    families = (
        "sex_", "density_", "side_", "sided_", "zone_", "contrast_", "stage_", "col_", "lobe_", "calcification_",
        "change_", "outside_", "if_", "gap_",
    )  # fmt: skip

    unused = [key for key in WORDS if f'"{key}"' not in code and not key.startswith(families)]

    assert unused == []


def test_confidence_is_never_called_malignancy() -> None:
    assert "非恶性概率" in say("col_confidence", "zh")
    assert "not malignancy" in say("col_confidence", "en")
