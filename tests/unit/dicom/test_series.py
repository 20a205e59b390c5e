from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from dicom_series import CORONAL, SeriesSpec, as_bytes, enhanced, series_bytes
from lianyi.lungct.dicom.instances import FoundSeries, group_series, read_instance
from lianyi.lungct.dicom.series import NothingToScreen, choose
from lianyi.lungct.dicom.sources import Source
from lianyi.lungct.domain.errors import CautionCode, RefusalCode
from lianyi.lungct.domain.uids import SeriesUID

CHEST = SeriesSpec(series_uid="2.25.100", slices=90, step_mm=2.5, thickness_mm=2.5)


def spec(number: int, *, attributes: dict[str, Any] | None = None, **fields: Any) -> SeriesSpec:
    """A chest series that covers the lungs unless told otherwise."""
    fields = {"slices": 90, "step_mm": 2.5, "thickness_mm": 2.5, **fields}
    return SeriesSpec(series_uid=f"2.25.{number}", attributes=attributes or {}, **fields)


def found(*specs: SeriesSpec) -> tuple[FoundSeries, ...]:
    files = [data for one in specs for data in series_bytes(one)]
    return group_series(
        read_instance(Source(Path(f"IM{n}"), len(data), lambda data=data: BytesIO(data)))  # type: ignore[misc]
        for n, data in enumerate(files)
    )


def reasons(*specs: SeriesSpec, requested: str | None = None) -> tuple[str, dict[str, str]]:
    """The chosen series' UID, and the English reason for each other one."""
    choice = choose(found(*specs), requested=None if requested is None else SeriesUID(requested))
    return choice.chosen.facts.series_uid, {one.series_uid: one.en for one in choice.not_chosen}


