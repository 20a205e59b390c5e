"""Every variant is what it says, and every seed another patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lianyi.lungct.domain.geometry import PatientPoint
from lianyi.lungct.domain.image import CtVolume
from lianyi.phantom import PhantomSpec, render
from lianyi.phantom.anatomy import build_anatomy
from lianyi.phantom.noise import NoiseTexture
from phantoms import effusion, emphysema, not_chest, one_lung, rendered

TINY = {"matrix": (72, 84), "pixel_spacing_mm": (4.6, 4.4), "slice_step_mm": 6.0}


def tiny(**choices: object) -> PhantomSpec:
    return replace(PhantomSpec(nodules=2, juxtapleural=0), **{**TINY, **choices})  # type: ignore[arg-type]


def x_of(volume: CtVolume) -> np.ndarray:
    i = np.arange(volume.grid.shape[2])
    return volume.grid.patient_from_voxel[0, 2] * i + volume.grid.patient_from_voxel[0, 3]


def air_ml(volume: CtVolume, side: int) -> float:
    """Volume of lung-like voxels beside the middle line, inside the ribs and above the stomach."""
    x = x_of(volume)
    is_side = (x * side > 20) & (np.abs(x) < 145)
    y = volume.grid.patient_from_voxel[1, 1] * np.arange(volume.grid.shape[1]) + volume.grid.patient_from_voxel[1, 3]
    z = volume.grid.patient_from_voxel[2, 0] * np.arange(volume.grid.shape[0]) + volume.grid.patient_from_voxel[2, 3]
    box = volume.values_kji[z > -40][:, np.abs(y) < 90][:, :, is_side]
    return float(np.count_nonzero((box > -950) & (box < -600))) * volume.grid.voxel_mm3 / 1000


def test_the_same_spec_gives_the_same_voxels() -> None:
    one, _ = render(tiny(seed=3))
    other, _ = render(tiny(seed=3))

    assert np.array_equal(one.values_kji, other.values_kji)
    assert one.instances == other.instances


def test_another_seed_gives_another_patient() -> None:
    _, truth = render(tiny(seed=3))
    _, other_truth = render(tiny(seed=4))

    assert truth.nodules != other_truth.nodules
    assert truth.left_lung_ml != other_truth.left_lung_ml


def test_noise_has_the_asked_strength_and_a_band_of_frequencies() -> None:
    spec = PhantomSpec(matrix=(240, 256), pixel_spacing_mm=(0.8, 0.7), noise_hu=20.0)
    noise_ji = NoiseTexture(spec).of_slice(7)
    power = np.abs(np.fft.fft2(noise_ji)) ** 2
    per_mm = np.hypot(np.fft.fftfreq(240, 0.8)[:, None], np.fft.fftfreq(256, 0.7)[None, :])

    low, middle, high = (power[(per_mm > a) & (per_mm < b)].mean() for a, b in ((0.005, 0.05), (0.2, 0.28), (0.6, 0.7)))

    assert noise_ji.std() == pytest.approx(20.0, rel=0.01)
    assert middle > 5 * low
    assert middle > 5 * high
    assert np.array_equal(noise_ji, NoiseTexture(spec).of_slice(7))
    assert not np.array_equal(noise_ji, NoiseTexture(spec).of_slice(8))


def test_one_lung_leaves_no_air_on_the_left() -> None:
    volume, truth = rendered(one_lung())

    assert truth.left_lung_ml == 0
    assert truth.right_lung_ml > 1500
    assert air_ml(volume, 1) < 20
    assert air_ml(volume, -1) > 800


def test_an_effusion_takes_room_from_the_right_lung_behind() -> None:
    volume, truth = rendered(effusion())
    _, healthy = render(tiny(seed=effusion().seed))
    fluid = volume[volume.grid.locate(place(volume, (-80.0, 66.0, -20.0)))]

    assert truth.right_lung_ml < 0.85 * healthy.right_lung_ml
    assert truth.left_lung_ml == pytest.approx(healthy.left_lung_ml)
    assert fluid == pytest.approx(12, abs=40)


def test_emphysema_has_holes_and_a_healthy_lung_none() -> None:
    shares = []
    for spec in (emphysema(), tiny(seed=14)):
        fields = build_anatomy(spec).atlas.fields
        shares.append(float((fields["parenchyma"][fields["lung"] > 4] < -950).mean()))

    # The share below -950 HU is how emphysema is measured; under 5 % is healthy.
    assert shares[0] > 0.1
    assert shares[1] < 0.01


def test_a_belly_has_no_lungs_and_no_nodules() -> None:
    volume, truth = rendered(not_chest())

    assert truth.nodules == ()
    assert (truth.left_lung_ml, truth.right_lung_ml) == (0.0, 0.0)
    assert air_ml(volume, 1) + air_ml(volume, -1) < 60


def test_contrast_brightens_the_vessels() -> None:
    plain, _ = render(tiny(seed=6, noise_hu=0.0))
    enhanced, _ = render(tiny(seed=6, noise_hu=0.0, contrast=True))

    heart_hu = [volume[volume.grid.locate(place(volume, (20.0, -30.0, -50.0)))] for volume in (plain, enhanced)]

    assert heart_hu[0] == pytest.approx(40, abs=10)
    assert heart_hu[1] > 150


def test_a_prone_patient_has_the_table_in_front() -> None:
    supine, _ = render(tiny(seed=6, noise_hu=0.0))
    prone, _ = render(tiny(seed=6, noise_hu=0.0, patient_position="HFP"))

    rims = [brightest(volume, y_sign) for volume in (supine, prone) for y_sign in (1, -1)]

    assert rims[0] > -700 > rims[1]
    assert rims[3] > -700 > rims[2]


@pytest.mark.parametrize("end", ["apex", "base"])
def test_a_cut_leaves_out_a_share_of_the_height(end: str) -> None:
    whole, _ = render(tiny(seed=6, margin_mm=0.0))
    cut, _ = render(tiny(seed=6, margin_mm=0.0, **{f"{end}_cut_share": 0.2}))
    first, last = (cut.grid.patient_from_voxel @ [k, 0, 0, 1] for k in (0, cut.grid.shape[0] - 1))
    whole_first = whole.grid.patient_from_voxel @ [0, 0, 0, 1]

    assert cut.grid.shape[0] == pytest.approx(0.8 * whole.grid.shape[0], abs=1.5)
    assert (first[2] > whole_first[2] + 30) == (end == "base")
    assert last[2] > first[2]


def test_impossible_specs_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        PhantomSpec(slice_step_mm=0.0)
    with pytest.raises(ValueError, match="right angle"):
        PhantomSpec(orientation=(1.0, 0.0, 0.0, 0.6, 0.8, 0.0))
    with pytest.raises(ValueError, match="nothing of the lungs"):
        PhantomSpec(apex_cut_share=0.5, base_cut_share=0.5)


def brightest(volume: CtVolume, y_sign: int) -> int:
    """Brightest voxel of the outermost room before or behind the patient, in the middle of the stack."""
    j = np.arange(volume.grid.shape[1])
    y = volume.grid.patient_from_voxel[1, 1] * j + volume.grid.patient_from_voxel[1, 3]
    return int(volume.values_kji[volume.grid.shape[0] // 2, (y * y_sign > 135), 20:-20].max())


def place(volume: CtVolume, xyz: tuple[float, float, float]) -> PatientPoint:
    return PatientPoint(x=xyz[0], y=xyz[1], z=xyz[2], frame=volume.grid.frame)
