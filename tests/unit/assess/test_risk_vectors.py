"""Risk models against vectors calculated by hand from the published coefficients, to six decimals."""

from dataclasses import replace
from math import log

import pytest

from lianyi.lungct.assess import assess_case
from lianyi.lungct.domain.assessment import Risk
from lianyi.lungct.domain.case import Case, NoduleFacts
from lianyi.lungct.domain.context import Context, Sex
from lianyi.lungct.domain.location import Lobe
from lianyi.lungct.domain.nodule import Density

SOLID, PART_SOLID, GROUND_GLASS = Density.SOLID, Density.PART_SOLID, Density.GROUND_GLASS


def chest(nodule: NoduleFacts, count: int = 1, *, is_reviewed: bool = True) -> Case:
    return Case(nodules=(nodule,), nodule_count=count, is_reviewed=is_reviewed)


def risk(model: str, nodule: NoduleFacts, context: Context, count: int = 1) -> Risk:
    risks = assess_case(chest(nodule, count), context).risks
    (found,) = [one for one in risks if one.model == model]
    return found


Vector = tuple[int, Sex, float, Lobe, int, Density, bool, bool, bool, float, float]


def of_vector(vector: Vector) -> tuple[NoduleFacts, Context, int]:
    age, sex, mm, lobe, count, density, family, emphysema, spiculated, *_ = vector
    nodule = NoduleFacts(id=1, density=density, long_axis_mm=mm, lobe=lobe, spiculated=spiculated)
    context = Context(
        age_years=age, sex=sex, family_history_lung_cancer=family, emphysema=emphysema, indication="screening"
    )
    return nodule, context, count


# age, sex, mm, lobe, count, density, family history, emphysema, spiculated, x, probability of 2b
BROCK_2B: list[Vector] = [
    (62, "M", 4, "right lower", 4, SOLID, False, False, False, -6.78920, 0.001125),
    (65, "F", 8, "left upper", 1, SOLID, False, True, False, -2.407395, 0.082611),
    (70, "M", 15, "right upper", 2, PART_SOLID, True, True, True, 0.122504, 0.530588),
    (55, "F", 12, "right middle", 1, GROUND_GLASS, False, False, False, -2.670510, 0.064736),
    (65, "F", 30, "left upper", 1, SOLID, False, True, True, 1.277303, 0.781990),
]


@pytest.mark.parametrize("vector", BROCK_2B, ids=str)
def test_brock_2b_gives_its_vectors(vector: Vector) -> None:
    found = risk("brock-2b", *of_vector(vector))

    assert found.probability is not None
    assert round(found.probability, 6) == vector[-1]
    assert log(found.probability / (1 - found.probability)) == pytest.approx(vector[-2], abs=5e-6)
    assert found.valid
    assert found.missing == ()
    assert dict(found.inputs)["nodule_count"] == vector[4]


@pytest.mark.parametrize(
    ("vector", "probability"), list(zip(BROCK_2B, [0.001105, 0.097693, 0.411901], strict=False)), ids=str
)
def test_brock_2a_gives_its_vectors(vector: Vector, probability: float) -> None:
    found = risk("brock-2a", *of_vector(vector))

    assert found.probability is not None
    assert round(found.probability, 6) == probability
    assert "spiculated" not in dict(found.inputs)


def test_brock_1a_and_1b_follow_their_own_columns() -> None:
    """x by hand: a woman, 10 mm, upper lobe; the size term is 1 - 1.58113883 = -0.58113883."""
    nodule = NoduleFacts(id=1, density=SOLID, long_axis_mm=10.0, lobe="right upper", spiculated=True)
    context = Context(sex="F")

    plain, spiculated = (risk(model, nodule, context).probability for model in ("brock-1a", "brock-1b"))

    # 1a: -6.5929 + 0.5806 + 5.8616 * 0.58113883 + 0.6439 = -1.961997
    # 1b: -6.6144 + 0.6467 + 5.5537 * 0.58113883 + 0.6009 + 0.9309 = -1.208429
    assert plain == pytest.approx(0.123251, abs=5e-7)
    assert spiculated == pytest.approx(0.229979, abs=5e-7)


def test_mayo_gives_its_vectors() -> None:
    smoker = Context(age_years=60, smoking="former", extrathoracic_cancer_over_5_years_ago=False)
    never = Context(age_years=50, smoking="never", extrathoracic_cancer_over_5_years_ago=False)
    large = NoduleFacts(id=1, long_axis_mm=20.0, spiculated=True, lobe="right upper")
    small = NoduleFacts(id=1, long_axis_mm=8.0, spiculated=False, lobe="right middle")

    assert round(risk("mayo", large, smoker).probability or 0.0, 6) == 0.664408
    assert round(risk("mayo", small, never).probability or 0.0, 6) == 0.020775


def test_pku_gives_its_vectors_and_is_marked_unconfirmed() -> None:
    none = {"calcification_pattern": "none"}
    spiculated = NoduleFacts(id=1, long_axis_mm=20.0, spiculated=True, **none)  # type: ignore[arg-type]
    smooth = NoduleFacts(id=1, long_axis_mm=8.0, margin="smooth", **none)  # type: ignore[arg-type]

    first = risk("pku", spiculated, Context(age_years=60, family_history_any_cancer=False))
    second = risk("pku", smooth, Context(age_years=50, family_history_any_cancer=False))

    assert round(first.probability or 0.0, 6) == 0.857172
    assert round(second.probability or 0.0, 6) == 0.134331
    assert not first.is_confirmed