LOCALIZER = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (spec(1, slices=2, attributes=LOCALIZER), "localizer"),
        (spec(1, slices=2, attributes={"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}), "not a CT image"),
        (spec(1, slices=2, attributes={"Modality": "PT"}), "not a CT image"),
        (spec(1, slices=45, step_mm=5.0, thickness_mm=5.0), "thicker slices (5 mm)"),
        (spec(1, attributes={"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]}), "derived, not original"),
        (spec(1, attributes={"ImageType": ["DERIVED", "SECONDARY", "MIP"]}), "projection or 3D rendering"),
        (spec(1, orientation=CORONAL), "not axial"),
        (spec(1, attributes={"ConvolutionKernel": "BONEPLUS"}), "less suitable kernel (BONEPLUS)"),
        (spec(1, attributes={"BodyPartExamined": "HEAD"}), "not the chest"),
        (spec(1, slices=30, step_mm=1.0, thickness_mm=1.0), "covers less (30 mm)"),
        (spec(1, slices=25, step_mm=10.0, thickness_mm=1.0), "gaps between slices"),
        (spec(1, thickness_mm=2.5, slices=85), "fewer slices (85)"),
        (spec(1, attributes={"ImagePositionPatient": None}), "slice positions missing"),
        (spec(1, slices=1), "covers less (0 mm)"),
        (spec(1, study_uid="2.25.9", slices=85), "of another study"),
        (spec(101), "equal to the chosen series"),
    ],
)
def test_each_series_that_is_not_chosen_gets_its_own_reason(other: SeriesSpec, reason: str) -> None:
    chosen, why = reasons(CHEST, other)

    assert chosen == CHEST.series_uid
    assert why == {other.series_uid: reason}


def test_the_thinnest_series_that_covers_the_lungs_is_chosen() -> None:
    thin = spec(1, slices=180, step_mm=1.25, thickness_mm=1.25)

    chosen, why = reasons(spec(2, slices=45, step_mm=5.0, thickness_mm=5.0), CHEST, thin)

    assert chosen == thin.series_uid
    assert why == {"2.25.2": "thicker slices (5 mm)", CHEST.series_uid: "thicker slices (2.5 mm)"}


def test_a_soft_kernel_beats_a_sharp_one_that_is_hardly_thinner() -> None:
    soft = spec(1, slices=180, step_mm=1.25, thickness_mm=1.25)
    sharp = spec(2, slices=220, step_mm=1.0, thickness_mm=1.0, attributes={"ConvolutionKernel": "LUNG"})

    assert reasons(soft, sharp) == (soft.series_uid, {sharp.series_uid: "less suitable kernel (LUNG)"})


def test_a_thin_sharp_series_beats_a_thick_soft_one() -> None:
    thick = spec(1, slices=45, step_mm=5.0, thickness_mm=5.0)
    sharp = spec(2, slices=220, step_mm=1.0, thickness_mm=1.0, attributes={"ConvolutionKernel": "LUNG"})

    assert reasons(thick, sharp)[0] == sharp.series_uid


def test_a_derived_axial_series_is_chosen_when_there_is_nothing_else() -> None:
    derived = spec(1, attributes={"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]})

    assert reasons(derived, spec(2, slices=2, attributes=LOCALIZER))[0] == derived.series_uid


def test_a_derived_chest_beats_an_original_piece_of_it() -> None:
    derived = spec(1, attributes={"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]})
    tracker = spec(2, slices=10, step_mm=1.0, thickness_mm=1.0)

    assert reasons(derived, tracker) == (derived.series_uid, {tracker.series_uid: "covers less (10 mm)"})


def test_a_sharp_kernel_is_screened_with_a_caution() -> None:
    choice = choose(found(spec(1, attributes={"ConvolutionKernel": "BONEPLUS"})), requested=None)

    assert [one.code for one in choice.cautions] == [CautionCode.SHARP_KERNEL]
    assert "BONEPLUS" in choice.cautions[0].zh


def test_a_blank_body_part_is_fine() -> None:
    assert reasons(spec(1, attributes={"BodyPartExamined": None}))[0] == "2.25.1"


def test_a_scout_view_inside_the_series_is_set_apart() -> None:
    scout = spec(100, slices=1, first_position=(0.0, 0.0, 0.0), orientation=CORONAL, attributes=LOCALIZER)
    choice = choose(found(CHEST, scout), requested=None)

    assert choice.chosen.slices == 90
    assert [one.en for one in choice.not_chosen] == ["localizer"]


def test_the_choice_does_not_depend_on_the_order_of_files() -> None:
    specs = [CHEST, spec(101), spec(2, slices=2, attributes=LOCALIZER)]

    assert reasons(*specs) == reasons(*specs[::-1])


def test_a_requested_series_overrides_the_choice_with_a_caution() -> None:
    thick = spec(1, slices=45, step_mm=5.0, thickness_mm=5.0)
    choice = choose(found(CHEST, thick), requested=SeriesUID("2.25.1"))

    assert choice.chosen.facts.series_uid == "2.25.1"
    assert [one.code for one in choice.cautions] == [CautionCode.REQUESTED_SERIES]
    assert "thicker slices (5 mm)" in choice.cautions[0].en
    assert [one.en for one in choice.not_chosen] == ["another series was requested"]


def test_requesting_the_series_that_is_chosen_anyway_needs_no_caution() -> None:
    choice = choose(found(CHEST, spec(101)), requested=SeriesUID("2.25.100"))

    assert choice.cautions == ()
    assert [one.en for one in choice.not_chosen] == ["equal to the chosen series"]


def refusal(*specs: SeriesSpec, requested: str | None = None) -> NothingToScreen:
    with pytest.raises(NothingToScreen) as outcome:
        choose(found(*specs), requested=None if requested is None else SeriesUID(requested))
    return outcome.value


def test_a_requested_series_that_is_absent_is_refused_and_the_others_are_listed() -> None:
    outcome = refusal(CHEST, requested="9.9")

    assert outcome.reason.code is RefusalCode.SERIES_NOT_FOUND
    assert CHEST.series_uid in outcome.reason.zh
    assert CHEST.series_uid in outcome.reason.en


@pytest.mark.parametrize("requested", [None, "2.25.1"])
def test_a_study_without_ct_is_refused_as_not_ct(requested: str | None) -> None:
    mr = spec(1, slices=2, attributes={"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "Modality": "MR"})
    outcome = refusal(mr, requested=requested)

    assert outcome.reason.code is RefusalCode.NOT_CT
    assert "MR" in outcome.reason.zh
    assert [one.en for one in outcome.not_chosen] == ["not a CT image"]


def test_a_head_is_refused_as_not_chest() -> None:
    outcome = refusal(spec(1, attributes={"BodyPartExamined": "HEAD"}), spec(2, slices=1, attributes=LOCALIZER))

    assert outcome.reason.code is RefusalCode.NOT_CHEST
    assert len(outcome.not_chosen) == 2


def test_a_study_of_scouts_and_coronal_slices_has_no_suitable_series() -> None:
    outcome = refusal(spec(1, slices=2, attributes=LOCALIZER), spec(2, slices=9, orientation=CORONAL))

    assert outcome.reason.code is RefusalCode.NO_SUITABLE_SERIES
    assert "localizer, not axial" in outcome.reason.en


def test_an_enhanced_object_is_measured_like_its_slices() -> None:
    data = as_bytes(enhanced(CHEST))
    (multi,) = group_series([read_instance(Source(Path("E"), len(data), lambda: BytesIO(data)))])
    (single,) = found(CHEST)

    assert (multi.slices, multi.thickness_mm, multi.is_axial) == (90, 2.5, True)
    assert multi.extent_mm == pytest.approx(single.extent_mm)
    assert multi.extent_mm == pytest.approx(225.0, abs=0.1)


OTHER = {"PatientID": "OTHER"}
OLDER, NEWER = {"StudyDate": "20230506"}, {"StudyDate": "20240607"}


@pytest.mark.parametrize("other", [spec(1, study_uid="2.25.9", attributes=OTHER), spec(100, attributes=OTHER)])
def test_chests_of_two_patients_are_refused_and_none_is_taken(other: SeriesSpec) -> None:
    outcome = refusal(CHEST, other, spec(3, slices=2, attributes=LOCALIZER))

    assert outcome.reason.code is RefusalCode.SEVERAL_PATIENTS
    assert "2 名患者" in outcome.reason.zh
    assert "2 patients" in outcome.reason.en
    assert "--series" in outcome.reason.zh
    assert "TEST-1" not in str(outcome.reason)
    assert sorted(one.en for one in outcome.not_chosen) == ["localizer", *2 * ["one of several patients"]]


def test_patients_without_a_number_are_told_apart_by_name() -> None:
    nameless = {"PatientID": None}
    other = spec(1, attributes={**nameless, "PatientName": "Other^Patient"})

    assert refusal(spec(2, attributes=nameless), other).reason.code is RefusalCode.SEVERAL_PATIENTS


def test_a_stray_scout_of_another_patient_does_not_stop_the_choice() -> None:
    stray = spec(1, slices=2, attributes={**LOCALIZER, **OTHER})

    assert reasons(CHEST, stray) == (CHEST.series_uid, {stray.series_uid: "localizer"})


def test_a_requested_series_says_which_patient_is_meant() -> None:
    choice = choose(found(CHEST, spec(1, attributes=OTHER)), requested=SeriesUID("2.25.1"))

    assert choice.chosen.first.patient.id == "OTHER"
    assert choice.cautions == ()
    assert [one.en for one in choice.not_chosen] == ["of another patient"]


def test_a_requested_series_that_two_patients_share_is_refused() -> None:
    outcome = refusal(CHEST, spec(100, attributes=OTHER), requested="2.25.100")

    assert outcome.reason.code is RefusalCode.SEVERAL_PATIENTS


def test_the_most_recent_of_two_studies_is_chosen_and_named() -> None:
    thin_prior = spec(1, study_uid="2.25.8", slices=180, step_mm=1.25, thickness_mm=1.25, attributes=OLDER)
    choice = choose(found(thin_prior, spec(2, study_uid="2.25.9", attributes=NEWER)), requested=None)

    assert choice.chosen.facts.series_uid == "2.25.2"
    assert [one.code for one in choice.cautions] == [CautionCode.OTHER_STUDIES]
    assert "2024-06-07" in choice.cautions[0].zh
    assert "1 other study" in choice.cautions[0].en
    assert [one.en for one in choice.not_chosen] == ["of another study"]


def test_studies_without_a_date_are_left_to_the_ranking_and_said_so() -> None:
    thin = spec(1, study_uid="2.25.8", slices=180, step_mm=1.25, thickness_mm=1.25, attributes={"StudyDate": None})
    choice = choose(found(thin, spec(2, study_uid="2.25.9", attributes=NEWER)), requested=None)

    assert choice.chosen.facts.series_uid == "2.25.1"
    assert [one.code for one in choice.cautions] == [CautionCode.OTHER_STUDIES]
    assert "date unknown" in choice.cautions[0].en


def test_a_requested_series_of_a_prior_study_is_a_caution_of_its_own() -> None:
    prior = spec(1, study_uid="2.25.8", attributes=OLDER)
    choice = choose(found(prior, spec(2, study_uid="2.25.9", attributes=NEWER)), requested=SeriesUID("2.25.1"))

    assert [one.code for one in choice.cautions] == [CautionCode.REQUESTED_SERIES, CautionCode.OTHER_STUDIES]
    assert "2023-05-06" in choice.cautions[1].en


def holed(number: int, **fields: Any) -> tuple[FoundSeries, ...]:
    """A chest series that lacks three slices in the middle."""
    (whole,) = found(spec(number, **fields))
    return (FoundSeries(instances=(*whole.instances[:40], *whole.instances[43:])),)


def test_a_thin_series_with_a_hole_loses_to_a_complete_one() -> None:
    choice = choose((*holed(1, slices=180, step_mm=1.25, thickness_mm=1.25), *found(CHEST)), requested=None)

    assert choice.chosen.facts.series_uid == CHEST.series_uid
    assert [one.en for one in choice.not_chosen] == ["slices are missing"]


def test_an_original_with_a_hole_loses_to_a_complete_derived_series() -> None:
    derived = spec(2, attributes={"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]})

    assert choose((*holed(1), *found(derived)), requested=None).chosen.facts.series_uid == derived.series_uid


def test_gaps_that_will_be_refused_weigh_in_the_choice_and_printed_rounding_does_not() -> None:
    gapped = spec(1, slices=180, step_mm=1.3, thickness_mm=1.0)
    rounded = spec(1, slices=180, step_mm=1.21, thickness_mm=1.0)

    assert reasons(CHEST, gapped) == (CHEST.series_uid, {gapped.series_uid: "gaps between slices"})
    assert reasons(CHEST, rounded)[0] == rounded.series_uid


def test_a_screen_save_before_the_first_slice_does_not_speak_for_the_series() -> None:
    absent = {"ImageOrientationPatient": None, "ImagePositionPatient": None}
    save = spec(100, slices=1, attributes={**absent, "InstanceNumber": 0, "SOPInstanceUID": "2.25.5"})
    (series,) = found(CHEST, save)

    assert series.has_places
    assert series.extent_mm == pytest.approx(225.0, abs=0.1)
