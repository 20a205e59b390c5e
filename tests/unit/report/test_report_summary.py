"""The summary picture and the captions: every ending can be told, and nothing forbidden is said."""

import io
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import report_outcome
from lianyi.lungct.domain.errors import RefusalCode
from lianyi.lungct.report import captioned, summary_of, summary_of_failure
from lianyi.lungct.report.key_images import key_image
from lianyi.lungct.report.sheet import BANDS, HEIGHT_PX, WIDTH_PX, WORDS
from lianyi.lungct.report.wording import NEVER_PRINTED, NEVER_PRINTED_EN

Pixels = npt.NDArray[np.uint8]
FAILED = summary_of_failure(sentence_zh="程序出错。", sentence_en="The program failed.", software="lianyi 0")


def pixels(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


ENDINGS = {
    "screened": summary_of(report_outcome.told(), software="lianyi 0"),
    "partly": summary_of(report_outcome.partly(), software="lianyi 0"),
    "refused": summary_of(report_outcome.refused(), software="lianyi 0"),
    "failed": FAILED,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_band_shows_from_afar_how_it_ended(ending: str) -> None:
    picture = pixels(ENDINGS[ending])

    assert picture.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert tuple(picture[4, 4]) == BANDS[ending][0]


def test_a_screened_chest_without_marks_does_not_look_like_one_with() -> None:
    none = replace(report_outcome.screened(), nodules=())

    assert (pixels(summary_of(none, software="lianyi 0")) != pixels(ENDINGS["screened"])).any()


def test_the_part_that_was_not_seen_is_drawn_even_below_twenty_marks() -> None:
    many = replace(report_outcome.screened(report_outcome.twenty()), not_analysed=report_outcome.partly().not_analysed)
    silent = replace(many, not_analysed=(replace(many.not_analysed[0], zh=""),))

    told, untold = (pixels(summary_of(one, software="lianyi 0")) for one in (many, silent))

    assert (told != untold).any()


def test_the_longest_refusal_fits() -> None:
    for code in RefusalCode:
        long = replace(
            report_outcome.refused(), reason=type(report_outcome.refused().reason)(code, zh="很" * 90, en="x " * 90)
        )

        assert pixels(summary_of(long, software="lianyi 0")).shape[0] == HEIGHT_PX


def test_a_caption_stands_above_the_whole_key_image() -> None:
    outcome = report_outcome.told()
    nodule = outcome.nodules[0]
    stream = io.BytesIO()
    key_image(outcome.volume, nodule, slice_label="31 / 60").image.save(stream, "PNG")

    picture, plain = pixels(captioned(stream.getvalue(), nodule, outcome)), pixels(stream.getvalue())

    above = picture.shape[0] - plain.shape[0]
    assert above > 50
    assert (picture[above:] == plain).all()
    assert len(np.unique(picture[:above].reshape(-1, 3), axis=0)) > 10


def test_no_word_that_a_first_look_cannot_say() -> None:
    said = " ".join(f"{zh} {en.lower()}" for zh, en in WORDS.values())

    assert not [word for word in NEVER_PRINTED if word in said]
    assert not set(NEVER_PRINTED_EN) & set(said.split())
