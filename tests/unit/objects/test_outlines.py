"""The Segmentation holds each nodule's own voxels, at their own place in the patient, whatever the stack."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image
from pydicom.uid import EnhancedCTImageStorage

import report_outcome
from lianyi.lungct.dicom import read_chest_series
from lianyi.lungct.domain.image import CtVolume, Mask
from lianyi.lungct.domain.outcome import Refused, Screened
from lianyi.lungct.volume import assemble
from lianyi.phantom import PhantomSpec, write_phantom
from object_answers import ENDINGS, answered, header, write
from phantoms import PLANTED, oblique_chest, small_chest, tilted_chest

Floats = npt.NDArray[np.float64]
STACKS = {"pixels not square": small_chest(), "oblique": oblique_chest(), "tilted": tilted_chest()}


def centroid_in_file(ds: pydicom.Dataset, segment: int) -> Floats:
    """From the file alone: PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1, pixel by pixel."""
    places: list[Floats] = []
    pixels = ds.pixel_array
    shared = ds.SharedFunctionalGroupsSequence[0]
    down_mm, across_mm = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    cosines = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float)
    for frame_ji, groups in zip(pixels, ds.PerFrameFunctionalGroupsSequence, strict=True):
        if groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber == segment:
            corner = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
            rows, columns = np.nonzero(frame_ji)
            places.append(corner + np.outer(columns * across_mm, cosines[:3]) + np.outer(rows * down_mm, cosines[3:]))
    return np.concatenate(places).mean(axis=0)


def centroid_of(mask: Mask) -> Floats:
    inside = np.argwhere(mask.values_kji)
    return np.asarray(
        (inside @ mask.grid.patient_from_voxel[:3, :3].T + mask.grid.patient_from_voxel[:3, 3]).mean(axis=0)
    )


def ball(volume: CtVolume, center_xyz: tuple[float, float, float], radius_mm: float) -> Mask:
    """A ball's voxels in a box of the native grid."""
    at = np.linalg.inv(volume.grid.patient_from_voxel) @ [*center_xyz, 1.0]
    first = [int(c) - 9 for c in at[:3]]
    box = volume.grid.crop(first_kji=(first[0], first[1], first[2]), shape=(19, 19, 19))
    away = report_outcome.voxel_places(box) - np.array(center_xyz)
    return Mask(box, np.linalg.norm(away, axis=-1) < radius_mm)


def screened(folder: Path, spec: PhantomSpec) -> Screened:
    """The planted nodules, outlined by formula, on a phantom that was written, read and assembled."""
    write_phantom(folder, spec)
    series = read_chest_series([folder], requested=None)
    assert not isinstance(series, Refused)
    volume, _ = assemble(series)
    nodules = tuple(
        replace(
            nodule,
            mask=ball(volume, planted.center_lps_mm, planted.diameter_mm / 2),
            instance_uid=volume.instances[30][0],
            instance_number=volume.instances[30][1],
        )
        for nodule, planted in zip(report_outcome.screened().nodules, PLANTED, strict=True)
    )
    return replace(report_outcome.screened(), series=series, volume=volume, nodules=nodules)


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Screened, Path, Path]:
    source, objects = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("objects")
    outcome = screened(source, STACKS[request.param])
    assert outcome.series.header is not None
    write(outcome, objects, answered(outcome.series.header))
    return outcome, source, objects


Stack = tuple[Screened, Path, Path]


def test_the_centroid_in_the_file_is_the_outline_s(stack: Stack) -> None:
    outcome, _, objects = stack
    ds = pydicom.dcmread(objects / "seg.dcm")

    for number, nodule in enumerate(outcome.nodules, start=1):
        off_mm = np.linalg.norm(centroid_in_file(ds, number) - centroid_of(nodule.mask))

        assert off_mm < 0.01


def test_each_frame_lies_exactly_on_the_source_slice_it_names(stack: Stack) -> None:
    _, source, objects = stack
    slices = {
        one.SOPInstanceUID: one
        for one in (pydicom.dcmread(file, stop_before_pixels=True) for file in source.glob("*.dcm"))
    }

    for groups in pydicom.dcmread(objects / "seg.dcm").PerFrameFunctionalGroupsSequence:
        named = groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        position = groups.PlanePositionSequence[0].ImagePositionPatient
        assert [float(one) for one in position] == [float(one) for one in slices[named].ImagePositionPatient]


def test_dimension_indices_count_from_one_without_a_gap(stack: Stack) -> None:
    _, _, objects = stack
    frames = pydicom.dcmread(objects / "seg.dcm").PerFrameFunctionalGroupsSequence

    indices = [tuple(one.FrameContentSequence[0].DimensionIndexValues) for one in frames]

    assert indices == sorted(set(indices))
    for dimension in zip(*indices, strict=True):
        assert set(dimension) == set(range(1, max(dimension) + 1))


def test_highdicom_finds_the_same_voxels(stack: Stack) -> None:
    outcome, _, objects = stack
    segmentation: Any = highdicom.seg.segread(objects / "seg.dcm")
    uids = [uid for uid, _ in outcome.volume.instances]

    for number, nodule in enumerate(outcome.nodules, start=1):
        pixels = segmentation.get_pixels_by_source_instance(
            uids, [number], ignore_spatial_locations=True, assert_missing_frames_are_empty=True
        )

        assert int(pixels.sum()) == int(nodule.mask.values_kji.sum())
    assert segmentation.number_of_segments == len(outcome.nodules)
    assert segmentation.segmentation_type.value == "BINARY"


