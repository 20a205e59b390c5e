"""A slab as published becomes one at 1 mm, and its nodule a piece that can be pasted."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import jpeg_ls
import numpy as np
import pytest
from lianyi_train.grey import HIGHEST_HU, LOWEST_HU, grey_of, hu_of
from lianyi_train.slabs import RIM_MM, Slab, _at_1_mm, density_of, read_slabs

from made_slabs import facts

SPACING_MM = (2.5, 0.7, 0.7)
SHAPE = (9, 64, 70)
CENTER_MM = (10.0, 20.0, 26.0)
RADIUS_MM = 7.0


def native() -> tuple[np.ndarray, np.ndarray]:
    """HU and votes of four readers, the ball seen in thick slices with small pixels."""
    places_mm = np.indices(SHAPE) * np.array(SPACING_MM)[:, None, None, None]
    inside = np.linalg.norm(places_mm - np.array(CENTER_MM)[:, None, None, None], axis=0) < RADIUS_MM
    hu_kji = np.where(inside, 40.0, -860.0)
    hu_kji[:, :4, :6] = -500.0  # one corner, to tell which way it lies
    return hu_kji.astype(np.float32), (4 * inside).astype(np.float32)


@pytest.fixture(scope="module")
def slab() -> Slab:
    return _at_1_mm(facts(spacing_k_mm=2.5), *native(), 0.7)


def test_a_voxel_is_a_millimetre_wide(slab: Slab) -> None:
    # From the first slice's centre to the last one's, and no further.
    assert slab.grey_kji.shape == (21, 45, 49)
    assert slab.center_kji == pytest.approx(CENTER_MM, abs=0.3)
    volume_mm3 = slab.votes_kji.sum(dtype=float) / 4.0
    assert (6.0 * volume_mm3 / np.pi) ** (1 / 3) == pytest.approx(2.0 * RADIUS_MM, abs=0.7)


def test_grey_values_are_those_of_the_hounsfield_units(slab: Slab) -> None:
    k, j, i = (round(n) for n in slab.center_kji)

    assert slab.grey_kji[k, j, i] == grey_of(np.array(40.0))
    assert slab.grey_kji[k, j, -1] == grey_of(np.array(-860.0))


def test_the_cut_weighs_all_inside_the_outline_and_nothing_beyond_its_rim(slab: Slab) -> None:
    cut = slab.cut
    away_mm = np.linalg.norm(
        np.indices(cut.votes_kji.shape)[1:] - np.array(cut.center_kji[1:])[:, None, None, None], axis=0
    )
    middle = round(cut.center_kji[0])
    in_plane_mm, weight_ji = away_mm[middle], cut.weight_kji[middle]

    assert (cut.weight_kji[cut.votes_kji == 4] == 255).all()
    assert (weight_ji[in_plane_mm < RADIUS_MM - 0.5] > 240).all()
    assert (weight_ji[in_plane_mm > RADIUS_MM + 1.5 * RIM_MM + 1.0] == 0).all()


def test_beyond_its_last_slice_a_nodule_fades_within_one_slice_spacing() -> None:
    hu_kji, votes_kji = native()
    # The slab ends where its nodule ends: three slices through the middle of the ball.
    cut = _at_1_mm(facts(spacing_k_mm=2.5), hu_kji[3:6], votes_kji[3:6], 0.7).cut

    j, i = (round(n) for n in cut.center_kji[1:])
    along = cut.weight_kji[:, j, i].astype(int)
    # 5 mm of nodule and 2.5 mm at either end: 1 mm voxels from the first slice beyond to the last.
    assert len(along) == 11
    assert along[0] == 0
    assert along[1:3].tolist() == [round(255 * n / 2.5) for n in (1, 2)]
    assert (along[3:8] == 255).all()
    assert along[8:].tolist() == [round(255 * n / 2.5) for n in (2, 1, 0)]


@pytest.mark.parametrize(
    ("texture", "density"),
    [
        (1.0, "ground-glass"),
        (2.4, "ground-glass"),
        (2.5, "part-solid"),
        (3.4, "part-solid"),
        (3.5, "solid"),
        (None, None),
    ],
)
def test_the_mean_of_the_readers_textures_is_rounded_to_a_class(texture: float | None, density: str | None) -> None:
    assert density_of(texture) == density


def test_grey_values_come_back_within_half_a_step() -> None:
    hu = np.linspace(LOWEST_HU, HIGHEST_HU, 999)

    assert hu_of(grey_of(hu)) == pytest.approx(hu, abs=(HIGHEST_HU - LOWEST_HU) / 255 / 2 + 0.01)


def test_what_lies_outside_the_window_is_clipped() -> None:
    assert grey_of(np.array([-3000.0, LOWEST_HU, HIGHEST_HU, 3000.0])).tolist() == [0, 0, 255, 255]


def publish(folder: Path, *rows: dict[str, Any]) -> Path:
    """Write slabs as shared/data holds them."""
    (folder / "slabs").mkdir()
    hu_kji, votes_kji = native()
    for row in rows:
        readers = np.stack([votes_kji > 0] * 4)
        turned = np.array(hu_kji)
        if row["flipped"] == "True":
            turned, readers = turned[:, ::-1, ::-1], readers[:, :, ::-1, ::-1]
        lines = np.ascontiguousarray((turned + 1024).astype(np.uint16).reshape(-1, turned.shape[-1]))
        np.savez(
            folder / "slabs" / f"{row['slab']}.npz",
            hu_plus_1024_jls=jpeg_ls.encode(lines),
            shape_kji=np.array(hu_kji.shape),
            reader_mask_bits=np.packbits(readers),
        )
    with (folder / "slabs" / "slabs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def row(slab: str, **changes: str) -> dict[str, str]:
    plain = {
        "slab": slab,
        "patient_id": "LIDC-IDRI-0999",
        "readers": "4",
        "hu_exact": "True",
        "flipped": "False",
        "diameter_mm": "14.0",
        "spacing_k_mm": "2.5",
        "spacing_ji_mm": "0.7",
        "malignancy": "",
        "texture": "4.5",
        "calcification": "6.0",
    }
    return {**plain, **changes}


def test_published_slabs_are_read_and_a_flipped_one_is_turned_back(tmp_path: Path, slab: Slab) -> None:
    plain, flipped = read_slabs(publish(tmp_path, row("one"), row("two", flipped="True", hu_exact="False")))

    assert np.array_equal(plain.grey_kji, slab.grey_kji)
    assert np.array_equal(plain.votes_kji, slab.votes_kji)
    assert np.array_equal(flipped.grey_kji, plain.grey_kji)
    assert (plain.facts.is_hu_exact, flipped.facts.is_hu_exact) == (True, False)


def test_a_rating_that_nobody_gave_stays_absent(tmp_path: Path) -> None:
    (slab,) = read_slabs(publish(tmp_path, row("one")))

    assert slab.facts.malignancy is None
    assert slab.facts.texture == 4.5
