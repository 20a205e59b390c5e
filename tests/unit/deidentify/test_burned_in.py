"""Text drawn into a slice is found; a chest is not taken for text."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from lianyi.deidentify.burned_in import has_text
from lianyi.lungct.report.fonts import font_file
from planted_deidentify import noisy_chest


def drawn(hu_ji: np.ndarray, text: str, value: int, *, size: int, at: tuple[int, int]) -> np.ndarray:
    image = Image.new("L", hu_ji.shape[::-1])
    ImageDraw.Draw(image).text(at, text, fill=255, font=ImageFont.truetype(font_file("regular"), size))
    return np.where(np.asarray(image) > 127, value, hu_ji).astype(np.int16)


@pytest.mark.parametrize("text", ["ZHANG SAN 1960", "张三丰一九六零年", "ID 88123456"])
@pytest.mark.parametrize("value", [3071, 400, -100])
@pytest.mark.parametrize("size", [12, 16, 24])
def test_text_beside_the_body_is_found(text: str, value: int, size: int) -> None:
    hu_ji = noisy_chest(512, 512).astype(np.int16)

    assert has_text(drawn(hu_ji, text, value, size=size, at=(8, 8)))


@pytest.mark.parametrize("text", ["ZHANG SAN 1960", "ID 88123456"])
def test_text_in_the_brightest_value_is_found_within_the_body(text: str) -> None:
    hu_ji = noisy_chest(512, 512).astype(np.int16)

    assert has_text(drawn(hu_ji, text, 3071, size=16, at=(180, 250)))


def test_text_on_padding_is_found() -> None:
    hu_ji = noisy_chest(512, 512).astype(np.int16)
    hu_ji[:60] = -1024

    assert has_text(drawn(hu_ji, "ZHANG SAN", 900, size=16, at=(8, 8)))


def test_no_text_is_found_where_there_is_none() -> None:
    assert not has_text(noisy_chest(512, 512).astype(np.int16))