def test_report_and_outlines_name_each_nodule_by_the_same_uid(stack: Stack) -> None:
    _, _, objects = stack
    segments = pydicom.dcmread(objects / "seg.dcm").SegmentSequence
    report = highdicom.sr.srread(objects / "sr.dcm")

    groups = report.content.get_volumetric_roi_measurement_groups()

    assert [group.tracking_uid for group in groups] == [one.TrackingUID for one in segments]


def test_rings_enclose_the_outline_on_every_slice_and_are_round_in_the_patient(stack: Stack) -> None:
    outcome, _, objects = stack
    down_mm, across_mm = outcome.volume.grid.spacing.j_mm, outcome.volume.grid.spacing.i_mm
    segmentation = pydicom.dcmread(objects / "seg.dcm")
    rings = {
        note.ReferencedImageSequence[0].ReferencedSOPInstanceUID: note
        for note in pydicom.dcmread(objects / "gsps.dcm").GraphicAnnotationSequence
    }

    for frame_ji, groups in zip(segmentation.pixel_array, segmentation.PerFrameFunctionalGroupsSequence, strict=True):
        note = rings[groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]
        rows, columns = np.nonzero(frame_ji)
        assert any(encloses(ring, rows + 1, columns + 1, down_mm, across_mm) for ring in note.GraphicObjectSequence)
        assert len(note.TextObjectSequence) == len(note.GraphicObjectSequence)


def encloses(ring: pydicom.Dataset, rows: Floats, columns: Floats, down_mm: float, across_mm: float) -> bool:
    ends = np.array(ring.GraphicData, float).reshape(4, 2) * [across_mm, down_mm]
    middle = ends.mean(axis=0)
    radii = np.linalg.norm(ends - middle, axis=1)
    assert radii == pytest.approx(radii[0], rel=1e-4)
    return bool((np.hypot(columns * across_mm - middle[0], rows * down_mm - middle[1]) < radii[0]).all())


def test_frames_of_an_enhanced_ct_are_named(tmp_path: Path) -> None:
    outcome = ENDINGS["screened"]
    assert isinstance(outcome, Screened)
    count = outcome.volume.grid.shape[0]
    one_object = replace(
        outcome.volume, instances=tuple((report_outcome.InstanceUID("1.2.3.6.0"), k + 1) for k in range(count))
    )
    nodules = tuple(
        replace(one, instance_uid=report_outcome.InstanceUID("1.2.3.6.0"), instance_number=17)
        for one in outcome.nodules
    )

    write(replace(outcome, volume=one_object, nodules=nodules), tmp_path, answered(header(is_multi_frame=True)))

    segmentation, state = pydicom.dcmread(tmp_path / "seg.dcm"), pydicom.dcmread(tmp_path / "gsps.dcm")
    for groups in segmentation.PerFrameFunctionalGroupsSequence:
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        assert position[2] == pytest.approx(-235.0 + 4.0 * (source.ReferencedFrameNumber - 1))
    assert all("ReferencedFrameNumber" in one.ReferencedImageSequence[0] for one in state.GraphicAnnotationSequence)
    found = [frame for item in items_in(pydicom.dcmread(tmp_path / "sr.dcm")) for frame in frames_named(item)]
    assert found
    assert all(1 <= frame <= count for frame in found)


def items_in(item: pydicom.Dataset) -> list[pydicom.Dataset]:
    return [item, *(below for child in item.get("ContentSequence", []) for below in items_in(child))]


def frames_named(item: pydicom.Dataset) -> list[int]:
    """Frames of the source that an item of the report names; a report that names none would have to be 0."""
    if item.ValueType != "IMAGE" or item.ReferencedSOPSequence[0].ReferencedSOPClassUID != EnhancedCTImageStorage:
        return []
    return [int(item.ReferencedSOPSequence[0].get("ReferencedFrameNumber", 0))]


def test_dcmtk_shows_the_source_s_slice_in_the_lung_window_by_our_state(stack: Stack, tmp_path: Path) -> None:
    tool = shutil.which("dcmp2pgm")
    if tool is None:
        pytest.skip("dcmp2pgm is not installed (Debian: dcmtk)")
    _, source, objects = stack
    file = sorted(source.glob("*.dcm"))[40]
    ds = pydicom.dcmread(file)
    hu_ji = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)

    subprocess.run([tool, "-p", objects / "gsps.dcm", file, tmp_path / "seen.pgm"], capture_output=True, check=True)

    with Image.open(tmp_path / "seen.pgm") as seen:
        grey_ji = np.asarray(seen, dtype=float)
    expected_ji = np.clip((hu_ji - (-600 - 750)) * 255 / 1500, 0, 255)
    assert grey_ji.shape == expected_ji.shape
    assert np.abs(grey_ji - expected_ji).max() <= 2


def test_nothing_is_outlined_where_nothing_was_marked(tmp_path: Path) -> None:
    write(ENDINGS["nothing found"], tmp_path)

    assert not (tmp_path / "seg.dcm").exists()
    assert not (tmp_path / "gsps.dcm").exists()


def test_images_with_different_rescales_get_no_rings_for_they_would_be_shown_wrongly(tmp_path: Path) -> None:
    plain = header()
    mixed = replace(plain, images=(replace(plain.images[0], rescale=(2.0, -1024.0)), *plain.images[1:]))

    names = write(ENDINGS["screened"], tmp_path, answered(mixed))

    assert "gsps.dcm" not in names
    assert "seg.dcm" in names
