"""Every code has a page, every page has a code, and the page is shipped."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lianyi.lungct.domain.errors import CautionCode, RefusalCode
from lianyi.refusal_pages import refusal_pages

REPOSITORY = Path(__file__).resolve().parents[2]
CODES = [code.value for code in (*RefusalCode, *CautionCode)]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    pages = refusal_pages()

    assert sorted(pages) == sorted(CODES)


def test_no_page_is_there_twice() -> None:
    text = (REPOSITORY / "docs" / "refusals.md").read_text(encoding="utf-8")

    headings = [line.split()[1] for line in text.splitlines() if line.startswith("### ")]

    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_meaning_cause_remedy_and_what_was_done_in_both_languages(code: str) -> None:
    page = refusal_pages()[code]

    missing = [
        word
        for word in (
            "**含义。** ",
            "*Meaning.* ",
            "**常见原因。** ",
            "*Typical cause.* ",
            "**请这样做。** ",
            "*What to do.* ",
            "**软件做了什么。** ",
            "*What the software did.* ",
        )
        if word not in page
    ]

    assert missing == []


def test_no_page_calls_a_chest_normal() -> None:
    said = " ".join(refusal_pages().values())

    assert "未见异常" not in said
    assert "no abnormality" not in said.lower()


def test_the_packaged_page_is_the_one_in_docs() -> None:
    packaged = REPOSITORY / "src" / "lianyi" / "refusals.md"

    assert packaged.resolve() == REPOSITORY / "docs" / "refusals.md"


def test_a_wheel_carries_the_pages_the_slices_and_the_type_marker(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )

    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    pages = zipfile.ZipFile(wheel).read("lianyi/refusals.md").decode("utf-8")

    assert "### R03 " in pages
    assert {"lianyi/doctor/slices/htj2k.dcm", "lianyi/py.typed", "lianyi/lungct/pipeline.py"} <= names


def files_naming(code: str, name: str, folder: Path) -> list[str]:
    words = re.compile(rf"\b(?:RefusalCode|CautionCode)\.{name}\b|\b{code}\b")
    return [
        path.name
        for path in folder.rglob("*.py")
        if words.search(path.read_text(encoding="utf-8")) and path.name not in {"errors.py", Path(__file__).name}
    ]


@pytest.mark.parametrize("code", [*RefusalCode, *CautionCode], ids=str)
def test_a_code_is_given_somewhere_and_tested_somewhere(code: RefusalCode | CautionCode) -> None:
    engine = REPOSITORY / "src" / "lianyi" / "lungct"

    given = [name for name in files_naming(code.value, code.name, engine) if name != "wording.py"]
    tested = files_naming(code.value, code.name, REPOSITORY / "tests")

    assert given
    assert tested
