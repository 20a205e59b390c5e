"""Which patients and chests a network may learn from, and that it is never measured on one of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from lianyi_train.folds import CHESTS, LEARNS_FROM, OTHER, Fold, fold_of

FOLDS: tuple[Fold, ...] = ("A", "B", "common")
# LIDC-IDRI numbers its 1010 patients from 1 on.
PATIENTS = [f"LIDC-IDRI-{number:04d}" for number in range(1, 1011)]


@pytest.mark.parametrize("fold", ["A", "B"])
def test_no_network_learns_from_the_fold_it_is_measured_on(fold: Fold) -> None:
    assert fold not in LEARNS_FROM[fold]


def test_a_fold_s_network_learns_from_everybody_else() -> None:
    assert LEARNS_FROM["A"] == {"common", "B"}
    assert LEARNS_FROM["B"] == {"common", "A"}


def test_what_both_folds_continue_saw_neither_of_them() -> None:
    assert LEARNS_FROM["common"] == LEARNS_FROM["A"] & LEARNS_FROM["B"]


def test_only_what_is_shipped_learns_from_all() -> None:
    assert LEARNS_FROM["everything"] == set(FOLDS)


def test_each_fold_judges_by_what_was_fitted_on_the_other() -> None:
    assert OTHER == {"A": "B", "B": "A"}


@pytest.mark.parametrize("name", CHESTS)
def test_a_patient_with_a_whole_chest_goes_where_the_chest_goes(name: str) -> None:
    assert fold_of(name) == CHESTS[name]


@pytest.mark.parametrize("fold", ["A", "B"])
def test_a_fold_holds_about_a_fifth_of_the_patients(fold: Fold) -> None:
    share = sum(fold_of(patient) == fold for patient in PATIENTS) / len(PATIENTS)

    assert share == pytest.approx(0.2, abs=0.03)


@pytest.mark.shared_data
def test_every_annotated_chest_is_measured_by_a_network_that_never_saw_it(shared_data: Path) -> None:
    published = json.loads((shared_data / "labels" / "extra_chests_nodules.json").read_text())
    drawn = json.loads((shared_data / "labels" / "lidc_reader_contours.json").read_text())

    annotated = {one["volume"] for one in published} | {one["patient_id"] for one in drawn}

    assert annotated == {name for name, fold in CHESTS.items() if fold in OTHER}


@pytest.mark.shared_data
def test_the_folds_of_the_slabs_patients_are_a_fifth_too(shared_data: Path) -> None:
    with (shared_data / "slabs" / "slabs.csv").open(newline="") as lines:
        patients = {row["patient_id"] for row in csv.DictReader(lines)}

    for fold in ("A", "B"):
        assert sum(fold_of(patient) == fold for patient in patients) / len(patients) == pytest.approx(0.2, abs=0.04)
