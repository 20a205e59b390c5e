"""The glossary's banned words stay out of the names that ``src`` defines."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "src" / "lianyi"
GLOSSARY = REPOSITORY / "docs" / "glossary.md"

# Plural and American forms count as the same word.
FORMS = {
    "lesions": "lesion",
    "tumours": "tumour",
    "tumor": "tumour",
    "tumors": "tumour",
    "scans": "scan",
    "ggos": "ggo",
}
FIRST_WORDS = {"process", "handle"}

# Where another standard owns the word.
ALLOWED = {  # a scan of a JPEG stream (ISO/IEC 10918-1)
    f"lungct/dicom/{module}.py": {"scan"} for module in ("codecs", "codestream", "jpeg_lossless")
}


def banned_words() -> set[str]:
    return set(re.findall(r"✗ (\w+)", GLOSSARY.read_text(encoding="utf-8")))


def words_of(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return [FORMS.get(word, word) for word in spaced.split("_") if word]


def names_defined_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every function, class, parameter, variable and attribute that the module itself names."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno
            case ast.Attribute(ctx=ast.Store(), attr=attr) if attr[0].islower():  # DICOM keywords begin with a capital
                yield attr, node.lineno
            case ast.alias(asname=str() as alias):
                yield alias, node.lineno


def offences_in(source: str, banned: set[str]) -> list[str]:
    tree = ast.parse(source)
    offences = [
        f"line {line}: {name}" for name, line in names_defined_in(tree) if (banned - FIRST_WORDS) & set(words_of(name))
    ]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return offences + [
        f"line {function.lineno}: {function.name}"
        for function in functions
        if words_of(function.name)[:1] and words_of(function.name)[0] in FIRST_WORDS
    ]


def test_the_glossary_bans_the_words_of_the_house() -> None:
    assert {
        "lesion",
        "tumour",
        "scan",
        "ggo",
        "cutoff",
        "utils",
        "helper",
        "manager",
        "process",
        "handle",
    } <= banned_words()


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCES)))
def test_a_module_uses_no_banned_word(path: Path) -> None:
    banned = banned_words() - ALLOWED.get(path.relative_to(SOURCES).as_posix(), set())
    named = [word for word in words_of(path.stem) if word in banned - FIRST_WORDS]

    assert named == []
    assert offences_in(path.read_text(encoding="utf-8"), banned) == []


@pytest.mark.parametrize(
    "source",
    [
        "def find(scan): ...",
        "lesion_mm = 3",
        "class NoduleManager: ...",
        "def process_slices(): ...",
        "class A:\n    ggo: int",
        "import numpy as helper",
        "for tumors in (): ...",
    ],
)
def test_the_check_finds_a_planted_word(source: str) -> None:
    assert offences_in(source, banned_words())


@pytest.mark.parametrize(
    "source", ["scanned_kji = 1", "def subprocess_of(): ...", "ds.ScanOptions = 1", "import os.path"]
)
def test_the_check_lets_other_words_pass(source: str) -> None:
    assert offences_in(source, banned_words()) == []
