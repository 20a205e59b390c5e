"""Noise with the texture of a CT: band-limited, not white.

Filtered back-projection leaves noise whose power grows with spatial frequency and falls off where the kernel
does (Riederer, Pelc, Chesler 1978).  Each slice has its own generator, keyed by seed and slice: the same spec
gives the same noise, however the work is cut.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

from lianyi.phantom.spec import Kernel, PhantomSpec

Field = npt.NDArray[np.float32]

# Frequency (cycles per mm) at which the noise power of a soft, a standard and a sharp kernel peaks; chosen to look
# right beside clinical images.
_PEAK_PER_MM: dict[Kernel, float] = {"SOFT": 0.16, "STANDARD": 0.24, "LUNG": 0.5}
# In-plane blur (standard deviation, mm) of the same kernels.
BLUR_MM: dict[Kernel, float] = {"SOFT": 0.75, "STANDARD": 0.5, "LUNG": 0.3}


class NoiseTexture:
    """Gives noise of a spec, slice by slice."""

    def __init__(self, spec: PhantomSpec) -> None:
        self._spec = spec
        rows, columns = spec.matrix
        between_rows_mm, between_columns_mm = spec.pixel_spacing_mm
        self._padded = (fft.next_fast_len(rows, real=True), fft.next_fast_len(columns, real=True))
        per_mm = np.hypot(
            fft.fftfreq(self._padded[0], between_rows_mm)[:, None],
            fft.rfftfreq(self._padded[1], between_columns_mm)[None, :],
        )
        peak = _PEAK_PER_MM[spec.kernel]
        response = per_mm / peak * np.exp(0.5 - 0.5 * (per_mm / peak) ** 2)
        self._response = (response + 0.04).astype(np.float32)

    def of_slice(self, k: int) -> Field:
        """Noise of slice *k*, rows x columns, HU, zero mean, with the spec's standard deviation."""
        random = np.random.default_rng([self._spec.seed, 4, k])
        white = random.standard_normal(self._padded, dtype=np.float32)
        coloured = fft.irfft2(fft.rfft2(white) * self._response, s=self._padded)
        rows, columns = self._spec.matrix
        coloured *= np.float32(self._spec.noise_hu / coloured.std())
        noise: Field = coloured[:rows, :columns]
        return noise
