"""Where a place of one CT lies on another CT of the same patient: affine first, then a smooth displacement.

Both steps look at the grey of the lungs and what is within some mm of them, so that arms, table and belly pull
nothing.  Nothing is drawn at random and the work is always cut into the same parts: the same pair gives the same
answer.  Why these two steps: docs/decisions/0012-registration.md.  All constants are engineering choices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from lianyi.lungct.compare.images import Chest, picture
from lianyi.lungct.domain.errors import Refusal, RefusalCode
from lianyi.lungct.domain.geometry import Floats, FrameMismatch, PatientFrame, PatientPoint
from lianyi.lungct.domain.outcome import Screened

_STEP_MM = 3.0
_REACH_VOXELS = 3
_AFFINE_ITERATIONS = 100
_FINE_ITERATIONS = 45
_SMOOTH_VOXELS = 2.0
_PARTS = 4
_LARGEST_RESIDUAL_MM = 6.0
"""Beyond this the lungs do not lie on each other; pairs of one patient, even between breaths, come to 1 or 2 mm."""
_LEAST_LIKENESS = 0.4
"""Correlation of grey inside the lungs: 0.2 to 0.3 for three pairs of different patients, 0.95 for deformed copies."""
_INNER_VOXELS = 2
_SURFACE_POINTS = 2000
_INVERSE_STEPS = 30
_CLOSE_MM = 0.01


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Registration:
    """The way from one CT to the other and back.

    Attributes:
        prior: frame of the prior CT.
        current: frame of the current CT.
        residual_mm: median distance of the current lungs' surface from the prior's, once laid on it.
        transform: from LPS mm of the current CT to LPS mm of the prior.
    """

    prior: PatientFrame
    current: PatientFrame
    residual_mm: float
    transform: sitk.Transform

    def prior_from_current(self, point: PatientPoint) -> PatientPoint:
        """Give the place on the prior CT.

        Raises:
            FrameMismatch: the point does not belong to the current CT.
        """
        _require(point, self.current)
        x, y, z = self.transform.TransformPoint((point.x, point.y, point.z))
        return PatientPoint(x=x, y=y, z=z, frame=self.prior)

    def current_from_prior(self, point: PatientPoint) -> PatientPoint:
        """Give the place on the current CT: the one that leads to the point, approached step by step.

        Raises:
            FrameMismatch: the point does not belong to the prior CT.
        """
        _require(point, self.prior)
        guess = point.xyz - (np.array(self.transform.TransformPoint(point.xyz.tolist())) - point.xyz)
        for _ in range(_INVERSE_STEPS):
            miss = point.xyz - np.array(self.transform.TransformPoint(guess.tolist()))
            guess = guess + miss
            if np.linalg.norm(miss) < _CLOSE_MM:
                break
        x, y, z = (float(n) for n in guess)
        return PatientPoint(x=x, y=y, z=z, frame=self.current)


def register(current: Screened, prior: Screened) -> Registration:
    """Lay the prior CT on the current one.

    Raises:
        Refusal: NOT_REGISTERED, the lungs could not be laid on each other.
    """
    here, there = (picture(one.volume, one.lungs, step_mm=_STEP_MM) for one in (current, prior))
    rough = _affine(here, there)
    transform = sitk.CompositeTransform([rough, _displacement(here, there, rough)])
    residual_mm = _residual_mm(here, there, transform)
    if residual_mm > _LARGEST_RESIDUAL_MM or _likeness(here, there, transform) < _LEAST_LIKENESS:
        raise Refusal(
            RefusalCode.NOT_REGISTERED,
            zh="两次 CT 的肺无法对准（肺表面或肺内血管对不上），不能自动比较；"
            "请核对是否为同一患者，并由医师对照两次影像阅片。",
            en="The lungs of the two CTs could not be laid on each other (their surfaces or the vessels within do not "
            "meet); check that both are of one patient, and read them side by side.",
        )
    return Registration(
        prior=prior.volume.grid.frame,
        current=current.volume.grid.frame,
        residual_mm=residual_mm,
        transform=transform,
    )


def _require(point: PatientPoint, frame: PatientFrame) -> None:
    if point.frame != frame:
        raise FrameMismatch(f"point is in {point.frame}, expected {frame}")


def _affine(current: Chest, prior: Chest) -> sitk.Transform:
    """Start with the lungs' centres on each other, then let shift, turn, scale and shear settle."""
    here, there = _centroid(current), _centroid(prior)
    transform = sitk.AffineTransform(3)
    transform.SetCenter(here.tolist())
    transform.SetTranslation((there - here).tolist())
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfWorkUnits(_PARTS)
    method.SetMetricAsMeanSquares()
    method.SetMetricFixedMask(sitk.BinaryDilate(current.lungs > 0.5, [_REACH_VOXELS] * 3))
    method.SetMetricMovingMask(prior.scanned)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(4.0, 0.02, _AFFINE_ITERATIONS)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(current.grey, prior.grey)
    return transform


