"""Risk models on one nodule: the number, what went into it, where it is valid, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from lianyi.lungct.assess.coefficients import RiskModel, every_model, read_models
from lianyi.lungct.assess.inputs import FIELDS, LABELS, VALUES, inputs_of, say_input, say_inputs
from lianyi.lungct.domain.assessment import InputValue, Otherwise, Risk
from lianyi.lungct.domain.case import Case, NoduleFacts
from lianyi.lungct.domain.context import Context
from lianyi.lungct.domain.words import Sentence

_MOST_UNKNOWN = 2
"""Of more unknown inputs the combinations are not written out."""


def risks_of(nodule: NoduleFacts, case: Case, context: Context) -> Iterator[Risk]:
    """Give every model's answer for one nodule, in the order in which they are shown."""
    inputs = inputs_of(nodule, case, context)
    (mayo,) = read_models("mayo")
    first = _risk(mayo, inputs, nodule, case, context)
    inputs["mayo_probability"] = first.probability
    for model in every_model():
        risk = _risk(model, inputs, nodule, case, context)
        yield _on_mayo(risk, first) if "mayo_probability" in model.inputs else risk


def mayo_band(nodule: NoduleFacts, case: Case, context: Context) -> str | None:
    """Give the band of the Mayo probability (ACCP: 5 and 65 %); None where it cannot be computed."""
    probability = _mayo(nodule, case, context)
    if probability is None:
        return None
    if probability < 0.05:
        return "below 5 %"
    return "5 to 65 %" if probability <= 0.65 else "over 65 %"


def _on_mayo(risk: Risk, mayo: Risk) -> Risk:
    """Pass on what keeps the Mayo probability, which this model starts from, from being known or valid."""
    own = [pair for pair in zip(risk.missing, risk.asked, strict=True) if pair[0] != "mayo_probability"]
    gaps = dict((*zip(mayo.missing, mayo.asked, strict=True), *own))
    reasons = tuple(note for note in mayo.notes if not mayo.valid and note not in risk.notes)
    return replace(
        risk,
        missing=tuple(gaps),
        asked=tuple(gaps.values()),
        valid=risk.valid and mayo.valid,
        notes=(*reasons, *risk.notes),
    )


def _mayo(nodule: NoduleFacts, case: Case, context: Context) -> float | None:
    (model,) = read_models("mayo")
    return _risk(model, inputs_of(nodule, case, context), nodule, case, context).probability


def _risk(model: RiskModel, every: dict[str, InputValue], nodule: NoduleFacts, case: Case, context: Context) -> Risk:
    inputs = {name: every[name] for name in model.inputs}
    missing = [name for name, value in inputs.items() if value is None]
    out_of_range = _out_of_range(model, inputs)
    other_patients = _other_patients(model, nodule, context)
    may_compute = not out_of_range
    probability = model.probability(inputs) if may_compute and not missing else None
    return Risk(
        model=model.name,
        edition=model.edition,
        nodule_id=nodule.id,
        probability=probability,
        inputs=tuple(inputs.items()),
        valid=not (out_of_range or other_patients),
        known=tuple(say_input(name, value) for name, value in inputs.items() if value is not None),
        missing=tuple(FIELDS.get(name, name) for name in missing),
        asked=tuple(LABELS[name] for name in missing),
        notes=(*out_of_range, *other_patients, *_about_size(model, nodule), *_about_count(model, case), *model.notes),
        otherwise=() if probability is None else tuple(_otherwise(model, inputs)),
        conditional=tuple(_by_the_missing(model, inputs, missing)) if may_compute else (),
        is_confirmed=model.is_confirmed,
        is_provisional=not case.is_reviewed,
    )


def _out_of_range(model: RiskModel, inputs: dict[str, InputValue]) -> tuple[Sentence, ...]:
    size = inputs.get("size_mm")
    if model.size_range_mm is None or not isinstance(size, float | int):
        return ()
    low, high = model.size_range_mm
    if low <= size <= high:
        return ()
    return (
        Sentence(
            f"{model.title.zh}只用于 {low:g}–{high:g} mm，本结节 {size:g} mm，不计算",
            f"the {model.title.en} is for {low:g} to {high:g} mm; this nodule has {size:g} mm: not computed",
        ),
    )


def _other_patients(model: RiskModel, nodule: NoduleFacts, context: Context) -> tuple[Sentence, ...]:
    """Say where the model was made from others than this patient."""
    notes = []
    if model.is_for_baseline_screening and context.indication == "incidental":
        notes.append(Sentence("模型来自筛查人群，本例不是筛查", "made from screening; this CT is not for screening"))
    status = nodule.status or ("followed" if context.has_prior else "baseline")
    if model.is_for_baseline_screening and status != "baseline":
        notes.append(
            Sentence("模型用于基线 CT，本结节已有既往比较", "made for the baseline CT; this nodule has a prior")
        )
    return tuple(notes)


def _about_size(model: RiskModel, nodule: NoduleFacts) -> tuple[Sentence, ...]:
    if "size_mm" not in model.inputs or nodule.long_axis_mm is not None or nodule.mean_diameter_mm is None:
        return ()
    return (
        Sentence(
            "长径未提供，以平均直径代替，概率可能偏低",
            "the long axis is not known; the mean diameter stands in, and the probability may be too low",
        ),
    )


def _about_count(model: RiskModel, case: Case) -> tuple[Sentence, ...]:
    if "nodule_count" not in model.inputs or case.is_reviewed:
        return ()
    count = case.nodule_count
    return (
        Sentence(
            f"按结节数 {count} 计算；暂定，以医师确认这些结节为准",
            f"counted {count} nodule{'s' if count != 1 else ''}; provisional, if these are confirmed",
        ),
    )


def _otherwise(model: RiskModel, inputs: dict[str, InputValue]) -> Iterator[Otherwise]:
    """Say what changes if lobe or density were otherwise: both are often in doubt."""
    for name in ("upper_lobe", "density"):
        if name in inputs:
            for value in VALUES[name]:
                if value != inputs[name]:
                    yield _with(model, inputs, ((name, value),))


def _by_the_missing(model: RiskModel, inputs: dict[str, InputValue], missing: list[str]) -> Iterator[Otherwise]:
    if not missing or len(missing) > _MOST_UNKNOWN or not all(name in VALUES for name in missing):
        return
    for values in product(*(VALUES[name] for name in missing)):
        yield _with(model, inputs, tuple(zip(missing, values, strict=True)))


def _with(model: RiskModel, inputs: dict[str, InputValue], changed: tuple[tuple[str, InputValue], ...]) -> Otherwise:
    return Otherwise(
        inputs=changed,
        condition=say_inputs(changed),
        probability=model.probability({**inputs, **dict(changed)}),
    )
