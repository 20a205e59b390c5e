"""Two screened chests of one patient, laid on each other: what is new, what grew, what is gone."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.lungct.compare import reasons
from lianyi.lungct.compare.again import Measure, is_seen, look_again, may_hide
from lianyi.lungct.compare.comparable import Conditions, why_not_times, why_not_volumes
from lianyi.lungct.compare.growth import Changes, changes_of, doubling_time, judge, share_of
from lianyi.lungct.compare.matching import Placed, match
from lianyi.lungct.compare.pair import days_between
from lianyi.lungct.compare.registration import Registration, register
from lianyi.lungct.compare.sizes import sizes_of
from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.growth import Change, Compared, DoublingTime, Followed, Growth
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.domain.words import Sentence


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Pair:
    """What holds for every nodule of the pair."""

    days: int | None
    no_volumes: tuple[Sentence, ...]
    no_times: tuple[Sentence, ...]


def compare_chests(current: Screened, prior: Screened, *, measure: Measure) -> Compared:
    """Match and compare the nodules of two CTs.

    Every current nodule without a partner is looked for again at its place on the prior CT before it is called
    new, and every prior nodule on the current CT before it is called gone; neither is said where the slices of the
    CT that does not show it may only hide it.

    Raises:
        Refusal: NOT_REGISTERED.
    """
    registration = register(current, prior)
    days = days_between(current, prior)
    no_volumes = why_not_volumes(_conditions(current), _conditions(prior))
    pair = _Pair(days=days, no_volumes=no_volumes, no_times=why_not_times(days))
    now = [Placed(nodule=one, place=one.center) for one in current.nodules]
    then = [Placed(nodule=one, place=registration.current_from_prior(one.center)) for one in prior.nodules]
    partner = dict(match(now, then))

    growth: dict[int, Growth] = {}
    taken = list(prior.nodules)
    for index, nodule in enumerate(current.nodules):
        place = registration.prior_from_current(nodule.center)
        if index in partner:
            growth[nodule.id] = _grown(nodule, prior.nodules[partner[index]], place, pair)
            continue
        found = look_again(prior, place, nodule, taken, measure)
        if found is not None:
            taken.append(found)
        growth[nodule.id] = _without_mark_then(nodule, found, prior, place, pair)
    unmarked = _unmarked(current, then, set(partner.values()), registration, pair, measure)
    return Compared(
        prior_date=prior.series.facts.acquired.date() if prior.series.facts.acquired else None,
        days=days,
        growth=growth,
        gone=tuple(one.prior for one in unmarked if one.growth.change == "gone"),
        registration_mm=registration.residual_mm,
        not_compared=no_volumes,
        unmarked=unmarked,
        prior_slice_thickness_mm=prior.slice_thickness_mm,
    )


def _without_mark_then(
    nodule: Nodule, found: Nodule | None, prior: Screened, place: PatientPoint, pair: _Pair
) -> Growth:
    if found is not None:
        return _grown(nodule, found, place, pair, prior_was_marked=False, said=(reasons.LOOKED_THEN,))
    if not is_seen(prior, place, nodule):
        return _alone("cannot be told", None, place, pair, reasons.UNSEEN_THEN)
    if may_hide(prior, nodule):
        return _alone("cannot be told", None, place, pair, reasons.HIDDEN_THEN)
    return _alone("new", None, place, pair, reasons.NEW)


def _unmarked(  # noqa: PLR0913, PLR0917 -- private: both chests and what was found of them so far
    current: Screened,
    then: list[Placed],
    matched: set[int],
    registration: Registration,
    pair: _Pair,
    measure: Measure,
) -> tuple[Followed, ...]:
    """Follow the prior nodules that no mark of the current CT matches."""
    followed: list[Followed] = []
    taken = list(current.nodules)
    for index, placed in enumerate(then):
        if index in matched:
            continue
        nodule = placed.nodule
        found = look_again(current, placed.place, nodule, taken, measure)
        if found is not None:
            taken.append(found)
            there = registration.prior_from_current(found.center)
            growth = _grown(found, nodule, there, pair, said=(reasons.LOOKED_NOW,))
        elif not is_seen(current, placed.place, nodule):
            growth = _alone("cannot be told", nodule, nodule.center, pair, reasons.UNSEEN_NOW)
        elif may_hide(current, nodule):
            growth = _alone("cannot be told", nodule, nodule.center, pair, reasons.HIDDEN_NOW)
        else:
            growth = _alone("gone", nodule, nodule.center, pair, reasons.GONE)
        followed.append(Followed(prior=nodule, place=placed.place, current=found, growth=growth))
    return tuple(followed)


def _alone(change: Change, prior: Nodule | None, place: PatientPoint, pair: _Pair, why: Sentence) -> Growth:
    return Growth(
        change=change,
        prior=prior,
        prior_place=place,
        days=pair.days,
        mean_diameter_change=None,
        volume_change=None,
        volume_doubling=None,
        mass_doubling=None,
        not_compared=(),
        reasons=(why,),
    )


def _grown(  # noqa: PLR0913 -- private: two nodules, the place, the pair, and how the prior one was found
    now: Nodule,
    then: Nodule,
    place: PatientPoint,
    pair: _Pair,
    *,
    prior_was_marked: bool = True,
    said: tuple[Sentence, ...] = (),
) -> Growth:
    has_volumes = not pair.no_volumes
    changes = changes_of(sizes_of(now, is_alike=has_volumes), sizes_of(then, is_alike=has_volumes), pair.days)
    change = judge(changes, has_volumes=has_volumes)
    rules = changes.rules_met if has_volumes else tuple(r for r in changes.rules_met if r != "volume-25-percent")
    if change == "cannot be told":
        said = (*said, reasons.too_uncertain(changes.diameter.uncertainty))
    elif rules and change != "growing":
        said = (*said, reasons.UNCERTAIN)
    times = has_volumes and not pair.no_times
    return Growth(
        change=change,
        prior=then,
        prior_place=place,
        days=pair.days,
        mean_diameter_change=changes.diameter,
        volume_change=share_of(changes.volume) if has_volumes else None,
        volume_doubling=doubling_time(changes.volume, pair.days) if times and pair.days else None,
        mass_doubling=_mass_doubling(changes, pair.days) if times and pair.days else None,
        not_compared=(*pair.no_volumes, *pair.no_times),
        rules_met=rules,
        prior_was_marked=prior_was_marked,
        reasons=said,
    )


def _mass_doubling(changes: Changes, days: int) -> DoublingTime | None:
    return None if changes.mass is None else doubling_time(changes.mass, days)


def _conditions(chest: Screened) -> Conditions:
    seen = 1.0 - min(sum(chest.lungs.missing_share.values()), 0.9)
    return Conditions(
        slice_thickness_mm=chest.slice_thickness_mm,
        kernel=chest.series.facts.kernel,
        contrast=chest.series.facts.contrast,
        lungs_ml=(chest.lungs.left.volume_ml + chest.lungs.right.volume_ml) / seen,
    )