def _displacement(current: Chest, prior: Chest, rough: sitk.Transform) -> sitk.Transform:
    """Let what is left settle as a smooth field (fast symmetric demons; Vercauteren et al., MICCAI 2007).

    Where the prior was not scanned its grey is taken from the current CT, so that nothing pulls there.
    """
    moved = sitk.Resample(prior.grey, current.grey, rough, sitk.sitkLinear, 1.0)
    seen = sitk.Resample(prior.scanned, current.grey, rough, sitk.sitkNearestNeighbor, 0)
    moved = sitk.Mask(moved, seen) + sitk.Mask(current.grey, seen == 0)
    demons = sitk.FastSymmetricForcesDemonsRegistrationFilter()
    demons.SetNumberOfIterations(_FINE_ITERATIONS)
    demons.SetStandardDeviations(_SMOOTH_VOXELS)
    demons.SmoothDisplacementFieldOn()
    demons.SetNumberOfWorkUnits(_PARTS)
    field = demons.Execute(current.grey, moved)
    return sitk.DisplacementFieldTransform(sitk.Cast(field, sitk.sitkVectorFloat64))


def _centroid(chest: Chest) -> Floats:
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(chest.lungs > 0.5)
    return np.array(statistics.GetCentroid(1))


def _residual_mm(current: Chest, prior: Chest, transform: sitk.Transform) -> float:
    """Measure the median distance of the current lungs' surface from the prior's, where the prior was scanned."""
    surface = sitk.GetArrayFromImage(sitk.BinaryContour(current.lungs > 0.5))
    voxels = np.argwhere(surface)
    voxels = voxels[:: max(1, len(voxels) // _SURFACE_POINTS)]
    signed_mm = sitk.SignedMaurerDistanceMap(
        prior.lungs > 0.5, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    found: list[float] = []
    for k, j, i in voxels.tolist():
        there = transform.TransformPoint(current.lungs.TransformIndexToPhysicalPoint((i, j, k)))
        index = prior.lungs.TransformPhysicalPointToIndex(there)
        inside = all(0 <= n < size for n, size in zip(index, prior.lungs.GetSize(), strict=True))
        if inside and prior.scanned[index]:
            found.append(abs(float(signed_mm.EvaluateAtPhysicalPoint(there))))
    return float(np.median(found)) if len(found) > _SURFACE_POINTS // 10 else float("inf")


def _likeness(current: Chest, prior: Chest, transform: sitk.Transform) -> float:
    """Correlate the grey well inside the lungs, where the vessels are: surfaces of any two patients can be met."""
    moved = sitk.Resample(prior.grey, current.grey, transform, sitk.sitkLinear, 1.0)
    seen = sitk.Resample(prior.scanned, current.grey, transform, sitk.sitkNearestNeighbor, 0)
    inner = sitk.GetArrayFromImage(sitk.BinaryErode(current.lungs > 0.5, [_INNER_VOXELS] * 3) & seen) > 0
    if not inner.any():
        return 0.0
    here, there = (sitk.GetArrayFromImage(image)[inner] for image in (current.grey, moved))
    return float(np.corrcoef(here, there)[0, 1])
