"""The outlines as a Segmentation: one binary segment a nodule, on the pixels of the source's own slices.

Written element by element, and not through highdicom's class: that wants every segment as a whole stack at once,
which for twenty nodules of 261 slices is over a gigabyte.  Here a frame exists only where a nodule is, and 300 frames
are packed in a moment.  highdicom reads it back in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileDataset
from pydicom.uid import UID, SegmentationStorage
from pydicom.valuerep import DSfloat

from lianyi.lungct.domain.nodule import Nodule
from lianyi.lungct.domain.outcome import Screened
from lianyi.lungct.objects.header import SEG, Answered, code, reference
from lianyi.lungct.objects.places import OnSlice, orientation_of, position_of, slices_of

_TOGETHER = 8
"""Frames packed at once: eight of any size fill whole bytes."""

_COLOURS_CIELAB = (  # cyan, orange, green, magenta, yellow, blue: far apart on a grey image; an engineering choice
    (52171, 23255, 25186),
    (47186, 41377, 48830),
    (51118, 15677, 46774),
    (41287, 52428, 24158),
    (60000, 29812, 53199),
    (33410, 43690, 12593),
)


def segmentation(outcome: Screened, answered: Answered) -> FileDataset:
    """Give the Segmentation of all nodules.

    Raises:
        ValueError: there is no nodule; a Segmentation without a segment does not exist.
    """
    if not outcome.nodules:
        raise ValueError("a Segmentation needs a nodule")
    ds = answered.new_object(SegmentationStorage, SEG, name="SEG")
    placed = [
        (number, one)
        for number, nodule in enumerate(outcome.nodules, start=1)
        for one in slices_of(outcome.volume, nodule)
    ]
    _image(ds, outcome, len(placed))
    ds.FrameOfReferenceUID = UID(
        outcome.series.facts.frame_of_reference_uid or answered.identity.uid("frame of reference")
    )
    ds.PositionReferenceIndicator = ""
    ds.SegmentSequence = [_segment(n, one, outcome, answered) for n, one in enumerate(outcome.nodules, start=1)]
    slices = sorted({one.k for _, one in placed})
    ds.ReferencedSeriesSequence = [_referenced_series(outcome, answered, slices)]
    _dimensions(ds, answered)
    ds.SharedFunctionalGroupsSequence = [_shared(outcome)]
    ds.PerFrameFunctionalGroupsSequence = [
        _frame(outcome, answered, one, index=(number, slices.index(one.k) + 1)) for number, one in placed
    ]
    ds.PixelData = _packed([one for _, one in placed], outcome.volume.grid.shape[1:])
    ds["PixelData"].VR = "OB"
    return ds


def segment_number(outcome: Screened, nodule: Nodule) -> int:
    """Give the number of a nodule's segment."""
    return [one.id for one in outcome.nodules].index(nodule.id) + 1


def _image(ds: Dataset, outcome: Screened, frames: int) -> None:
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "NODULES", "Nodule outlines, unverified", ""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.NumberOfFrames = frames
    _, ds.Rows, ds.Columns = outcome.volume.grid.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 1, 1, 0, 0
    ds.LossyImageCompression = "00"
    ds.SegmentationType = "BINARY"
    ds.SegmentsOverlap = "UNDEFINED"
    ds.BurnedInAnnotation = "NO"


def _segment(number: int, nodule: Nodule, outcome: Screened, answered: Answered) -> Dataset:
    item = Dataset()
    item.SegmentNumber = number
    item.SegmentLabel = f"Nodule {nodule.id}"
    item.SegmentedPropertyCategoryCodeSequence = [code("49755003", "SCT", "Morphologically Abnormal Structure")]
    item.SegmentedPropertyTypeCodeSequence = [code("27925004", "SCT", "Nodule")]
    item.AnatomicRegionSequence = [code("39607008", "SCT", "Lung")]
    item.SegmentAlgorithmType = "AUTOMATIC"
    item.SegmentAlgorithmName = outcome.detector.name
    item.TrackingID, item.TrackingUID = tracking_id(nodule), UID(tracking_uid(nodule, answered))
    item.RecommendedDisplayCIELabValue = list(_COLOURS_CIELAB[(number - 1) % len(_COLOURS_CIELAB)])
    return item


