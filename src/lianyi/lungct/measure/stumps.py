"""Where a vessel runs into the nodule: its first millimetres belong to the vessel, not to the nodule.

A caliper takes the furthest two points of a border, so a stump of 2 mm lengthens the long axis by 2 mm and the
volume by nearly nothing.  What runs into a nodule is not the nodule.  LIDC's readers draw
wider, the more so the larger the nodule: docs/validation/measurement.md says what taking stumps off costs there.
What sticks out and *ends* is the nodule's own lobe or corner, and stays.

Every constant here is an engineering choice, tried on phantoms and on LIDC readers' outlines of the half for building.
"""

from __future__ import annotations

import cc3d
import edt
import fill_voids
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lianyi.lungct.domain.geometry import Spacing
from lianyi.lungct.domain.image import Booleans
from lianyi.lungct.measure.crop import Reals

_BALL_SHARE, _BALL_MOST_MM = 0.65, 3.0
"""What a ball of this share of the body's depth, and at most of this radius, cannot enter sticks out of it.  The share
leaves the tips of an ellipsoid 1.25 : 1 : 0.8 whole; a wider ball than 3 mm takes the lobes off large nodules."""

_SLACK_STEPS = 0.5
"""Steps of the cube that are left outside the ball: its surface is jagged."""

_RUNS_ON_SHARE = 0.5
"""What sticks out is a stump when it borders on dense tissue beyond by this part of its foot on the body."""

_SLACK_MM = 0.2
"""How far outside the outline of the even cube the half level may run where a vessel goes on."""

_IN_SLICE = np.ones((1, 3, 3), dtype=np.bool_)


def without_stumps(
    body_kji: Booleans, vessels_kji: Booleans, *, middle: tuple[int, int, int], step_mm: float
) -> Booleans:
    """Take off the even cube's body what sticks out of it and runs on beyond it.

    Args:
        body_kji: True in the body.
        vessels_kji: True in what is as dense and may be a vessel, the body itself included.
        middle: the body's deepest voxel.
        step_mm: of the cube.
    """
    inside_mm = edt.edt(fill_voids.fill(body_kji)) * step_mm
    ball_mm = min(_BALL_SHARE * float(inside_mm[middle]), _BALL_MOST_MM)
    inner = cc3d.connected_components(inside_mm > ball_mm, connectivity=6)
    if not inner[middle]:
        return body_kji
    swept_mm = edt.edt(inner != inner[middle]) * step_mm
    swept_kji = body_kji & (swept_mm <= ball_mm + _SLACK_STEPS * step_mm)
    pieces = cc3d.connected_components(body_kji & ~swept_kji, connectivity=6)
    ends = _counts(pieces, ndimage.binary_dilation(vessels_kji & ~body_kji))
    feet = _counts(pieces, ndimage.binary_dilation(swept_kji))
    runs_on = (ends > 0) & (ends >= _RUNS_ON_SHARE * feet)
    runs_on[0] = False
    return body_kji & ~runs_on[pieces]


def most_at_stumps(share_kji: Reals, signed_mm: Reals, beyond_kji: Booleans, *, spacing: Spacing) -> Reals:
    """Give the most a membership may be on the native grid: less than 1 only where a vessel leaves the nodule.

    Vessels thinner than the cube's mesh are not among what it took off, and reach into the margin in which a
    nodule's blur is collected.

    Args:
        share_kji: membership so far; its half level is the border.
        signed_mm: distance to the cube's outline, positive inside.
        beyond_kji: True in lung that is dense, margin or not.
        spacing: of the native grid.
    """
    pixel_mm = max(spacing.j_mm, spacing.i_mm)
    most_kji = np.clip(0.5 + (signed_mm + _SLACK_MM) / pixel_mm, 0.0, 1.0)
    pieces = cc3d.connected_components((share_kji > 0.5) & (most_kji < 0.5), connectivity=18)
    runs_on = _counts(pieces, ndimage.binary_dilation(beyond_kji & (share_kji <= 0.5), structure=_IN_SLICE)) > 0
    runs_on[0] = False
    stump_kji = ndimage.binary_dilation(runs_on[pieces], structure=_IN_SLICE)
    return np.where(stump_kji, most_kji, 1.0).astype(np.float32)


def _counts(pieces: npt.NDArray[np.integer], where_kji: Booleans) -> npt.NDArray[np.intp]:
    """Count each piece's voxels that lie in a region."""
    return np.bincount(pieces[where_kji], minlength=int(pieces.max()) + 1)
