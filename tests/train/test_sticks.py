"""What the sticks make of a detector's marks, with a detector that says what a test tells it to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest
from lianyi_train.cache import Cache
from lianyi_train.doubtful import doubtful_in
from lianyi_train.mine import PAD
from lianyi_train.planting import Turn
from lianyi_train.slabs import Slab
from lianyi_train.sticks import planted_run
from lianyi_train.sticks.planted import Control, Plant, Scene
from lianyi_train.sticks.planted_run import look_at_controls, look_at_planted
from lianyi_train.sticks.slabs_run import SlabLook, look_at_slabs
from lianyi_train.sticks.whole_chests import look_at_whole_chests

from lianyi.evaluate import Verdict, froc
from lianyi.lungct.detect import ClassicalDetector
from lianyi.lungct.domain.geometry import Grid
from lianyi.lungct.domain.image import Booleans, CtVolume, LungFields, Mask
from lianyi.lungct.domain.nodule import Candidate, Density
from lianyi.lungct.domain.outcome import DetectorIdentity
from lianyi.lungct.domain.uids import SeriesUID
from made_slabs import MadeCache, Place, known, made_chest, made_slab

SHARES = {"ground-glass_probability": 0.1, "part-solid_probability": 0.2, "solid_probability": 0.7}
A_PATIENT = "LIDC-IDRI-0318"
CENTER = (4.0, 20.0, 29.0)


@dataclass(frozen=True)
class Says:
    """Marks the same places in everything: rows of centre k, j, i and probability, best first."""

    places: tuple[tuple[Place, float], ...]
    outline: Booleans | None = None

    @property
    def identity(self) -> DetectorIdentity:
        return ClassicalDetector().identity

    def detect(self, working: CtVolume, lungs: LungFields) -> tuple[Candidate, ...]:
        assert lungs.both_kji.any()
        return tuple(
            Candidate(
                center=working.grid.voxel(k=k, j=j, i=i).to_patient(),
                radius_mm=4.0,
                probability=probability,
                evidence={"propose_logit": probability, **SHARES},
                suspicion_rating=2.5,
                mask=self._mask(working.grid),
            )
            for (k, j, i), probability in self.places
        )

    def _mask(self, grid: Grid) -> Mask | None:
        """The outline lies in a box that begins at voxel k 10, j 4, i 7."""
        if self.outline is None:
            return None
        patient_from_box = np.array(grid.patient_from_voxel)
        patient_from_box[:3, 3] += (7.0, 4.0, 10.0)
        return Mask(Grid(self.outline.shape, patient_from_box, grid.frame), self.outline)


def in_slab(k: float, j: float, i: float) -> Place:
    """A place of a slab as the detector meets it, with air above and below."""
    return (k + PAD, j, i)


def look_at(slab: Slab, *places: tuple[Place, float], outline: Booleans | None = None) -> SlabLook:
    (look,) = look_at_slabs(Says(places, outline), cast("Cache", MadeCache([slab], [])), "A")
    return look


def a_slab(**changes: Any) -> Slab:
    return made_slab(f"{A_PATIENT}_a", **changes)


def test_the_best_mark_on_a_slab_s_nodule_is_its_hit() -> None:
    look = look_at(a_slab(), (in_slab(*CENTER), 0.8), (in_slab(4.0, 21.0, 30.0), 0.4), (in_slab(4.0, 40.0, 10.0), 0.3))

    assert look.hit == 0.8
    assert look.false == (0.3,)
    assert look.density_probabilities == (0.1, 0.2, 0.7)
    assert look.suspicion_rating == 2.5


def test_a_mark_beside_the_readers_outline_is_neither_hit_nor_false() -> None:
    # The nodule's radius is 4 mm: 8 mm from its centre lies beyond it, and within 6 mm of the outline.
    look = look_at(a_slab(), (in_slab(4.0, 28.0, 29.0), 0.9))

    assert look.hit is None
    assert look.false == ()
    assert look.density_probabilities is None


def test_density_is_judged_only_where_hounsfield_units_are_exact() -> None:
    assert look_at(a_slab(texture=1.0)).density == "ground-glass"
    assert look_at(a_slab(texture=1.0, is_hu_exact=False)).density is None


def test_the_area_of_lung_is_that_of_one_image() -> None:
    # 48 mm by 52 mm of lung, whatever the slab's depth; its corners are lost.
    assert look_at(a_slab()).lung_cm2 == pytest.approx(4.8 * 5.2, rel=0.02)


def test_an_outline_like_the_readers_has_a_dice_of_one_and_half_of_it_less() -> None:
    slab = a_slab()
    drawn = np.zeros((30, 40, 44), dtype=bool)
    # The box begins at voxel k 10 of the padded slab, 6 below its first slice, and at j 4, i 7.
    votes = np.pad(slab.votes_kji > 0, ((PAD, PAD), (0, 0), (0, 0)))[10:40, 4:44, 7:51]
    drawn[: votes.shape[0], : votes.shape[1], : votes.shape[2]] = votes
    half = drawn & (np.arange(44) > np.argwhere(drawn)[:, 2].mean())

    whole = look_at(slab, (in_slab(*CENTER), 0.8), outline=drawn)
    less = look_at(slab, (in_slab(*CENTER), 0.8), outline=half)

    assert whole.dice == pytest.approx(1.0)
    assert less.dice == pytest.approx(2 * half.sum() / (half.sum() + drawn.sum()))


def test_a_whole_chest_s_known_nodule_is_found_by_a_mark_on_it() -> None:
    chest = made_chest("R01-001", known((30.0, 31.0, 42.0), readers=0))
    detector = Says((((30.0, 32.0, 42.0), 0.9), ((50.0, 50.0, 50.0), 0.2)))

    lists = look_at_whole_chests(detector, cast("Cache", MadeCache([], [chest])), "A")

    read = froc(lists.chests, lists.nodules, lists.marks, resamples=0)
    assert read.verdicts == (Verdict.HIT, Verdict.FALSE)
    assert lists.chests[0].slice_thickness_mm == chest.spacing_k_mm
    assert len(lists.candidates) == len(lists.marks)


def test_a_mark_at_a_doubtful_place_is_false_in_the_first_reading_and_nothing_in_the_second() -> None:
    doubtful = doubtful_in("R01-001")[0]
    detector = Says(((doubtful.center_kji, 0.9),))
    lists = look_at_whole_chests(
        detector, cast("Cache", MadeCache([], [made_chest("R01-001", known((30.0, 30.0, 30.0)))])), "A"
    )

    second = lists.without_doubtful()

    assert froc(lists.chests, lists.nodules, lists.marks, resamples=0).verdicts == (Verdict.FALSE,)
    assert froc(second.chests, second.nodules, second.marks, resamples=0).verdicts == (Verdict.IGNORED,)


def test_a_chest_of_the_other_fold_is_not_looked_at() -> None:
    cache = cast("Cache", MadeCache([made_slab("LIDC-IDRI-0562_a")], [made_chest("LIDC-IDRI-0002")]))

    assert look_at_whole_chests(Says(()), cache, "A").chests == []
    assert look_at_slabs(Says(()), cache, "A") == []


# The second stick, on one scene: a nodule planted, and a piece of lung from another chest as its control.

TURN = Turn(degrees=40.0, mirror_kji=(False, True, False))
KNOWN = known((52.0, 60.0, 60.0), diameter_mm=10.0)
FIRST_XYZ = (-30.0, 10.0, -200.0)
AT = (25, 30, 40)
AT_XYZ = (AT[2] + FIRST_XYZ[0], AT[1] + FIRST_XYZ[1], AT[0] + FIRST_XYZ[2])
SCENE = Scene(
    name="A00",
    fold="A",
    chest="R01-001",
    plants=(Plant(slab=f"{A_PATIENT}_a", at_xyz_mm=AT_XYZ, turn=TURN, diameter_mm=8.0, readers=3, density="solid"),),
    controls=(
        Control(
            slab=f"{A_PATIENT}_a",
            turn=TURN,
            from_chest="LUNGx-CT003",
            from_xyz_mm=(40.0, 40.0, 40.0),
            at_xyz_mm=AT_XYZ,
            tissue_share=0.0,
        ),
    ),
)


@pytest.fixture
def one_scene(monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setattr(planted_run, "read_scenes", lambda _: [SCENE])
    chests = [made_chest("R01-001", KNOWN, first_xyz_mm=FIRST_XYZ), made_chest("LUNGx-CT003")]
    return cast("Cache", MadeCache([a_slab()], chests))


def test_a_planted_nodule_is_to_be_found_and_the_chest_s_own_neither_helps_nor_hurts(one_scene: Cache) -> None:
    place = (float(AT[0]), float(AT[1]), float(AT[2]))
    detector = Says(((place, 0.9), (KNOWN.center_kji, 0.8), ((15.0, 60.0, 20.0), 0.7)))

    lists = look_at_planted(detector, one_scene, "A")

    read = froc(lists.chests, lists.nodules, lists.marks, resamples=0)
    assert read.verdicts == (Verdict.HIT, Verdict.IGNORED, Verdict.FALSE)
    assert read.nodules == 1
    assert lists.nodules[0].density == Density.SOLID


def test_the_detector_is_shown_the_nodule(one_scene: Cache) -> None:
    seen = []

    @dataclass(frozen=True)
    class Looks(Says):
        def detect(self, working: CtVolume, lungs: LungFields) -> tuple[Candidate, ...]:  # noqa: ARG002
            seen.append(float(working.values_kji[AT]))
            return ()

    look_at_planted(Looks(()), one_scene, "A")
    look_at_controls(Looks(()), one_scene, "A")

    planted, untouched, _, control = seen
    assert planted > -50.0
    assert untouched < -700.0
    assert control < -700.0


def test_lungs_may_be_found_anew_in_the_planted_chest(one_scene: Cache) -> None:
    asked = []

    def lungs_of(grey_kji: np.ndarray) -> Booleans:
        asked.append(int(grey_kji[AT]))
        return np.asarray(grey_kji < 100, dtype=np.bool_)

    look_at_planted(Says(()), one_scene, "A", lungs_of)

    assert asked
    assert asked[0] > 150


def test_marks_at_a_control_are_counted_with_lung_pasted_and_without(one_scene: Cache) -> None:
    near, far = (float(AT[0]), float(AT[1]) + 3.0, float(AT[2])), (55.0, 70.0, 70.0)

    counts = look_at_controls(Says(((near, 0.6), (far, 0.5))), one_scene, "A")

    assert (counts.pieces, counts.pasted, counts.untouched) == (1, [0.6], [0.6])


def test_two_folds_are_read_together(one_scene: Cache) -> None:
    lists = look_at_planted(Says((((15.0, 60.0, 20.0), 0.7),)), one_scene, "A")
    other = replace(lists, chests=[replace(one, series_uid=SeriesUID("b")) for one in lists.chests])

    both = lists + other

    assert len(both.chests) == 2
    assert len(both.marks) == len(both.candidates) == 2
    assert len(both.nodules) == 2 * len(lists.nodules)
    assert len(both.doubtful) == 2 * len(lists.doubtful)
