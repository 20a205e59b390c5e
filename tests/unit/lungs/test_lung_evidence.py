"""What is let pass as lungs, what is called airless lungs, and what is called another part of the body."""

import numpy as np
import pytest

from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.lungs.coarse import COARSE_MM, CoarseChest
from lianyi.lungct.lungs.evidence import refuse_unless_lungs

SHAPE = (150, 130, 160)


def chest_around(aerated_kji: Booleans) -> CoarseChest:
    everything = np.ones(SHAPE, dtype=bool)
    hu_kji = np.where(aerated_kji, -850, 40).astype(np.int16)
    return CoarseChest(hu_kji, everything, ~aerated_kji, ~aerated_kji, SHAPE[2] / 2)


def block_of_air(*, volume_ml: float, height_mm: float, first_slice: int = 10) -> Booleans:
    """A box of air well inside the stack."""
    voxels = volume_ml * 1000 / COARSE_MM**3
    rows = round(height_mm / COARSE_MM)
    columns = 50
    depth = round(voxels / rows / columns)
    aerated_kji = np.zeros(SHAPE, dtype=bool)
    aerated_kji[first_slice : first_slice + rows, 10 : 10 + depth, 40 : 40 + columns] = True
    return aerated_kji


def test_a_chest_with_a_trachea_and_hardly_any_air_is_refused_as_without_lungs() -> None:
    aerated_kji = block_of_air(volume_ml=300, height_mm=160)

    with pytest.raises(Refusal) as refused:
        refuse_unless_lungs(aerated_kji, chest_around(aerated_kji), has_trachea=True)

    assert refused.value.code is RefusalCode.NO_LUNGS
    assert "请由医生直接阅片" in refused.value.zh


def test_the_same_air_without_a_trachea_is_no_chest() -> None:
    aerated_kji = block_of_air(volume_ml=300, height_mm=160)

    with pytest.raises(Refusal) as refused:
        refuse_unless_lungs(aerated_kji, chest_around(aerated_kji), has_trachea=False)

    assert refused.value.code is RefusalCode.NOT_CHEST


def test_much_air_in_a_flat_layer_is_no_chest() -> None:
    aerated_kji = block_of_air(volume_ml=700, height_mm=40)

    with pytest.raises(Refusal) as refused:
        refuse_unless_lungs(aerated_kji, chest_around(aerated_kji), has_trachea=False)

    assert refused.value.code is RefusalCode.NOT_CHEST


def test_a_small_single_lung_is_let_through() -> None:
    aerated_kji = block_of_air(volume_ml=900, height_mm=180)

    refuse_unless_lungs(aerated_kji, chest_around(aerated_kji), has_trachea=True)

    assert aerated_kji.any()


def test_a_tip_of_lung_that_leaves_the_stack_is_let_through_to_be_judged_as_cut_off() -> None:
    aerated_kji = block_of_air(volume_ml=200, height_mm=60, first_slice=0)

    refuse_unless_lungs(aerated_kji, chest_around(aerated_kji), has_trachea=False)

    assert aerated_kji[0].any()
