from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.lungct.dicom.text import decode, guess_text, person_name, printable

ESC_58 = b"\x1b$)A"


@pytest.mark.parametrize(
    ("raw", "declared"),
    [
        ("张三丰".encode("gb18030"), ("GB18030",)),
        ("张三丰".encode("gbk"), ("GBK",)),
        ("张三丰".encode(), ("ISO_IR 192",)),
        (ESC_58 + "张三丰".encode("gb2312"), ("", "ISO 2022 IR 58")),
        (ESC_58 + "张三丰".encode("gb2312"), ("ISO 2022 IR 6", "ISO 2022 IR 58")),
    ],
)
def test_a_chinese_text_is_read_as_declared(raw: bytes, declared: tuple[str, ...]) -> None:
    text = decode(raw, declared)

    assert (text.value, text.guessed) == ("张三丰", False)


@pytest.mark.parametrize("declared", [(), ("",), ("ISO_IR 100",), ("ISO_IR 6",), ("ISO_IR 192",)])
@pytest.mark.parametrize(
    "name", ["张三丰", "王五", "朱镕基", "李^四", "CHEST胸部平扫", "胸部CT平扫1.25mm", "胸部×2（Φ35㎝）平扫"]
)
def test_gbk_bytes_under_no_or_a_wrong_declaration_are_read_and_reported(name: str, declared: tuple[str, ...]) -> None:
    text = decode(name.encode("gbk"), declared)

    assert (text.value, text.guessed) == (name, True)


@pytest.mark.parametrize("declared", [(), ("ISO_IR 100",), ("ISO 2022 IR 6",), ("GB18030",), ("GBK",)])
def test_utf8_bytes_without_declaration_are_read(declared: tuple[str, ...]) -> None:
    text = decode("欧阳娜娜".encode(), declared)

    assert (text.value, text.guessed) == ("欧阳娜娜", True)


@pytest.mark.parametrize("name", ["MÜLLER^JÖRG", "Müller^Jörg", "François^Åsa", "Großmann", "José^Núñez", "Öz^Ümit"])
def test_accented_latin_names_do_not_become_chinese(name: str) -> None:
    text = decode(name.encode("latin-1"), ("ISO_IR 100",))

    assert (text.value, text.guessed) == (name, False)


@pytest.mark.parametrize("declared", [(), ("ISO_IR 100",)])
@pytest.mark.parametrize("name", ["牛隆", "茅^楼"])
def test_gbk_names_that_would_be_accented_utf8_are_read_as_chinese(name: str, declared: tuple[str, ...]) -> None:
    assert decode(name.encode("gbk"), declared).value == name


def test_accented_utf8_without_declaration_is_read() -> None:
    assert decode("Müller^Jörg".encode(), ()).value == "Müller^Jörg"


@pytest.mark.parametrize("name", ["𠮷田", "䶮", "㛃", "龴", "王𠮷"])
def test_rare_characters_survive(name: str) -> None:
    assert decode(name.encode(), ("ISO_IR 192",)).value == name
    assert decode(name.encode("gb18030"), ("GB18030",)).value == name
    assert decode(name.encode("gb18030"), ()).value == name


def test_characters_parked_in_the_private_use_area_get_their_code_points() -> None:
    assert decode(b"\xfe\x59\xfe\x51", ("GB18030",)).value == "龴\U00020087"


def test_a_code_extension_called_once_holds_past_the_delimiter() -> None:
    raw = b"Zhang^Xiao=" + ESC_58 + "张^小".encode("gb2312")

    assert decode(raw, ("", "ISO 2022 IR 58"), is_name=True).value == "Zhang^Xiao=张^小"


def test_japanese_and_korean_code_extensions_are_read() -> None:
    japanese = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    korean = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7"

    assert decode(japanese, ("", "ISO 2022 IR 87"), is_name=True).value == "Yamada^Tarou=山田^太郎"
    assert decode(korean, ("", "ISO 2022 IR 149"), is_name=True).value == "Hong^Gildong=洪^吉洞"


def test_an_unknown_character_set_is_guessed() -> None:
    text = decode("张三".encode("gbk"), ("KLINGON",))

    assert (text.value, text.guessed) == ("张三", True)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("Zhang^San=张^三", "张三"),
        ("张^三", "张三"),
        ("张三", "张三"),
        ("DOE^JANE^^DR", "DOE JANE DR"),
        ("=李^四", "李四"),
        ("Li^Si=^^", "Li Si"),
        ("==りー", "りー"),
        ("欧阳 娜娜", "欧阳 娜娜"),
        ("", ""),
        ("^^^^", ""),
    ],
)
def test_a_name_is_shown_as_people_write_it(stored: str, shown: str) -> None:
    assert person_name(stored) == shown


def test_control_characters_and_text_direction_marks_do_not_pass() -> None:
    assert printable("a\x1b[31mb\n\u202ec\udcff") == "a [31mb c\ufffd"


@given(st.binary(max_size=64), st.lists(st.sampled_from(["", "GB18030", "GBK", "ISO_IR 192", "ISO_IR 100",
       "ISO 2022 IR 58", "ISO 2022 IR 87", "ISO 2022 IR 149", "ISO_IR 144", "x"]), max_size=3))  # fmt: skip
def test_any_bytes_give_some_printable_text(raw: bytes, declared: list[str]) -> None:
    text = decode(raw, tuple(declared), is_name=True).value

    text.encode("utf-8")
    assert text.isprintable() or not any(ord(character) < 32 for character in text)
    assert isinstance(guess_text(raw), str)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=12))
def test_declared_chinese_round_trips_in_every_character_set(name: str) -> None:
    assert decode(name.encode("gb18030"), ("GB18030",)).value == name
    assert decode(name.encode("gbk"), ("GBK",)).value == name
    assert decode(name.encode(), ("ISO_IR 192",)).value == name
