"""Pictures lie as a radiologist reads them, whatever the acquisition, and hide nothing."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lianyi.lungct.domain.geometry import Floats, Grid
from lianyi.lungct.domain.image import Mask
from lianyi.lungct.report import canvas
from lianyi.lungct.report.key_images import (
    AXIAL_PX,
    LEFT,
    POSTERIOR,
    axial_view,
    key_image,
    plane_view,
    reach_mm,
    slice_place,
)
from lianyi.lungct.report.overview import HEIGHT_PX, WIDTH_PX, _number, overview
from lianyi.lungct.report.received import received_view
from report_outcome import FOUR, FRAME, Ball, record, refused, screened, standard_grid, twenty  # noqa: F401

# one nodule in the left lung; a marker left-anterior of it (axial: up and right) and one above it
NODULE = Ball(center_xyz=(60.0, 20.0, -100.0), radius_mm=8.0)
LEFT_ANTERIOR = Ball(center_xyz=(76.0, 0.0, -100.0), radius_mm=6.0, hu=900.0)
ABOVE_BEHIND = Ball(center_xyz=(60.0, 40.0, -78.0), radius_mm=6.0, hu=900.0)
BALLS = (NODULE, LEFT_ANTERIOR, ABOVE_BEHIND)


def stack(row: Floats, column: Floats, step: Floats, spacing: tuple[float, float], shape: tuple[int, int, int]) -> Grid:
    """A grid with the given directions whose middle lies on the nodule."""
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = step, column * spacing[0], row * spacing[1]
    matrix[:3, 3] = np.array(NODULE.center_xyz) - matrix[:3, :3] @ (np.array(shape) // 2)
    return Grid(shape, matrix, FRAME)


def tilt(degrees: float) -> Floats:
    """Rotation about the patient's left-right axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


X, Y, Z = np.eye(3)
SHAPE = (41, 80, 84)
STACKS = {
    "head first supine": stack(X, Y, 2.5 * Z, (1.3, 1.5), SHAPE),
    "from head to feet": stack(X, Y, -2.5 * Z, (1.3, 1.5), SHAPE),
    "prone": stack(-X, -Y, 2.5 * Z, (1.3, 1.5), SHAPE),
    "mirrored rows": stack(-X, Y, 2.5 * Z, (1.3, 1.5), SHAPE),
    "a quarter turned": stack(Y, -X, 2.5 * Z, (1.3, 1.5), SHAPE),
    "oblique": stack(tilt(12) @ X, tilt(12) @ Y, 2.5 * (tilt(12) @ Z), (1.3, 1.5), SHAPE),
    "tilted gantry": stack(X, tilt(15) @ Y, 2.5 * Z, (1.3, 1.5), SHAPE),
}
every_stack = pytest.mark.parametrize("name", STACKS)


def brightest(view_hu: Floats) -> tuple[float, float]:
    """Middle of the marker (over 500 HU), as a share of the view from its middle: (down, right)."""
    rows, columns = np.nonzero(view_hu > 500)
    size = view_hu.shape[0]
    return float(rows.mean() / size - 0.5), float(columns.mean() / size - 0.5)


@every_stack
def test_the_axial_view_has_left_on_the_right_and_front_above(name: str) -> None:
    outcome = screened(BALLS, grid=STACKS[name])

    view = axial_view(outcome.volume, slice_place(outcome.volume, outcome.nodules[0]), field_mm=70.0)

    down, right = brightest(view)
    assert right * 70.0 == pytest.approx(16.0, abs=1.6)
    assert down * 70.0 == pytest.approx(-20.0, abs=2.2)


@every_stack
def test_the_coronal_inset_has_the_head_above_at_true_scale(name: str) -> None:
    outcome = screened(BALLS, grid=STACKS[name])

    view = plane_view(outcome.volume, np.array([60.0, 40.0, -100.0]), LEFT, field_mm=70.0)

    down, right = brightest(view)
    assert down * 70.0 == pytest.approx(-22.0, abs=1.5)
    assert right * 70.0 == pytest.approx(0.0, abs=1.5)


@every_stack
def test_the_sagittal_inset_has_the_front_on_the_left(name: str) -> None:
    outcome = screened(BALLS, grid=STACKS[name])

    view = plane_view(outcome.volume, outcome.nodules[0].center.xyz, POSTERIOR, field_mm=70.0)

    down, right = brightest(view)
    assert down * 70.0 == pytest.approx(-22.0, abs=1.5)
    assert right * 70.0 == pytest.approx(20.0, abs=1.5)


@every_stack
def test_the_nodule_is_in_the_middle(name: str) -> None:
    outcome = screened((NODULE,), grid=STACKS[name])

    view = axial_view(outcome.volume, slice_place(outcome.volume, outcome.nodules[0]), field_mm=40.0, size_px=200)

    rows, columns = np.nonzero((view > -400) & (np.hypot(*np.ogrid[-100:100, -100:100]) < 60))
    assert abs(rows.mean() - 99.5) < 6
    assert abs(columns.mean() - 99.5) < 6


def ring_pixels(image: Image.Image) -> Floats:
    """Distance from the middle of the axial view of every pixel in the mark's colour, in pixels."""
    colours = np.asarray(image, dtype=np.int16)[:AXIAL_PX, :AXIAL_PX]
    rows, columns = np.nonzero(np.abs(colours - np.array(canvas.MARK)).sum(axis=2) < 24)
    return np.asarray(np.hypot(rows - AXIAL_PX / 2, columns - AXIAL_PX / 2))


