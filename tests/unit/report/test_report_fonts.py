"""Every name can be printed, and a character without a glyph is not lost."""

import pytest
from PIL import ImageFont

from lianyi.lungct.report.fonts import font_file, has_glyph, printable


@pytest.mark.parametrize("character", "甲𠮷䶮㛃A×△")
def test_the_font_has_rare_characters(character: str) -> None:
    assert has_glyph(character)


def test_the_character_map_agrees_with_freetype() -> None:
    font = ImageFont.truetype(str(font_file("regular")), 20)
    absent = bytes(font.getmask("\ue123"))

    for character in "涟漪𠮷䶮😀𪚥":
        assert (bytes(font.getmask(character)) != absent) == has_glyph(character), hex(ord(character))


def test_a_character_without_glyph_keeps_its_code() -> None:
    assert printable("张😀") == "张😀[U+1F600]"


def test_control_characters_become_spaces() -> None:
    assert printable("A\x00B\nC") == "A B C"