def test_va_and_herder_follow_their_coefficients_and_are_marked_unconfirmed() -> None:
    nodule = NoduleFacts(id=1, long_axis_mm=20.0, spiculated=True, lobe="right upper")
    context = Context(
        age_years=60,
        smoking="former",
        years_since_quit=10,
        extrathoracic_cancer_over_5_years_ago=False,
        fdg_uptake="intense",
    )

    va, herder = risk("va", nodule, context), risk("herder", nodule, context)

    # va: -8.404 + 2.061 + 0.0779 * 60 + 0.112 * 20 - 0.0567 * 10 = 0.004
    # herder: -4.739 + 3.691 * 0.664408 + 4.771 = 2.484330
    assert va.probability == pytest.approx(0.501, abs=5e-7)
    assert herder.probability == pytest.approx(0.923036, abs=5e-7)
    assert not va.is_confirmed
    assert not herder.is_confirmed


@pytest.mark.parametrize(("mm", "valid"), [(3.9, False), (4.0, True), (30.0, True), (30.1, False)])
def test_mayo_is_computed_for_4_to_30_mm_only(mm: float, *, valid: bool) -> None:
    context = Context(age_years=60, smoking="never", extrathoracic_cancer_over_5_years_ago=False, fdg_uptake="none")
    nodule = NoduleFacts(id=1, long_axis_mm=mm, spiculated=False, lobe="right lower")

    mayo, herder = risk("mayo", nodule, context), risk("herder", nodule, context)

    assert (mayo.valid, mayo.probability is not None) == (valid, valid)
    assert (herder.valid, herder.probability is not None) == (valid, valid)
    assert any("4 to 30 mm" in note.en for note in mayo.notes) is not valid


@pytest.mark.parametrize(
    ("nodule", "context"),
    [
        (NoduleFacts(id=1, long_axis_mm=8.0, status="new"), Context(indication="screening")),
        (NoduleFacts(id=1, long_axis_mm=8.0, status="baseline"), Context(indication="incidental")),
    ],
)
def test_brock_is_valid_for_baseline_screening(nodule: NoduleFacts, context: Context) -> None:
    assert not risk("brock-2b", nodule, context).valid
    assert risk("mayo", nodule, context).valid


def test_brock_takes_the_long_axis_and_says_so_where_only_the_mean_is_known() -> None:
    context = Context(sex="M")
    mean = NoduleFacts(id=1, mean_diameter_mm=8.0, lobe="right lower")
    both = replace(mean, long_axis_mm=10.0)

    assert dict(risk("brock-1a", both, context).inputs)["size_mm"] == 10.0
    assert dict(risk("brock-1a", mean, context).inputs)["size_mm"] == 8.0
    assert any("mean diameter stands in" in note.en for note in risk("brock-1a", mean, context).notes)
    assert not any("mean diameter stands in" in note.en for note in risk("brock-1a", both, context).notes)


def test_what_is_missing_is_named_and_each_value_of_it_is_tried() -> None:
    nodule = NoduleFacts(id=1, density=SOLID, long_axis_mm=8.0, lobe="right upper")
    known = replace(nodule, spiculated=True)

    unknown = risk("brock-1b", nodule, Context(sex="F"))

    assert unknown.probability is None
    assert unknown.missing == ("spiculated",)
    assert [(one.inputs, one.probability) for one in unknown.conditional] == [
        ((("spiculated", True),), risk("brock-1b", known, Context(sex="F")).probability),
        ((("spiculated", False),), risk("brock-1b", replace(nodule, spiculated=False), Context(sex="F")).probability),
    ]


def test_what_lobe_and_density_would_change_is_told() -> None:
    nodule, context, count = of_vector(BROCK_2B[1])

    told = {one.inputs: one.probability for one in risk("brock-2b", nodule, context, count).otherwise}

    assert set(told) == {(("upper_lobe", False),), (("density", "part-solid"),), (("density", "ground-glass"),)}
    lower = replace(nodule, lobe="left lower")
    assert told[("upper_lobe", False),] == risk("brock-2b", lower, context, count).probability


def test_the_number_of_nodules_is_provisional_before_review() -> None:
    nodule = NoduleFacts(id=1, density=SOLID, long_axis_mm=8.0)

    risks = assess_case(chest(nodule, 3, is_reviewed=False), Context()).risks

    (found,) = [one for one in risks if one.model == "brock-2b"]
    assert found.is_provisional
    assert any("counted 3 nodules; provisional, if these are confirmed" in note.en for note in found.notes)


def test_a_model_for_the_baseline_ct_is_not_valid_once_there_is_a_prior() -> None:
    nodule = NoduleFacts(id=1, density=Density.SOLID, mean_diameter_mm=8.0, long_axis_mm=8.0)
    case = Case(nodules=(nodule,), nodule_count=1, is_reviewed=True)

    valid = {
        has_prior: {risk.model: risk.valid for risk in assess_case(case, Context(has_prior=has_prior)).risks}
        for has_prior in (True, False, None)
    }

    assert [valid[has_prior]["brock-2a"] for has_prior in (True, False, None)] == [False, True, True]
    assert all(one["mayo"] for one in valid.values())