@pytest.mark.parametrize("radius_mm", [2.5, 8.0, 14.0, 27.0])
def test_the_ring_stays_clear_of_the_nodule_and_inside_the_picture(radius_mm: float) -> None:
    outcome = screened((replace(NODULE, radius_mm=radius_mm),), grid=STACKS["oblique"])
    nodule = outcome.nodules[0]

    shown = key_image(outcome.volume, nodule, slice_label="21 / 41")

    away_mm = ring_pixels(shown.image) * shown.field_mm / AXIAL_PX
    assert away_mm.size > 500
    assert away_mm.min() > reach_mm(nodule.mask.grid, nodule.mask.values_kji, nodule.center.xyz) + 2.0
    assert away_mm.max() < shown.field_mm / 2 - 2.0


def test_a_mass_gets_a_wider_field_and_a_nodule_seventy_millimetres() -> None:
    small, mass = (screened((replace(NODULE, radius_mm=r),), grid=STACKS["head first supine"]) for r in (6.0, 30.0))

    assert key_image(small.volume, small.nodules[0], slice_label="1").field_mm == 70.0
    assert key_image(mass.volume, mass.nodules[0], slice_label="1").field_mm > 80.0


def test_a_slice_beyond_the_segmentation_shows_the_centre_of_the_nodule() -> None:
    outcome = screened((NODULE,), grid=STACKS["oblique"])
    uid, number = outcome.volume.instances[0]
    nodule = replace(outcome.nodules[0], instance_uid=uid, instance_number=number)

    place = slice_place(outcome.volume, nodule)

    middle = outcome.volume.grid.locate(nodule.center)
    assert (place.k, place.j, place.i) == (0, middle.j, middle.i)


def test_a_doubtful_mark_is_dashed() -> None:
    outcome = screened((NODULE, replace(NODULE, probability=0.52)), grid=STACKS["head first supine"])

    sure, doubtful = (ring_pixels(key_image(outcome.volume, n, slice_label="1").image).size for n in outcome.nodules)

    assert 0.4 * sure < doubtful < 0.85 * sure


def test_the_lung_window_is_level_minus_600_width_1500() -> None:
    grey = canvas.lung_window(np.array([-1350.0, -600.0, 150.0, -1400.0, 400.0]))

    assert grey.tolist() == [0, 128, 255, 0, 255]


def marks(image: Image.Image) -> tuple[Floats, Floats]:
    """Rows and columns of the pixels in the mark's colour."""
    colours = np.asarray(image, dtype=np.int16)
    rows, columns = np.nonzero(np.abs(colours - np.array(canvas.MARK)).sum(axis=2) < 24)
    return rows.astype(np.float64), columns.astype(np.float64)


@every_stack
def test_the_overview_shows_a_left_nodule_on_the_right(name: str) -> None:
    outcome = screened((NODULE,), grid=STACKS[name])

    _, columns = marks(overview(outcome.volume, outcome.lungs, outcome.nodules))

    assert columns.min() > WIDTH_PX / 2


def test_the_overview_puts_the_head_above() -> None:
    high = screened((replace(NODULE, center_xyz=(60.0, 20.0, -40.0)),))
    low = screened((replace(NODULE, center_xyz=(60.0, 20.0, -180.0)),))

    heights = [marks(overview(o.volume, o.lungs, o.nodules))[0].mean() for o in (high, low)]

    assert heights[0] < HEIGHT_PX * 0.4
    assert heights[1] > HEIGHT_PX * 0.6


def test_twenty_numbers_on_the_overview_do_not_cover_each_other() -> None:
    draw = np.random.default_rng(8)
    places = [(float(x), float(y)) for x, y in draw.uniform((200, 250), (520, 520), size=(20, 2))]
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX))

    boxes = _number(image, places, [str(n) for n in range(1, 21)], 22.0)

    for n, a in enumerate(boxes):
        for b in boxes[n + 1 :]:
            assert min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) <= max(a[1], b[1])
        assert a[0] >= 0
        assert a[2] <= WIDTH_PX


def test_a_refused_series_is_shown_with_its_gap() -> None:
    series = refused().series
    assert series is not None

    picture = received_view(series)

    assert picture is not None
    grey = np.asarray(picture.convert("L"), dtype=np.float64)
    middle = grey[:, 60]  # soft tissue beside the lungs: bright wherever there is a slice
    share_dark = np.count_nonzero(middle < 140) / middle.size
    assert share_dark == pytest.approx(9 / 60, abs=0.03)


def test_a_series_of_mixed_sizes_has_no_picture() -> None:
    series = refused().series
    assert series is not None
    odd = replace(series.slices[3], hu_ji=series.slices[3].hu_ji[:-1])

    assert received_view(replace(series, slices=(*series.slices[:3], odd, *series.slices[4:]))) is None


def test_the_ring_stays_clear_of_a_slice_that_lies_off_the_middle() -> None:
    """A comma-shaped mass: its widest slice is far from its centre of gravity."""
    outcome = screened((replace(NODULE, radius_mm=9.0),), grid=STACKS["head first supine"])
    nodule = outcome.nodules[0]
    inside = np.zeros_like(nodule.mask.values_kji)
    inside[2, 2, 1:-1] = inside[-2, 5:9, 5:9] = True
    uid, number = outcome.volume.instances[
        round(outcome.volume.grid.locate(nodule.mask.grid.voxel(k=2, j=0, i=0).to_patient()).k)
    ]
    comma = replace(nodule, mask=Mask(nodule.mask.grid, inside), instance_uid=uid, instance_number=number)

    shown = key_image(outcome.volume, comma, slice_label="1")

    half_width_mm = (inside.shape[2] - 3) / 2 * outcome.volume.grid.spacing.i_mm
    assert ring_pixels(shown.image).min() * shown.field_mm / AXIAL_PX > half_width_mm + 2.0
