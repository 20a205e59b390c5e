"""Places that nobody noted are taught as nothing, and mistakes beside a finding are no mistakes."""

from __future__ import annotations

import json

import pytest
from lianyi_train.doubtful import FILE, apart_from_findings, doubtful_in, with_doubtful
from lianyi_train.folds import CHESTS, OTHER

from made_slabs import known, made_chest

PLACES = json.loads(FILE.read_text())["places"]


def test_doubtful_places_are_findings_of_one_reader_among_the_chest_s_own() -> None:
    chest = made_chest("R01-001", known((20.0, 21.0, 22.0)))

    added = with_doubtful(chest)

    assert added.nodules[:1] == chest.nodules
    assert [(*one.center_kji, one.diameter_mm) for one in added.nodules[1:]] == [
        tuple(row) for row in PLACES["R01-001"]
    ]
    assert {one.readers for one in added.nodules[1:]} == {1}
    assert added.grey_kji is chest.grey_kji


def test_a_chest_without_doubtful_places_stays_as_it_is() -> None:
    assert doubtful_in("LIDC-IDRI-0001") == ()
    assert with_doubtful(made_chest("LIDC-IDRI-0001", known((20.0, 21.0, 22.0)))).nodules == (
        known((20.0, 21.0, 22.0)),
    )


@pytest.mark.parametrize("name", PLACES)
def test_doubtful_places_lie_in_chests_that_are_measured(name: str) -> None:
    assert CHESTS[name] in OTHER


def test_only_places_far_from_every_finding_are_mistakes() -> None:
    # Diameter 10 and 6 mm beyond it: what lies further than 11 mm is no part of the nodule.
    chest = made_chest("R01-001", known((30.0, 30.0, 30.0), diameter_mm=10.0), known((50.0, 60.0, 40.0), readers=1))
    near, edge, far = [30.0, 30.0, 35.0], [30.0, 41.0, 30.0], [30.0, 41.5, 30.0]
    beside_doubtful = [50.0, 60.0, 45.0]

    apart = apart_from_findings([chest], {"R01-001": [near, edge, far, beside_doubtful], "C3N-00247": [near]}, 6.0)

    assert apart == {"R01-001": [far]}


def test_a_chest_of_which_nothing_was_mined_has_no_mistakes() -> None:
    assert apart_from_findings([made_chest("R01-001")], {}, 6.0) == {"R01-001": []}
