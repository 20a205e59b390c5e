"""The detector that would screen, tried on a block of lung the size of a fist."""

from __future__ import annotations

import numpy as np

from lianyi.kit import build_kit
from lianyi.lungct.domain.errors import CautionCode
from lianyi.lungct.domain.geometry import Grid, PatientFrame
from lianyi.lungct.domain.image import CtVolume, LungFields, Mask
from lianyi.lungct.domain.uids import FrameOfReferenceUID, SeriesUID
from lianyi.settings import DetectorName, Settings

_SIDE = 64
_LUNG_HU = -850


def try_detector(name: DetectorName | None) -> tuple[str, str]:
    """Run the detector; give its name, version and how it computes, in Chinese and English.

    Raises:
        Misconfigured: its weights are missing or changed, or its runtime cannot be loaded: even where the classical
            detector would screen in its place, this machine does not do what it was installed for.
        Exception: whatever keeps it from running.
    """
    kit = build_kit(Settings(detector=name))
    if any(caution.code == CautionCode.CLASSICAL_FALLBACK for caution in kit.cautions):
        build_kit(Settings(detector="learned"))  # raises, and says what it lacks
    frame = PatientFrame(frame_of_reference_uid=FrameOfReferenceUID("2.25.1"), series_uid=SeriesUID("2.25.2"))
    grid = Grid((_SIDE, _SIDE, _SIDE), np.eye(4)[[2, 1, 0, 3]], frame)
    lung, nothing = np.ones(grid.shape, dtype=np.bool_), np.zeros(grid.shape, dtype=np.bool_)
    kit.detector.detect(
        CtVolume(grid, np.full(grid.shape, _LUNG_HU, dtype=np.int16)),
        LungFields(left=Mask(grid, lung), right=Mask(grid, nothing), missing_share={}),
    )
    identity = kit.detector.identity
    called = f"{identity.name} {identity.version}"
    if kit.settings["detector"] == "classical":
        return f"{called}（经典）", f"{called} (classical)"
    precision, threads = kit.settings["precision"], kit.settings["threads"]
    return f"{called}（学习型，{precision}，{threads} 个线程）", f"{called} (learned, {precision}, {threads} threads)"