def tracking_id(nodule: Nodule) -> str:
    """Give the name under which a nodule goes in every object of an answer."""
    return f"Nodule {nodule.id}"


def tracking_uid(nodule: Nodule, answered: Answered) -> str:
    """Give the UID of the same."""
    return answered.identity.uid("nodule", nodule.id)


def _referenced_series(outcome: Screened, answered: Answered, slices: Sequence[int]) -> Dataset:
    item = Dataset()
    item.SeriesInstanceUID = UID(outcome.series.facts.series_uid)
    uids = dict.fromkeys(outcome.volume.instances[k][0] for k in slices)
    item.ReferencedInstanceSequence = [reference(answered.image(uid)) for uid in uids]
    return item


def _dimensions(ds: Dataset, answered: Answered) -> None:
    """Order frames by segment, then by place along the stack (PS3.3 C.7.6.17)."""
    uid = UID(answered.identity.uid("dimensions"))
    organization = Dataset()
    organization.DimensionOrganizationUID = uid
    ds.DimensionOrganizationSequence = [organization]
    indices = (
        ("ReferencedSegmentNumber", 0x0062000B, 0x0062000A),
        ("ImagePositionPatient", 0x00200032, 0x00209113),
    )
    ds.DimensionIndexSequence = []
    for label, pointer, group in indices:
        item = Dataset()
        item.DimensionOrganizationUID, item.DimensionIndexPointer, item.FunctionalGroupPointer = uid, pointer, group
        item.DimensionDescriptionLabel = label
        ds.DimensionIndexSequence.append(item)


def _shared(outcome: Screened) -> Dataset:
    spacing = outcome.volume.grid.spacing
    measures = Dataset()
    measures.PixelSpacing = [_ds(spacing.j_mm), _ds(spacing.i_mm)]
    measures.SliceThickness = _ds(outcome.slice_thickness_mm or spacing.k_mm)
    orientation = Dataset()
    orientation.ImageOrientationPatient = [_ds(cosine) for cosine in orientation_of(outcome.volume)]
    item = Dataset()
    item.PixelMeasuresSequence = [measures]
    item.PlaneOrientationSequence = [orientation]
    return item


def _frame(outcome: Screened, answered: Answered, one: OnSlice, *, index: tuple[int, int]) -> Dataset:
    """Give one frame's groups; *index* is its segment and its place among the slices that hold any (PS3.3 C.7.6.17)."""
    content, plane, segment, derivation = Dataset(), Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = list(index)
    plane.ImagePositionPatient = [_ds(value) for value in position_of(outcome.volume, one.k)]
    segment.ReferencedSegmentNumber = index[0]
    uid, instance_number = outcome.volume.instances[one.k]
    source = reference(answered.image(uid), frame=instance_number)
    source.PurposeOfReferenceCodeSequence = [code("121322", "DCM", "Source image for image processing operation")]
    source.SpatialLocationsPreserved = "YES"
    derivation.SourceImageSequence = [source]
    derivation.DerivationCodeSequence = [code("113076", "DCM", "Segmentation")]
    item = Dataset()
    item.FrameContentSequence, item.PlanePositionSequence = [content], [plane]
    item.SegmentIdentificationSequence, item.DerivationImageSequence = [segment], [derivation]
    return item


def _packed(placed: Sequence[OnSlice], shape: tuple[int, int]) -> bytes:
    """Pack frames bit by bit, the first pixel in the lowest bit (PS3.5 8.1.1), none padded but the last."""
    packed = bytearray()
    for start in range(0, len(placed), _TOGETHER):
        group = placed[start : start + _TOGETHER]
        frames_nji = np.zeros((len(group), *shape), np.uint8)
        for frame_ji, one in zip(frames_nji, group, strict=True):
            rows, columns = one.inside_ji.shape
            frame_ji[one.first_j : one.first_j + rows, one.first_i : one.first_i + columns] = one.inside_ji
        packed += np.packbits(frames_nji, axis=None, bitorder="little").tobytes()
    return bytes(packed + b"\0" * (len(packed) % 2))


def _ds(value: float) -> DSfloat:
    """Give a decimal string of at most 16 characters."""
    return DSfloat(float(value) + 0.0, auto_format=True)
