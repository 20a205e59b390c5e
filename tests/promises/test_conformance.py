"""docs/conformance.md says what the code does: it is made from it, and must be made again when it changes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_conformance", REPOSITORY / "tools" / "make_conformance.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_conformance_statement_is_what_the_code_gives() -> None:
    written = (REPOSITORY / "docs" / "conformance.md").read_text(encoding="utf-8")

    assert tool().page() == written, "run: python tools/make_conformance.py"
