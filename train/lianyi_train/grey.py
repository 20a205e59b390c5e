"""Grey values: one byte for -1000 to 400 HU, so that every chest and slab fits into memory and workers share it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

LOWEST_HU = -1000.0
HIGHEST_HU = 400.0
_STEP_HU = (HIGHEST_HU - LOWEST_HU) / 255.0


def grey_of(hu: npt.NDArray[np.generic]) -> Grey:
    """Give the grey values of Hounsfield units; what lies outside the window is clipped."""
    steps = (np.asarray(hu, dtype=np.float32) - LOWEST_HU) / _STEP_HU
    grey: Grey = np.clip(np.rint(steps), 0, 255).astype(np.uint8)
    return grey


def hu_of(grey: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Give the Hounsfield units of grey values (the middle of each step)."""
    return (np.asarray(grey, dtype=np.float32) * _STEP_HU + LOWEST_HU).astype(np.float32)
