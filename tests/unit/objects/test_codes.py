"""Every published code stands in pydicom's copy of PS3.16, with its meaning."""

import pytest
from highdicom.sr import CodedConcept
from pydicom.sr._concepts_dict import concepts

from lianyi.lungct.objects import codes


def all_codes() -> list[CodedConcept]:
    found = [one for one in vars(codes).values() if isinstance(one, CodedConcept)]
    found += [code for pair in codes.LOBES.values() for code in pair if code is not None]
    return found + list(codes.DENSITIES.values()) + list(codes.CHANGES.values())


def look_up(scheme: str, value: str) -> set[str]:
    return {meaning for entries in concepts[scheme].values() for code, (meaning, _) in entries.items() if code == value}


@pytest.mark.parametrize("code", all_codes(), ids=lambda code: f"{code.scheme_designator} {code.value}")
def test_a_published_code_means_what_is_said(code: CodedConcept) -> None:
    if code.scheme_designator == codes.PRIVATE:
        assert len(code.meaning) <= 64
        return

    meanings = {meaning.lower() for meaning in look_up(code.scheme_designator, code.value)}

    assert code.meaning.lower() in meanings
