"""Rings on the source's own slices as a Grayscale Softcopy Presentation State, for viewers that show no Segmentation.

Each nodule is ringed on every slice where its outline lies, with its number and size beside the ring.  The ring is a
circle in the patient, hence an ellipse in pixels that are not square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileDataset
from pydicom.uid import UID, GrayscaleSoftcopyPresentationStateStorage
from pydicom.valuerep import DSfloat

from lianyi.lungct.domain.image import CtVolume
from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.objects.header import PR, Answered, reference
from lianyi.lungct.objects.places import OnSlice, slices_of

LEVEL_HU, WIDTH_HU = -600.0, 1500.0
"""Lung window, as in the report: an engineering choice."""

_CLEAR_MM = 3.5
_SMALLEST_MM = 6.0
"""Rings stay clear of the outline and are never too small to see: engineering choices, as in the key images."""

_LAYER = "NODULES"
_MARK_CIELAB = [52171, 23255, 25186]  # cyan
_TEXT_MM = (26.0, 7.0)


def presentation_state(outcome: Screened, answered: Answered) -> FileDataset | None:
    """Give the rings of all nodules; None where there is none, or the images cannot be shown by one window.

    A presentation state replaces the images' own rescale (PS3.3 A.33.1), so the images must share one.
    """
    rescales = {answered.image(uid).rescale for uid, _ in outcome.volume.instances}
    rescale = next(iter(rescales))
    if not outcome.nodules or len(rescales) != 1 or rescale is None:
        return None
    ds = answered.new_object(GrayscaleSoftcopyPresentationStateStorage, PR, name="GSPS")
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "NODULES", "Nodule marks, unverified", ""
    now = answered.local_time
    ds.PresentationCreationDate, ds.PresentationCreationTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    ds.ReferencedSeriesSequence = [_all_images(outcome, answered)]
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = _ds(rescale[0]), _ds(rescale[1]), "HU"
    window = Dataset()
    window.WindowCenter, window.WindowWidth = _ds(LEVEL_HU), _ds(WIDTH_HU)
    window.WindowCenterWidthExplanation = "LUNG"
    ds.SoftcopyVOILUTSequence = [window]
    ds.DisplayedAreaSelectionSequence = [_whole_area(outcome.volume)]
    ds.GraphicAnnotationSequence = _annotations(outcome, answered)
    layer = Dataset()
    layer.GraphicLayer, layer.GraphicLayerOrder = _LAYER, 1
    layer.GraphicLayerRecommendedDisplayCIELabValue = _MARK_CIELAB
    ds.GraphicLayerSequence = [layer]
    ds.PresentationLUTShape = "IDENTITY"
    return ds


def _all_images(outcome: Screened, answered: Answered) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = UID(outcome.series.facts.series_uid)
    uids = dict.fromkeys(uid for uid, _ in outcome.volume.instances)
    item.ReferencedImageSequence = [reference(answered.image(uid)) for uid in uids]
    return item


def _whole_area(volume: CtVolume) -> Dataset:
    item = Dataset()
    _, rows, columns = volume.grid.shape
    item.DisplayedAreaTopLeftHandCorner, item.DisplayedAreaBottomRightHandCorner = [1, 1], [columns, rows]
    item.PresentationSizeMode = "SCALE TO FIT"
    item.PresentationPixelSpacing = [_ds(volume.grid.spacing.j_mm), _ds(volume.grid.spacing.i_mm)]
    return item


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ring:
    """A circle in the patient: middle in DICOM's count of columns and rows (the first is 1), radius in mm."""

    column: float
    row: float
    radius_mm: float


def _annotations(outcome: Screened, answered: Answered) -> list[Dataset]:
    """Give one annotation a slice, with the rings of every nodule on it."""
    by_slice: dict[int, list[tuple[Dataset, Dataset]]] = {}
    for nodule in outcome.nodules:
        parts = slices_of(outcome.volume, nodule)
        ring = _ring_around(outcome.volume, parts)
        for one in parts:
            drawn = _ellipse(outcome.volume, ring), _label(outcome.volume, nodule, ring)
            by_slice.setdefault(one.k, []).append(drawn)
    annotations = []
    for k, drawn_here in sorted(by_slice.items()):
        uid, number = outcome.volume.instances[k]
        item = Dataset()
        item.ReferencedImageSequence = [reference(answered.image(uid), frame=number)]
        item.GraphicLayer = _LAYER
        item.GraphicObjectSequence = [ellipse for ellipse, _ in drawn_here]
        item.TextObjectSequence = [label for _, label in drawn_here]
        annotations.append(item)
    return annotations


def _ring_around(volume: CtVolume, parts: list[OnSlice]) -> _Ring:
    """Give the ring that stays clear of the outline on every slice."""
    rows = np.concatenate([np.nonzero(one.inside_ji)[0] + one.first_j for one in parts])
    columns = np.concatenate([np.nonzero(one.inside_ji)[1] + one.first_i for one in parts])
    j, i = float(rows.min() + rows.max()) / 2, float(columns.min() + columns.max()) / 2
    spacing = volume.grid.spacing
    reach_mm = float(np.hypot((rows - j) * spacing.j_mm, (columns - i) * spacing.i_mm).max())
    return _Ring(column=i + 1, row=j + 1, radius_mm=max(reach_mm + _CLEAR_MM, _SMALLEST_MM))


def _ellipse(volume: CtVolume, ring: _Ring) -> Dataset:
    """Give an ellipse by the ends of its longer axis, then of its shorter (PS3.3 C.10.5.1.2)."""
    across, down = ring.radius_mm / volume.grid.spacing.i_mm, ring.radius_mm / volume.grid.spacing.j_mm
    horizontal = [ring.column - across, ring.row, ring.column + across, ring.row]
    vertical = [ring.column, ring.row - down, ring.column, ring.row + down]
    item = Dataset()
    item.GraphicAnnotationUnits, item.GraphicDimensions, item.NumberOfGraphicPoints = "PIXEL", 2, 4
    item.GraphicData = [*horizontal, *vertical] if across >= down else [*vertical, *horizontal]
    item.GraphicType, item.GraphicFilled = "ELLIPSE", "N"
    return item


def _label(volume: CtVolume, nodule: Nodule, ring: _Ring) -> Dataset:
    """Give number and size, right of the ring; left of it where the image ends."""
    across = ring.radius_mm / volume.grid.spacing.i_mm
    wide, tall = _TEXT_MM[0] / volume.grid.spacing.i_mm, _TEXT_MM[1] / volume.grid.spacing.j_mm
    columns = volume.grid.shape[2]
    is_room = ring.column + across + wide <= columns
    left = ring.column + across + 1 if is_room else max(1.0, ring.column - across - wide - 1)
    top = max(1.0, ring.row - tall / 2)
    item = Dataset()
    item.BoundingBoxAnnotationUnits = "PIXEL"
    item.UnformattedTextValue = f"{nodule.id}: {nodule.mean_diameter_mm:.1f} mm"
    item.BoundingBoxTopLeftHandCorner = [left, top]
    item.BoundingBoxBottomRightHandCorner = [min(float(columns), left + wide), top + tall]
    item.BoundingBoxTextHorizontalJustification = "LEFT" if is_room else "RIGHT"
    return item


def _ds(value: float) -> DSfloat:
    return DSfloat(float(value) + 0.0, auto_format=True)
