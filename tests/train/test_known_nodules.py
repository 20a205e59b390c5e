"""Readers' outlines of a whole chest become nodules: where, how large, and how many drew them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lianyi_train.chests import _drawn, _middle, read_chest

from learned_chest import working_grid

GRID = working_grid((60, 80, 90))
FIRST_XYZ = GRID.voxel(k=0.0, j=0.0, i=0.0).to_patient().xyz


def ball_contours(center_kji: tuple[float, float, float], radius_mm: float) -> list[dict[str, Any]]:
    """What a reader would draw around a ball: a polygon in every slice."""
    k, j, i = center_kji
    angles = np.linspace(0.0, 2.0 * np.pi, 120, endpoint=False)
    contours = []
    for slice_k in range(60):
        across = radius_mm**2 - (slice_k - k) ** 2
        if across > 0:
            points = np.stack((i + np.sqrt(across) * np.cos(angles), j + np.sqrt(across) * np.sin(angles)), axis=1)
            z_mm = float(GRID.patient_from_voxel[2, 3]) + slice_k
            contours.append({"z_mm": z_mm, "inclusion": True, "points_column_row": points.tolist()})
    return contours


def test_green_s_formula_gives_centre_and_diameter_of_a_ball() -> None:
    center_xyz, diameter_mm = _middle(GRID, ball_contours((30.0, 41.5, 50.25), 9.0))

    assert center_xyz[::-1] - FIRST_XYZ[::-1] == pytest.approx(np.array([30.0, 41.5, 50.25]), abs=0.05)
    assert diameter_mm == pytest.approx(18.0, abs=0.15)


def test_a_hole_counts_against_the_volume() -> None:
    hole = [{**one, "inclusion": False} for one in ball_contours((30.0, 41.5, 50.25), 6.0)]

    _, diameter_mm = _middle(GRID, ball_contours((30.0, 41.5, 50.25), 9.0) + hole)

    assert diameter_mm == pytest.approx(2.0 * (9.0**3 - 6.0**3) ** (1 / 3), abs=0.2)


def test_readers_who_drew_the_same_nodule_are_counted(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    drawings = [
        ("R", (30.0, 40.0, 50.0), 6.0),
        ("R", (31.0, 42.0, 50.0), 7.0),
        ("R", (30.0, 40.0, 70.0), 5.0),  # 20 mm away: another nodule
        ("somebody else", (30.0, 40.0, 50.0), 6.0),
    ]
    rows = [{"patient_id": name, "contours": ball_contours(center, radius)} for name, center, radius in drawings]
    (tmp_path / "labels" / "lidc_reader_contours.json").write_text(json.dumps(rows))

    one, other = _drawn(tmp_path, "R", GRID, FIRST_XYZ)

    assert (one.readers, other.readers) == (2, 1)
    assert one.center_kji == pytest.approx((30.5, 41.0, 50.0), abs=0.05)
    assert one.diameter_mm == pytest.approx(13.0, abs=0.2)
    assert other.center_kji == pytest.approx((30.0, 40.0, 70.0), abs=0.05)


@pytest.mark.shared_data
def test_a_published_nodule_lies_in_its_chest_s_lung(shared_data: Path) -> None:
    chest = read_chest(shared_data, "R01-001")

    (nodule,) = chest.nodules
    assert chest.lung_kji[tuple(round(n) for n in nodule.center_kji)]
    assert nodule.readers == 0
